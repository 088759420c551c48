/**
 * Runs STF tests on BMv2's simple_switch, as a process.
 *
 * Packets go in through FIFOs that the switch reads as pcap files (`--use-files 0`) and come out in pcap files that it
 * writes and flushes packet by packet, so no network interface and no privilege is needed. Commands go to
 * simple_switch_CLI, whose prompt tells when one is done. The switch merges its inputs by time and for that waits for
 * the next packet of each, so an input is closed after its last packet. Instead of sleeping, the runner polls for the
 * packets that are expected, and waits a short while longer for any that are not.
 */
import { execFileSync } from 'node:child_process';
import { constants, readFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { accepts, SwitchProcess } from '../switch/child-process.ts';
import type { ResolvedEntry, ResolvedMatch, StfProgramAction, StfTable } from './program.ts';
import { type MeterRate, StfError } from './statements.ts';
import type { CounterValue, Outputs, StfSwitch } from './stf-switch.ts';

/** How to start it. */
export interface SimpleSwitchOptions {
  /** The switch's program, absolute or on the search path, and arguments of its own. */
  readonly command: readonly string[];
  /** simple_switch_CLI, likewise. */
  readonly cliCommand: string;
  /** Where its inputs and outputs lie; the caller's to remove. */
  readonly folder: string;
  /** TCP port for Thrift, on this machine; two switches at a time need two. */
  readonly thriftPort: number;
  /** Ports that the test uses, with the number of packets that it sends to each. */
  readonly ports: ReadonlyMap<number, number>;
  /** How long to wait for packets that do not come, and at the end for packets that should not, in ms. */
  readonly patienceMs: number;
  readonly quietMs: number;
}

/** Longest wait for the switch or its CLI to answer. */
const TIMEOUT_MS = 20_000;
const PROMPT = 'RuntimeCmd: ';

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** See the top of the file. */
export class SimpleSwitch implements StfSwitch {
  private readonly options: SimpleSwitchOptions;
  private readonly process: SwitchProcess;
  private readonly inputs = new Map<number, FileHandle>();
  private readonly remaining: Map<number, number>;
  private sent = 0;
  private cli: SwitchProcess | undefined;

  private constructor(options: SimpleSwitchOptions, jsonFile: string) {
    this.options = options;
    this.remaining = new Map(options.ports);
    const { command, folder, ports, thriftPort } = options;
    this.process = new SwitchProcess({
      name: 'the switch',
      commandLine: [
        ...[...command, '--use-files', '0'],
        ...['--thrift-port', String(thriftPort), '--device-id', String(thriftPort)],
        ...['--notifications-addr', `ipc://${join(folder, 'notifications.ipc')}`],
        ...[...ports.keys()].flatMap((port) => ['-i', `${port}@pcap${port}`]),
        jsonFile,
      ],
      folder,
    });
  }

  /** Starts the switch with a program, an absolute path. Throws if it does not come up. */
  static async start(options: SimpleSwitchOptions, jsonFile: string): Promise<SimpleSwitch> {
    const inputs = [...options.ports.keys()].map((port) => inputPath(options.folder, port));
    if (inputs.length > 0) execFileSync('mkfifo', inputs);
    const self = new SimpleSwitch(options, jsonFile);
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
      const handle = await this.openInput(port);
      this.inputs.set(port, handle);
      await handle.write(pcapHeader());
      await this.closeIfDone(port);
    }
    await this.process.until(() => accepts(this.options.thriftPort), TIMEOUT_MS);
  }

  /** Opens an input once the switch has: opening it before would block, forever if the switch has ended. */
  private async openInput(port: number): Promise<FileHandle> {
    const path = inputPath(this.options.folder, port);
    let probe: FileHandle | undefined;
    const isOpenThere = async () => {
      probe = await open(path, constants.O_WRONLY | constants.O_NONBLOCK).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENXIO') return undefined;
        throw error;
      });
      return probe !== undefined;
    };
    await this.process.until(isOpenThere, TIMEOUT_MS);
    try {
      return await open(path, 'w');
    } finally {
      await probe?.close();
    }
  }

  /** Sends a command and returns what the CLI prints until its next prompt. */
  private async command(text: string): Promise<string> {
    if (this.cli === undefined) {
      const { cliCommand, folder, thriftPort } = this.options;
      const commandLine = [cliCommand, '--thrift-port', String(thriftPort)];
      this.cli = new SwitchProcess({ name: 'the CLI', commandLine, folder });
      await nextPrompt(this.cli, 0);
    }
    const from = this.cli.printed.length;
    this.cli.write(`${text}\n`);
    const answer = await nextPrompt(this.cli, from);
    if (/^(Error|Invalid|Unknown)/m.test(answer)) throw new StfError(0, `${text}: ${answer.trim()}`);
    return answer;
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
    const deadlineMs = performance.now() + this.options.patienceMs;
    const isComplete = () => {
      const outputs = this.readOutputs();
      return [...expected].every(([port, count]) => (outputs.get(port)?.length ?? 0) >= count);
    };
    await this.process.until(() => isComplete() || performance.now() > deadlineMs, Infinity);
    await pause(this.options.quietMs);
    this.process.checkAlive();
    return this.readOutputs();
  }

  private readOutputs(): Outputs {
    const outputs = new Map<number, Uint8Array[]>();
    for (const port of this.options.ports.keys()) {
      let content: Uint8Array;
      try {
        content = readFileSync(join(this.options.folder, `pcap${port}_out.pcap`));
      } catch {
        continue;
      }
      const packets = readPcap(content);
      if (packets.length > 0) outputs.set(port, packets);
    }
    return outputs;
  }

  async close(): Promise<void> {
    await Promise.all([this.cli?.close(), this.process.close()]);
    for (const handle of this.inputs.values()) await handle.close().catch(() => {});
  }
}

/** The FIFO that the switch reads a port's packets from. */
function inputPath(folder: string, port: number): string {
  return join(folder, `pcap${port}_in.pcap`);
}

/** What the CLI prints from a position to its next prompt. */
async function nextPrompt(cli: SwitchProcess, from: number): Promise<string> {
  const position = () => cli.printed.indexOf(PROMPT, from);
  await cli.until(() => position() >= 0, TIMEOUT_MS);
  return cli.printed.slice(from, position());
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
