// Priorities of a table's entries (specification 14.2.1.4): which tables need them, what they are when not written, and
// the properties `largest_priority_wins` and `priority_delta`.

import type * as ast from '../../2-parse/ast.ts';
import type { Checker } from '../check/checker.ts';
import { isSilenced } from '../support/no-warn.ts';
import type { TableInfo } from '../typed-program.ts';

const GREATEST_PRIORITY = (1n << 64n) - 1n;
/** p4c computes with the machine's unsigned long, and priorities it reads are 32 bits wide. */
const GREATEST_WRITTEN = (1n << 32n) - 1n;

/** Computes the priorities of all entries and enters them in the table's info. */
export function checkEntryPriorities(c: Checker): void {
  for (const [table, info] of c.tables.tables) {
    if (info.entries === undefined) continue;
    const entryPriorities = priorities(c, table, info, info.entries);
    c.tables.tables.set(table, { ...info, entryPriorities });
  }
}

function priorities(
  c: Checker,
  table: ast.TableDeclaration,
  info: TableInfo,
  property: ast.EntriesProperty,
): readonly (bigint | undefined)[] {
  const { entries } = property;
  const none = entries.map(() => undefined);
  const withPriority = entries.find((entry) => entry.priority !== undefined);
  if (property.isConst) {
    if (withPriority !== undefined) {
      c.reporter.error('invalid', withPriority.keyset.span, "'const entries' cannot have priorities", {
        suggestion: "drop 'const', or the priorities: the first entry that matches wins",
      });
    }
    return none;
  }
  const largestWins = booleanProperty(c, table, 'largest_priority_wins') ?? true;
  const delta = deltaOf(c, table);
  if (delta === undefined || info.key === undefined) return none;
  if (!info.matchKinds.some((kind) => kind !== 'exact' && kind !== 'lpm')) {
    if (withPriority !== undefined) {
      c.reporter.error(
        'unsupported',
        info.key.span,
        "keys of match kinds 'exact' and 'lpm' need no priorities, but some are given",
      );
    }
    return none;
  }
  return withPriority === undefined
    ? implied(c, table, entries.length, largestWins, delta)
    : given(c, table, property, largestWins, delta);
}

function customProperty(table: ast.TableDeclaration, name: string): ast.CustomProperty | undefined {
  for (const each of table.properties) if (each.kind === 'CustomProperty' && each.name.name === name) return each;
  return undefined;
}

function booleanProperty(c: Checker, table: ast.TableDeclaration, name: string): boolean | undefined {
  const found = customProperty(table, name);
  if (found === undefined) return undefined;
  const value = c.folder.valueOf(found.value);
  if (value?.kind === 'bool') return value.value;
  c.reporter.error('invalid', found.name.span, `'${name}' must be a constant boolean`);
  return undefined;
}

function deltaOf(c: Checker, table: ast.TableDeclaration): bigint | undefined {
  const found = customProperty(table, 'priority_delta');
  if (found === undefined) return 1n;
  const value = c.integerValue(found.value);
  if (value === undefined) {
    c.reporter.error('invalid', found.name.span, "'priority_delta' must be a constant number");
    return undefined;
  }
  if (value < 0n || value > GREATEST_WRITTEN) {
    c.reporter.error('invalid', found.value.span, "'priority_delta' must be a positive number");
    return undefined;
  }
  return value;
}

function overflow(c: Checker, table: ast.TableDeclaration): void {
  c.reporter.error('overlimit', table.name.span, `table '${table.name.name}': the priorities of its entries overflow`);
}

function implied(
  c: Checker,
  table: ast.TableDeclaration,
  count: number,
  largestWins: boolean,
  delta: bigint,
): readonly (bigint | undefined)[] {
  const result: (bigint | undefined)[] = new Array(count).fill(undefined);
  let current = 1n;
  for (let i = 0; i < count; i++) {
    result[largestWins ? count - i - 1 : i] = current;
    current += delta;
    if (current > GREATEST_PRIORITY) {
      overflow(c, table);
      return result;
    }
  }
  return result;
}

function given(
  c: Checker,
  table: ast.TableDeclaration,
  property: ast.EntriesProperty,
  largestWins: boolean,
  delta: bigint,
): readonly (bigint | undefined)[] {
  const { entries } = property;
  const result: (bigint | undefined)[] = [];
  const used = new Map<bigint, ast.TableEntry>();
  let current = 1n;
  let previous: bigint | undefined;
  let before: ast.TableEntry | undefined;
  let outOfOrder = false;
  for (const entry of entries) {
    if (entry.priority !== undefined) {
      const value = c.integerValue(entry.priority);
      if (value === undefined || value < 0n || value > GREATEST_WRITTEN) {
        c.reporter.error('invalid', entry.priority.span, 'a priority must be a constant from 0 to 4294967295');
        return result;
      }
      current = value;
    } else if (previous === undefined) {
      c.reporter.error('expected', entry.keyset.span, 'the first entry must have a priority, because others have one');
      return result;
    }
    const same = used.get(current);
    if (same !== undefined && !isSilenced(property, 'duplicate-priorities')) {
      c.reporter.warn('duplicate-priorities', same.keyset.span, `two entries have the priority ${current}`, {
        notes: [{ message: 'the other one', span: entry.keyset.span }],
      });
    } else used.set(current, entry);
    const wrongWay = previous !== undefined && (largestWins ? current > previous : current < previous);
    if (wrongWay && !outOfOrder && !isSilenced(property, 'entries-out-of-priority-order')) {
      outOfOrder = true;
      c.reporter.warn(
        'entries-out-of-priority-order',
        before?.keyset.span,
        `this entry has priority ${previous}, the one after it ${current}: they are not in order of priority`,
        { notes: [{ message: 'the one after it', span: entry.keyset.span }] },
      );
    }
    result.push(current);
    previous = current;
    before = entry;
    current = largestWins ? current - delta : current + delta;
    if (current < 0n || current > GREATEST_PRIORITY) {
      overflow(c, table);
      return result;
    }
  }
  return result;
}
