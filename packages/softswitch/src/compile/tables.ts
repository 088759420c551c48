/**
 * Compiles tables: one function that finds the record for the packet's key, and one that applies it.
 *
 * For exact tables the whole lookup is generated: key words, hash, probe and comparison, with constants for sizes. The
 * other kinds compute the key words here and ask their index object. `apply` then counts, stamps the hit time, runs the
 * direct meter and calls the action with arguments read from the record. It returns what the pipeline needs to go on:
 * hit or miss, or the action's position.
 *
 * Key fields of invalid headers read as 0, as in BMv2.
 */
import type { Program, Table } from '../model/types.ts';
import { HASH_FACTOR, HASH_SEED, type KeyLayout, makeKeyLayout } from '../tables/key-layout.ts';
import { makeRecordLayout, type RecordLayout } from '../tables/records.ts';
import { actionName, type CompileContext } from './actions.ts';
import { Code } from './code.ts';
import { at, Places, validityOf } from './headers.ts';
import { fieldSlot, limbCount, SLOT } from './layout.ts';
import { fieldDeclaration } from './ranges.ts';
import { constantLimbs } from './values.ts';

/** How a table finds its entry. */
export type LookupKind = 'none' | 'exact' | 'trie' | 'prefix' | 'priority';

/** Everything about a table that the generated code and the control side must agree on. */
export interface TablePlan {
  readonly table: Table;
  readonly lookup: LookupKind;
  readonly key: KeyLayout;
  readonly record: RecordLayout;
  /** Position of the LPM field in the key, or -1. */
  readonly lpmField: number;
  /** Elements each of the table's actions' data takes, per parameter. */
  readonly rangeFields: readonly number[];
}

/** `action` of records whose action is in the action profile: the target is the first data element. */
export const INDIRECT = -2;

/**
 * The first action with the same name. p4c copies an action per table; members of a profile shared by tables name it by
 * one number.
 */
export function canonicalAction(program: Program, action: number): number {
  const { name, parameters } = program.actions[action]!;
  return program.actions.findIndex((each) => each.name === name && each.parameters.length === parameters.length);
}

/** Elements of an action's arguments. */
export function dataWordsOf(parameters: readonly { readonly bitwidth: number }[]): number {
  return parameters.reduce((sum, parameter) => sum + limbCount(parameter.bitwidth), 0);
}

export function planTable(context: Pick<CompileContext, 'program'>, table: Table): TablePlan {
  const key = makeKeyLayout(table.keys.map((each) => each.bitwidth));
  const lpmField = table.keys.findIndex((each) => each.kind === 'lpm');
  const dataWords = Math.max(
    0,
    ...table.actions.map((action) => dataWordsOf(context.program.actions[action]!.parameters)),
  );
  let lookup: LookupKind;
  if (table.keys.length === 0) lookup = 'none';
  else if (table.matchKind === 'exact') lookup = 'exact';
  else if (table.matchKind === 'lpm' && lpmField < 0) lookup = 'exact';
  else if (table.matchKind === 'lpm')
    lookup =
      table.keys.length === 1 && table.keys[0]!.bitwidth <= 32 && table.keys[0]!.bitwidth > 0 ? 'trie' : 'prefix';
  else lookup = 'priority';
  const record = makeRecordLayout(
    key.words,
    table.actionProfile >= 0 ? Math.max(dataWords, 1) : dataWords,
    table.supportTimeout,
    lookup === 'exact',
  );
  const rangeFields = table.keys.flatMap((each, i) => (each.kind === 'range' ? [i] : []));
  return { table, lookup, key, record, lpmField, rangeFields };
}

/** Code of the words of a table's key, as the packet has them. */
function keyWords(context: CompileContext, plan: TablePlan, code: Code): string[] {
  const { program, layout } = context;
  const places = new Places(program, layout);
  const words: string[][] = Array.from({ length: plan.key.words }, () => []);
  for (const [i, key] of plan.table.keys.entries()) {
    const field = fieldDeclaration(program, key.field);
    const header = places.header(key.field.header);
    const slot = fieldSlot(program, layout, key.field);
    const guard = header.metadata || key.kind === 'valid' || key.field.field < 0 ? undefined : validityOf(header);
    const mask = key.mask === undefined ? undefined : constantLimbs(key.mask, Math.max(key.bitwidth, 1));
    if (key.kind === 'valid' && header.metadata) {
      for (const piece of plan.key.fields[i]!) words[piece.word]!.push(String(1 << piece.shift));
      continue;
    }
    for (const piece of plan.key.fields[i]!) {
      let value = at(slot, piece.limb);
      if (field.signed && piece.width < 32) value = `(${value} & ${2 ** piece.width - 1})`;
      if (mask !== undefined) value = `(${value} & ${mask[piece.limb]})`;
      if (guard !== undefined) value = `(${guard} ? ${value} : 0)`;
      words[piece.word]!.push(piece.shift === 0 ? value : `${value} << ${piece.shift}`);
    }
  }
  return words.map((parts) => code.bind(parts.length === 1 ? parts[0]! : parts.join(' | '), 'k'));
}

/** The functions `lookup<n>()`, which returns a record, or where it begins if it has its number, and `table<n>()`. */
export function compileTable(context: CompileContext, plan: TablePlan, position: number): Code {
  const code = new Code(context.names);
  const { table, record } = plan;
  code.line(`// table ${table.name.replace(/[^\w.$ -]/g, '_')}`);
  code.block(`function lookup${position}()`, () => compileLookup(context, plan, position, code));
  code.block(`function table${position}()`, () => {
    if (record.number >= 0) {
      code.line(`const b = lookup${position}();`);
      code.line(`const r = E${position}[b + ${record.number}];`);
    } else {
      code.line(`const r = lookup${position}();`);
      code.line(`const b = r * ${record.stride};`);
    }
    if (context.trace) code.line(`trace.table(${position}, r);`);
    if (table.withCounters) {
      code.line(`N${position}[r * 2]++;`);
      code.line(`N${position}[r * 2 + 1] += F[${SLOT.ingressLength}];`);
    }
    if (record.lastHit >= 0) {
      // Where threads share the time, it is written once a millisecond: more would move the cache line between them.
      if (context.shared) code.line(`if (L${position}[r] !== I[0]) L${position}[r] = I[0];`);
      else code.line(`E${position}[b + ${record.lastHit}] = I[0];`);
    }
    if (table.directMeter >= 0) {
      const lock = context.regions.directMeters[position]!;
      if (lock >= 0) code.line(`if (held < 0) lock(${lock});`);
      const target = context.program.meters[table.directMeter]!.resultTarget!;
      // Without a match the default entry's meter counts, where it is configured; else the field stays as it was.
      const slot = fieldSlot(context.program, context.layout, target);
      code.line(`if (r !== 0 || hasDefaultMeter(${position})) F[${slot}] = executeDirectMeter(${position}, r);`);
    }
    code.line(`const a = E${position}[b + ${record.action}];`);
    if (table.actionProfile >= 0) {
      code.block(`if (a === ${INDIRECT})`, () => {
        const profile = table.actionProfile;
        const cases = table.actions.map((action) => ({ test: canonicalAction(context.program, action), action }));
        code.line(`let m = E${position}[b + ${record.data}];`);
        code.line(`const elements = P${profile}.elements;`);
        if (context.program.actionProfiles[profile]!.selector !== undefined)
          code.block('if (m < 0)', () => {
            // The action of the group as a whole comes first, but its member is chosen by the packet as it was.
            code.line('const group = -m - 1;');
            code.line(`m = P${profile}.select(group, selector${profile}());`);
            code.line(`const before = P${profile}.before[group];`);
            code.block('if (before >= 0)', () => {
              if (context.trace) code.line(`trace.member(${profile}, before);`);
              code.line(`const o = before * P${profile}.stride;`);
              emitDispatch(context, code, 'elements[o]', 'elements', 'o + 1', cases);
            });
          });
        code.line('if (m < 0) return noAction();');
        code.line(`const o = m * P${profile}.stride;`);
        if (context.trace) code.line(`trace.member(${profile}, m);`);
        emitDispatch(context, code, 'elements[o]', 'elements', 'o + 1', cases);
        code.line(`return ${resultCode(table, 'positionOf(elements[o])')};`);
        if (table.next.kind === 'action') {
          code.line(
            `function positionOf(action) { switch (action) { ${table.actions.map((action, i) => `case ${canonicalAction(context.program, action)}: return ${i};`).join(' ')} default: return -1; } }`,
          );
        }
      });
    }
    emitDispatch(
      context,
      code,
      'a',
      `E${position}`,
      `b + ${record.data}`,
      table.actions.map((action, i) => ({ test: i, action })),
    );
    code.line(`return ${resultCode(table, 'a')};`);
  });
  return code;
}

/** What `table<n>()` returns. */
function resultCode(table: Table, action: string): string {
  return table.next.kind === 'hitMiss' ? 'r !== 0' : action;
}

function emitDispatch(
  context: CompileContext,
  code: Code,
  selector: string,
  array: string,
  base: string,
  cases: readonly { readonly test: number; readonly action: number }[],
): void {
  if (cases.length === 0) return;
  code.block(`switch (${selector})`, () => {
    for (const { test, action } of cases) {
      const { parameters, primitives } = context.program.actions[action]!;
      if (primitives.length === 0 && !context.trace) continue;
      const words = dataWordsOf(parameters);
      const args = Array.from({ length: words }, (_, i) => `${array}[${base}${i === 0 ? '' : ` + ${i}`}]`);
      code.line(`case ${test}: ${actionName(action)}(${args.join(', ')}); break;`);
    }
  });
}

function compileLookup(context: CompileContext, plan: TablePlan, position: number, code: Code): void {
  switch (plan.lookup) {
    case 'none':
      code.line('return 0;');
      return;
    case 'exact': {
      const words = keyWords(context, plan, code);
      const steps = words.map((word) => `h = Math.imul(h ^ ${word}, ${HASH_FACTOR}); h ^= h >>> 15;`);
      code.line(`let h = ${HASH_SEED}; ${steps.join(' ')}`);
      const { stride, number } = plan.record;
      code.block(`for (let b = (h & H${position}_MASK) * ${stride}; ; )`, () => {
        // A free bucket may still have the key of the entry that it had.
        const tests = words.map((word, i) => `E${position}[b${i === 0 ? '' : ` + ${i}`}] === ${word}`);
        const isTaken = `E${position}[b + ${number}] !== 0`;
        code.line(`if (${tests.length === 0 ? 'true' : tests.join(' && ')}) return ${isTaken} ? b : H${position}_END;`);
        code.line(`if (!(${isTaken})) return H${position}_END;`);
        code.line(`b += ${stride};`);
        code.line(`if (b === H${position}_END) b = 0;`);
      });
      return;
    }
    case 'trie': {
      const [word] = keyWords(context, plan, code);
      code.line(`return X${position}.lookup(${word});`);
      return;
    }
    case 'prefix':
    case 'priority': {
      const words = keyWords(context, plan, code);
      for (const [i, word] of words.entries()) code.line(`K${position}[${i}] = ${word};`);
      code.line(`return X${position}.lookup(K${position});`);
      return;
    }
  }
}
