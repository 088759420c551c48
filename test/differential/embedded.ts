/**
 * Runs a program on the embedded switch, in this process. Time is given and not measured, so a run always has the same
 * result; outputs are kept by port, as a peer behind interfaces can tell them, and by packet as well, so that a
 * difference can be traced to the packet that made it.
 */
import { DataPlane, DROP_NAMES, loadProgram } from '@mooring/softswitch';
import type { ProgramJson } from './program-json.ts';
import { type Packet, PORTS } from './traffic.ts';

/** Packets that left, as hexadecimal text, by port, in order. */
export type Outputs = string[][];

export interface EmbeddedRun {
  readonly outputs: Outputs;
  /** Outputs of each packet, as `port:bytes`. */
  readonly perPacket: readonly (readonly string[])[];
  /** Packets that were dropped where simple_switch stops or goes on for ever (docs/LIMITATIONS.md). */
  readonly stopping: readonly boolean[];
}

/** Reasons for drops that are such. */
export const STOPPING = ['assertion', 'pass limit', 'no headroom', 'no buffer', 'packet too long'] as const;

/** Sends packets one after the other, a time apart. Only the ports below `PORTS` exist. */
export function runEmbedded(program: ProgramJson, packets: readonly Packet[]): EmbeddedRun {
  const outputs: Outputs = Array.from({ length: PORTS }, () => []);
  const perPacket: string[][] = [];
  const stopping: boolean[] = [];
  const plane: DataPlane = new DataPlane(loadProgram(program), {
    output: (port, start, length) => {
      if (port >= PORTS) return;
      const text = Buffer.from(plane.memory.bytes.subarray(start, start + length)).toString('hex');
      outputs[port]!.push(text);
      perPacket.at(-1)!.push(`${port}:${text}`);
    },
  });
  const stops = () =>
    DROP_NAMES.reduce(
      (sum, name, i) => sum + (STOPPING.includes(name as (typeof STOPPING)[number]) ? plane.drops[i]! : 0),
      0,
    );
  for (const [i, { port, bytes }] of packets.entries()) {
    plane.setTime(1_000_000 + 300 * i);
    perPacket.push([]);
    const before = stops();
    plane.receive(port, bytes);
    stopping.push(stops() > before);
  }
  return { outputs, perPacket, stopping };
}
