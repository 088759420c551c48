/**
 * A switch in a test: entries by name, packets in, packets out, and what it tells its controller.
 *
 * Each port has a queue of packets that left and were not looked at yet; so have digests, packets to the controller and
 * idle entries. An expectation takes the first of a queue. If there is none, the switch is asked to settle: then
 * everything that will come has come, and a failure is certain at once, without a time-out. A failure is an
 * `ExpectationError` whose text has all that is known: the differences by field, what left elsewhere, and on the
 * embedded switch the packet's way through the program.
 */
import type {
  ActionInput,
  CounterValue,
  DigestConfig,
  MatchInput,
  P4RuntimeClient,
  PacketIn,
  PlainValue,
  TableEntry,
  Values,
} from '@mooring/p4runtime-ts';
import { type Layer, packet } from '../packets/packet.ts';
import type { Backend, SentPacket, Target } from './backend.ts';
import { describePacket, explainDifference, showPacket } from './diff-text.ts';

/** An expectation that did not come true. Its message is written for people. */
export class ExpectationError extends Error {
  override readonly name = 'ExpectationError';
}

/** A packet: its bytes, or its layers, outermost first. */
export type PacketInput = Uint8Array | readonly Layer[];

/** A digest's fields by name; a digest of one plain value has the name `value`. */
export type DigestData = Readonly<Record<string, unknown>>;

/** Traces shown with one failure. */
const MOST_TRACES = 3;

export class SwitchUnderTest implements AsyncDisposable {
  readonly target: Target;
  readonly ports: readonly number[];
  /** P4Runtime with the program's names: whatever has no method here. */
  readonly client: P4RuntimeClient;
  readonly #backend: Backend;
  readonly #outputs = new Map<number, SentPacket[]>();
  readonly #packetIns: PacketIn[] = [];
  readonly #digests: { readonly digest: string; readonly data: DigestData }[] = [];
  readonly #idle: TableEntry[] = [];
  readonly #sent: (readonly [port: number, bytes: Uint8Array])[] = [];
  #listener: ((sent: SentPacket) => void) | undefined;
  /** The packets sent up to this one are no longer of interest for a failure. */
  #explained = 0;

  constructor(target: Target, ports: readonly number[], backend: Backend) {
    this.target = target;
    this.ports = ports;
    this.client = backend.client;
    this.#backend = backend;
    this.client.onPacketIn((message) => void this.#packetIns.push(message));
    this.client.onIdleTimeout((event) => void this.#idle.push(...event.entries));
    this.client.onDigest(undefined, (list) => {
      for (const entry of list.entries) {
        const data =
          typeof entry === 'object' && entry !== null && !(entry instanceof Uint8Array) ? entry : { value: entry };
        this.#digests.push({ digest: list.digest, data: data as DigestData });
      }
    });
  }

  /**
   * Calls `listener` with every packet that leaves from now on, instead of keeping it for expectations: for tests that
   * judge by themselves.
   */
  onOutput(listener: (sent: SentPacket) => void): void {
    this.#listener = listener;
  }

  /** For the backend: a packet left. */
  packetLeft(sent: SentPacket): void {
    if (this.#listener !== undefined) {
      this.#listener(sent);
      return;
    }
    const queue = this.#outputs.get(sent.port);
    if (queue === undefined) this.#outputs.set(sent.port, [sent]);
    else queue.push(sent);
  }

  close(): Promise<void> {
    return this.#backend.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  // --- entries -------------------------------------------------------------------------------------------------------

  /**
   * Inserts an entry. Names and values as people write them:
   * `add('routes', { dst: '10.0.0.0/8' }, 'forward', { port: 2 })`.
   */
  async add(
    table: string,
    match: Values<MatchInput>,
    action: string,
    params: Values<PlainValue> = {},
    more: { readonly priority?: number; readonly idleTimeoutMs?: number } = {},
  ): Promise<void> {
    await this.client.insert({
      ...{ kind: 'table', table, match, action: { name: action, params } as ActionInput },
      ...(more.priority === undefined ? {} : { priority: more.priority }),
      ...(more.idleTimeoutMs === undefined ? {} : { idleTimeoutNs: more.idleTimeoutMs * 1_000_000 }),
    });
  }

  /** Changes what a packet without an entry gets. */
  async setDefault(table: string, action: string, params: Values<PlainValue> = {}): Promise<void> {
    await this.client.modify({ kind: 'table', table, isDefault: true, action: { name: action, params } });
  }

  /** Makes a multicast group: one copy to each port. */
  async multicast(group: number, ports: readonly number[]): Promise<void> {
    await this.client.insert({ kind: 'multicast', group, replicas: ports.map((port) => ({ port, instance: 1 })) });
  }

  /** Reads a cell of a counter, once all packets are through. */
  async counter(counter: string, index: number): Promise<Required<CounterValue<bigint>>> {
    await this.settle();
    for await (const { packets, bytes } of this.client.read({ kind: 'counter', counter, index }))
      return { packets, bytes };
    throw new Error(`the switch has no cell ${index} of counter ${counter}`);
  }

  /** Asks for a digest's samples, each as soon as it is made (unless the configuration says otherwise). */
  async watchDigest(digest: string, config: DigestConfig = { maxTimeoutNs: 0, maxListSize: 1 }): Promise<void> {
    await this.client.insert({ kind: 'digest', digest, config });
  }

  // --- packets -------------------------------------------------------------------------------------------------------

  /** Puts a packet in at a port. */
  async send(port: number, input: PacketInput): Promise<void> {
    this.#checkPort(port);
    const bytes = toBytes(input);
    this.#sent.push([port, bytes]);
    this.#backend.send(port, bytes, this.#sent.length);
  }

  /** Sends a packet from the controller. */
  async sendPacketOut(input: PacketInput, metadata: Values<PlainValue> = {}): Promise<void> {
    this.client.packetOut(toBytes(input), metadata);
  }

  /**
   * Expects that the next packet at a port is this one, and takes it.
   *
   * @param options.ignore fields that may differ, as `ipv4.checksum`, or `payload`
   * @throws ExpectationError when another one came, or none comes
   */
  async expect(port: number, expected: PacketInput, { ignore = [] as readonly string[] } = {}): Promise<Uint8Array> {
    const bytes = toBytes(expected);
    const seen = await this.#next(port);
    if (seen === undefined) {
      throw this.#failure(`expected a packet at port ${port}, none came\n${showPacket(bytes)}`, this.#unexplained());
    }
    const difference = explainDifference(bytes, seen.bytes, ignore);
    if (difference !== '') throw this.#failure(`the packet at port ${port} differs\n${difference}`, causesOf([seen]));
    this.#explained = Math.max(this.#explained, seen.cause);
    return seen.bytes;
  }

  /** Takes the next packet at a port, whatever it is. @throws ExpectationError when none comes */
  async receive(port: number): Promise<Uint8Array> {
    const seen = await this.#next(port);
    if (seen === undefined) throw this.#failure(`expected a packet at port ${port}, none came`, this.#unexplained());
    this.#explained = Math.max(this.#explained, seen.cause);
    return seen.bytes;
  }

  /** Expects that no packet is left at a port, or at any. @throws ExpectationError with the packets there are */
  async expectNothing(port?: number): Promise<void> {
    if (port !== undefined) this.#checkPort(port);
    await this.settle();
    const left = [...this.#outputs].filter(([at]) => port === undefined || at === port).flatMap(([, queue]) => queue);
    if (left.length > 0) {
      const places = left.map((each) => `port ${each.port}\n${showPacket(each.bytes)}`);
      const where = port === undefined ? '' : ` at port ${port}`;
      throw this.#failure(`expected no packet${where}, ${left.length} came\n${places.join('\n')}`, causesOf(left));
    }
    this.#explained = this.#sent.length;
  }

  /** Takes the next packet for the controller. @throws ExpectationError when none comes */
  expectPacketIn(): Promise<PacketIn> {
    return this.#take(this.#packetIns, 'a packet for the controller', () => true);
  }

  /** Takes the next sample of a digest (see `watchDigest`). @throws ExpectationError when none comes */
  async expectDigest(digest: string): Promise<DigestData> {
    const { alias } = this.client.program.digests.get(digest);
    return (await this.#take(this.#digests, `a digest ${digest}`, (each) => each.digest === alias)).data;
  }

  /** Takes the next entry whose idle timeout has run out. @throws ExpectationError when there is none */
  async expectIdle(table: string): Promise<TableEntry> {
    const { alias } = this.client.program.tables.get(table);
    return this.#take(this.#idle, `an idle entry of ${table}`, (each) => each.table === alias);
  }

  /** Expects that the controller was told nothing: no packet, digest or idle entry is left. */
  async expectQuietController(): Promise<void> {
    await this.settle();
    const told = [
      ...this.#packetIns.map(({ payload }) => `packet ${describePacket(payload)}`),
      ...this.#digests.map(({ digest, data }) => `digest ${digest} ${formatData(data)}`),
      ...this.#idle.map((entry) => `idle entry of ${entry.table} ${formatData(entry.match)}`),
    ];
    if (told.length > 0) throw this.#failure(`expected nothing for the controller\n  ${told.join('\n  ')}`, []);
  }

  // --- time ----------------------------------------------------------------------------------------------------------

  /** Resolves when the switch is done with everything it was given. */
  settle(): Promise<void> {
    return this.#backend.settle();
  }

  /** Lets time pass. On softswitch that takes no time; BMv2's clock is real, so there it does. */
  advance(byMs: number): Promise<void> {
    return this.#backend.advance(byMs);
  }

  /** Makes a port go up or down. */
  setPortUp(port: number, up: boolean): Promise<void> {
    this.#checkPort(port);
    return this.#backend.setPortUp(port, up);
  }

  // --- inside --------------------------------------------------------------------------------------------------------

  #checkPort(port: number): void {
    if (!this.ports.includes(port))
      throw new Error(`there is no port ${port}; this switch was started with ports ${this.ports.join(', ')}`);
  }

  async #next(port: number): Promise<SentPacket | undefined> {
    this.#checkPort(port);
    const isEmpty = () => (this.#outputs.get(port)?.length ?? 0) === 0;
    if (isEmpty()) await this.settle();
    return this.#outputs.get(port)?.shift();
  }

  async #take<Item>(queue: Item[], what: string, matches: (item: Item) => boolean): Promise<Item> {
    if (!queue.some(matches)) await this.settle();
    const at = queue.findIndex(matches);
    if (at < 0) throw this.#failure(`expected ${what}, none came`, this.#unexplained());
    return queue.splice(at, 1)[0]!;
  }

  /** Packets sent since the last expectation that came true. */
  #unexplained(): number[] {
    return this.#sent.map((_, index) => index + 1).slice(this.#explained);
  }

  #failure(what: string, causes: readonly number[]): ExpectationError {
    const parts = [`${this.target}: ${what}`];
    const elsewhere = [...this.#outputs].filter(([, queue]) => queue.length > 0);
    if (!what.includes('no packet')) {
      for (const [port, queue] of elsewhere)
        parts.push(
          `waiting at port ${port}${this.ports.includes(port) ? '' : ' (which this switch does not have)'}:`,
          ...queue.map(({ bytes }) => showPacket(bytes)),
        );
    }
    for (const cause of causes.slice(-MOST_TRACES)) {
      const [port, bytes] = this.#sent[cause - 1]!;
      const trace = this.#backend.trace(cause);
      parts.push(
        `packet ${cause} was sent to port ${port}`,
        trace === undefined ? showPacket(bytes) : `its way through the program:\n${trace}`,
      );
    }
    return new ExpectationError(parts.join('\n'));
  }
}

function toBytes(input: PacketInput): Uint8Array {
  return input instanceof Uint8Array ? input : packet(...input);
}

function causesOf(packets: readonly SentPacket[]): number[] {
  return [...new Set(packets.map(({ cause }) => cause).filter((cause) => cause > 0))];
}

function formatData(data: Readonly<Record<string, unknown>>): string {
  return Object.entries(data)
    .map(([name, value]) => `${name}=${String(value)}`)
    .join(' ');
}
