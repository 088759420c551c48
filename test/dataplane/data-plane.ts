// Mooring's P4 program in this process: compiled from its sources by p4c-ts, run by softswitch's data plane without
// ports, threads or gRPC. Tables and actions go by the names of docs/DATAPLANE.md, values are what people write.
// `MOORING_P4C` may name another compiler with p4c-bm2-ss's options, so that the same stories also judge the program
// as that compiler understands it.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { decodeFields, parseIpv4, parseIpv6, parseMac } from '@mooring/bmv2-harness';
import { compile, formatDiagnostic } from '@mooring/p4c-ts';
import { nodeFileSystem } from '@mooring/p4c-ts/node';
import { encodeArguments, loadProgram, type Program, DataPlane as SwitchPlane } from '@mooring/softswitch';

const root = fileURLToPath(new URL('../../', import.meta.url));
const PROGRAM = join(root, 'p4', 'v1model', 'mooring.p4');
const INCLUDES = join(root, 'p4', 'include');
const CPU_PORT = 510;
const TICK_US = 1024;

/** A key field or action parameter: a number, a MAC address or an IP address. */
export type Value = number | string;

export interface Output {
  port: number;
  bytes: Uint8Array;
}

/** A digest: the name of its type and its fields as numbers, a client's address as text. */
export type Digest = { name: string } & Record<string, number | string>;

function numberOf(value: Value): bigint {
  if (typeof value === 'number') return BigInt(value);
  if (!value.includes(':')) return parseIpv4(value);
  return /^..(:..){5}$/.test(value) ? parseMac(value) : parseIpv6(value);
}

/** As the switch writes a client's address in its messages: 128 bits, IPv4 as ::ffff:a.b.c.d. */
function clientAddressOf(value: Value): bigint {
  return typeof value === 'string' && !value.includes(':') ? (0xffffn << 32n) | parseIpv4(value) : numberOf(value);
}

const IPV6_FIELD = [['address', 128, 'ipv6']] as const;
const IPV4_FIELD = [['address', 32, 'ipv4']] as const;

/** The inverse of `clientAddressOf`. */
function formatClientAddress(bytes: Uint8Array): string {
  const mapped = bytes.subarray(0, 12).every((byte, index) => byte === (index < 10 ? 0 : 0xff));
  const fields = mapped ? decodeFields(IPV4_FIELD, bytes.subarray(12)) : decodeFields(IPV6_FIELD, bytes);
  return String(fields.address);
}

function compileWith(command: string, defines: Record<string, string>): object {
  const folder = mkdtempSync(join(tmpdir(), 'mooring-dataplane-'));
  try {
    const output = join(folder, 'program.json');
    const flags = Object.entries(defines).map(([name, text]) => `-D${name}=${text}`);
    execFileSync(command, ['-I', INCLUDES, ...flags, '-o', output, PROGRAM], { stdio: 'pipe' });
    return JSON.parse(readFileSync(output, 'utf8'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function compileOurselves(defines: Record<string, string>): object {
  const result = compile(PROGRAM, {
    files: nodeFileSystem(),
    includePaths: [INCLUDES],
    defines: Object.entries(defines).map(([name, text]) => `${name}=${text}`),
  });
  if (!result.ok) {
    throw new Error(result.diagnostics.map((each) => formatDiagnostic(each, result.sourceMap)).join('\n'));
  }
  return result.bmv2!;
}

/** The fields of the digests, in order: BMv2 JSON has lost their names. */
const DIGEST_FIELDS: Record<string, readonly string[]> = {
  pin_event_t: [
    ...['kind', 'way', 'slot', 'generation', 'vip', 'bucket'],
    ...['client_address', 'client_port', 'vip_port', 'server'],
  ],
  mac_event_t: ['mac', 'port'],
};

const CLIENT_ADDRESS = 'client_address';

const programs = new Map<string, Program>();

/** Compiles the program once for each set of macro definitions, and loads it afresh. */
export async function loadDataPlane(defines: Record<string, string>): Promise<DataPlane> {
  const name = JSON.stringify(defines);
  let program = programs.get(name);
  if (program === undefined) {
    const foreign = process.env.MOORING_P4C;
    program = loadProgram(foreign === undefined ? compileOurselves(defines) : compileWith(foreign, defines));
    programs.set(name, program);
  }
  return new DataPlane(program);
}

export class DataPlane {
  readonly cpuPort = CPU_PORT;
  private readonly plane: SwitchPlane;
  private nowUs = 1_000_000;
  private outputs: Output[] = [];
  private digests: Digest[] = [];
  private readonly downPorts = new Set<number>();
  /** Slots in use by table, by the text of their key. */
  private readonly slots = new Map<string, Map<string, number>>();

  constructor(private readonly program: Program) {
    this.plane = new SwitchPlane(program, {
      output: (port, start, length) => {
        this.outputs.push({ port, bytes: this.plane.memory.bytes.slice(start, start + length) });
      },
      digest: (list, values) => {
        const { name } = program.learnLists[list]!;
        const fields = DIGEST_FIELDS[name]!.map((field, index) => {
          const bytes = values[index]!;
          return [field, field === CLIENT_ADDRESS ? formatClientAddress(bytes) : toNumber(bytes)];
        });
        this.digests.push({ name, ...Object.fromEntries(fields) });
      },
      isPortUp: (port) => !this.downPorts.has(port),
    });
  }

  private table(name: string) {
    const found = this.plane.tables.find((table) => table.plan.table.name === name);
    if (found === undefined) throw new Error(`the program has no table '${name}'`);
    return found;
  }

  private target(name: string, values: readonly Value[], table: ReturnType<DataPlane['table']>) {
    const action = table.plan.table.actions.find((each) => this.program.actions[each]!.name === name);
    if (action === undefined) throw new Error(`table '${table.plan.table.name}' has no action '${name}'`);
    const parameters = this.program.actions[action]!.parameters;
    if (parameters.length !== values.length) throw new Error(`'${name}' takes ${parameters.length} parameters`);
    return { kind: 'action', action, data: encodeArguments(this.program, action, values.map(numberOf)) } as const;
  }

  private slotsOf(table: string): Map<string, number> {
    let slots = this.slots.get(table);
    if (slots === undefined) this.slots.set(table, (slots = new Map()));
    return slots;
  }

  setDefault(table: string, action: string, values: readonly Value[]): void {
    const runtime = this.table(table);
    runtime.setDefault(this.target(action, values, runtime));
  }

  insert(table: string, key: readonly Value[], action: string, values: readonly Value[]): void {
    const runtime = this.table(table);
    const slots = this.slotsOf(table);
    const used = new Set(slots.values());
    let slot = 0;
    while (used.has(slot)) slot++;
    const match = key.map((value) => ({ kind: 'exact', value: numberOf(value) }) as const);
    runtime.insert(slot, match, 0, this.target(action, values, runtime), 0);
    slots.set(String(key), slot);
  }

  /** An entry for the addresses that share their first `prefixLength` bits with `address`. */
  insertPrefix(table: string, address: string, prefixLength: number, action: string, values: readonly Value[]): void {
    const runtime = this.table(table);
    const slots = this.slotsOf(table);
    const match = [{ kind: 'lpm', value: numberOf(address), prefixLength } as const];
    runtime.insert(slots.size, match, 0, this.target(action, values, runtime), 0);
    slots.set(`${address}/${prefixLength}`, slots.size);
  }

  /**
   * An entry whose action is chosen among several by hash, of those whose port is up:
   * `[action parameters, watched port]`.
   */
  insertGroup(
    table: string,
    key: readonly Value[],
    action: string,
    members: readonly (readonly [readonly Value[], number])[],
  ): void {
    const runtime = this.table(table);
    const profile = this.plane.profiles[runtime.plan.table.actionProfile!]!;
    members.forEach(([values], member) => {
      const target = this.target(action, values, runtime);
      profile.setMember(member, target.action, target.data);
    });
    const watched = members.map(([, watchPort], member) => ({ member, weight: 1, watchPort }));
    profile.setGroup(0, watched, false);
    const match = key.map((value) => ({ kind: 'exact', value: numberOf(value) }) as const);
    runtime.insert(0, match, 0, { kind: 'group', group: 0 }, 0);
  }

  /** Takes a port down or up. */
  setPort(port: number, up: boolean): void {
    if (up) this.downPorts.delete(port);
    else this.downPorts.add(port);
    for (const profile of this.plane.profiles) profile.portChanged();
  }

  /** Lets a meter's cell pass so many packets a second, and as many at once. */
  setMeter(name: string, cell: number, perSecond: number, burst: number): void {
    const position = this.program.meters.findIndex((meter) => meter.name === name);
    const rate = { perSecond, burst };
    this.plane.meters[position]!.configure(cell, [rate, rate], this.nowUs);
  }

  /** Packets counted by an entry of a table that has a direct counter. */
  directCounter(table: string, key: readonly Value[]): number {
    return Number(this.table(table).counter(this.slotsOf(table).get(String(key))!).packets);
  }

  remove(table: string, key: readonly Value[]): void {
    const slots = this.slotsOf(table);
    this.table(table).remove(slots.get(String(key))!);
    slots.delete(String(key));
  }

  /** Modifies the entry if there is one, else inserts it. */
  upsert(table: string, key: readonly Value[], action: string, values: readonly Value[]): void {
    const slot = this.slotsOf(table).get(String(key));
    const runtime = this.table(table);
    if (slot === undefined) this.insert(table, key, action, values);
    else runtime.modify(slot, this.target(action, values, runtime), 0);
  }

  multicastGroup(id: number, ports: readonly number[]): void {
    this.plane.replication.setGroup(
      id,
      ports.map((port) => ({ port, instance: 0, backups: [] })),
    );
  }

  /** Number of cells of a register. */
  registerSize(name: string): number {
    return this.program.registers.find((register) => register.name === name)!.size;
  }

  /** Packets counted by a cell of a counter. */
  counter(name: string, index: number): number {
    const position = this.program.counters.findIndex((counter) => counter.name === name);
    return this.plane.counters[position]![2 * index]!;
  }

  /** Lets time pass, in ticks of 1.024 ms. */
  advanceTicks(ticks: number): void {
    this.nowUs += ticks * TICK_US;
  }

  /** Sends a packet in by a port; one microsecond passes. */
  send(port: number, bytes: Uint8Array): { outputs: Output[]; digests: Digest[] } {
    this.outputs = [];
    this.digests = [];
    this.plane.setTime(this.nowUs++);
    this.plane.receive(port, bytes);
    return { outputs: this.outputs, digests: this.digests };
  }

  /** A packet-out with these header fields; what is left out is 0. */
  packetOut(fields: Record<string, Value>, inner: Uint8Array): { outputs: Output[]; digests: Digest[] } {
    const header = this.program.headers.find((each) => each.name === 'packet_out')!;
    const parts: number[] = [];
    for (const { name, bitwidth } of this.program.headerTypes[header.type]!.fields) {
      const value = (name === CLIENT_ADDRESS ? clientAddressOf : numberOf)(fields[name] ?? 0);
      for (let shift = bitwidth - 8; shift >= 0; shift -= 8) parts.push(Number((value >> BigInt(shift)) & 0xffn));
    }
    return this.send(CPU_PORT, Uint8Array.from([...parts, ...inner]));
  }
}

function toNumber(bytes: Uint8Array): number {
  return bytes.reduce((value, byte) => value * 256 + byte, 0);
}
