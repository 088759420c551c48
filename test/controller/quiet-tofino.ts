/**
 * A Tofino without packets: the in-memory switch behind a P4Runtime server on real gRPC, with the P4Info of the Tofino
 * shell. It answers what the controller waits for: orders about slots, of which a test may have one reported, and, when
 * it is let be, idle times of watched buckets. What is tried with it is that controller and P4Info go together; what
 * becomes of packets is not.
 */
import { P4RuntimeClient, P4RuntimeServer } from '@mooring/p4runtime-ts';
import { type P4Info, writeP4Info } from '@mooring/p4runtime-ts/p4info';
import type { SwitchUpdate } from '@mooring/p4runtime-ts/switch';
import { FakeSwitch } from '@mooring/p4runtime-ts/testing';

/** Operations of `packet_out`, and kinds of `pin_event_t` (docs/DATAPLANE.md). */
const ORDER = { release: 2n, sweep: 3n };
const EVENT = { confirmed: 1, released: 3, swept: 5 };
/** The fields of `pin_event_t`, and their bytes. */
const EVENT_FIELDS = {
  kind: 1,
  way: 1,
  slot: 4,
  generation: 2,
  vip: 2,
  bucket: 2,
  client_address: 16,
  client_port: 2,
  vip_port: 2,
  server: 2,
} as const;
const LONG_AGO_NS = 3_600_000_000_000n;

type PinEvent = Partial<Record<keyof typeof EVENT_FIELDS, number | bigint>>;

class QuietSwitch extends FakeSwitch {
  /** No packet hits a watch any more. */
  isSilent = false;
  /** Slots that sweeps have been over, from 0 on. */
  sweptTo = 0;
  private readonly p4info: P4Info;

  constructor(p4info: P4Info) {
    super();
    this.p4info = p4info;
  }

  override async apply(updates: readonly SwitchUpdate[], atomic: boolean) {
    const failures = await super.apply(updates, atomic);
    if (this.isSilent) setImmediate(() => this.fallSilent());
    return failures;
  }

  override packetOut(packets: readonly Uint8Array[]): void {
    super.packetOut(packets);
    for (const bytes of packets) {
      const { operation, slot, way, generation, vip, client_address, client_port, count } = this.readOrder(bytes);
      if (operation === ORDER.sweep) {
        this.sweptTo = Math.max(this.sweptTo, Number(slot! + count!));
        this.report({ kind: EVENT.swept, generation });
      } else if (operation === ORDER.release) {
        this.report({ kind: EVENT.released, slot, way, generation, vip, client_address, client_port });
      }
    }
  }

  /** Sends a digest. */
  report(event: PinEvent): void {
    const { id } = this.p4info.digests.find(({ preamble }) => preamble!.name === 'pin_event_t')!.preamble!;
    const sample = Object.entries(EVENT_FIELDS).map(([name, bytes]) => {
      return Buffer.from(
        BigInt(event[name as keyof PinEvent] ?? 0)
          .toString(16)
          .padStart(2 * bytes, '0'),
        'hex',
      );
    });
    this.emit({ kind: 'digest', digestId: id, samples: [sample] });
  }

  /** From now on nobody sends anything to a watched bucket. */
  fallSilent(): void {
    this.isSilent = true;
    const tableId = this.tableId('drain_watch');
    const watches = this.tables.get(tableId) ?? new Map();
    for (const watch of watches.values()) watch.ageNs = LONG_AGO_NS;
    if (watches.size > 0) this.emit({ kind: 'idle', tableId, slots: [...watches.keys()] });
  }

  /** Whether a bucket has been said to be in doubt, which is the last that its entry says. */
  get hasDoubted(): boolean {
    const tableId = this.tableId('buckets');
    return this.log.some((update) => {
      const isSet = update.kind === 'table-insert' || update.kind === 'table-modify';
      if (!isSet || update.tableId !== tableId || update.action.kind !== 'action') return false;
      return update.action.params.at(-1)!.some((byte) => byte !== 0);
    });
  }

  private tableId(name: string): number {
    return this.p4info.tables.find(({ preamble }) => preamble!.name === name)!.preamble!.id;
  }

  private readOrder(bytes: Uint8Array): Record<string, bigint> {
    const { metadata } = this.p4info.controllerPacketMetadata.find(({ preamble }) => preamble!.name === 'packet_out')!;
    const length = metadata.reduce((sum, { bitwidth }) => sum + bitwidth, 0);
    let rest = BigInt(`0x${Buffer.from(bytes.subarray(0, length / 8)).toString('hex')}`);
    const fields: Record<string, bigint> = {};
    for (const { name, bitwidth } of metadata.toReversed()) {
      fields[name] = rest & ((1n << BigInt(bitwidth)) - 1n);
      rest >>= BigInt(bitwidth);
    }
    return fields;
  }
}

/** See the file's comment. */
export class QuietTofino {
  /** As `startController` takes it; nobody can run it. */
  readonly program: { readonly p4info: Uint8Array; readonly deviceConfig: Uint8Array };
  target: QuietSwitch;
  private server!: P4RuntimeServer;
  private readonly p4info: P4Info;

  private constructor(p4info: P4Info) {
    this.p4info = p4info;
    this.program = { p4info: writeP4Info(p4info, 'binary'), deviceConfig: Buffer.from('no chip') };
    this.target = new QuietSwitch(p4info);
  }

  static async start(p4info: P4Info): Promise<QuietTofino> {
    const tofino = new QuietTofino(p4info);
    await tofino.serve('127.0.0.1:0');
    return tofino;
  }

  get address(): string {
    return this.server.address;
  }

  /** Power off and on: everything is gone. */
  async restart(): Promise<void> {
    const { address } = this;
    this.server.close();
    this.target = new QuietSwitch(this.p4info);
    await this.serve(address);
  }

  /** Somebody else is its controller for a moment; entries stay. @param electionId above the present controller's */
  async interrupt(electionId: number): Promise<void> {
    const { address } = this;
    const other = await P4RuntimeClient.connect({ address, electionId, p4info: this.program.p4info });
    other.close();
  }

  /** A connection is in a slot, and its client has answered its server. */
  confirm(pin: {
    readonly bucket: number;
    readonly server: number;
    readonly client: bigint;
    readonly port: number;
  }): void {
    const { bucket, server, client, port } = pin;
    const of = { vip: 1, bucket, server, client_address: (0xffffn << 32n) | client, client_port: port };
    this.target.report({ kind: EVENT.confirmed, slot: 7, way: 1, generation: 3, ...of });
  }

  /** All entries of a table: key fields, action and its parameters as one object each. */
  async entries(table: string): Promise<Record<string, unknown>[]> {
    const { address } = this;
    const client = await P4RuntimeClient.connect({ address, electionId: null, p4info: this.program.p4info });
    try {
      const entries = await client.readAll({ kind: 'table', table });
      return entries.flatMap(({ match, action, isDefault }) => {
        if (isDefault || action === undefined || !('name' in action)) return [];
        return [{ ...match, action: action.name, ...action.params }];
      });
    } finally {
      client.close();
    }
  }

  /** How many changes of entries it has been given. */
  get changes(): number {
    return this.target.log.filter(({ kind }) => /^table-(insert|modify|delete)$/.test(kind)).length;
  }

  close(): void {
    this.server.close();
  }

  private async serve(address: string): Promise<void> {
    this.server = await P4RuntimeServer.start({ address, devices: [{ deviceId: 0, target: this.target }] });
  }
}
