/**
 * Damaged programs and damaged packets: a program with a few changes is refused with its place, or runs whatever
 * packets come; a good one does the same with damaged packets as simple_switch, where that is installed.
 */
import { DataPlane, loadProgram, ProgramError } from '@mooring/softswitch';
import { compareSwitches } from '../differential/case.ts';
import { type EmbeddedRun, runEmbedded } from '../differential/embedded.ts';
import { hasOddPrefixes, sharesRegisters } from '../differential/known-differences.ts';
import { mutateJson } from '../differential/mutate.ts';
import { type ProgramJson, withEntries } from '../differential/program-json.ts';
import type { Random } from '../differential/random.ts';
import { mutatePacket, type Packet, PORTS, randomEntries, randomPackets } from '../differential/traffic.ts';

/** A program by name. */
export interface NamedProgram {
  readonly name: string;
  readonly program: ProgramJson;
}

/** Most processor time that loading or a packet may take. */
const PATIENCE_MS = 5000;

/** Processor time of this process so far, in ms. */
function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** One damaged program; what should not have happened, or that it was refused. */
export function fuzzProgram({ name, program }: NamedProgram, random: Random): 'refused' | 'ran' | { finding: string } {
  const packets = noise(program, random, 10);
  const damaged = mutateJson(program, random);
  const started = processorMs();
  try {
    const plane = new DataPlane(loadProgram(damaged), { output: () => {} });
    for (const { port, bytes } of packets) plane.receive(port, bytes);
  } catch (error) {
    if (error instanceof ProgramError) return 'refused';
    // A damaged size may ask for more memory than there is, which is refused as well.
    if (error instanceof RangeError && /array|allocat|buffer/i.test(error.message)) return 'refused';
    return { finding: `${name}, damaged: ${(error as Error).stack}` };
  }
  const ms = processorMs() - started;
  return ms > PATIENCE_MS ? { finding: `${name}, damaged: took ${Math.round(ms)} ms` } : 'ran';
}

/** Packets that the parser knows, some of them damaged, and some of nothing but noise. */
export function noise(program: ProgramJson, random: Random, count: number): Packet[] {
  return randomPackets(program, random, count).map((packet) => {
    if (random.chance(0.1))
      return {
        port: random.below(PORTS),
        bytes: Uint8Array.from({ length: 1 + random.below(1500) }, () => random.below(256)),
      };
    return random.chance(0.5) ? mutatePacket(packet, random) : packet;
  });
}

/**
 * How one run of packets ended. `died`: the other switch did, whatever it was sent, which is news about that one only;
 * `same in part`: it died of some of the packets, and the others did the same.
 */
export type PacketsResult = 'same' | 'same in part' | 'not compared' | 'died' | { readonly finding: string };

/**
 * Packets of which a switch always makes the same, whatever came before them.
 *
 * What a program reads from an invalid header is whatever an earlier packet left there, and differs from switch to
 * switch by right. So the packets are run in order, in reverse, in other orders, and each in a switch of its own; only
 * those whose outputs are always the same are given back, and of those none of which simple_switch is known to stop.
 */
export function settledPackets(
  packets: readonly Packet[],
  random: Random,
  run: (packets: readonly Packet[]) => Pick<EmbeddedRun, 'perPacket' | 'stopping'>,
): Packet[] {
  const { perPacket: forward, stopping } = run(packets);
  const positions = packets.map((_, i) => i);
  const orders = [positions.toReversed(), ...Array.from({ length: 4 }, () => random.shuffle(positions))];
  const others = orders.map((order) => {
    const { perPacket } = run(order.map((i) => packets[i]!));
    return new Map(order.map((i, place) => [i, perPacket[place]!.join()]));
  });
  return packets.filter((packet, i) => {
    const outputs = forward[i]!.join();
    return (
      !stopping[i] &&
      others.every((other) => other.get(i) === outputs) &&
      outputs === run([packet]).perPacket[0]!.join()
    );
  });
}

/**
 * Sends damaged packets to a good program with random entries. Where its pipelines run into each other, packets go one
 * by one. Programs that draw random numbers are not compared.
 */
export async function fuzzPackets(
  { name, program }: NamedProgram,
  random: Random,
  count: number,
  simpleSwitch: string | undefined,
): Promise<PacketsResult> {
  const loaded = withEntries(program, randomEntries(program, random));
  const packets = noise(program, random, count);
  const started = processorMs();
  let settled: Packet[];
  try {
    settled = settledPackets(packets, random, (some) => runEmbedded(loaded, some));
  } catch (error) {
    return { finding: `${name}: ${(error as Error).stack}` };
  }
  const ms = processorMs() - started;
  if (ms > 4 * PATIENCE_MS) return { finding: `${name}: ${count} packets took ${Math.round(ms)} ms` };
  const draws = /"op":"modify_field_rng_uniform"/.test(JSON.stringify(program));
  if (simpleSwitch === undefined || draws || hasOddPrefixes(loaded) || settled.length === 0) return 'not compared';
  const compare = async (some: readonly Packet[]): Promise<Comparison> => {
    const details = await compareSwitches(loaded, some, runEmbedded(loaded, some), simpleSwitch);
    return { details, ended: details.startsWith(`${simpleSwitch} ended`) };
  };
  if (!sharesRegisters(program)) return compareInParts(settled, name, compare);
  for (const packet of settled.slice(0, 4)) {
    const result = await compareInParts([packet], name, compare);
    if (result !== 'same') return result;
  }
  return 'same';
}

/** What differs between two switches, or '', and whether the other one has ended. */
export interface Comparison {
  readonly details: string;
  readonly ended: boolean;
}

/**
 * Compares both switches; packets of which the other one dies are sent to it in halves, until those are left alone that
 * kill it.
 */
export async function compareInParts(
  packets: readonly Packet[],
  name: string,
  compare: (packets: readonly Packet[]) => Promise<Comparison>,
): Promise<PacketsResult> {
  const { details, ended } = await compare(packets);
  if (details === '') return 'same';
  if (!ended) return { finding: `${name}: ${details}` };
  // A switch that ends with a few packets ends with the program.
  if (packets.length <= 4) return 'died';
  const half = packets.length >> 1;
  const results: PacketsResult[] = [];
  for (const part of [packets.slice(0, half), packets.slice(half)]) {
    const result = await compareInParts(part, name, compare);
    if (typeof result !== 'string') return result;
    results.push(result);
  }
  return results.every((result) => result === 'died') ? 'died' : 'same in part';
}
