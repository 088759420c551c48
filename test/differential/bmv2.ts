/**
 * Runs a program on an installed simple_switch that reads and writes pcap files.
 *
 * The switch has several threads and short queues between them, so on a busy machine packets would be dropped by
 * chance: its queues are made long first, by the one call of its Thrift service that is needed here. Until that is done
 * the switch waits for the file of port 0, which is a FIFO. Packets are sent a time apart, or they would overtake each
 * other where copies go different ways. The switch never ends by itself: it is stopped when as much came out as is
 * expected or nothing has come for a while.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deepenQueues, freePort } from '@mooring/bmv2-harness/bmv2';
import type { Outputs } from './embedded.ts';
import type { ProgramJson } from './program-json.ts';
import { type Packet, PORTS } from './traffic.ts';

/** Packets a queue of the switch shall hold. */
const QUEUE_DEPTH = 100_000;
/** Microseconds between two packets, unless told otherwise. */
const SPACING_US = 400;
const PCAP_HEADER_BYTES = 24;
const RECORD_HEADER_BYTES = 16;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

let runs = 0;

export interface Bmv2Options {
  /** Path of simple_switch. */
  readonly command: string;
  /** Bytes expected on each port, to know the end by. */
  readonly expected: Outputs;
  /** How long nothing may come before it counts as the end, in ms. */
  readonly quietMs?: number;
  /**
   * Time between two packets: its pipelines run at once, so that packets close together may touch a register in another
   * order.
   */
  readonly spacingUs?: number;
}

/** Throws with what the switch printed when it cannot load the program. */
export async function runBmv2(
  program: ProgramJson,
  packets: readonly Packet[],
  { command, expected, quietMs = 500, spacingUs = SPACING_US }: Bmv2Options,
): Promise<Outputs> {
  const folder = mkdtempSync(join(tmpdir(), 'mooring-differential-'));
  const thriftPort = await freePort();
  const id = runs++;
  let child: ChildProcess | undefined;
  let gate: FileHandle | undefined;
  try {
    writeFileSync(join(folder, 'program.json'), JSON.stringify(program));
    execFileSync('mkfifo', [join(folder, 'p0_in.pcap')]);
    for (let port = 1; port < PORTS; port++)
      writeFileSync(join(folder, `p${port}_in.pcap`), pcapOf(packets, port, spacingUs));
    const interfaces = Array.from({ length: PORTS }, (_, port) => ['-i', `${port}@p${port}`]).flat();
    const flags = ['--use-files', '0', '--thrift-port', String(thriftPort), '--device-id', String(id)];
    const notifications = ['--notifications-addr', `ipc://${folder}/notifications.ipc`];
    child = spawn(command, [...interfaces, ...flags, ...notifications, 'program.json'], { cwd: folder });
    let printed = '';
    let ended = false;
    child.stdout!.on('data', (text) => (printed += text));
    child.stderr!.on('data', (text) => (printed += text));
    child.on('exit', () => (ended = true));
    const gone = () => {
      if (ended) throw new Error(`${command} ended: ${printed.trim()}`);
    };
    gate = await open(join(folder, 'p0_in.pcap'), 'r+');
    const contents = pcapOf(packets, 0, spacingUs);
    await gate.write(contents, 0, PCAP_HEADER_BYTES);
    while (!(await deepenQueues(thriftPort, QUEUE_DEPTH))) {
      gone();
      await pause(20);
    }
    await gate.write(contents, PCAP_HEADER_BYTES);
    await gate.close();
    gate = undefined;
    const wanted = expected.map(
      (texts) => PCAP_HEADER_BYTES + texts.reduce((sum, text) => sum + RECORD_HEADER_BYTES + text.length / 2, 0),
    );
    const files = Array.from({ length: PORTS }, (_, port) => join(folder, `p${port}_out.pcap`));
    let last = -1;
    let quietSince = Date.now();
    const sendingMs = (packets.length * spacingUs) / 1000;
    const started = Date.now();
    for (;;) {
      await pause(25);
      gone();
      const sizes = files.map((file) => (existsSync(file) ? statSync(file).size : 0));
      const total = sizes.reduce((sum, size) => sum + size, 0);
      if (total !== last) {
        last = total;
        quietSince = Date.now();
      }
      const quiet = Date.now() - quietSince;
      const complete = sizes.every((size, port) => size === wanted[port]);
      if (Date.now() - started > sendingMs && (quiet > quietMs || (complete && quiet > 60))) break;
    }
    return files.map((file) => (existsSync(file) ? packetsOf(readFileSync(file)) : []));
  } finally {
    child?.kill('SIGKILL');
    await gate?.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A pcap file of the packets of one port, each with the time that its place among all gives it. */
function pcapOf(packets: readonly Packet[], port: number, spacingUs: number): Buffer {
  const header = Buffer.alloc(PCAP_HEADER_BYTES);
  header.writeUInt32LE(0xa1b2c3d4, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(65535, 16);
  header.writeUInt32LE(1, 20);
  const parts = [header];
  for (const [i, packet] of packets.entries()) {
    if (packet.port !== port) continue;
    const timeUs = 1_000_000 + i * spacingUs;
    const record = Buffer.alloc(RECORD_HEADER_BYTES);
    record.writeUInt32LE(Math.floor(timeUs / 1_000_000), 0);
    record.writeUInt32LE(timeUs % 1_000_000, 4);
    record.writeUInt32LE(packet.bytes.length, 8);
    record.writeUInt32LE(packet.bytes.length, 12);
    parts.push(record, Buffer.from(packet.bytes));
  }
  return Buffer.concat(parts);
}

function packetsOf(file: Buffer): string[] {
  const packets: string[] = [];
  for (let at = PCAP_HEADER_BYTES; at + RECORD_HEADER_BYTES <= file.length; ) {
    const length = file.readUInt32LE(at + 8);
    packets.push(file.toString('hex', at + RECORD_HEADER_BYTES, at + RECORD_HEADER_BYTES + length));
    at += RECORD_HEADER_BYTES + length;
  }
  return packets;
}
