/**
 * Connects P4Info ids to positions in the program.
 *
 * Both files come from one compilation and name things alike, so names are the link: tables, actions, externs by their
 * full name, match fields by name within the table, parameters by order. What P4Info promises and the program does not
 * have is an error at load, except for what compilers leave out: actions and action profiles that no table uses, and
 * tables that no packet reaches (as long as the program has no table that P4Info lacks instead). Tables that compilers
 * make have no id and need none: their names have no control's name before them, and they have no key, or constant
 * entries.
 * Digests of tuples have no name in P4, and compilers make one up for each of the two files: those come in the same
 * order.
 */
import { SwitchError } from '@mooring/p4runtime-ts/switch';
import { canonicalAction } from '../compile/tables.ts';
import type { Program } from '../model/types.ts';
import { OPTIONAL_MATCH, type P4InfoLike } from './p4info.ts';

/** A table as P4Runtime sees it. */
export interface TableMap {
  readonly table: number;
  readonly id: number;
  /** For each of the program's key fields, its position among P4Info's match fields. */
  readonly keyOrder: readonly number[];
  /** P4Info widths of the match fields, in P4Info's order. */
  readonly matchWidths: readonly number[];
  /** Which match fields are optional ones, in P4Info's order. */
  readonly optional: readonly boolean[];
  /** Program-wide actions by P4Info id. */
  readonly actions: ReadonlyMap<number, number>;
  readonly actionIds: ReadonlyMap<number, number>;
}

export interface PipelineMap {
  readonly tables: ReadonlyMap<number, TableMap>;
  readonly profiles: ReadonlyMap<number, number>;
  /** Canonical actions of members by P4Info id. */
  readonly actions: ReadonlyMap<number, number>;
  /** P4Info widths of an action's parameters, by P4Info id. */
  readonly paramWidths: ReadonlyMap<number, readonly number[]>;
  readonly counters: ReadonlyMap<number, number>;
  readonly meters: ReadonlyMap<number, number>;
  readonly registers: ReadonlyMap<number, number>;
  readonly valueSets: ReadonlyMap<number, number>;
  /** Learn lists by digest id. */
  readonly digests: ReadonlyMap<number, number>;
}

interface Preambled {
  readonly preamble?: { readonly id: number; readonly name: string } | undefined;
}

/** Builds the map. Throws SwitchError `invalid-argument` where P4Info and program do not fit. */
export function mapPipeline(program: Program, p4info: P4InfoLike): PipelineMap {
  const byName = (kind: string, objects: readonly Preambled[], list: readonly { readonly name: string }[]) =>
    new Map(
      objects.map((object) => {
        const { id, name } = preambleOf(object);
        const position = list.findIndex((each) => each.name === name);
        if (position < 0) throw misfit(`${kind} '${name}'`);
        return [id, position] as const;
      }),
    );
  const actions = new Map<number, number>();
  const names = new Map<number, string>();
  const paramWidths = new Map<number, readonly number[]>();
  for (const action of p4info.actions) {
    const { id, name } = preambleOf(action);
    names.set(id, name);
    paramWidths.set(
      id,
      action.params.map((param) => param.bitwidth),
    );
    const position = program.actions.findIndex((each) => each.name === name);
    // An action that only P4Info has (never used in a table) is no harm.
    if (position < 0) continue;
    if (program.actions[position]!.parameters.length !== action.params.length) {
      throw misfit(`action '${name}' with ${action.params.length} parameters`);
    }
    actions.set(id, canonicalAction(program, position));
  }
  const known = new Set(p4info.tables.map(({ preamble }) => preamble?.name));
  const hasOthers = program.tables.some(
    ({ name, keys, constEntries }) =>
      !known.has(name) && (name.includes('.') || (keys.length > 0 && constEntries.length === 0)),
  );
  const tables = new Map<number, TableMap>();
  for (const table of p4info.tables) {
    const { id, name } = preambleOf(table);
    const position = program.tables.findIndex((each) => each.name === name);
    if (position < 0) {
      if (hasOthers) throw misfit(`table '${name}'`);
      continue;
    }
    const { keys, actions: tableActions } = program.tables[position]!;
    if (keys.length !== table.matchFields.length)
      throw misfit(`table '${name}' with ${table.matchFields.length} match fields`);
    const keyOrder = keys.map((key, i) => {
      const byKeyName = table.matchFields.findIndex((field) => field.name === key.name);
      return byKeyName < 0 ? i : byKeyName;
    });
    if (new Set(keyOrder).size !== keyOrder.length) throw misfit(`the match fields of table '${name}'`);
    const byId = new Map<number, number>();
    const idOf = new Map<number, number>();
    for (const reference of table.actionRefs) {
      const actionName = names.get(reference.id);
      const action = tableActions.find((each) => program.actions[each]!.name === actionName);
      if (action === undefined) throw misfit(`action '${actionName ?? reference.id}' of table '${name}'`);
      byId.set(reference.id, action);
      idOf.set(action, reference.id);
    }
    tables.set(id, {
      table: position,
      id,
      keyOrder,
      matchWidths: table.matchFields.map((field, i) => field.bitwidth || (keys[keyOrder.indexOf(i)]?.bitwidth ?? 0)),
      optional: table.matchFields.map((field) => field.match?.value === OPTIONAL_MATCH),
      actions: byId,
      actionIds: idOf,
    });
  }
  const usedProfiles = p4info.actionProfiles.filter(
    (profile) =>
      profile.tableIds.length > 0 || program.actionProfiles.some(({ name }) => name === profile.preamble?.name),
  );
  return {
    tables,
    profiles: byName('action profile', usedProfiles, program.actionProfiles),
    actions,
    paramWidths,
    counters: byName('counter', p4info.counters, program.counters),
    meters: byName('meter', p4info.meters, program.meters),
    registers: byName('register', p4info.registers, program.registers),
    valueSets: byName('value set', p4info.valueSets, program.parseValueSets),
    digests: mapDigests(program, p4info),
  };
}

/**
 * Digests by name; those without a list of their name are the lists that no digest names, in order, if there are as
 * many.
 */
function mapDigests(program: Program, p4info: P4InfoLike): Map<number, number> {
  const digests = p4info.digests.map(preambleOf);
  const names = new Set(digests.map(({ name }) => name));
  const listOf = (name: string) => program.learnLists.findIndex((list) => list.name === name);
  const nameless = digests.filter(({ name }) => listOf(name) < 0);
  const unnamed = [...program.learnLists.keys()].filter((list) => !names.has(program.learnLists[list]!.name));
  if (nameless.length > 0 && nameless.length !== unnamed.length) throw misfit(`digest '${nameless[0]!.name}'`);
  return new Map(
    digests.map((digest) => {
      const place = nameless.indexOf(digest);
      return [digest.id, place < 0 ? listOf(digest.name) : unnamed[place]!] as const;
    }),
  );
}

function preambleOf(object: Preambled): { readonly id: number; readonly name: string } {
  if (object.preamble === undefined)
    throw new SwitchError('invalid-argument', 'the P4Info has an object without preamble');
  return object.preamble;
}

function misfit(what: string): SwitchError {
  return new SwitchError('invalid-argument', `the P4Info does not fit the device config: the program has no ${what}`);
}
