// Division and modulo exist at compile time only (specification 8.6), apart from powers of two, which are shifts and
// masks.
//
// Whether an operand will turn out constant may depend on constructor arguments and on what is assigned before, so only
// those divisions are refused whose operands can never be constant: values from the packet, or a constant divisor
// that is no power of two of such a value.

import type * as ast from '../../2-parse/ast.ts';
import type { Checker } from '../check/checker.ts';
import { expressionText } from '../support/expression-text.ts';

interface Division {
  readonly node: ast.BinaryExpression | ast.AssignmentStatement;
  readonly left: ast.Expression;
  readonly right: ast.Expression;
}

function divisionOf(node: Division['node']): Division | undefined {
  if (node.operator !== '/' && node.operator !== '%') return undefined;
  if (node.kind === 'BinaryExpression') return { node, left: node.left, right: node.right };
  return { node, left: node.target, right: node.value };
}

function positionOfDivision({ node }: Division) {
  return node.kind === 'BinaryExpression' ? node.span : node.operatorSpan;
}

/** Reports divisions of a variable by the constant zero. */
export function checkZeroDivisions(c: Checker): void {
  for (const node of c.all.ofKind('BinaryExpression', 'AssignmentStatement')) {
    const division = divisionOf(node);
    if (division === undefined || c.integerValue(division.right) !== 0n) continue;
    c.reporter.error('expr', positionOfDivision(division), `'${expressionText(division.left)}' is divided by zero`);
  }
}

/** Reports divisions that no compiler pass could remove, in the given parts of the program. */
export function checkDivisions(c: Checker, parts: readonly ast.Node[]): void {
  const divisions: Division[] = [];
  for (const part of parts) {
    for (const node of c.all.inside(part, 'BinaryExpression', 'AssignmentStatement')) {
      const division = divisionOf(node);
      if (division !== undefined) divisions.push(division);
    }
  }
  if (divisions.length === 0) return;
  const constants = constantVariables(c);
  const keepsCompound = c.program.declarations.some(
    (each) =>
      'annotations' in each && each.annotations.some((annotation) => annotation.name.name === 'test_keep_opassign'),
  );
  for (const division of divisions) {
    if (keepsCompound && division.node.kind === 'AssignmentStatement') continue;
    const { left, right } = division;
    const divisor =
      c.integerValue(right) ?? constants.get(right.kind === 'PathExpression' ? c.names.paths.get(right) : undefined);
    const hopeless = divisor === undefined ? neverConstant(c, right) : !isPowerOfTwo(divisor) && neverConstant(c, left);
    if (!hopeless) continue;
    c.reporter.error(
      'invalid',
      positionOfDivision(division),
      `the division of '${expressionText(left)}' by '${expressionText(right)}' cannot be done at compile time, and switches cannot divide`,
      { suggestion: 'divide by a power of two, or use a table or a shift' },
    );
  }
}

function isPowerOfTwo(value: bigint): boolean {
  return value > 0n && (value & (value - 1n)) === 0n;
}

/** A value that comes from outside: a field, element or slice of a parameter with a direction. */
export function neverConstant(c: Checker, expression: ast.Expression): boolean {
  switch (expression.kind) {
    case 'MemberExpression':
    case 'IndexExpression':
    case 'SliceExpression':
    case 'PlusSliceExpression':
      return neverConstant(c, expression.target);
    case 'CastExpression':
      return neverConstant(c, expression.operand);
    case 'PathExpression': {
      const named = c.names.paths.get(expression);
      return (
        named?.kind === 'Parameter' &&
        (named.direction === 'in' || named.direction === 'inout') &&
        isOutermost(c, named)
      );
    }
    default:
      return false;
  }
}

/**
 * Parameters of functions and actions may get constants when they are inlined; those of parsers and controls too,
 * except the outermost.
 */
function isOutermost(c: Checker, parameter: ast.Parameter): boolean {
  return c.program.declarations.some(
    (declaration) =>
      (declaration.kind === 'ControlDeclaration' || declaration.kind === 'ParserDeclaration') &&
      declaration.parameters.includes(parameter),
  );
}

/** Local variables that have a constant initializer and are never written again. */
function constantVariables(c: Checker): Map<ast.Node | { readonly kind: string } | undefined, bigint> {
  const result = new Map<ast.Node | { readonly kind: string } | undefined, bigint>();
  for (const node of c.all.ofKind('VariableDeclaration')) {
    if (node.initializer === undefined) continue;
    const value = c.integerValue(node.initializer);
    if (value !== undefined) result.set(node, value);
  }
  for (const node of c.all.ofKind('AssignmentStatement')) forget(c, node.target, result);
  for (const node of c.all.ofKind('CallExpression')) {
    for (const argument of node.arguments) forget(c, argument.value, result);
  }
  return result;
}

function forget(c: Checker, written: ast.Expression, constants: Map<unknown, bigint>): void {
  let root = written;
  while (root.kind === 'SliceExpression' || root.kind === 'PlusSliceExpression') root = root.target;
  if (root.kind === 'PathExpression') constants.delete(c.names.paths.get(root));
}
