/**
 * Unary and binary operators on values, `int` arithmetic at compile time included. Numbers of type `int` have no width,
 * so no switch can hold them: they must be computed away here, exactly. Everything else becomes an expression of the
 * IR, where constants are folded by the builder.
 */
import type * as ast from '../2-parse/ast.ts';
import * as build from '../5-lower/expressions.ts';
import * as ir from '../5-lower/ir.ts';
import { InternalError } from '../diagnostics/diagnostic.ts';
import type { Span } from '../diagnostics/span.ts';
import type { Body, Scope } from './body.ts';
import { CannotElaborate, type Context, notSupportedYet } from './context.ts';
import { evaluate } from './expressions.ts';
import * as operations from './value-operations.ts';
import { scalar, type Value } from './values.ts';

export function evaluateUnary(body: Body, scope: Scope, expression: ast.UnaryExpression): Value {
  const operand = evaluate(body, scope, expression.operand);
  if (operand.kind === 'integer') {
    switch (expression.operator) {
      case '-':
        return { kind: 'integer', value: -operand.value };
      case '~':
        return { kind: 'integer', value: ~operand.value };
      case '+':
        return operand;
      case '!':
        break;
    }
  }
  const value = operations.expressionOf(operand, expression.span);
  return scalar(expression.operator === '+' ? value : build.unary(expression.operator, value));
}

/** Arithmetic on numbers of type `int`. */
function integerOperation(operator: ast.BinaryOperator, a: bigint, b: bigint, span: Span): Value {
  const integer = (value: bigint): Value => ({ kind: 'integer', value });
  const bool = (value: boolean): Value => scalar(build.boolConstant(value));
  switch (operator) {
    case '+':
      return integer(a + b);
    case '-':
      return integer(a - b);
    case '*':
      return integer(a * b);
    case '/':
    case '%':
      if (b === 0n) throw new CannotElaborate('invalid', span, 'division by zero');
      return integer(operator === '/' ? a / b : a % b);
    case '<<':
      return integer(a << b);
    case '>>':
      return integer(a >> b);
    case '&':
      return integer(a & b);
    case '|':
      return integer(a | b);
    case '^':
      return integer(a ^ b);
    case '==':
      return bool(a === b);
    case '!=':
      return bool(a !== b);
    case '<':
      return bool(a < b);
    case '<=':
      return bool(a <= b);
    case '>':
      return bool(a > b);
    case '>=':
      return bool(a >= b);
    case '|+|':
    case '|-|':
    case '++':
    case '&&':
    case '||':
      throw new InternalError(`${operator} on int`, span);
  }
}

/** `left operator right` on values. */
export function binaryOperation(
  context: Context,
  operator: ast.BinaryOperator,
  left: Value,
  right: Value,
  span: Span,
): Value {
  if (operator === '==' || operator === '!=') {
    const same = operations.equal(context, ...alike(context, left, right, span), span);
    return scalar(operator === '==' ? same : build.unary('!', same));
  }
  if (left.kind === 'integer' && right.kind === 'integer') {
    return integerOperation(operator, left.value, right.value, span);
  }
  if (operator === '<<' || operator === '>>') return shift(context, operator, left, right, span);
  const [a, b] = alike(context, left, right, span);
  const first = operations.expressionOf(a, span);
  const second = operations.expressionOf(b, span);
  if (operator === '++') return scalar(build.concat(first, second));
  return scalar(build.binary(operator as ir.BinaryOperator, first, second));
}

/** Gives a plain number the type of the other operand, and list expressions that of a structure. */
function alike(context: Context, left: Value, right: Value, span: Span): [Value, Value] {
  if (left.kind === 'integer' && right.kind === 'scalar') {
    return [scalar(build.constant(left.value, right.expression.type)), right];
  }
  if (right.kind === 'integer' && left.kind === 'scalar') {
    return [left, scalar(build.constant(right.value, left.expression.type))];
  }
  if ((left.kind === 'header' || left.kind === 'header-value') && right.kind === 'struct') {
    return [left, operations.convert(context, right, left.type, span)];
  }
  if ((right.kind === 'header' || right.kind === 'header-value') && left.kind === 'struct') {
    return [operations.convert(context, left, right.type, span), right];
  }
  if ((left.kind === 'header' || left.kind === 'header-value') && right.kind === 'nothing') {
    return [left, operations.invalidHeader(left.type)];
  }
  if ((right.kind === 'header' || right.kind === 'header-value') && left.kind === 'nothing') {
    return [operations.invalidHeader(right.type), right];
  }
  return [left, right];
}

function shift(_context: Context, operator: '<<' | '>>', left: Value, right: Value, span: Span): Value {
  if (left.kind === 'integer') return notSupportedYet(span, 'shifting an int by an amount known only at run time');
  const value = operations.expressionOf(left, span);
  if (right.kind === 'integer') {
    if (right.value < 0n) throw new CannotElaborate('invalid', span, 'a negative shift amount');
    const width = BigInt(ir.widthOf(value.type));
    const limited = right.value > width ? width : right.value;
    return scalar(build.binary(operator, value, build.constant(limited, ir.bitsType(32))));
  }
  const amount = operations.expressionOf(right, span);
  if (ir.isSigned(amount.type)) {
    return scalar(build.binary(operator, value, build.cast(amount, ir.bitsType(ir.widthOf(amount.type)))));
  }
  return scalar(build.binary(operator, value, amount));
}
