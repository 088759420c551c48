// Whether two expressions are the same expression: used to compare an action's arguments in `default_action` and
// entries with those in the table's list of actions. Compared by meaning of names and by structure, not by value.

import type * as ast from '../../2-parse/ast.ts';
import { typeEquals } from '../types.ts';
import type { Checker } from './checker.ts';

/** Structural equality; constants compare by value. */
export function sameExpression(c: Checker, left: ast.Expression, right: ast.Expression): boolean {
  const leftValue = c.early.values.get(left);
  const rightValue = c.early.values.get(right);
  if (leftValue?.kind === 'integer' && rightValue?.kind === 'integer') return leftValue.value === rightValue.value;
  if (left.kind !== right.kind) return false;
  const same = (a: ast.Expression, b: ast.Expression): boolean => sameExpression(c, a, b);
  const sameAll = (a: readonly ast.Expression[], b: readonly ast.Expression[]): boolean =>
    a.length === b.length && a.every((each, index) => same(each, b[index]!));
  const sameArguments = (a: readonly ast.Argument[], b: readonly ast.Argument[]): boolean =>
    sameAll(
      a.map((each) => each.value),
      b.map((each) => each.value),
    );
  switch (left.kind) {
    case 'IntegerLiteral':
      return left.value === (right as typeof left).value;
    case 'BooleanLiteral':
    case 'StringLiteral':
      return left.value === (right as typeof left).value;
    case 'PathExpression':
      return c.names.paths.get(left) === c.names.paths.get(right as typeof left);
    case 'TypeNameExpression':
      return sameType(c, left.type, (right as typeof left).type);
    case 'MemberExpression': {
      const other = right as typeof left;
      return left.member.name === other.member.name && same(left.target, other.target);
    }
    case 'IndexExpression': {
      const other = right as typeof left;
      return same(left.target, other.target) && same(left.index, other.index);
    }
    case 'SliceExpression': {
      const other = right as typeof left;
      return same(left.target, other.target) && same(left.high, other.high) && same(left.low, other.low);
    }
    case 'PlusSliceExpression': {
      const other = right as typeof left;
      return same(left.target, other.target) && same(left.low, other.low) && same(left.width, other.width);
    }
    case 'ListExpression':
    case 'TupleKeysetExpression':
      return sameAll(left.elements, (right as typeof left).elements);
    case 'StructExpression': {
      const others = new Map((right as typeof left).fields.map((field) => [field.name.name, field.value]));
      return (
        left.fields.length === others.size &&
        left.fields.every((field) => {
          const other = others.get(field.name.name);
          return other !== undefined && same(field.value, other);
        })
      );
    }
    case 'UnaryExpression':
      return left.operator === (right as typeof left).operator && same(left.operand, (right as typeof left).operand);
    case 'BinaryExpression': {
      const other = right as typeof left;
      return left.operator === other.operator && same(left.left, other.left) && same(left.right, other.right);
    }
    case 'ConditionalExpression': {
      const other = right as typeof left;
      return (
        same(left.condition, other.condition) &&
        same(left.whenTrue, other.whenTrue) &&
        same(left.whenFalse, other.whenFalse)
      );
    }
    case 'CastExpression': {
      const other = right as typeof left;
      return sameType(c, left.type, other.type) && same(left.operand, other.operand);
    }
    case 'CallExpression': {
      const other = right as typeof left;
      return same(left.callee, other.callee) && sameArguments(left.arguments, other.arguments);
    }
    case 'ConstructorCallExpression': {
      const other = right as typeof left;
      return sameType(c, left.type, other.type) && sameArguments(left.arguments, other.arguments);
    }
    case 'MaskExpression':
      return same(left.value, (right as typeof left).value) && same(left.mask, (right as typeof left).mask);
    case 'RangeExpression':
      return same(left.low, (right as typeof left).low) && same(left.high, (right as typeof left).high);
    case 'SelectExpression':
      return false;
    default:
      return true;
  }
}

function sameType(c: Checker, left: ast.TypeNode, right: ast.TypeNode): boolean {
  const first = c.tables.typeNodes.get(left);
  const second = c.tables.typeNodes.get(right);
  return first !== undefined && second !== undefined && typeEquals(first, second);
}
