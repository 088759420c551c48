// Unary and binary operators, masks and ranges: which types they take (specification 8.3 to 8.9), and how an operand
// without a width takes that of the other one.

import type * as ast from '../../2-parse/ast.ts';
import { assertNever } from '../../diagnostics/diagnostic.ts';
import { Unifier } from '../infer/unify.ts';
import { expressionText } from '../support/expression-text.ts';
import {
  type BitsType,
  bits,
  boolType,
  erroneousType,
  isStructure,
  printType,
  type Type,
  typeEquals,
} from '../types.ts';
import { type Checker, isErroneous } from './checker.ts';
import { coerce } from './convert.ts';
import { checkExpression } from './expressions.ts';

/** A serializable enum counts as its underlying type in arithmetic; other types as themselves. */
function arithmeticType(type: Type): Type {
  return type.kind === 'serializable-enum' ? type.underlying : type;
}

function isNumber(type: Type): boolean {
  return type.kind === 'bits' || type.kind === 'integer';
}

/** Type of `!a`, `~a`, `-a`, `+a`. */
export function checkUnary(c: Checker, node: ast.UnaryExpression): Type {
  const written = checkExpression(c, node.operand);
  if (isErroneous(written)) return erroneousType;
  if (node.operator === '!') {
    if (written.kind !== 'bool') {
      c.error(
        node.operand.span,
        `'!' cannot be applied to '${expressionText(node.operand)}' of type ${printType(written)}`,
      );
      return erroneousType;
    }
    c.markCompileTime(node, node.operand);
    return boolType;
  }
  const type = arithmeticType(written);
  if (node.operator === '~' && type.kind === 'integer') {
    c.error(node.operand.span, `'~' needs an operand with a width, but '${expressionText(node.operand)}' has none`);
    return erroneousType;
  }
  if (!isNumber(type)) {
    c.error(
      node.operand.span,
      `'${node.operator}' cannot be applied to '${expressionText(node.operand)}' of type ${printType(written)}`,
    );
    return erroneousType;
  }
  coerce(c, node.operand, type);
  c.markCompileTime(node, node.operand);
  return type;
}

/** Type of a binary expression. */
export function checkBinary(c: Checker, node: ast.BinaryExpression): Type {
  const left = checkExpression(c, node.left);
  const right = checkExpression(c, node.right);
  if (node.operator === '&&' || node.operator === '||') return checkLogical(c, node, left, right);
  if (isErroneous(left) || isErroneous(right)) return erroneousType;
  c.markCompileTime(node, node.left, node.right);
  const type = checkOperator(c, node, left, right);
  // Folding reports what types alone do not show, such as a division by a constant zero.
  if (type.kind !== 'erroneous' && c.isCompileTime(node)) c.folder.valueOf(node);
  return type;
}

function checkOperator(c: Checker, node: ast.BinaryExpression, left: Type, right: Type): Type {
  switch (node.operator) {
    case '==':
    case '!=':
      return checkEquality(c, node, left, right);
    case '<':
    case '<=':
    case '>':
    case '>=':
      return checkOrder(c, node, left, right);
    case '++':
      return checkConcatenation(c, node, left, right);
    case '<<':
    case '>>':
      return checkShift(c, node, left, right);
    case '/':
    case '%':
      return checkDivision(c, node, left, right);
    case '+':
    case '-':
    case '*':
    case '|+|':
    case '|-|':
    case '&':
    case '|':
    case '^':
      return checkArithmetic(c, node, left, right);
    case '&&':
    case '||':
      return erroneousType;
    default:
      return assertNever(node.operator, 'checkOperator');
  }
}

function notDefined(c: Checker, node: ast.BinaryExpression, left: Type, right: Type): Type {
  c.error(
    node.span,
    `'${expressionText(node)}': '${node.operator}' is not defined on ${printType(left)} and ${printType(right)}`,
  );
  return erroneousType;
}

function checkLogical(c: Checker, node: ast.BinaryExpression, left: Type, right: Type): Type {
  if (isErroneous(left) || isErroneous(right)) return erroneousType;
  if (left.kind !== 'bool' || right.kind !== 'bool') return notDefined(c, node, left, right);
  c.markCompileTime(node, node.left, node.right);
  return boolType;
}

/** Arithmetic and bitwise operators: two numbers of one type, or one of them without a width. */
export function checkArithmetic(
  c: Checker,
  node: { readonly operator: string; readonly left: ast.Expression; readonly right: ast.Expression } & ast.NodeBase,
  writtenLeft: Type,
  writtenRight: Type,
): Type {
  const left = arithmeticType(writtenLeft);
  const right = arithmeticType(writtenRight);
  if (node.operator === '+' && left.kind === 'string' && right.kind === 'string') {
    c.error(node.span, "'+' cannot be applied to strings", { suggestion: "did you mean '++'?" });
    return erroneousType;
  }
  if (!isNumber(left) || !isNumber(right)) {
    const [written, operand] = isNumber(left) ? [writtenRight, node.right] : [writtenLeft, node.left];
    c.error(
      node.span,
      `'${node.operator}' cannot be applied to '${expressionText(operand)}' of type ${printType(written)}`,
    );
    return erroneousType;
  }
  if (left.kind === 'bits' && right.kind === 'bits') {
    if (left.width !== right.width) {
      c.error(node.span, `'${node.operator}': the operands have different widths, ${left.width} and ${right.width}`, {
        suggestion: 'cast one of them',
      });
      return erroneousType;
    }
    if (left.signed !== right.signed) {
      c.error(
        node.span,
        `'${node.operator}': one operand is signed (${printType(left.signed ? left : right)}) and the other is not`,
        {
          suggestion: 'cast one of them',
        },
      );
      return erroneousType;
    }
  }
  const type = left.kind === 'bits' ? left : right;
  coerce(c, node.left, type);
  coerce(c, node.right, type);
  return type;
}

function checkDivision(c: Checker, node: ast.BinaryExpression, left: Type, right: Type): Type {
  for (const type of [arithmeticType(left), arithmeticType(right)]) {
    if (type.kind === 'bits' && type.signed) {
      c.error(node.span, `'${expressionText(node)}': '${node.operator}' is not defined on signed values`);
      return erroneousType;
    }
  }
  for (const operand of [node.left, node.right]) {
    const value = c.integerValue(operand);
    if (value !== undefined && value < 0n) {
      c.error(node.span, `'${expressionText(node)}': '${node.operator}' is not defined on negative numbers`);
      return erroneousType;
    }
  }
  return checkArithmetic(c, node, left, right);
}

function checkShift(c: Checker, node: ast.BinaryExpression, left: Type, writtenRight: Type): Type {
  const type = arithmeticType(left);
  if (!checkShiftAmount(c, node, node.right, type, writtenRight)) return erroneousType;
  if (!isNumber(type)) {
    c.error(
      node.span,
      `'${expressionText(node)}': the left operand of a shift must be a number, not ${printType(left)}`,
    );
    return erroneousType;
  }
  if (type.kind === 'integer' && writtenRight.kind !== 'integer' && !c.isCompileTime(node.right)) {
    c.error(
      node.span,
      `'${expressionText(node)}': the left operand has no width, so the shift amount must be a constant`,
      { suggestion: `give '${expressionText(node.left)}' a width` },
    );
    return erroneousType;
  }
  coerce(c, node.left, type);
  return type;
}

/** The rules for shift amounts: not negative, unsigned, or a constant without width. */
export function checkShiftAmount(
  c: Checker,
  node: ast.Expression | ast.AssignmentStatement,
  amount: ast.Expression,
  shifted: Type,
  writtenType: Type,
): boolean {
  const value = c.integerValue(amount);
  const type = arithmeticType(writtenType);
  if (value !== undefined) {
    if (value > 0x7fffffffn) {
      c.error(amount.span, `shift amount too large: ${value}`);
      return false;
    }
    if (value < 0n) {
      c.error(node.span, `negative shift amount ${value}`);
      return false;
    }
    if (shifted.kind === 'bits' && value >= BigInt(shifted.width)) {
      c.reporter.warn('overflow', node.span, `shifting a value of ${shifted.width} bits by ${value}`);
    }
    // A positive constant of a signed type counts as unsigned.
    if (type.kind === 'bits') return true;
  }
  if (type.kind === 'bits' && type.signed) {
    c.error(amount.span, `shift amount '${expressionText(amount)}' must be unsigned`);
    return false;
  }
  if (type.kind !== 'bits' && !(type.kind === 'integer' && c.isCompileTime(amount))) {
    c.error(
      amount.span,
      `a shift amount must be of type bit<S> or a constant that is not negative, but '${expressionText(amount)}' has type ${printType(writtenType)}`,
    );
    return false;
  }
  return true;
}

function checkConcatenation(c: Checker, node: ast.BinaryExpression, left: Type, right: Type): Type {
  if (left.kind === 'string' && right.kind === 'string') return left;
  const first = arithmeticType(left);
  const second = arithmeticType(right);
  if (first.kind !== 'bits' || second.kind !== 'bits') {
    const lacking = first.kind === 'integer' ? node.left : second.kind === 'integer' ? node.right : undefined;
    const suggestion = lacking === undefined ? undefined : `specify the width of '${expressionText(lacking)}'`;
    c.error(node.span, `'${expressionText(node)}': '++' is not defined on ${printType(left)} and ${printType(right)}`, {
      suggestion,
    });
    return erroneousType;
  }
  coerce(c, node.left, first);
  coerce(c, node.right, second);
  return bits(first.width + second.width, first.signed);
}

function checkOrder(c: Checker, node: ast.BinaryExpression, writtenLeft: Type, writtenRight: Type): Type {
  const left = arithmeticType(writtenLeft);
  const right = arithmeticType(writtenRight);
  if (!isNumber(left) || !isNumber(right)) return notDefined(c, node, writtenLeft, writtenRight);
  if (left.kind === 'bits' && right.kind === 'bits' && !typeEquals(left, right))
    return notDefined(c, node, left, right);
  const type = left.kind === 'bits' ? left : right;
  coerce(c, node.left, type);
  coerce(c, node.right, type);
  return boolType;
}

function checkEquality(c: Checker, node: ast.BinaryExpression, writtenLeft: Type, writtenRight: Type): Type {
  const sameEnum = writtenLeft.kind === 'serializable-enum' && typeEquals(writtenLeft, writtenRight);
  const left = sameEnum ? writtenLeft : arithmeticType(writtenLeft);
  const right = sameEnum ? writtenRight : arithmeticType(writtenRight);
  const comparable = checkComparable(
    c,
    node,
    { expression: node.left, type: left },
    { expression: node.right, type: right },
  );
  return comparable ? boolType : erroneousType;
}

interface Operand {
  readonly expression: ast.Expression;
  readonly type: Type;
}

/** Whether two values can be compared with ==; records the conversions that make them alike. */
export function checkComparable(
  c: Checker,
  at: ast.Expression | ast.Statement,
  left: Operand,
  right: Operand,
): boolean {
  for (const [kind, what] of NEVER_COMPARED) {
    if (left.type.kind !== kind && right.type.kind !== kind) continue;
    const texts = `'${expressionText(left.expression)}' and '${expressionText(right.expression)}'`;
    c.error(at.span, `${texts}: ${what} cannot be compared`);
    return false;
  }
  if (convertToCommon(c, left, right)) return true;
  c.error(
    at.span,
    `'${expressionText(left.expression)}' of type ${printType(left.type)} cannot be compared with '${expressionText(right.expression)}' of type ${printType(right.type)}`,
  );
  return false;
}

/** Types whose values cannot be compared with anything, and what to call those values. */
const NEVER_COMPARED: readonly (readonly [Type['kind'], string])[] = [
  ['action', 'actions'],
  ['table', 'tables'],
  ['extern', 'extern instances'],
  ['type-variable', 'values of a type parameter'],
  ['apply-result', 'results of applying tables'],
];

function convertToCommon(c: Checker, left: Operand, right: Operand): boolean {
  const common = commonType(left.type, right.type);
  if (common === undefined) return false;
  const other = left.type === common ? right.type : left.type;
  if (other.kind !== 'any' && other !== common && !(common.kind === 'bits' && other.kind === 'integer')) {
    const unifier = new Unifier();
    unifier.add(common, other);
    if (unifier.solve() !== undefined) return false;
  }
  coerce(c, left.expression, common);
  coerce(c, right.expression, common);
  return true;
}

/** The one of the two types that the other may be converted to for a comparison; undefined when they never compare. */
function commonType(left: Type, right: Type): Type | undefined {
  if (left.kind === 'integer' && right.kind === 'bits') return right;
  if (left.kind === 'bits' && right.kind === 'integer') return left;
  const untyped = (type: Type): boolean => type.kind === 'struct-expression' || type.kind === 'list-expression';
  if (left.kind === 'any' || right.kind === 'any') {
    const other = left.kind === 'any' ? right : left;
    const invalid = left.kind === 'any' ? left : right;
    const isHeader = other.kind === 'header' || other.kind === 'header_union';
    return invalid.kind === 'any' && invalid.of === 'invalid' && isHeader ? other : undefined;
  }
  if (left.kind === 'struct-expression' && right.kind === 'struct-expression') return undefined;
  if (untyped(right) && (isStructure(left) || left.kind === 'tuple' || left.kind === 'list-expression')) return left;
  if (untyped(left) && (isStructure(right) || right.kind === 'tuple')) return right;
  if (left.kind === 'void' || !typeEquals(left, right)) return undefined;
  switch (left.kind) {
    case 'function':
    case 'parser':
    case 'control':
    case 'package':
    case 'type-type':
    case 'state':
    case 'set':
      return undefined;
    default:
      return left;
  }
}

/** Type of `a &&& b` and `a .. b`: a set of the operands' common type. */
export function checkSet(
  c: Checker,
  node: ast.Expression,
  leftNode: ast.Expression,
  rightNode: ast.Expression,
  operator: string,
): Type {
  const writtenLeft = checkExpression(c, leftNode);
  const writtenRight = checkExpression(c, rightNode);
  if (isErroneous(writtenLeft) || isErroneous(writtenRight)) return erroneousType;
  const left = arithmeticType(writtenLeft);
  const right = arithmeticType(writtenRight);
  for (const [type, written, operand] of [
    [left, writtenLeft, leftNode],
    [right, writtenRight, rightNode],
  ] as const) {
    if (isNumber(type)) continue;
    c.error(node.span, `'${operator}' cannot be applied to '${expressionText(operand)}' of type ${printType(written)}`);
    return erroneousType;
  }
  c.markCompileTime(node, leftNode, rightNode);
  if (left.kind === 'integer' && right.kind === 'integer') return { kind: 'set', element: left };
  if (left.kind === 'bits' && right.kind === 'bits' && !typeEquals(left, right)) {
    c.error(
      node.span,
      `'${expressionText(node)}': the operands have different types, ${printType(left)} and ${printType(right)}`,
    );
    return erroneousType;
  }
  const common = (left.kind === 'bits' ? left : right) as BitsType;
  coerce(c, leftNode, common);
  coerce(c, rightNode, common);
  // A mask over an enum's value is a set of the enum.
  return { kind: 'set', element: left.kind === 'bits' ? writtenLeft : common };
}
