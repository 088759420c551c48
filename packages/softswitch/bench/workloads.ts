// What the benchmarks run: a program with entries, and packets that use them.
//
// Programs are compiled afresh by this repository's compiler, so that a benchmark measures compiler and switch as they
// are today. Entries and packets are made here and not recorded, because their number is what is varied.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A program with its entries and packets for it. */
export interface Workload {
  readonly name: string;
  readonly program: object;
  readonly packets: readonly Uint8Array[];
}

interface JsonTable {
  readonly name: string;
  readonly key: readonly { readonly match_type: string }[];
  readonly action_ids: readonly number[];
  readonly actions: readonly string[];
  entries?: object[];
  max_size: number;
}

/** The repository; benchmarks are run from there. */
const root = process.cwd();

/** Compiles a program of this repository with its own compiler. */
export function compileProgram(file: string): { pipelines: { tables: JsonTable[] }[] } {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  try {
    const output = join(folder, 'program.json');
    execFileSync(
      'node',
      [join(root, 'cli/bin/mooring.mjs'), 'compile', '-I', join(root, 'p4/include'), '-o', output, join(root, file)],
      { stdio: 'ignore' },
    );
    return JSON.parse(readFileSync(output, 'utf8'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Compiles a program of this repository to JSON and P4Info. */
export function compileWithP4Info(file: string): { json: object; p4info: Uint8Array } {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  try {
    const output = join(folder, 'program.json');
    const info = join(folder, 'program.p4info.txtpb');
    const compiler = [
      join(root, 'cli/bin/mooring.mjs'),
      'compile',
      '-I',
      join(root, 'p4/include'),
      '--p4runtime-files',
      info,
      '-o',
      output,
    ];
    execFileSync('node', [...compiler, join(root, file)], { stdio: 'ignore' });
    return { json: JSON.parse(readFileSync(output, 'utf8')), p4info: readFileSync(info) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function tableOf(program: { pipelines: { tables: JsonTable[] }[] }, name: string): JsonTable {
  return program.pipelines
    .flatMap((pipeline) => pipeline.tables)
    .find((table) => table.name === name || table.name.endsWith(`.${name}`))!;
}

const hex = (value: number | bigint, bytes: number) =>
  `0x${BigInt(value)
    .toString(16)
    .padStart(2 * bytes, '0')}`;

function actionEntry(table: JsonTable, name: string, data: readonly string[]) {
  return {
    action_id: table.action_ids[table.actions.findIndex((action) => action.endsWith(name))]!,
    action_data: data,
  };
}

/** Repeatable numbers in [0, 2^32). */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return (state ^ (state >>> 15)) >>> 0;
  };
}

/** An Ethernet frame of `length` bytes with IPv4 and ports, checksum right. */
export function ipv4Frame(
  source: number,
  destination: number,
  protocol: number,
  sourcePort: number,
  destinationPort: number,
  length = 64,
): Uint8Array {
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  bytes.set([2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45, 0]);
  view.setUint16(16, length - 14);
  bytes.set([64, protocol], 22);
  view.setUint32(26, source);
  view.setUint32(30, destination);
  let sum = 0;
  for (let at = 14; at < 34; at += 2) sum += view.getUint16(at);
  sum = (sum & 0xffff) + (sum >>> 16);
  view.setUint16(24, ~((sum & 0xffff) + (sum >>> 16)) & 0xffff);
  view.setUint16(34, sourcePort);
  view.setUint16(36, destinationPort);
  return bytes;
}

/** IPv4 forwarding over this many routes of the lengths that real tables have. */
export function routing(routes: number): Workload {
  const program = compileProgram('packages/softswitch/bench/programs/l3.p4');
  const table = tableOf(program, 'routes');
  const next = numbers(1);
  const lengths = [24, 24, 24, 24, 24, 23, 22, 22, 21, 20, 19, 18, 16, 16, 12, 8];
  const prefixes = new Map<string, { value: number; length: number }>();
  while (prefixes.size < routes) {
    const length = lengths[next() % lengths.length]!;
    const value = (next() & (-1 << (32 - length))) >>> 0;
    prefixes.set(`${value}/${length}`, { value, length });
  }
  table.entries = [...prefixes.values()].map(({ value, length }, i) => ({
    match_key: [{ match_type: 'lpm', key: hex(value, 4), prefix_length: length }],
    action_entry: actionEntry(table, 'forward', [hex(0x020000000100 + i, 6), hex(1, 2)]),
    priority: i + 1,
  }));
  const list = [...prefixes.values()];
  const packets = Array.from({ length: 1000 }, () => {
    const { value, length } = list[next() % list.length]!;
    const host = length === 32 ? 0 : next() % 2 ** (32 - length);
    return ipv4Frame(next(), (value + host) >>> 0, 6, next() & 0xffff, 80);
  });
  return { name: `L3 forwarding, ${routes.toLocaleString('en')} routes`, program, packets };
}

/** An access list of five-tuples with wildcards. */
export function accessList(rules: number): Workload {
  const program = compileProgram('packages/softswitch/bench/programs/acl.p4');
  const table = tableOf(program, 'acl');
  const next = numbers(2);
  const mask32 = (length: number) => (length === 0 ? 0 : (-1 << (32 - length)) >>> 0);
  const list = Array.from({ length: rules }, () => {
    const source = mask32([0, 8, 16, 24, 32][next() % 5]!);
    const destination = mask32([16, 24, 24, 32][next() % 4]!);
    return {
      source: { value: (next() & source) >>> 0, mask: source },
      destination: { value: (next() & destination) >>> 0, mask: destination },
      protocol: next() % 4 === 0 ? { value: 0, mask: 0 } : { value: next() % 2 === 0 ? 6 : 17, mask: 255 },
      sourcePort: { value: 0, mask: 0 },
      destinationPort: next() % 3 === 0 ? { value: 0, mask: 0 } : { value: next() & 0xffff, mask: 0xffff },
    };
  });
  table.entries = list.map((rule, i) => ({
    match_key: (
      [
        [rule.source, 4],
        [rule.destination, 4],
        [rule.protocol, 1],
        [rule.sourcePort, 2],
        [rule.destinationPort, 2],
      ] as const
    ).map(([{ value, mask }, bytes]) => ({ match_type: 'ternary', key: hex(value, bytes), mask: hex(mask, bytes) })),
    action_entry: actionEntry(table, 'permit', [hex(1, 2)]),
    priority: i + 1,
  }));
  const packets = Array.from({ length: 1000 }, (_, i) => {
    // Three of four packets hit a rule, the others none.
    const rule = list[next() % list.length]!;
    const hit = i % 4 !== 0;
    const fill = ({ value, mask }: { value: number; mask: number }, bits: number) =>
      ((value | (next() & ~mask)) & (bits === 32 ? -1 : 2 ** bits - 1)) >>> 0;
    return hit
      ? ipv4Frame(
          fill(rule.source, 32),
          fill(rule.destination, 32),
          rule.protocol.mask === 0 ? 6 : rule.protocol.value,
          fill(rule.sourcePort, 16),
          fill(rule.destinationPort, 16),
        )
      : ipv4Frame(next(), next(), 6, next() & 0xffff, next() & 0xffff);
  });
  return { name: `ACL, ${rules.toLocaleString('en')} ternary rules`, program, packets };
}

/** MPLS label swapping with stacks of one to eight labels. */
export function labelStacks(): Workload {
  const program = compileProgram('packages/softswitch/bench/programs/stack.p4');
  const table = tableOf(program, 'labels');
  const next = numbers(3);
  table.entries = Array.from({ length: 1000 }, (_, i) => ({
    match_key: [{ match_type: 'exact', key: hex(i, 3) }],
    action_entry:
      i % 4 === 0 ? actionEntry(table, 'pop', [hex(1, 2)]) : actionEntry(table, 'swap', [hex(i + 5000, 3), hex(1, 2)]),
    priority: i + 1,
  }));
  const packets = Array.from({ length: 1000 }, () => {
    const depth = 1 + (next() % 8);
    const bytes = new Uint8Array(14 + 4 * depth + 32);
    const view = new DataView(bytes.buffer);
    view.setUint16(12, 0x8847);
    for (let i = 0; i < depth; i++)
      view.setUint32(
        14 + 4 * i,
        (((i === 0 ? next() % 1000 : next() % 2 ** 20) << 12) | (i === depth - 1 ? 0x100 : 0) | 64) >>> 0,
      );
    return bytes;
  });
  return { name: 'MPLS, stacks of 1 to 8 labels', program, packets };
}

/** Key fields and action of an entry of Mooring's program; values are numbers. */
type ExactEntry = readonly [table: string, key: readonly number[], action: string, data: readonly number[]];

/**
 * Mooring's own program in steady state: eight servers behind one address, 64 buckets, 4,096 pins; half of the packets
 * go from clients to the address, half from servers back, and one client packet in four has a pin. Timestamps and
 * digests aside nothing changes. Clients send to port 0 and are reached at `clientPort`, servers send to
 * `serversSendTo` and are reached at port 1.
 */
export function loadBalancer(clientPort = 1, serversSendTo = 0, serverCount = 8): Workload {
  const program = compileProgram('p4/v1model/mooring.p4');
  const address = 0x0a000064;
  const servers = Array.from({ length: serverCount }, (_, i) => ({
    id: i + 1,
    address: 0x0a000015 + i,
    mac: 0x020000000201 + i,
    port: 1,
  }));
  const clientMac = 0x02000000000a;
  const clientAddress = (n: number) => 0x0a010000 + (n % 4096);
  const entries: ExactEntry[] = [
    ['addresses', [address], 'own_address', [0x020000000100]],
    ['vips', [address, 6, 80, 0], 'set_vip', [1, 0, 64, 0, 0xffff, 0]],
    ...Array.from(
      { length: 64 },
      (_, bucket): ExactEntry => [
        'buckets',
        [1, bucket],
        'set_assignment',
        [1 + (bucket % serverCount), 1 + (bucket % serverCount), 0, 0, 0, 0],
      ],
    ),
    ...servers.flatMap(({ id, address: own, mac, port }): ExactEntry[] => [
      ['returns', [own, 6, 8080], 'from_server', [id, 1, address, 80]],
      ['servers', [1, id], 'to_server', [mac, port, own, 8080]],
      ...[1, 2, 3, 4].map((signal): ExactEntry => ['signals', [1, id, signal], 'counted', []]),
      ['macs', [mac], 'to_port', [port]],
      ['mac_sources', [mac, serversSendTo], 'mac_known', []],
      ['pin_servers', [id], 'alive_for_pin', []],
      ['slot_servers', [id], 'alive_for_slot', []],
    ]),
    ['macs', [clientMac], 'to_port', [clientPort]],
    ['mac_sources', [clientMac, 0], 'mac_known', []],
    ...Array.from(
      { length: 4096 },
      (_, n): ExactEntry => ['pins', [1, clientAddress(n), 1024 + n, 0], 'pin', [1 + (n % serverCount), 0]],
    ),
  ];
  const widths = new Map(
    (program as unknown as { actions: { name: string; runtime_data: { bitwidth: number }[] }[] }).actions.map(
      (action) => [action.name, action.runtime_data.map(({ bitwidth }) => bitwidth)],
    ),
  );
  const types = program as unknown as {
    header_types: { name: string; fields: [string, number][] }[];
    headers: { name: string; header_type: string }[];
  };
  const widthOf = ([header, field]: [string, string]) => {
    const type = types.headers.find((each) => each.name === header)!.header_type;
    return types.header_types.find((each) => each.name === type)!.fields.find(([name]) => name === field)![1];
  };
  for (const [name, key, action, data] of entries) {
    const table = tableOf(program, name);
    table.entries ??= [];
    table.entries.push({
      match_key: key.map((value, i) => ({
        match_type: 'exact',
        key: hex(value, Math.ceil(widthOf((table.key[i] as unknown as { target: [string, string] }).target) / 8)),
      })),
      action_entry: actionEntry(
        table,
        action,
        data.map((value, i) => hex(value, Math.ceil(widths.get(action)![i]! / 8))),
      ),
      priority: table.entries.length + 1,
    });
  }
  const next = numbers(4);
  const packets = Array.from({ length: 1000 }, (_, i) => {
    const n = next() % 4096;
    // Pins are for client ports from 1024 on, by the client's number.
    const clientPort = i % 8 === 0 ? 1024 + n : 20_000 + (next() % 10_000);
    const { address: own, mac } = servers[n % serverCount]!;
    const frame =
      i % 2 === 0
        ? ipv4Frame(clientAddress(n), address, 6, clientPort, 80)
        : ipv4Frame(own, clientAddress(n), 6, 8080, clientPort);
    const view = new DataView(frame.buffer);
    const setMac = (at: number, value: number) => {
      view.setUint16(at, value / 2 ** 32);
      view.setUint32(at + 2, value % 2 ** 32);
    };
    setMac(0, i % 2 === 0 ? 0x020000000100 : clientMac);
    setMac(6, i % 2 === 0 ? clientMac : mac);
    view.setUint16(46, 0x5010);
    return frame;
  });
  return { name: "Mooring's program, 8 servers, 4,096 pins", program, packets };
}
