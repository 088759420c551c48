/**
 * The entries that a program itself puts into its tables, as P4Runtime would write them, so that a controller can know
 * without asking the switch what is in a table already. Key sets become matches by match kind; what matches everything
 * is left out, and where no priority is written the order is turned into numbers, of which the highest wins.
 */
import type * as ast from '../2-parse/ast.ts';
import * as T from '../3-types/types.ts';
import { controlPlaneParameters, parameterType } from './actions.ts';
import { toBytes } from './byte-strings.ts';
import type { P4InfoContext } from './context.ts';
import type { Entry, EntryMatch } from './model.ts';
import { actionOf, type TableObject } from './objects.ts';
import { customProperty, keyType } from './tables.ts';

const NEEDS_PRIORITY = new Set(['ternary', 'range', 'optional']);

/** All entries of a table; those of a list that is not constant in the order in which they win. */
export function tableEntries(context: P4InfoContext, object: TableObject): Entry[] {
  const { declaration, block, name } = object;
  const info = context.typed.tables.get(declaration);
  const property = info?.entries;
  if (info === undefined || property === undefined) return [];
  const needsPriority = info.matchKinds.some((kind) => NEEDS_PRIORITY.has(kind));
  return inPriorityOrder(object, property, info.entryPriorities).flatMap((index): Entry[] => {
    const entry = property.entries[index]!;
    const action = actionOf(context.typed, block, entry.action);
    if (action === undefined) return [];
    const matched = context.typed.actionReferences.get(entry.action)?.arguments ?? [];
    const parameters = controlPlaneParameters(action.declaration).flatMap((parameter, at) => {
      const argument = matched.find((item) => item.parameter.declaration === parameter)?.argument;
      const value = argument === undefined ? undefined : block.environment.integer(argument.value);
      if (value === undefined) return [];
      const type = T.withoutNewtypes(parameterType(context, block.environment, parameter));
      return [{ id: at + 1, value: toBytes(value, context.types.bitwidth(type) ?? 0) }];
    });
    return [
      {
        tableId: context.symbols.id('table', name),
        matches: entryMatches(context, object, entry, info.matchKinds),
        actionId: context.symbols.id('action', action.name),
        parameters,
        priority: needsPriority ? priorityOf(property, index, info.entryPriorities[index]) : 0,
        isConst: property.isConst || entry.isConst,
      },
    ];
  });
}

/** Positions of the entries in the order in which they are written. */
function inPriorityOrder(
  { declaration, block }: TableObject,
  property: ast.EntriesProperty,
  priorities: readonly (bigint | undefined)[],
): number[] {
  const positions = property.entries.map((_, index) => index);
  if (property.isConst || priorities.some((priority) => priority === undefined)) return positions;
  const largest = customProperty(declaration, 'largest_priority_wins');
  const largestWins = largest === undefined || block.environment.integer(largest.value) !== 0n;
  return positions.sort((a, b) => {
    const difference = Number(priorities[a]! - priorities[b]!);
    return (largestWins ? -difference : difference) || a - b;
  });
}

/**
 * P4Runtime's priority: the greatest wins. Entries of a constant list win in source order; others have the priority
 * that is written or follows from the table's rules.
 */
function priorityOf(property: ast.EntriesProperty, index: number, computed: bigint | undefined): number {
  if (property.isConst || computed === undefined) return property.entries.length - index;
  return Number(computed);
}

function entryMatches(
  context: P4InfoContext,
  { declaration, block }: TableObject,
  entry: ast.TableEntry,
  matchKinds: readonly string[],
): EntryMatch[] {
  const elements = context.typed.tables.get(declaration)?.key?.elements ?? [];
  const { keyset } = entry;
  const parts =
    keyset.kind === 'TupleKeysetExpression' || keyset.kind === 'ListExpression' ? keyset.elements : [keyset];
  let fieldId = 0;
  return elements.flatMap((element, index): EntryMatch[] => {
    const part = parts[index] ?? (keyset.kind === 'DefaultExpression' ? keyset : undefined);
    const kind = matchKinds[index] ?? '';
    if (part === undefined || kind === 'selector') return [];
    fieldId += 1;
    if (part.kind === 'DefaultExpression') return [];
    const width = context.types.bitwidth(T.withoutNewtypes(keyType(context, block, element))) ?? 0;
    const match = matchOf(context, block.environment.integer.bind(block.environment), part, kind, width);
    return match === undefined ? [] : [{ fieldId, match }];
  });
}

type Integer = (expression: ast.Expression) => bigint | undefined;

/**
 * A key that is no number. P4Runtime sends values of error as numbers nowhere, so there is nothing an entry could hold;
 * p4c refuses them as well.
 */
function refuseKey({ reporter, typed }: P4InfoContext, expression: ast.Expression): void {
  if (typed.types.get(expression)?.kind !== 'error') {
    reporter.error('invalid', expression.span, 'a key of an entry must be a constant');
    return;
  }
  reporter.error(
    'unsupported',
    expression.span,
    'a member of error cannot be the key of an entry: P4Runtime has no number for it',
    {
      suggestion:
        'compare it in the control instead, and use a bit<n> or a serializable enum that is set there as the key',
    },
  );
}

/** One field of an entry; undefined where everything matches (P4Runtime then leaves the field out). */
function matchOf(
  context: P4InfoContext,
  integer: Integer,
  part: ast.Expression,
  kind: string,
  width: number,
): EntryMatch['match'] | undefined {
  const ones = (1n << BigInt(width)) - 1n;
  const number = (expression: ast.Expression): bigint | undefined => {
    const value = integer(expression);
    if (value === undefined) refuseKey(context, expression);
    return value === undefined ? undefined : BigInt.asUintN(width, value);
  };
  const masked = (value: bigint, mask: bigint, expression: ast.Expression): bigint => {
    if ((value & mask) !== value) {
      const what = 'bits outside the mask are set; P4Runtime wants them to be 0, so they are cleared';
      context.reporter.warn('mismatch', expression.span, what);
    }
    return value & mask;
  };
  if (part.kind === 'RangeExpression') {
    const low = number(part.low);
    const high = number(part.high);
    if (low === undefined || high === undefined) return undefined;
    if (low > high)
      context.reporter.error('invalid', part.span, 'this range is empty: its low end is above its high end');
    if (low === 0n && high === ones) return undefined;
    return { kind: 'range', low: toBytes(low, width), high: toBytes(high, width) };
  }
  if (part.kind === 'MaskExpression') {
    const written = number(part.value);
    const mask = number(part.mask);
    if (written === undefined || mask === undefined) return undefined;
    const value = masked(written, mask, part.value);
    if (mask === 0n) return undefined;
    if (kind !== 'lpm') return { kind: 'ternary', value: toBytes(value, width), mask: toBytes(mask, width) };
    const prefixLength = prefixLengthOf(mask, width);
    if (prefixLength === undefined) {
      context.reporter.error('invalid', part.mask.span, 'the mask of an lpm key must be ones followed by zeros');
      return undefined;
    }
    return { kind: 'lpm', value: toBytes(value, width), prefixLength };
  }
  const value = number(part);
  if (value === undefined) return undefined;
  const bytes = toBytes(value, width);
  switch (kind) {
    case 'exact':
    case 'optional':
      return { kind, value: bytes };
    case 'lpm':
      return { kind: 'lpm', value: bytes, prefixLength: width };
    case 'ternary':
      return { kind: 'ternary', value: bytes, mask: toBytes(ones, width) };
    case 'range':
      return { kind: 'range', low: bytes, high: bytes };
    default:
      context.reporter.error(
        'unsupported',
        part.span,
        `entries with a key of kind '${kind}' cannot be written for P4Runtime`,
      );
      return undefined;
  }
}

/** Number of leading ones if the mask is a prefix. */
function prefixLengthOf(mask: bigint, width: number): number | undefined {
  let zeros = 0;
  while (zeros < width && ((mask >> BigInt(zeros)) & 1n) === 0n) zeros += 1;
  const expected = ((1n << BigInt(width - zeros)) - 1n) << BigInt(zeros);
  return mask === expected ? width - zeros : undefined;
}
