// Entries of one table against each other: the same key twice is an error for exact keys, and a ternary entry that an
// earlier one covers is worth a warning. LPM masks must be prefixes, optional keys a value or `_`.

import type * as ast from '../../2-parse/ast.ts';
import type { Checker } from '../check/checker.ts';
import { entryElements } from '../check/tables.ts';
import { expressionText } from '../support/expression-text.ts';
import type { ConstantValue, TableInfo } from '../typed-program.ts';
import { underlyingBits } from '../types.ts';

/** Checks the entries of all tables. */
export function checkEntries(c: Checker): void {
  for (const info of c.tables.tables.values()) {
    if (info.entries === undefined) continue;
    for (const entry of info.entries.entries) checkKeys(c, info, entry);
    checkDuplicates(c, info, info.entries.entries);
  }
}

function checkKeys(c: Checker, info: TableInfo, entry: ast.TableEntry): void {
  const elements = entryElements(entry.keyset);
  for (let i = 0; i < elements.length; i++) {
    const element = elements[i]!;
    const kind = info.matchKinds[i];
    const type = info.keyTypes[i];
    if (kind === 'lpm' && element.kind === 'MaskExpression' && type !== undefined) {
      checkPrefix(c, element, underlyingBits(type)?.width);
    } else if (kind === 'optional' && (element.kind === 'MaskExpression' || element.kind === 'RangeExpression')) {
      c.reporter.error('invalid', element.span, `'${expressionText(element)}': an optional key is a value or '_'`);
    }
  }
}

function checkPrefix(c: Checker, mask: ast.MaskExpression, width: number | undefined): void {
  const value = integerOf(c.folder.convertedValueOf(mask.mask));
  if (value === undefined || width === undefined) return;
  const inverse = BigInt.asUintN(width, ~value);
  if ((inverse & (inverse + 1n)) === 0n) return;
  c.reporter.error(
    'invalid',
    mask.span,
    `'${expressionText(mask)}': the mask of an lpm key must be a prefix, ones before zeros`,
  );
}

function integerOf(value: ConstantValue | undefined): bigint | undefined {
  if (value?.kind === 'integer') return value.value;
  return value?.kind === 'enum' ? value.value : undefined;
}

function checkDuplicates(c: Checker, info: TableInfo, entries: readonly ast.TableEntry[]): void {
  const seen = new Map<string, ast.TableEntry>();
  for (const entry of entries) {
    const key = entryElements(entry.keyset)
      .map((element) => elementKey(c, element))
      .join(' | ');
    const previous = seen.get(key);
    if (previous === undefined) {
      seen.set(key, entry);
      continue;
    }
    const notes = [{ message: 'the first one', span: previous.keyset.span }];
    c.reporter.error('keys', entry.keyset.span, 'this entry has the same keys as an earlier one', {
      notes,
      suggestion: info.matchKinds.includes('ternary') ? 'the first of two equal entries always wins' : undefined,
    });
  }
}

function elementKey(c: Checker, element: ast.Expression): string {
  switch (element.kind) {
    case 'DefaultExpression':
      return '_';
    case 'MaskExpression':
      return `${valueKey(c, element.value)} &&& ${valueKey(c, element.mask)}`;
    case 'RangeExpression':
      return `${valueKey(c, element.low)} .. ${valueKey(c, element.high)}`;
    default:
      return valueKey(c, element);
  }
}

function valueKey(c: Checker, expression: ast.Expression): string {
  const value = c.folder.convertedValueOf(expression);
  switch (value?.kind) {
    case 'integer':
    case 'bool':
      return String(value.value);
    case 'enum':
    case 'error':
      return value.member;
    default:
      return expressionText(expression);
  }
}
