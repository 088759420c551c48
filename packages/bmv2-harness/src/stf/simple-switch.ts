/**
 * Runs STF tests on BMv2's simple_switch, as a process.
 *
 * Packets go in through FIFOs that the switch reads as pcap files (`--use-files 0`) and come out in pcap files that it
 * writes and flushes packet by packet, so no network interface and no privilege is needed. Commands go to simple_switch_CLI,
 * whose prompt tells when one is done. The switch merges its inputs by time and for that waits for the next packet of each, so an
 * input is closed after its last packet. Instead of sleeping, the runner polls for the packets that are expected, and
 * waits a short while longer for any that are not.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { ResolvedEntry, ResolvedMatch, StfProgramAction, StfTable } from './program.ts';
import { type MeterRate, StfError } from './statements.ts';
import type { CounterValue, Outputs, StfSwitch } from './stf-switch.ts';

/** How to start it. */
export interface SimpleSwitchOptions {
  /** The switch's command: a path or name, perhaps with arguments. */
  readonly command: string;
  /** Command of simple_switch_CLI. */
  readonly cliCommand: string;
  /** TCP port for Thrift, on this machine; two switches at a time need two. */
  readonly thriftPort: number;
  /** Ports that the test uses, with the number of packets that it sends to each. */
  readonly ports: ReadonlyMap<number, number>;
  /** How long to wait for packets that do not come, and at the end for packets that should not, in ms. */
  readonly patienceMs: number;
  readonly quietMs: number;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** See the top of the file. */
export class SimpleSwitch implements StfSwitch {
  private readonly options: SimpleSwitchOptions;
  private readonly folder: string;
  private readonly process: ChildProcess;
  private readonly inputs = new Map<number, FileHandle>();
  private readonly remaining: Map<number, number>;
  private sent = 0;
  private cli: ChildProcess | undefined;
  private cliOutput = '';
  private log = '';

  private constructor(options: SimpleSwitchOptions, folder: string, jsonFile: string) {
    this.options = options;
    this.folder = folder;
    this.remaining = new Map(options.ports);
    const [program, ...fixed] = options.command.split(/\s+/);
    const interfaces = [...options.ports.keys()].flatMap((port) => ['-i', `${port}@pcap${port}`]);
    const args = [
      ...fixed,
      '--use-files',
      '0',
      '--thrift-port',
      String(options.thriftPort),
      '--device-id',
      String(options.thriftPort),
      '--notifications-addr',
      `ipc://${join(folder, 'notifications.ipc')}`,
      ...interfaces,
      resolve(jsonFile),
    ];
    this.process = spawn(program!, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
    const remember = (data: Buffer): void => {
      this.log += data.toString();
    };
    this.process.stdout?.on('data', remember);
    this.process.stderr?.on('data', remember);
    this.process.on('error', (error) => {
      this.log += error.message;
    });
  }

  /** Starts the switch with a program. Throws `StfError` if it does not come up. */
  static async start(options: SimpleSwitchOptions, jsonFile: string): Promise<SimpleSwitch> {
    const folder = mkdtempSync(join(tmpdir(), 'stf-'));
    for (const port of options.ports.keys()) execFileSync('mkfifo', [join(folder, `pcap${port}_in.pcap`)]);
    const self = new SimpleSwitch(options, folder, jsonFile);
    try {
      await self.waitUntilUp();
    } catch (error) {
      await self.close();
      throw error;
    }
    return self;
  }

  private async waitUntilUp(): Promise<void> {
    // The switch opens its inputs one after another, and each opening waits for the other end.
    for (const port of this.options.ports.keys()) {
      const handle = await Promise.race([open(join(this.folder, `pcap${port}_in.pcap`), 'w'), this.exited()]);
      if (handle === undefined) throw new StfError(0, `the switch ended: ${this.log.trim()}`);
      this.inputs.set(port, handle);
      await handle.write(pcapHeader());
      await this.closeIfDone(port);
    }
    const deadline = Date.now() + 20_000;
    while (!(await accepts(this.options.thriftPort))) {
      if (this.process.exitCode !== null) throw new StfError(0, `the switch ended: ${this.log.trim()}`);
      if (Date.now() > deadline) throw new StfError(0, 'the switch does not answer');
      await pause(10);
    }
  }

  private exited(): Promise<undefined> {
    return new Promise((resolve) => {
      if (this.process.exitCode !== null) resolve(undefined);
      else this.process.once('exit', () => resolve(undefined));
      this.process.once('error', () => resolve(undefined));
    });
  }

  /** Sends a command and returns what the CLI prints until its next prompt. */
  private async command(text: string): Promise<string> {
    if (this.cli === undefined) {
      const [program, ...fixed] = this.options.cliCommand.split(/\s+/);
      this.cli = spawn(program!, [...fixed, '--thrift-port', String(this.options.thriftPort)], {
        stdio: ['pipe', 'pipe', 'pipe'],
      });
      const remember = (data: Buffer): void => {
        this.cliOutput += data.toString();
      };
      this.cli.stdout?.on('data', remember);
      this.cli.stderr?.on('data', remember);
      await this.nextPrompt(0);
    }
    const from = this.cliOutput.length;
    this.cli.stdin?.write(`${text}\n`);
    const answer = await this.nextPrompt(from);
    if (/^(Error|Invalid|Unknown)/m.test(answer)) throw new StfError(0, `${text}: ${answer.trim()}`);
    return answer;
  }

  private async nextPrompt(from: number): Promise<string> {
    const deadline = Date.now() + 20_000;
    for (;;) {
      const prompt = this.cliOutput.indexOf('RuntimeCmd: ', from);
      if (prompt >= 0) return this.cliOutput.slice(from, prompt);
      if (this.cli?.exitCode != null) throw new StfError(0, `the CLI ended: ${this.cliOutput.slice(from).trim()}`);
      if (Date.now() > deadline) throw new StfError(0, 'the CLI does not answer');
      await pause(5);
    }
  }

  async addEntry(entry: ResolvedEntry): Promise<number> {
    const keys = entry.matches.map(printMatch).join(' ');
    const values = entry.arguments.join(' ');
    const needsPriority = entry.table.matchType === 'ternary' || entry.table.matchType === 'range';
    // Here the lowest number wins.
    const priority = needsPriority ? ` ${1_000_000 - entry.priority}` : '';
    const answer = await this.command(
      `table_add ${entry.table.name} ${entry.action.name} ${keys} => ${values}${priority}`,
    );
    const handle = /handle (\d+)/.exec(answer)?.[1];
    if (handle === undefined) throw new StfError(0, `table_add: ${answer.trim()}`);
    return Number(handle);
  }

  async removeEntry(table: StfTable, handle: number): Promise<void> {
    await this.command(`table_delete ${table.name} ${handle}`);
  }

  async setDefault(table: StfTable, action: StfProgramAction, values: readonly bigint[]): Promise<void> {
    await this.command(`table_set_default ${table.name} ${action.name} ${values.join(' ')}`);
  }

  async mirroringAdd(session: number, port: number): Promise<void> {
    await this.command(`mirroring_add ${session} ${port}`);
  }
  async mirroringAddMulticast(session: number, group: number): Promise<void> {
    await this.command(`mirroring_add_mc ${session} ${group}`);
  }
  async mirroringDelete(session: number): Promise<void> {
    await this.command(`mirroring_delete ${session}`);
  }
  async multicastGroupCreate(group: number): Promise<void> {
    await this.command(`mc_mgrp_create ${group}`);
  }
  async multicastNodeCreate(replication: number, ports: readonly number[]): Promise<void> {
    await this.command(`mc_node_create ${replication} ${ports.join(' ')}`);
  }
  async multicastNodeUpdate(node: number, ports: readonly number[]): Promise<void> {
    await this.command(`mc_node_update ${node} ${ports.join(' ')}`);
  }
  async multicastNodeAssociate(group: number, node: number): Promise<void> {
    await this.command(`mc_node_associate ${group} ${node}`);
  }

  async readCounter(counter: string, index: number): Promise<CounterValue> {
    const answer = await this.command(`counter_read ${counter} ${index}`);
    const packets = /(\d+) packets/.exec(answer)?.[1];
    const bytes = /(\d+) bytes/.exec(answer)?.[1];
    if (packets === undefined || bytes === undefined) throw new StfError(0, `counter_read: ${answer.trim()}`);
    return { packets: Number(packets), bytes: Number(bytes) };
  }
  async writeCounter(counter: string, index: number, value: CounterValue): Promise<void> {
    await this.command(`counter_write ${counter} ${index} ${value.packets} ${value.bytes}`);
  }
  async readRegister(register: string, index: number): Promise<bigint> {
    const answer = await this.command(`register_read ${register} ${index}`);
    const value = /=\s*(\d+)/.exec(answer)?.[1];
    if (value === undefined) throw new StfError(0, `register_read: ${answer.trim()}`);
    return BigInt(value);
  }
  async writeRegister(register: string, index: number, value: bigint): Promise<void> {
    await this.command(`register_write ${register} ${index} ${value}`);
  }
  async resetRegister(register: string): Promise<void> {
    await this.command(`register_reset ${register}`);
  }
  async setMeterRates(meter: string, index: number | undefined, rates: readonly MeterRate[]): Promise<void> {
    const list = rates.map(({ rate, burst }) => `${rate}:${burst}`).join(' ');
    await this.command(
      index === undefined ? `meter_array_set_rates ${meter} ${list}` : `meter_set_rates ${meter} ${index} ${list}`,
    );
  }

  async send(port: number, data: Uint8Array): Promise<void> {
    const handle = this.inputs.get(port);
    if (handle === undefined) throw new StfError(0, `port ${port} is not connected`);
    this.sent += 1;
    await handle.write(pcapRecord(data, this.sent));
    this.remaining.set(port, (this.remaining.get(port) ?? 1) - 1);
    await this.closeIfDone(port);
  }

  private async closeIfDone(port: number): Promise<void> {
    if ((this.remaining.get(port) ?? 0) > 0) return;
    await this.inputs.get(port)?.close();
    this.inputs.delete(port);
  }

  async settle(expected: ReadonlyMap<number, number>): Promise<Outputs> {
    const deadline = Date.now() + this.options.patienceMs;
    for (;;) {
      const outputs = this.readOutputs();
      const isComplete = [...expected].every(([port, count]) => (outputs.get(port)?.length ?? 0) >= count);
      if (isComplete || Date.now() > deadline || this.process.exitCode !== null) break;
      await pause(10);
    }
    await pause(this.options.quietMs);
    if (this.process.exitCode !== null) throw new StfError(0, `the switch ended: ${this.log.trim()}`);
    return this.readOutputs();
  }

  private readOutputs(): Outputs {
    const outputs = new Map<number, Uint8Array[]>();
    for (const port of this.options.ports.keys()) {
      let content: Uint8Array;
      try {
        content = readFileSync(join(this.folder, `pcap${port}_out.pcap`));
      } catch {
        continue;
      }
      const packets = readPcap(content);
      if (packets.length > 0) outputs.set(port, packets);
    }
    return outputs;
  }

  async close(): Promise<void> {
    this.cli?.kill('SIGKILL');
    this.process.kill('SIGKILL');
    for (const handle of this.inputs.values()) await handle.close().catch(() => {});
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function printMatch(match: ResolvedMatch): string {
  switch (match.kind) {
    case 'exact':
      return String(match.value);
    case 'lpm':
      return `${match.value}/${match.prefixLength}`;
    case 'ternary':
      return `${match.value}&&&${match.mask}`;
    case 'range':
      return `${match.low}->${match.high}`;
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/** The header of a pcap file of Ethernet frames. */
export function pcapHeader(): Uint8Array {
  const header = new DataView(new ArrayBuffer(24));
  header.setUint32(0, 0xa1b2c3d4, true);
  header.setUint16(4, 2, true);
  header.setUint16(6, 4, true);
  header.setUint32(16, 65535, true);
  header.setUint32(20, 1, true);
  return new Uint8Array(header.buffer);
}

/** One packet as a pcap record, at that many microseconds. */
export function pcapRecord(data: Uint8Array, timeUs = 0): Uint8Array {
  const record = new Uint8Array(16 + data.length);
  const view = new DataView(record.buffer);
  view.setUint32(4, timeUs, true);
  view.setUint32(8, data.length, true);
  view.setUint32(12, data.length, true);
  record.set(data, 16);
  return record;
}

/** The packets of a pcap file; an incomplete last record is left out. */
export function readPcap(content: Uint8Array): Uint8Array[] {
  if (content.length < 24) return [];
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  const little = view.getUint32(0, true) === 0xa1b2c3d4 || view.getUint32(0, true) === 0xa1b23c4d;
  const packets: Uint8Array[] = [];
  let at = 24;
  while (at + 16 <= content.length) {
    const length = view.getUint32(at + 8, little);
    if (at + 16 + length > content.length) break;
    packets.push(Uint8Array.from(content.subarray(at + 16, at + 16 + length)));
    at += 16 + length;
  }
  return packets;
}
