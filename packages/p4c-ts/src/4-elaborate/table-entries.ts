/**
 * Entries that are written in the program: their keys by match kind, and their priorities as BMv2 ranks them.
 */
import type * as ast from '../2-parse/ast.ts';
import type { ResolvedActionReference, TableInfo } from '../3-types/typed-program.ts';
import * as ir from '../5-lower/ir.ts';
import { InternalError } from '../diagnostics/diagnostic.ts';
import { evaluateConstant, integerOf } from './construct.ts';
import { CannotElaborate, type Context } from './context.ts';
import type { Frame } from './instances.ts';
import { annotationNamed } from './names.ts';
import { rangeToMasks } from './parsers.ts';

export function translateEntries(
  context: Context,
  frame: Frame,
  info: TableInfo,
  property: ast.EntriesProperty,
  keys: readonly ir.TableKey[],
  byDeclaration: ReadonlyMap<ast.ActionDeclaration, ir.TableAction>,
  actionValues: (resolved: ResolvedActionReference) => bigint[],
  largestWins: boolean,
): ir.TableEntry[] {
  const priorities = rankEntries(info, property, largestWins);
  return property.entries.map((entry, index) => {
    const resolved = context.typed.actionReferences.get(entry.action);
    const action = resolved && byDeclaration.get(resolved.declaration);
    if (resolved === undefined || action === undefined) throw new InternalError('unresolved action', entry.span);
    const { keyset } = entry;
    const parts =
      keyset.kind === 'TupleKeysetExpression' || keyset.kind === 'ListExpression'
        ? keyset.elements
        : keyset.kind === 'DefaultExpression'
          ? keys.map(() => keyset)
          : [keyset];
    const entryKeys = keys.map((key, at) => {
      const part = parts[at];
      if (part === undefined) throw new CannotElaborate('invalid', entry.span, 'an entry needs a value for each key');
      return entryKey(context, frame, part, key);
    });
    return {
      keys: entryKeys,
      action,
      arguments: actionValues(resolved),
      priority: priorities[index]!,
      span: entry.span,
    };
  });
}

/**
 * BMv2's priority of each entry: the lowest number wins. `@priority(n)` is taken as it is, with the position of the
 * entry for those without; priorities of the language are ranked, largest first unless `largest_priority_wins = false`;
 * without either the source order decides.
 */
function rankEntries(info: TableInfo, property: ast.EntriesProperty, largestWins: boolean): number[] {
  const annotated = property.entries.map((entry) => annotatedPriority(entry));
  if (annotated.some((priority) => priority !== undefined))
    return annotated.map((priority, index) => priority ?? index + 1);
  const given = property.entries.map((_, index) => info.entryPriorities[index]);
  const isWritten = property.entries.some((entry) => entry.priority !== undefined);
  if (!isWritten || given.some((priority) => priority === undefined)) return given.map((_, index) => index + 1);
  const order = given.map((priority, index) => ({ priority: priority!, index }));
  order.sort((a, b) => {
    const byPriority = a.priority < b.priority ? -1 : a.priority > b.priority ? 1 : 0;
    return (largestWins ? -byPriority : byPriority) || a.index - b.index;
  });
  const ranks = new Array<number>(given.length);
  order.forEach((item, rank) => {
    ranks[item.index] = rank + 1;
  });
  return ranks;
}

function annotatedPriority(entry: ast.TableEntry): number | undefined {
  const annotation = annotationNamed(entry.annotations, 'priority');
  if (annotation === undefined) return undefined;
  const { body } = annotation;
  if (body.kind === 'Unstructured') {
    const token = body.tokens.find((candidate) => candidate.tokenKind === 'integer');
    return token === undefined ? undefined : Number(token.text);
  }
  const first = body.kind === 'ExpressionList' ? body.expressions[0] : undefined;
  return first?.kind === 'IntegerLiteral' ? Number(first.value) : undefined;
}

function entryKey(context: Context, frame: Frame, part: ast.Expression, key: ir.TableKey): ir.EntryKey {
  const width = ir.widthOf(key.expression.type);
  const ones = (1n << BigInt(width)) - 1n;
  const number = (expression: ast.Expression): bigint => {
    const value = integerOf(evaluateConstant(context, frame, expression));
    if (value === undefined)
      throw new CannotElaborate('expected', expression.span, 'a key of an entry must be a constant');
    return BigInt.asUintN(width, value);
  };
  switch (part.kind) {
    case 'DefaultExpression':
      return { kind: 'any' };
    case 'MaskExpression':
      return { kind: 'mask', value: number(part.value), mask: number(part.mask) };
    case 'RangeExpression': {
      const low = number(part.low);
      const high = number(part.high);
      if (key.matchKind === 'range') return { kind: 'range', low, high };
      const masks = rangeToMasks(low, high, width);
      const only = masks[0];
      if (masks.length !== 1 || only === undefined) {
        throw new CannotElaborate('unsupported', part.span, `a range as the key of kind ${key.matchKind}`);
      }
      return { kind: 'mask', value: only.value, mask: only.mask };
    }
    default: {
      const value = number(part);
      return key.matchKind === 'exact' ? { kind: 'exact', value } : { kind: 'mask', value, mask: ones };
    }
  }
}
