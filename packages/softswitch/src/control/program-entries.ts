/**
 * What a program brings along, for the P4Runtime server to know: its constant and initial entries, and default actions.
 * The format counts priorities from the highest, P4Runtime from the lowest.
 */
import type { InitialEntry, MatchValue, PreparedPipeline } from '@mooring/p4runtime-ts/switch';
import type { ConstMatch, Program } from '../model/types.ts';
import { toBytes } from './bytes.ts';
import type { PipelineMap, TableMap } from './pipeline-map.ts';

/** The program's entries in P4Runtime's terms. */
export function initialEntriesOf(program: Program, map: PipelineMap): InitialEntry[] {
  const entries: InitialEntry[] = [];
  for (const table of map.tables.values()) {
    const { constEntries, immutable, matchKind } = program.tables[table.table]!;
    const lowest = Math.max(0, ...constEntries.map((entry) => entry.priority));
    for (const entry of constEntries) {
      const match: MatchValue[] = [];
      for (const [key, position] of table.keyOrder.entries())
        match[position] = initialMatch(entry.match[key]!, table.matchWidths[position]!, table.optional[position]!);
      entries.push({
        tableId: table.id,
        match,
        priority: matchKind === 'ternary' || matchKind === 'range' ? lowest + 1 - entry.priority : 0,
        action: directAction(program, map, table, entry.action, entry.data),
        isConst: immutable,
      });
    }
  }
  return entries;
}

function initialMatch(match: ConstMatch, bitwidth: number, optional: boolean): MatchValue {
  if (optional && match.kind === 'ternary')
    return { kind: 'optional', value: match.mask === 0n ? undefined : toBytes(match.value, bitwidth) };
  switch (match.kind) {
    case 'exact':
    case 'valid':
      return { kind: 'exact', value: toBytes(match.value, bitwidth) };
    case 'lpm':
      return { kind: 'lpm', value: toBytes(match.value, bitwidth), prefixLength: match.prefixLength };
    case 'ternary':
      return { kind: 'ternary', value: toBytes(match.value, bitwidth), mask: toBytes(match.mask, bitwidth) };
    case 'range':
      return { kind: 'range', low: toBytes(match.low, bitwidth), high: toBytes(match.high, bitwidth) };
  }
}

function directAction(program: Program, map: PipelineMap, table: TableMap, action: number, data: readonly bigint[]) {
  const actionId = table.actionIds.get(action) ?? 0;
  const widths = map.paramWidths.get(actionId) ?? [];
  return {
    kind: 'action' as const,
    actionId,
    params: data.map((value, i) => toBytes(value, widths[i] || program.actions[action]!.parameters[i]!.bitwidth)),
  };
}

/** The program's default actions in P4Runtime's terms. */
export function defaultActionsOf(program: Program, map: PipelineMap): PreparedPipeline['defaultActions'] {
  return [...map.tables.values()].flatMap((table) => {
    const entry = program.tables[table.table]!.defaultEntry;
    if (entry === undefined || !table.actionIds.has(entry.action)) return [];
    return [{ tableId: table.id, action: directAction(program, map, table, entry.action, entry.data) }];
  });
}
