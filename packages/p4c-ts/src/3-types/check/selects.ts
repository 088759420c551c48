// `select` expressions: what may be selected on, and that each case's key set fits it (specification 12.6).

import type * as ast from '../../2-parse/ast.ts';
import { Unifier } from '../infer/unify.ts';
import { expressionText } from '../support/expression-text.ts';
import { erroneousType, printType, stateType, type Type, typeEquals } from '../types.ts';
import { type Checker, isErroneous } from './checker.ts';
import { coerce } from './convert.ts';
import { checkExpression } from './expressions.ts';

/** Type of a select expression: a state. */
export function checkSelect(c: Checker, node: ast.SelectExpression): Type {
  const keys = node.keys.map((key) => checkExpression(c, key));
  for (const each of node.cases) {
    c.within({ inSelectCase: true }, () => checkExpression(c, each.keyset));
    const state = checkExpression(c, each.state);
    if (state.kind !== 'state' && !isErroneous(state)) {
      c.error(each.keyset.span, `'${each.state.name.name}' must be a state`);
    }
  }
  if (keys.some(isErroneous)) return erroneousType;
  for (let i = 0; i < keys.length; i++) {
    if (!checkSelectable(c, node, node.keys[i]!, keys[i]!)) return erroneousType;
  }
  for (const each of node.cases) {
    const type = c.tables.types.get(each.keyset);
    if (type !== undefined && !isErroneous(type)) matchCase(c, node, keys, each, type);
  }
  return stateType;
}

function checkSelectable(c: Checker, node: ast.SelectExpression, key: ast.Expression, type: Type): boolean {
  switch (type.kind) {
    case 'bits':
    case 'serializable-enum':
    case 'bool':
    case 'enum':
      return true;
    case 'tuple':
    case 'list-expression':
      return type.components.every((component) => checkSelectable(c, node, key, component));
    default:
      c.error(key.span, `'${expressionText(key)}' of type ${printType(type)} cannot be used in 'select'`);
      return false;
  }
}

function matchCase(
  c: Checker,
  node: ast.SelectExpression,
  keys: readonly Type[],
  each: ast.SelectCase,
  written: Type,
): void {
  let type = written.kind === 'set' ? written.element : written;
  if (type.kind === 'dontcare') return;
  if (type.kind === 'struct') type = { kind: 'tuple', components: flattenFields(c, type) };
  const isTuple = type.kind === 'tuple' || type.kind === 'list-expression';
  if (!isTuple && keys.length !== 1) {
    c.error(node.span, `the case needs ${keys.length} values, but '${expressionText(each.keyset)}' is one`, {
      notes: [{ message: 'the case', span: each.keyset.span }],
    });
    return;
  }
  let wanted: Type = isTuple ? { kind: 'tuple', components: keys } : keys[0]!;
  if (wanted.kind === 'serializable-enum') wanted = wanted.underlying;
  const unifier = new Unifier();
  unifier.add(wanted, type, true);
  const failure = unifier.solve();
  if (failure !== undefined) {
    c.error(
      node.span,
      `case '${expressionText(each.keyset)}' of type ${printType(type)} does not match the selected ${printType(wanted)}`,
      { notes: [{ message: failure, span: each.keyset.span }] },
    );
    return;
  }
  coerceKeyset(c, each.keyset, isTuple ? keys : [keys[0]!]);
}

/** Fields of a struct that is used as a key set, nested ones in line. */
function flattenFields(c: Checker, type: Extract<Type, { kind: 'struct' }>): Type[] {
  const result: Type[] = [];
  for (const field of type.fields) {
    switch (field.type.kind) {
      case 'struct':
        result.push(...flattenFields(c, field.type));
        break;
      case 'bits':
      case 'bool':
      case 'integer':
      case 'serializable-enum':
      case 'newtype':
      case 'enum':
        result.push(field.type);
        break;
      default:
        c.error(
          field.declaration.name.span,
          `field '${field.name}' of type ${printType(field.type)} cannot be used in 'select'`,
        );
    }
  }
  return result;
}

/**
 * Records the conversion of a key set's values to the types of the keys: of single values, of both sides of masks and
 * ranges, and element by element in tuples.
 */
export function coerceKeyset(c: Checker, keyset: ast.Expression, keys: readonly Type[]): void {
  if (keyset.kind === 'TupleKeysetExpression' || keyset.kind === 'ListExpression') {
    const types =
      keys.length === 1 && (keys[0]!.kind === 'tuple' || keys[0]!.kind === 'list-expression')
        ? keys[0]!.components
        : keys;
    for (let i = 0; i < keyset.elements.length; i++) {
      const type = types[i];
      if (type !== undefined) coerceKeyset(c, keyset.elements[i]!, [type]);
    }
    return;
  }
  const type = keys[0];
  if (type === undefined) return;
  if (keyset.kind === 'MaskExpression') {
    coerceSimple(c, keyset.value, type);
    coerceSimple(c, keyset.mask, type);
  } else if (keyset.kind === 'RangeExpression') {
    coerceSimple(c, keyset.low, type);
    coerceSimple(c, keyset.high, type);
  } else coerceSimple(c, keyset, type);
}

function coerceSimple(c: Checker, value: ast.Expression, key: Type): void {
  const source = c.tables.types.get(value);
  if (source === undefined || source.kind === 'dontcare' || source.kind === 'set' || isErroneous(source)) return;
  const target = key.kind === 'serializable-enum' && !typeEquals(source, key) ? key.underlying : key;
  if (!typeEquals(source, target)) coerce(c, value, target);
}
