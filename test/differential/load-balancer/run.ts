/**
 * The load balancer's own program on two switches: the same random entries, packets and times, and the question whether
 * packets that leave, what the controller is told, and counters are the same.
 *
 * Work goes in rounds: some updates, some packets, then both switches settle and what came is compared, packet by
 * packet, by the number of the packet that caused it. Digests are compared as the set of different ones a round: a
 * switch may hold back one that it has just sent. Time would tell the switches apart, so it matters only where it is
 * arranged: in most rounds nothing expires; now and then slots are given a short life, some packets are sent, and time
 * enough for all of them to expire passes on both.
 */
import { join } from 'node:path';
import {
  layerOf,
  type SentPacket,
  type StartOptions,
  type SwitchUnderTest,
  startSwitch,
  type Target,
  TCP,
} from '@mooring/bmv2-harness';
import { systemIncludePaths } from '@mooring/p4c-ts/node';
import { Random } from '../random.ts';
import { Entries, groups, links, settings } from './entries.ts';
import { PacketSource, type PinEvent, type Sending } from './packets.ts';
import { CPU_PORT, PORTS, SERVICES } from './world.ts';

export interface RunOptions {
  readonly seed: string;
  readonly packets: number;
  /** The second switch; the first is always the embedded one. */
  readonly other: Target;
  /**
   * Trace each packet on the second switch, if it is the embedded one: then the program is another one, instrumented.
   */
  readonly trace?: boolean;
  /**
   * Number of pin slots in the second switch, to see that a difference is found; as many as in the first unless told
   * otherwise.
   */
  readonly otherSlots?: number;
  /** Whether the switches count on a controller, always or never; by the seed unless told otherwise. */
  readonly heedsController?: boolean;
  /** How often, of all rounds, all slots expire; 0.005 unless told otherwise. With BMv2 each time takes 40 s. */
  readonly expiryChance?: number;
  readonly onProgress?: (packets: number) => void;
}

export interface RunResult {
  /** Differences, in words; the run ends at the first round that has some. */
  readonly differences: readonly string[];
  readonly packets: number;
  readonly outputs: number;
  /** SYNs that left with a service's address as their source: connections that servers open. */
  readonly outgoing: number;
  /** Different digests, by kind: `pin 1` ... `pin 5`, `mac`. */
  readonly digests: Readonly<Record<string, number>>;
  /** The counter `drops`. */
  readonly drops: readonly number[];
  /** How often all slots expired. */
  readonly expiries: number;
}

/** Few, so that connections meet in them. */
const SLOTS = 16;
const ROUND_PACKETS = 100;
const EVER_MS = 2 ** 31;
const SHORT_LIFE_MS = 20_000;
const DROP_REASONS = 14;

/** One switch and what came out of it in this round. */
interface Side {
  readonly net: SwitchUnderTest;
  readonly outputs: SentPacket[];
  readonly told: string[];
  readonly events: PinEvent[];
  readonly kinds: Map<string, Set<string>>;
}

/** Runs until `packets` are sent or something differs. */
export async function compareOnSwitches(options: RunOptions): Promise<RunResult> {
  const random = new Random(options.seed);
  const heedsController = options.heedsController ?? random.chance(0.5);
  const defines = { MOORING_SLOTS: SLOTS, MOORING_CONTROLLER_PATIENCE: heedsController ? EVER_MS : 0 };
  const program: StartOptions = {
    program: join(systemIncludePaths({})[0]!, '..', 'v1model', 'mooring.p4'),
    defines,
    ports: [...PORTS, CPU_PORT],
  };
  await using first = await startSwitch({ ...program, target: 'softswitch', trace: false });
  await using second = await startSwitch({
    ...program,
    defines: { ...defines, MOORING_SLOTS: options.otherSlots ?? SLOTS },
    target: options.other,
    trace: options.trace ?? false,
  });
  const sides = [sideOf(first), sideOf(second)];
  const entries = new Entries(random);
  const source = new PacketSource(random);
  const write = async (updates: ReturnType<typeof settings>) => {
    for (const { net } of sides) await net.client.write(updates);
  };
  const relax = () => write(settings(source.epoch, EVER_MS, EVER_MS));
  for (const { net } of sides) for (const digest of ['pin_event_t', 'mac_event_t']) await net.watchDigest(digest);
  await write([...groups(), ...links()]);
  await relax();
  await write(entries.initial());
  const counts = { packets: 0, outputs: 0, outgoing: 0, expiries: 0 };
  const differences: string[] = [];

  const round = async (size: number): Promise<void> => {
    const sent: Sending[] = [];
    for (let index = 0; index < size; index++) {
      const sending = source.next();
      sent.push(sending);
      for (const { net } of sides) await net.send(sending.port, sending.bytes);
    }
    for (const { net } of sides) await net.settle();
    for (const { port, bytes } of sides[0]!.outputs) source.sawOutput(port, bytes);
    for (const event of sides[0]!.events) source.sawEvent(event);
    differences.push(...compareRound(sides, counts.packets, sent));
    counts.packets += size;
    counts.outputs += sides[0]!.outputs.length;
    counts.outgoing += sides[0]!.outputs.filter(({ bytes }) => isOutgoing(bytes)).length;
    for (const side of sides) {
      side.outputs.length = 0;
      side.told.length = 0;
      side.events.length = 0;
    }
  };

  while (counts.packets < options.packets && differences.length === 0) {
    if (random.chance(0.6)) await write(entries.change(random.between(1, 12)));
    if (random.chance(0.02)) {
      source.epoch++;
      await relax();
    }
    if (random.chance(options.expiryChance ?? 0.005)) {
      // All slots expire; then a few packets live under short lifetimes.
      await write(settings(source.epoch, SHORT_LIFE_MS, SHORT_LIFE_MS));
      for (const { net } of sides) await net.advance(2 * SHORT_LIFE_MS);
      const startedMs = performance.now();
      await round(20);
      if (options.other === 'bmv2' && performance.now() - startedMs > SHORT_LIFE_MS / 2)
        throw new Error('this machine is too busy: twenty packets took so long that slots may have expired');
      counts.expiries++;
      await relax();
    } else await round(Math.min(ROUND_PACKETS, options.packets - counts.packets));
    options.onProgress?.(counts.packets);
  }
  const counters = await Promise.all(sides.map(({ net }) => readCounters(net)));
  if (differences.length === 0) differences.push(...differingLines('counter', counters[0]!, counters[1]!));
  const drops: number[] = [];
  for (let reason = 0; reason < DROP_REASONS; reason++)
    drops.push(Number((await first.counter('drops', reason)).packets));
  const digests = Object.fromEntries([...sides[0]!.kinds].sort().map(([kind, texts]) => [kind, texts.size]));
  return { differences, ...counts, digests, drops };
}

function isOutgoing(bytes: Uint8Array): boolean {
  const source = (layerOf(bytes, 'ipv4') ?? layerOf(bytes, 'ipv6'))?.fields.source;
  return layerOf(bytes, 'tcp')?.fields.flags === TCP.SYN && SERVICES.some(({ address }) => address === source);
}

function sideOf(net: SwitchUnderTest): Side {
  const side: Side = { net, outputs: [], told: [], events: [], kinds: new Map() };
  net.onOutput((sent) => void side.outputs.push(sent));
  net.client.onDigest(undefined, (list) => {
    for (const entry of list.entries as readonly PinEvent[]) {
      const text = textOf(entry);
      side.told.push(`${list.digest} ${text}`);
      const isPin = list.digest.includes('pin');
      if (isPin) side.events.push(entry);
      const kind = isPin ? `pin ${entry.kind}` : 'mac';
      let texts = side.kinds.get(kind);
      if (texts === undefined) side.kinds.set(kind, (texts = new Set()));
      texts.add(text);
    }
  });
  net.client.onPacketIn(({ payload, metadata }) => {
    side.told.push(`packet-in ${metadata.ingress_port} ${Buffer.from(payload).toString('hex')}`);
  });
  return side;
}

/** `sentBefore` packets were sent in earlier rounds; packets count from 1. */
function compareRound(sides: readonly Side[], sentBefore: number, sent: readonly Sending[]): string[] {
  const [ours, theirs] = sides.map(({ outputs }) => {
    const byCause = new Map<number, string[]>();
    for (const { port, bytes, cause } of outputs) {
      const list = byCause.get(cause) ?? [];
      list.push(`${port} ${Buffer.from(bytes).toString('hex')}`);
      byCause.set(cause, list);
    }
    for (const list of byCause.values()) list.sort();
    return byCause;
  });
  const differences: string[] = [];
  for (const cause of new Set([...ours!.keys(), ...theirs!.keys()])) {
    const [one, other] = [ours!, theirs!].map((by) => by.get(cause)?.join('\n    ') ?? 'nothing');
    if (one === other) continue;
    const { port, bytes } = sent[cause - sentBefore - 1] ?? { port: -1, bytes: new Uint8Array(0) };
    differences.push(
      `packet ${cause} at port ${port}: ${Buffer.from(bytes).toString('hex')}\n  first switch\n    ${one}\n  second switch\n    ${other}`,
    );
  }
  const told = sides.map((side) => [...new Set(side.told)].sort());
  return [...differences, ...differingLines('told', told[0]!, told[1]!)];
}

function differingLines(what: string, ours: readonly string[], theirs: readonly string[]): string[] {
  return [
    ...ours.filter((line) => !theirs.includes(line)).map((line) => `${what}, first switch only: ${line}`),
    ...theirs.filter((line) => !ours.includes(line)).map((line) => `${what}, second switch only: ${line}`),
  ];
}

/** As JSON, which has no bigints. */
function textOf(value: unknown): string {
  return JSON.stringify(value, (_, each) => (typeof each === 'bigint' ? String(each) : each));
}

async function readCounters({ client }: SwitchUnderTest): Promise<string[]> {
  const lines: string[] = [];
  for await (const { index, packets } of client.read({ kind: 'counter', counter: 'drops' }))
    lines.push(`drops[${index}] ${packets}`);
  const families = ['vips', 'vips_all_ports', 'client_classes'].flatMap((table) => [table, `${table}_v6`]);
  for (const table of ['servers', 'signals', ...families, 'drain_watch'])
    for await (const { match, packets, bytes } of client.read({ kind: 'direct-counter', table }))
      lines.push(`${table} ${textOf(match)}: ${packets} packets, ${bytes} bytes`);
  return lines;
}
