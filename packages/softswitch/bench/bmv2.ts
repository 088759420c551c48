// Runs simple_switch on pcap files and measures what a packet costs it.
//
// What counts is processor time, of all its threads together, from the first packet read to the last one done: on a
// shared machine that is the one number other people's work does not change, and it is what one core would need.
// Entries are constant entries of the program, so both switches load the same file and nothing needs a control channel.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cpuSecondsOf } from '@mooring/bmv2-harness/bmv2';
import { PcapWriter } from '@mooring/softswitch';

/** Seconds simple_switch waits before it reads the files; time enough to load. */
const START_SECONDS = 3;

/** A switch that has sent nothing more for this long is done. */
const QUIET_MS = 400;

/** simple_switch, from the environment or the path; undefined where it is not installed. */
export function findSimpleSwitch(): string | undefined {
  return find(process.env.SIMPLE_SWITCH ?? 'simple_switch');
}

/** The same of simple_switch_grpc. */
export function findSimpleSwitchGrpc(): string | undefined {
  return find(process.env.SIMPLE_SWITCH_GRPC ?? 'simple_switch_grpc');
}

function find(command: string): string | undefined {
  try {
    execFileSync(command, ['--version'], { stdio: 'ignore' });
    return command;
  } catch {
    return undefined;
  }
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Packets per processor second of simple_switch, for packets that come in at port 0. */
export async function measureSimpleSwitch(
  command: string,
  program: object,
  packets: readonly Uint8Array[],
  rounds: number,
): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'bmv2-bench-'));
  try {
    writeFileSync(join(folder, 'program.json'), JSON.stringify(program));
    for (const port of [0, 1]) {
      const writer = new PcapWriter(join(folder, `p${port}_in.pcap`));
      let timeUs = 0;
      if (port === 0) for (let i = 0; i < rounds; i++) for (const packet of packets) writer.write(packet, timeUs++);
      writer.close();
    }
    const process = spawn(command, ['--use-files', String(START_SECONDS), '-i', '0@p0', '-i', '1@p1', 'program.json'], {
      cwd: folder,
      stdio: 'ignore',
    });
    try {
      await pause(START_SECONDS * 1000 - 300);
      if (process.exitCode !== null || !existsSync(`/proc/${process.pid}`))
        throw new Error('simple_switch did not start');
      const before = cpuSecondsOf(process.pid!);
      const output = join(folder, 'p1_out.pcap');
      let after = before;
      let lastChange = Date.now() + START_SECONDS * 1000;
      let size = 0;
      let last = before;
      while (Date.now() - lastChange < QUIET_MS) {
        await pause(20);
        const used = cpuSecondsOf(process.pid!);
        const now = existsSync(output) ? statSync(output).size : 0;
        if (now !== size || used > last + 0.01) {
          size = now;
          last = used;
          lastChange = Date.now();
          after = used;
        }
      }
      return (packets.length * rounds) / (after - before);
    } finally {
      process.kill('SIGKILL');
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}
