/**
 * Making and taking apart expressions of the intermediate representation.
 *
 * Every expression is made by one of the constructors here, and each of them simplifies at once what it can: constants
 * are folded with P4's arithmetic (exact integers, cut to the type's width), neutral operands vanish, slices of slices
 * and casts of casts collapse. Folding while building costs nothing extra and leaves no need for a separate pass after
 * each inlining or copy propagation: substituting a constant into an expression re-makes it, and so folds it.
 */
import {
  type BinaryOperator,
  BOOL,
  bitsType,
  type Expression,
  type HeaderReference,
  type HeaderStack,
  isSigned,
  type Place,
  type ScalarType,
  typeOfPlace,
  type UnaryOperator,
  type UnionReference,
  type UnionStack,
  widthOf,
} from './ir.ts';

/**
 * `value` cut to what the type can hold: modulo 2^width, as a negative number where the sign bit of an `int` is set.
 */
export function wrap(value: bigint, type: ScalarType): bigint {
  return isSigned(type) ? BigInt.asIntN(widthOf(type), value) : BigInt.asUintN(widthOf(type), value);
}

/** A constant of the type; the value is cut to the type's width. */
export function constant(value: bigint, type: ScalarType): Expression {
  return { kind: 'constant', type, value: wrap(value, type) };
}

export const TRUE: Expression = { kind: 'constant', type: BOOL, value: 1n };
export const FALSE: Expression = { kind: 'constant', type: BOOL, value: 0n };

/** `true` or `false` as an expression. */
export function boolConstant(value: boolean): Expression {
  return value ? TRUE : FALSE;
}

/** The value of a place. */
export function read(place: Place): Expression {
  return { kind: 'read', type: typeOfPlace(place), place };
}

function isConstant(expression: Expression): expression is Expression & { kind: 'constant' } {
  return expression.kind === 'constant';
}

function isValue(expression: Expression, value: bigint): boolean {
  return expression.kind === 'constant' && expression.value === value;
}

/** `-a`, `~a` (same type) or `!a` (bool). */
export function unary(operator: UnaryOperator, operand: Expression): Expression {
  if (isConstant(operand)) {
    switch (operator) {
      case '-':
        return constant(-operand.value, operand.type);
      case '~':
        return constant(~operand.value, operand.type);
      case '!':
        return boolConstant(operand.value === 0n);
    }
  }
  if (operand.kind === 'unary' && operand.operator === operator) return operand.operand;
  if (operator === '!' && operand.kind === 'binary') {
    const opposite = OPPOSITE.get(operand.operator);
    if (opposite !== undefined) return { ...operand, operator: opposite };
  }
  return { kind: 'unary', type: operand.type, operator, operand };
}

const OPPOSITE: ReadonlyMap<BinaryOperator, BinaryOperator> = new Map([
  ['==', '!='],
  ['!=', '=='],
  ['<', '>='],
  ['>=', '<'],
  ['>', '<='],
  ['<=', '>'],
]);

const COMPARISONS: ReadonlySet<BinaryOperator> = new Set(['==', '!=', '<', '<=', '>', '>=']);

/** True for operators whose result is a bool. */
export function yieldsBool(operator: BinaryOperator): boolean {
  return COMPARISONS.has(operator) || operator === '&&' || operator === '||';
}

function saturate(value: bigint, type: ScalarType): bigint {
  const width = BigInt(widthOf(type));
  const low = isSigned(type) ? -(1n << (width - 1n)) : 0n;
  const high = isSigned(type) ? (1n << (width - 1n)) - 1n : (1n << width) - 1n;
  return value < low ? low : value > high ? high : value;
}

function foldBinary(operator: BinaryOperator, a: bigint, b: bigint, type: ScalarType): Expression | undefined {
  switch (operator) {
    case '+':
      return constant(a + b, type);
    case '-':
      return constant(a - b, type);
    case '*':
      return constant(a * b, type);
    case '/':
      return b === 0n ? undefined : constant(a / b, type);
    case '%':
      return b === 0n ? undefined : constant(a % b, type);
    case '|+|':
      return constant(saturate(a + b, type), type);
    case '|-|':
      return constant(saturate(a - b, type), type);
    case '<<':
      return b >= BigInt(widthOf(type)) ? constant(0n, type) : constant(a << b, type);
    case '>>':
      return b >= BigInt(widthOf(type)) ? constant(a < 0n ? -1n : 0n, type) : constant(a >> b, type);
    case '&':
      return constant(a & b, type);
    case '|':
      return constant(a | b, type);
    case '^':
      return constant(a ^ b, type);
    case '==':
      return boolConstant(a === b);
    case '!=':
      return boolConstant(a !== b);
    case '<':
      return boolConstant(a < b);
    case '<=':
      return boolConstant(a <= b);
    case '>':
      return boolConstant(a > b);
    case '>=':
      return boolConstant(a >= b);
    case '&&':
      return boolConstant(a !== 0n && b !== 0n);
    case '||':
      return boolConstant(a !== 0n || b !== 0n);
  }
}

/**
 * `left operator right`. The result has the type of `left`, or bool for comparisons and logic. The amount of a shift
 * may be of any unsigned type; otherwise both operands have the same type.
 */
export function binary(operator: BinaryOperator, left: Expression, right: Expression): Expression {
  const type = yieldsBool(operator) ? BOOL : left.type;
  if (isConstant(left) && isConstant(right)) {
    const folded = foldBinary(operator, left.value, right.value, type);
    if (folded !== undefined) return folded;
  }
  switch (operator) {
    case '&&':
      if (isConstant(left)) return left.value === 0n ? FALSE : right;
      if (isConstant(right)) return right.value === 0n ? FALSE : left;
      break;
    case '||':
      if (isConstant(left)) return left.value === 0n ? right : TRUE;
      if (isConstant(right)) return right.value === 0n ? left : TRUE;
      break;
    case '+':
    case '|':
    case '^':
    case '|+|':
      if (isValue(left, 0n)) return right;
      if (isValue(right, 0n)) return left;
      break;
    case '-':
    case '|-|':
      if (isValue(right, 0n)) return left;
      break;
    case '<<':
    case '>>':
      if (isValue(right, 0n)) return left;
      if (
        isConstant(right) &&
        right.value >= BigInt(widthOf(left.type)) &&
        (operator === '<<' || !isSigned(left.type))
      ) {
        return constant(0n, left.type);
      }
      break;
    case '&':
      if (isValue(left, 0n)) return left;
      if (isValue(right, 0n)) return right;
      if (isConstant(right) && right.value === wrap(-1n, right.type)) return left;
      if (isConstant(left) && left.value === wrap(-1n, left.type)) return right;
      break;
    case '*':
      if (isValue(left, 0n) || isValue(right, 1n)) return left;
      if (isValue(right, 0n) || isValue(left, 1n)) return right;
      break;
    case '==':
    case '!=':
      if (left.type.kind === 'bool') {
        const negate = operator === '!=';
        if (left.kind === 'constant') return (left.value === 0n) !== negate ? unary('!', right) : right;
        if (right.kind === 'constant') return (right.value === 0n) !== negate ? unary('!', left) : left;
      }
      break;
    default:
      break;
  }
  return { kind: 'binary', type, operator, left, right };
}

/** `condition ? whenTrue : whenFalse`. */
export function conditional(condition: Expression, whenTrue: Expression, whenFalse: Expression): Expression {
  if (isConstant(condition)) return condition.value === 0n ? whenFalse : whenTrue;
  if (whenTrue.type.kind === 'bool') {
    if (isValue(whenTrue, 1n) && isValue(whenFalse, 0n)) return condition;
    if (isValue(whenTrue, 0n) && isValue(whenFalse, 1n)) return unary('!', condition);
  }
  if (sameExpression(whenTrue, whenFalse)) return whenTrue;
  return { kind: 'conditional', type: whenTrue.type, condition, whenTrue, whenFalse };
}

function sameType(a: ScalarType, b: ScalarType): boolean {
  return a.kind === b.kind && widthOf(a) === widthOf(b) && isSigned(a) === isSigned(b);
}

/** Conversion between `bit`, `int`, and `bool` with `bit<1>`. Widening extends the sign of signed operands. */
export function cast(operand: Expression, type: ScalarType): Expression {
  if (sameType(operand.type, type)) return operand;
  if (isConstant(operand)) return constant(operand.value, type);
  // Widening something and cutting it back again.
  if (
    operand.kind === 'cast' &&
    type.kind === 'bits' &&
    operand.type.kind === 'bits' &&
    operand.operand.type.kind === 'bits' &&
    widthOf(type) <= widthOf(operand.type) &&
    widthOf(operand.type) >= widthOf(operand.operand.type) &&
    widthOf(type) <= widthOf(operand.operand.type)
  ) {
    return cast(operand.operand, type);
  }
  return { kind: 'cast', type, operand };
}

/** `operand[high:low]`: `bit<high - low + 1>`. */
export function slice(operand: Expression, high: number, low: number): Expression {
  const width = high - low + 1;
  const type = bitsType(width);
  if (low === 0 && width === widthOf(operand.type) && !isSigned(operand.type) && operand.type.kind === 'bits')
    return operand;
  if (isConstant(operand)) return constant(operand.value >> BigInt(low), type);
  if (operand.kind === 'slice') return slice(operand.operand, operand.low + high, operand.low + low);
  return { kind: 'slice', type, operand, high, low };
}

/** `left ++ right`; the result is signed as `left` is. */
export function concat(left: Expression, right: Expression): Expression {
  const width = widthOf(left.type) + widthOf(right.type);
  const type = bitsType(width, isSigned(left.type));
  if (isConstant(left) && isConstant(right)) {
    const low = BigInt.asUintN(widthOf(right.type), right.value);
    return constant((left.value << BigInt(widthOf(right.type))) | low, type);
  }
  if (widthOf(left.type) === 0) return cast(right, type);
  if (widthOf(right.type) === 0) return left;
  return { kind: 'concat', type, left, right };
}

/** `header.isValid()`. */
export function isValid(header: HeaderReference): Expression {
  if (header.kind === 'instance' && header.instance.isMetadata) return TRUE;
  return { kind: 'is-valid', type: BOOL, header };
}

/** `union.isValid()`. */
export function isValidUnion(union: UnionReference): Expression {
  return { kind: 'is-valid-union', type: BOOL, union };
}

/** `stack.lastIndex`. */
export function lastIndex(stack: HeaderStack | UnionStack): Expression {
  return { kind: 'last-index', type: bitsType(32), stack };
}

/** Whether two header references certainly name the same header. */
export function sameHeader(a: HeaderReference, b: HeaderReference): boolean {
  if (a.kind === 'instance') return b.kind === 'instance' && a.instance === b.instance;
  if (b.kind === 'instance' || a.kind !== b.kind || a.stack !== b.stack) return false;
  if ((a.kind === 'element' || a.kind === 'union-element') && !sameExpression(a.index, (b as typeof a).index))
    return false;
  if (a.kind === 'union-element' || a.kind === 'union-next' || a.kind === 'union-last') {
    return a.member === (b as typeof a).member;
  }
  return true;
}

/** Whether two places are certainly the same. */
export function samePlace(a: Place, b: Place): boolean {
  if (a.kind === 'variable') return b.kind === 'variable' && a.variable === b.variable;
  return b.kind === 'field' && a.field.index === b.field.index && sameHeader(a.header, b.header);
}

/** Whether two expressions are the same by structure (and so have the same value at the same time). */
export function sameExpression(a: Expression, b: Expression): boolean {
  if (a === b) return true;
  if (a.kind !== b.kind || !sameType(a.type, b.type)) return false;
  switch (a.kind) {
    case 'constant':
      return a.value === (b as typeof a).value;
    case 'read':
      return samePlace(a.place, (b as typeof a).place);
    case 'parameter':
      return a.index === (b as typeof a).index;
    case 'unary':
      return a.operator === (b as typeof a).operator && sameExpression(a.operand, (b as typeof a).operand);
    case 'binary': {
      const other = b as typeof a;
      return (
        a.operator === other.operator && sameExpression(a.left, other.left) && sameExpression(a.right, other.right)
      );
    }
    case 'conditional': {
      const other = b as typeof a;
      return (
        sameExpression(a.condition, other.condition) &&
        sameExpression(a.whenTrue, other.whenTrue) &&
        sameExpression(a.whenFalse, other.whenFalse)
      );
    }
    case 'cast':
      return sameExpression(a.operand, (b as typeof a).operand);
    case 'slice': {
      const other = b as typeof a;
      return a.high === other.high && a.low === other.low && sameExpression(a.operand, other.operand);
    }
    case 'concat': {
      const other = b as typeof a;
      return sameExpression(a.left, other.left) && sameExpression(a.right, other.right);
    }
    case 'is-valid':
      return sameHeader(a.header, (b as typeof a).header);
    case 'is-valid-union': {
      const other = (b as typeof a).union;
      if (a.union.kind === 'instance') return other.kind === 'instance' && a.union.instance === other.instance;
      return other.kind === 'element' && other.stack === a.union.stack && sameExpression(a.union.index, other.index);
    }
    case 'last-index':
      return a.stack === (b as typeof a).stack;
    case 'lookahead':
      return false;
  }
}
