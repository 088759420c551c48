/**
 * A program with random forwarding state, written over P4Runtime, and damaged packets: through the embedded switch and
 * through simple_switch_grpc.
 *
 * The other switch decides what state there is: what it refuses (some of it by its known gaps) is left out on both.
 * Packets go to it one by one, the next one when as much came as the embedded switch sends, because copies leave its
 * threads in any order; for the same reason the outputs of one packet are compared as a set. Digests are compared by
 * their number and, where they are plain numbers, by their content.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { DataplaneClient, EntityError, P4RuntimeClient, Program, type UpdateInput } from '@mooring/p4runtime-ts';
import type { P4Info } from '@mooring/p4runtime-ts/p4info';
import type { Switch, SwitchUpdate } from '@mooring/p4runtime-ts/switch';
import { inProcessTransport, P4RuntimeService } from '@mooring/p4runtime-ts/testing';
import { DROP_NAMES, flushingSwitch, SwitchCore } from '@mooring/softswitch';
import { CPU_PORT, DEVICE_ID, type Target } from '../conformance/p4runtime/support/target.ts';
import { type EmbeddedRun, STOPPING } from '../differential/embedded.ts';
import type { ProgramJson } from '../differential/program-json.ts';
import type { Random } from '../differential/random.ts';
import type { Packet } from '../differential/traffic.ts';
import { randomState } from './forwarding-state.ts';
import { type Comparison, compareInParts, noise, type PacketsResult, settledPackets } from './programs.ts';

/** A compiled program by name. */
export interface ControlledProgram {
  readonly name: string;
  readonly p4info: P4Info;
  readonly program: ProgramJson;
}

/** Starts the other switch. */
export type StartTarget = () => Promise<Target>;

/** The other switch does not take the program (it knows no translated types in digests, for example). */
class RefusedProgram extends Error {}

/** How long to wait for what does not come, and for what should not, in ms. */
const PATIENCE_MS = 2000;

type PerPacket = EmbeddedRun['perPacket'];

/** A program with the state that a controller has written. */
export class Controlled {
  readonly #pipeline: { readonly p4info: P4Info; readonly deviceConfig: Uint8Array };
  readonly #updates: SwitchUpdate[] = [];
  readonly accepted: UpdateInput[] = [];

  constructor({ p4info, program }: ControlledProgram) {
    this.#pipeline = { p4info, deviceConfig: Buffer.from(JSON.stringify(program)) };
  }

  #core(output: (port: number, bytes: Uint8Array) => void): SwitchCore {
    return new SwitchCore({
      cpuPort: CPU_PORT,
      dropPort: 511,
      priorityQueues: 1,
      nowUs: () => 1_000_000,
      output: (port, bytes, start, length) => output(port, bytes.subarray(start, start + length)),
      log: () => {},
    });
  }

  /** Writes what is accepted. */
  async write(updates: readonly UpdateInput[]): Promise<void> {
    const core = this.#core(() => {});
    const { applyBlocks: _, ...single } = flushingSwitch(core);
    const target: Switch = {
      ...single,
      apply: async (changes, atomic) => {
        const failures = await core.apply(changes, atomic);
        if (failures.length === 0) this.#updates.push(...changes);
        return failures;
      },
    };
    const service = new P4RuntimeService({ devices: [{ deviceId: DEVICE_ID, target }] });
    using client = await P4RuntimeClient.connect({ transport: inProcessTransport(service), deviceId: DEVICE_ID });
    await client.setPipeline(this.#pipeline);
    for (const update of updates) {
      try {
        const [result] = await client.tryWrite([update]);
        if (result!.ok) this.accepted.push(update);
      } catch (error) {
        // Of enums, only members can be written.
        if (!(error instanceof EntityError)) throw error;
      }
    }
  }

  /** Sends packets one after the other to a fresh switch with the state. */
  run(packets: readonly Packet[]): Pick<EmbeddedRun, 'perPacket' | 'stopping'> {
    const perPacket: string[][] = [];
    const core = this.#core((port, bytes) => perPacket.at(-1)!.push(outputText(port, bytes)));
    core.subscribe((event) => {
      if (event.kind === 'digest')
        for (const sample of event.samples)
          perPacket.at(-1)!.push(digestText(sample.map((value) => BigInt(`0x${Buffer.from(value).toString('hex')}`))));
    });
    core.commitNow(core.prepareNow(this.#pipeline), { preserve: false, updates: this.#updates });
    const { drops } = core.dataPlane!;
    const stops = () => STOPPING.reduce((sum, name) => sum + drops[DROP_NAMES.indexOf(name)]!, 0);
    const stopping = packets.map(({ port, bytes }) => {
      const before = stops();
      perPacket.push([]);
      core.receive(port, bytes);
      core.flush();
      perPacket.at(-1)!.sort();
      return stops() > before;
    });
    return { perPacket, stopping };
  }
}

const outputText = (port: number, bytes: Uint8Array) => `${port}:${Buffer.from(bytes).toString('hex')}`;
const digestText = (values: readonly bigint[]) => `digest ${values.join()}`;

/** The numbers in a digest's sample as the client gives it, in order. */
function leaves(value: unknown): bigint[] {
  if (typeof value === 'bigint') return [value];
  if (typeof value === 'boolean') return [value ? 1n : 0n];
  if (typeof value === 'object' && value !== null) return Object.values(value).flatMap(leaves);
  throw new Error(`a digest with ${typeof value} in it`);
}

/** The other switch with a program, as a controller and its ports see it. */
class Other implements AsyncDisposable {
  readonly #target: Target;
  readonly #client: P4RuntimeClient;
  readonly #ports: DataplaneClient;
  #received: string[] = [];
  #ended = false;
  #wake: () => void = () => {};

  private constructor(target: Target, client: P4RuntimeClient) {
    this.#target = target;
    this.#client = client;
    this.#ports = new DataplaneClient(target.dataplaneAddress, DEVICE_ID);
    client.onDigest(undefined, ({ entries }) => {
      for (const entry of entries) this.#take(digestText(leaves(entry)));
    });
    void this.#read();
  }

  static async start(start: StartTarget, { p4info, program }: ControlledProgram): Promise<Other> {
    const target = await start();
    try {
      const client = await P4RuntimeClient.connect({ address: target.address, deviceId: DEVICE_ID, reconnect: false });
      const pipeline = { p4info, deviceConfig: Buffer.from(JSON.stringify(program)) };
      await client.setPipeline(pipeline).catch((error: Error) => {
        throw new RefusedProgram(error.message);
      });
      // Its ports are not to be had before.
      return new Other(target, client);
    } catch (error) {
      await target.close();
      throw error;
    }
  }

  async #read(): Promise<void> {
    try {
      for await (const { port, packet } of this.#ports.packets()) this.#take(outputText(port, packet));
    } catch {
      // It has ended, with the process or with this object.
    }
    this.#ended = true;
    this.#wake();
  }

  #take(text: string): void {
    this.#received.push(text);
    this.#wake();
  }

  /** What of the updates it takes. */
  async write(updates: readonly UpdateInput[]): Promise<UpdateInput[]> {
    const results = await this.#client.tryWrite(updates);
    return results.filter(({ ok }) => ok).map(({ update }) => update);
  }

  /**
   * Sends packets one after the other; what each made of it, until the process ended. `quietMs`: wait so long for what
   * should not come.
   */
  async run(packets: readonly Packet[], expected: PerPacket, quietMs: number): Promise<PerPacket> {
    const perPacket: string[][] = [];
    for (const [i, { port, bytes }] of packets.entries()) {
      if (this.#ended) break;
      this.#ports.send(port, bytes);
      const end = performance.now() + PATIENCE_MS;
      while (this.#received.length < expected[i]!.length && !this.#ended && performance.now() < end)
        await Promise.race([pause(end - performance.now()), new Promise<void>((resolve) => (this.#wake = resolve))]);
      if (quietMs > 0 || i === packets.length - 1) await pause(Math.max(quietMs, 100));
      perPacket.push(this.#received.sort());
      this.#received = [];
    }
    return perPacket;
  }

  get hasEnded(): boolean {
    return this.#ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client.close();
    this.#ports.close();
    await this.#target.close();
  }
}

/** One program, one state, some packets. Programs that draw random numbers or look at a clock are not compared. */
export async function fuzzControl(
  each: ControlledProgram,
  random: Random,
  count: number,
  start: StartTarget | undefined,
): Promise<PacketsResult> {
  const { actions, pipelines } = each.program;
  const isOpen = /modify_field_rng_uniform|_timestamp"|_timedelta"|qdepth"|"op":"execute_meter/.test(
    JSON.stringify([actions, pipelines]),
  );
  try {
    const packets = noise(each.program, random, count);
    const updates = randomState(new Program(each.p4info), each.program, packets, random);
    let controlled = new Controlled(each);
    await controlled.write(updates);
    if (start !== undefined && !isOpen) {
      await using other = await Other.start(start, each);
      const accepted = await other.write(controlled.accepted);
      controlled = new Controlled(each);
      await controlled.write(accepted);
      if (controlled.accepted.length !== accepted.length)
        return {
          finding: `${each.name}: of ${accepted.length} updates that the other switch takes, ${controlled.accepted.length} are taken`,
        };
    }
    const settled = settledPackets(packets, random, (some) => controlled.run(some));
    if (start === undefined || isOpen || settled.length === 0) return 'not compared';
    return await compareInParts(settled, each.name, (some) => compare(each, controlled, some, start));
  } catch (error) {
    if (error instanceof RefusedProgram) return 'not compared';
    return { finding: `${each.name}: ${(error as Error).stack}` };
  }
}

/** What differs, or ''; a difference counts only if it shows again at leisure. */
async function compare(
  each: ControlledProgram,
  controlled: Controlled,
  packets: readonly Packet[],
  start: StartTarget,
): Promise<Comparison> {
  const { perPacket: expected } = controlled.run(packets);
  let details = '';
  for (const quietMs of [0, 200]) {
    await using other = await Other.start(start, each);
    await other.write(controlled.accepted);
    const found = await other.run(packets, expected, quietMs);
    if (other.hasEnded) return { ended: true, details: 'ended' };
    const at = expected.findIndex((texts, i) => texts.join() !== found[i]?.join());
    if (at < 0) return { ended: false, details: '' };
    details = [
      `packet ${at} from port ${packets[at]!.port}:`,
      `  in       ${Buffer.from(packets[at]!.bytes).toString('hex')}`,
      `  embedded ${expected[at]!.join(' ')}`,
      `  other    ${found[at]?.join(' ')}`,
      `  state    ${JSON.stringify(controlled.accepted, (_, value) => (typeof value === 'bigint' ? `${value}` : value))}`,
    ].join('\n');
  }
  return { ended: false, details };
}
