// What the program's tables and registers take of a Tofino's memory and stateful units: derived from its P4Info by the
// hardware's published sizes, which is an estimate (how tables are spread over stages, and what their dependencies
// cost, is not in it), and as the makers' back end reports it for what it has compiled.
import type { P4Info } from '@mooring/p4runtime-ts/p4info';

/** Sizes of one stage, the same in both generations. */
export const STAGE = {
  sramBlocks: 80,
  sramBlockRows: 1024,
  sramRowBits: 128,
  statefulUnits: 4,
  hashBits: 416,
} as const;
/** Stages of a pipe. */
export const STAGES = { 'Tofino 1': 12, 'Tofino 2': 20 } as const;

/** Besides key and data an entry holds validity, version, and which action it is. */
const ENTRY_OVERHEAD_BITS = 8;
/** Longer action data lies in memory of its own, and the entry holds its address. */
const MOST_IMMEDIATE_BITS = 32;
const ADDRESS_BITS = 20;
/** How full a hash table of several ways can be. */
const LOAD = 0.9;
const WIDEST_ROWS = 8;
const IDLE_BITS = 4;
const COUNTER_BITS = 64;
/** A hash table of four ways: ten bits choose a row of a block, more choose the block. */
const WAYS = 4;
const ROW_HASH_BITS = 10;

/** What one object takes. */
export interface Usage {
  readonly name: string;
  readonly entries: number;
  readonly sramBlocks: number;
  readonly statefulUnits: number;
  readonly hashBits: number;
}

const blocksOf = (rows: number): number => Math.ceil(rows / STAGE.sramBlockRows);

/** Fewest blocks for `entries` of `bits` each, packed into rows of one or more blocks side by side. */
function packed(entries: number, bits: number): number {
  let fewest = Number.POSITIVE_INFINITY;
  for (let width = 1; width <= WIDEST_ROWS; width++) {
    const perRow = Math.floor((width * STAGE.sramRowBits) / bits);
    if (perRow > 0) fewest = Math.min(fewest, width * blocksOf(entries / perRow));
  }
  return fewest;
}

/** What a table takes at a size, which is its own unless told otherwise. Tables here match exactly, or have no key. */
export function tableUsage(p4info: P4Info, name: string, size?: number): Usage {
  const table = p4info.tables.find((each) => each.preamble?.name === name)!;
  const entries = size ?? Number(table.size);
  const keyBits = table.matchFields.reduce((sum, field) => sum + field.bitwidth, 0);
  if (keyBits === 0) return { name, entries: 0, sramBlocks: 0, statefulUnits: 0, hashBits: 0 };
  const dataBits = Math.max(
    0,
    ...table.actionRefs.map(({ id }) => {
      const action = p4info.actions.find((each) => each.preamble?.id === id);
      return (action?.params ?? []).reduce((sum, param) => sum + param.bitwidth, 0);
    }),
  );
  const isImmediate = dataBits <= MOST_IMMEDIATE_BITS;
  const entryBits = keyBits + ENTRY_OVERHEAD_BITS + (isImmediate ? dataBits : ADDRESS_BITS);
  let sramBlocks = packed(entries / LOAD, entryBits);
  // Action data lies in words of 8 to 128 bits, or several rows.
  if (!isImmediate) sramBlocks += packed(entries, 2 ** Math.ceil(Math.log2(dataBits)));
  if (table.idleTimeoutBehavior !== 0) sramBlocks += packed(entries, IDLE_BITS);
  if (p4info.directCounters.some((counter) => counter.directTableId === table.preamble?.id))
    sramBlocks += packed(entries, COUNTER_BITS);
  const blockBits = Math.max(0, Math.ceil(Math.log2(entries / LOAD / STAGE.sramBlockRows / WAYS)));
  return { name, entries, sramBlocks, statefulUnits: 0, hashBits: Math.min(52, WAYS * ROW_HASH_BITS + blockBits) };
}

/** Pins lie in registers of many words; the others hold one. */
const isLarge = ({ entries }: { readonly entries: number }): boolean => entries > 1;

/** Everything in the program that takes memory, biggest first. Registers of one kind are added up. */
export function programUsage(p4info: P4Info): Usage[] {
  const usages = p4info.tables.map((table) => tableUsage(p4info, table.preamble!.name));
  const registers = p4info.registers.map(({ preamble, size }) => {
    const entries = Number(size);
    // A register's memory has a spare block, into which a write goes while the last is read.
    const sramBlocks = blocksOf((entries * 32) / STAGE.sramRowBits) + 1;
    return { name: preamble!.alias, entries, sramBlocks, statefulUnits: 1, hashBits: Math.log2(entries) };
  });
  const [pins, others] = [registers.filter(isLarge), registers.filter((register) => !isLarge(register))];
  const total = (key: 'sramBlocks' | 'hashBits') => pins.reduce((sum, each) => sum + each[key], 0);
  usages.push({
    name: `pin registers (${pins.length} of 32 bits)`,
    entries: pins[0]?.entries ?? 0,
    sramBlocks: total('sramBlocks'),
    statefulUnits: pins.length,
    hashBits: total('hashBits'),
  });
  usages.push(...others);
  return usages.sort((a, b) => b.sramBlocks - a.sramBlocks);
}

const number = (value: number): string => value.toLocaleString('en-US');

/** The two tables of docs/tofino.md. */
export function resourceTables(p4info: P4Info): string {
  const usages = programUsage(p4info);
  const sum = (key: 'sramBlocks' | 'statefulUnits' | 'hashBits') => usages.reduce((all, each) => all + each[key], 0);
  const share = (blocks: number, stages: number) => `${Math.round((100 * blocks) / (STAGE.sramBlocks * stages))} %`;
  const row = ({ name, entries, sramBlocks, statefulUnits, hashBits }: Usage) =>
    `| ${name} | ${number(entries)} | ${number(sramBlocks)} | 0 | ${statefulUnits} | ${hashBits} |`;
  const lines = [
    '| table or register | entries | SRAM blocks | TCAM blocks | stateful units | hash bits |',
    '|---|---|---|---|---|---|',
    ...usages.filter((each) => each.sramBlocks > 0).map(row),
    `| **all** | | **${number(sum('sramBlocks'))}** | **0** | **${sum('statefulUnits')}** | **${sum('hashBits')}** |`,
    ...Object.entries(STAGES).map(
      ([chip, stages]) =>
        `| a pipe of ${chip}, ${stages} stages | | ${number(stages * STAGE.sramBlocks)} | ${stages * 24} | ${stages * STAGE.statefulUnits} | ${number(stages * STAGE.hashBits)} |`,
    ),
    '',
    '| pins in the table `pins` | SRAM blocks for them | with everything else | of Tofino 1 | of Tofino 2 |',
    '|---|---|---|---|---|',
    ...[262_144, 1_000_000, 10_000_000].map((entries) => {
      const own = tableUsage(p4info, 'pins', entries).sramBlocks;
      const all = sum('sramBlocks') - tableUsage(p4info, 'pins').sramBlocks + own;
      const shares = Object.values(STAGES).map((stages) => share(all, stages));
      return `| ${number(entries)} | ${number(own)} | ${number(all)} | ${shares.join(' | ')} |`;
    }),
  ];
  return lines.join('\n');
}

/** Of the back end's report (`resources.json`): what of each stage of a pipe is used. */
export interface CompilerReport {
  readonly resources: {
    readonly mau: {
      readonly mau_stages: readonly {
        readonly logical_tables: { readonly ids: readonly unknown[]; readonly size: number };
        readonly rams: { readonly srams: readonly unknown[]; readonly nRows: number; readonly nColumns: number };
        readonly map_rams: { readonly maprams: readonly unknown[]; readonly nRows: number; readonly nUnits: number };
        readonly tcams: { readonly tcams: readonly unknown[]; readonly nRows: number; readonly nColumns: number };
        readonly meter_alus: { readonly meters: readonly unknown[]; readonly nAlus: number };
        readonly statistic_alus: { readonly stats: readonly unknown[]; readonly nAlus: number };
        readonly hash_bits: { readonly bits: readonly unknown[]; readonly nBits: number; readonly nFunctions: number };
        readonly gateways: { readonly gateways: readonly unknown[]; readonly nRows: number; readonly nUnits: number };
      }[];
    };
  };
}

type ReportedStage = CompilerReport['resources']['mau']['mau_stages'][number];

/** What is reported of a stage: how much there is, and how much of it is used. */
const REPORTED: readonly [string, (stage: ReportedStage) => readonly unknown[], (stage: ReportedStage) => number][] = [
  ['tables and conditions', (stage) => stage.logical_tables.ids, (stage) => stage.logical_tables.size],
  ['SRAM blocks', (stage) => stage.rams.srams, (stage) => stage.rams.nRows * stage.rams.nColumns],
  ['map RAM blocks', (stage) => stage.map_rams.maprams, (stage) => stage.map_rams.nRows * stage.map_rams.nUnits],
  ['TCAM blocks', (stage) => stage.tcams.tcams, (stage) => stage.tcams.nRows * stage.tcams.nColumns],
  ['stateful units and meters', (stage) => stage.meter_alus.meters, (stage) => stage.meter_alus.nAlus],
  ['counters', (stage) => stage.statistic_alus.stats, (stage) => stage.statistic_alus.nAlus],
  ['hash bits', (stage) => stage.hash_bits.bits, (stage) => stage.hash_bits.nBits * stage.hash_bits.nFunctions],
  ['gateways', (stage) => stage.gateways.gateways, (stage) => stage.gateways.nRows * stage.gateways.nUnits],
];

/**
 * What the back end says that a pipe of a Tofino 2 uses, a column a report: `reports` by what was compiled. A report
 * has the stages up to the last that is used.
 */
export function reportedTable(reports: ReadonlyMap<string, CompilerReport>): string {
  const pipes = [...reports.values()].map(({ resources }) => resources.mau.mau_stages);
  const stages = STAGES['Tofino 2'];
  const row = (name: string, all: number, used: (pipe: readonly ReportedStage[]) => number) => {
    const cells = pipes.map((pipe) => `${number(used(pipe))} (${Math.round((100 * used(pipe)) / all)} %)`);
    return `| ${name} | ${number(all)} | ${cells.join(' | ')} |`;
  };
  return [
    `| of a pipe of a Tofino 2 | there are | ${[...reports.keys()].join(' | ')} |`,
    `|---|---|${'---|'.repeat(reports.size)}`,
    row('stages', stages, (pipe) => pipe.length),
    ...REPORTED.map(([name, used, size]) =>
      row(name, stages * size(pipes[0]![0]!), (pipe) => pipe.reduce((all, stage) => all + used(stage).length, 0)),
    ),
  ].join('\n');
}
