/**
 * What a program can do, from its P4Info alone. The same features of the data plane are made into programs for several
 * architectures, and some of them can be left out where a chip has no room (docs/tofino.md), so the controller asks the
 * program it is given: a feature is there when the tables, fields and actions are that it needs. Two things cannot be
 * seen in tables and follow from the architecture: a hash whose remainder is cut out of it knows neither seeds nor
 * numbers that do not begin at 0, and no two buckets that are no powers of two.
 *
 * Everything here is pure. What a configuration needs of all this is in `operations/abilities.ts`.
 */
import { Program, readP4Info } from '@mooring/p4runtime-ts';
import type { PipelineProgram } from '../options.ts';
import { SwitchRefusedError } from './port.ts';
import { TABLE_NAMES, TABLES, type TableName } from './tables.ts';

/** What a program can do beside forwarding connections to IPv4 VIPs for one port, with pins. */
export interface ProgramFeatures {
  /** VIPs, clients and servers with IPv6 addresses. */
  readonly ipv6: boolean;
  /** VIPs for all ports of their protocol. */
  readonly allPorts: boolean;
  /** Several links to a server. */
  readonly links: boolean;
  /** Packets to servers inside others: `ipip` and `gue`. */
  readonly tunnels: boolean;
  /** A second mapping beside a VIP's own, without which no connection lives through a change of it. */
  readonly comingMappings: boolean;
  /**
   * Any number of buckets, any seed, and several VIPs whose buckets share the numbers of a service; else powers of two,
   * 0, and one.
   */
  readonly anyMapping: boolean;
  /** Connections whose pins were lost are handed to the controller. */
  readonly doubt: boolean;
  /** SYNs, their answers and resets are counted by server. */
  readonly signals: boolean;
  /** SYNs for which no server has room are refused. */
  readonly refusals: boolean;
}

/** Of a program for BMv2's architecture with nothing left out. */
export const ALL_FEATURES: ProgramFeatures = {
  ipv6: true,
  allPorts: true,
  links: true,
  tunnels: true,
  comingMappings: true,
  anyMapping: true,
  doubt: true,
  signals: true,
  refusals: true,
};

/** Fields of the keys of the tables that a program has. */
export type ProgramLayout = ReadonlyMap<TableName, ReadonlySet<string>>;

/** Architectures of Tofino: what is hashed is cut by a mask. */
const TOFINO = /^t\d*na$/;

/** Tables without which there is no load balancing. */
const NEEDED = [
  'addresses',
  'vips',
  'buckets',
  'servers',
  'returns',
  'pins',
  'pin_servers',
  'slot_servers',
  'drain_watch',
  'macs',
  'mac_sources',
] as const satisfies readonly TableName[];

/**
 * Registers of which each has a cell for every slot of a way: where a slot is one of several words it is one of each,
 * and the first is looked for. The control plane reads none of them; their size is the number of slots.
 */
const SLOT_REGISTERS = ['first_key', 'first_state.cells'];

/** @throws SwitchRefusedError where it is another program than Mooring's, P4InfoError when its P4Info cannot be read */
export function featuresOf({ p4info }: Pick<PipelineProgram, 'p4info'>): ProgramFeatures {
  const program = new Program(readP4Info(p4info));
  checkOurs(program);
  const has = (...tables: readonly TableName[]): boolean => tables.every((table) => tableOf(program, table));
  const does = (...actions: readonly (keyof typeof TABLES.servers.actions)[]): boolean =>
    actions.every((action) => tableOf(program, 'servers')!.actions.find(action));
  return {
    ipv6: has('vips_v6', 'addresses_v6', 'returns_v6', 'pins_v6') && does('to_server_v6'),
    allPorts:
      has('vips_all_ports', 'returns_all_ports') &&
      does('to_server_all_ports') &&
      tableOf(program, 'pins')!.matchFields.find('vip_port') !== undefined,
    links: has('links'),
    tunnels: does('to_server_ipip', 'to_server_gue'),
    comingMappings: has('coming_mappings', 'coming_buckets'),
    anyMapping: !TOFINO.test(program.architecture),
    doubt: has('doubts'),
    signals: has('signals'),
    refusals: has('refusals'),
  };
}

/** Which tables there are, and the fields of their keys that we fill in. */
export function programLayout(program: Program): ProgramLayout {
  return new Map(
    TABLE_NAMES.flatMap((name) => {
      const table = tableOf(program, name);
      return table === undefined
        ? []
        : [[name, new Set(TABLES[name].key.filter((field) => table.matchFields.find(field)))]];
    }),
  );
}

/** Slots of each of the two ways. @throws SwitchRefusedError where no register tells */
export function slotsOfProgram(program: Program): number {
  for (const name of SLOT_REGISTERS) {
    const register = program.registers.find(name);
    if (register !== undefined) return Number(register.size);
  }
  throw notOurs(
    `no register ${SLOT_REGISTERS.map((name) => `\`${name}\``).join(' or ')}, which tells how many pins it holds`,
  );
}

function tableOf(program: Program, name: TableName) {
  return program.tables.find(name);
}

function checkOurs(program: Program): void {
  const missing = NEEDED.filter((name) => tableOf(program, name) === undefined);
  if (missing.length > 0) throw notOurs(`no table ${missing.map((name) => `\`${name}\``).join(', ')}`);
  slotsOfProgram(program);
}

function notOurs(lacks: string): SwitchRefusedError {
  return new SwitchRefusedError(
    `the P4Info is not that of Mooring's program: it has ${lacks}. Name the one that was made with the program (\`--p4info\`)`,
  );
}
