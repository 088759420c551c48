/**
 * Damaged programs and damaged packets: a program with a few changes is refused with its place, or runs whatever packets come; a good one does
 * the same with damaged packets as simple_switch, where that is installed.
 */
import { DataPlane, loadProgram, ProgramError } from '@mooring/softswitch';
import { compareSwitches } from '../differential/case.ts';
import { runEmbedded } from '../differential/embedded.ts';
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
 * How one run of packets ended. `died`: the other switch did, whatever it was sent, which is news about that one only; `same in part`: it died of
 * some of the packets, and the others did the same.
 */
export type PacketsResult = 'same' | 'same in part' | 'not compared' | 'died' | { readonly finding: string };

/**
 * Sends damaged packets to a good program with random entries.
 *
 * What a program reads from an invalid header is whatever an earlier packet left there, and differs from switch to switch by right. So the packets
 * are run in order, in reverse, in other orders, and each in a switch of its own; only those whose outputs are always the same are compared, and of
 * those none of which simple_switch is known to stop. Where its pipelines run into each other, packets go one by one. Programs that draw
 * random numbers are not compared.
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
    const { perPacket: forward, stopping } = runEmbedded(loaded, packets);
    const positions = packets.map((_, i) => i);
    const orders = [positions.toReversed(), ...Array.from({ length: 4 }, () => shuffled(positions, random))];
    const others = orders.map((order) => {
      const { perPacket } = runEmbedded(
        loaded,
        order.map((i) => packets[i]!),
      );
      return new Map(order.map((i, place) => [i, perPacket[place]!.join()]));
    });
    settled = packets.filter((packet, i) => {
      const outputs = forward[i]!.join();
      return (
        !stopping[i] &&
        others.every((other) => other.get(i) === outputs) &&
        outputs === runEmbedded(loaded, [packet]).perPacket[0]!.join()
      );
    });
  } catch (error) {
    return { finding: `${name}: ${(error as Error).stack}` };
  }
  const ms = processorMs() - started;
  if (ms > 4 * PATIENCE_MS) return { finding: `${name}: ${count} packets took ${Math.round(ms)} ms` };
  const draws = /"op":"modify_field_rng_uniform"/.test(JSON.stringify(program));
  if (simpleSwitch === undefined || draws || hasOddPrefixes(loaded) || settled.length === 0) return 'not compared';
  if (!sharesRegisters(program)) return comparePackets(name, loaded, settled, simpleSwitch);
  for (const packet of settled.slice(0, 4)) {
    const result = await comparePackets(name, loaded, [packet], simpleSwitch);
    if (result !== 'same') return result;
  }
  return 'same';
}

function shuffled(items: readonly number[], random: Random): number[] {
  const result = [...items];
  for (let i = result.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [result[i], result[j]] = [result[j]!, result[i]!];
  }
  return result;
}

/** Compares both switches; packets of which the other one dies are sent to it in halves, until those are left alone that kill it. */
async function comparePackets(
  name: string,
  program: ProgramJson,
  packets: readonly Packet[],
  simpleSwitch: string,
): Promise<PacketsResult> {
  const details = await compareSwitches(program, packets, runEmbedded(program, packets), simpleSwitch);
  if (details === '') return 'same';
  if (!details.startsWith(`${simpleSwitch} ended`)) return { finding: `${name}: ${details}` };
  // A switch that ends with a few packets ends with the program.
  if (packets.length <= 4) return 'died';
  const half = packets.length >> 1;
  const results: PacketsResult[] = [];
  for (const part of [packets.slice(0, half), packets.slice(half)]) {
    const result = await comparePackets(name, program, part, simpleSwitch);
    if (typeof result !== 'string') return result;
    results.push(result);
  }
  return results.every((result) => result === 'died') ? 'died' : 'same in part';
}
