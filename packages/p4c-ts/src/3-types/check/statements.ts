// Statements: assignments need something assignable and a value that fits; conditions are bool; switch labels fit the
// switch's expression; `return` fits its function; loops run over ranges, lists and stacks (specification 12).

import type * as ast from '../../2-parse/ast.ts';
import { expressionText } from '../support/expression-text.ts';
import { didYouMean } from '../support/suggest.ts';
import { erroneousType, printType, type Type } from '../types.ts';
import { checkAnnotations } from './annotations.ts';
import { canCast } from './casts.ts';
import { type Checker, isErroneous } from './checker.ts';
import { checkInstantiation } from './constructions.ts';
import { assign, coerce } from './convert.ts';
import { checkConstant, checkVariable } from './declarations.ts';
import { checkExpression } from './expressions.ts';
import { checkArithmetic, checkComparable, checkShiftAmount } from './operators.ts';

/** Checks a block. */
export function checkBlock(c: Checker, block: ast.BlockStatement): void {
  checkAnnotations(c, block.annotations);
  checkStatements(c, block.statements);
}

/** Checks statements in order. */
export function checkStatements(c: Checker, statements: readonly ast.Statement[]): void {
  for (const statement of statements) checkStatement(c, statement);
}

function checkStatement(c: Checker, node: ast.Statement): void {
  switch (node.kind) {
    case 'AssignmentStatement':
      checkAssignment(c, node);
      return;
    case 'CallStatement':
      checkExpression(c, node.call);
      return;
    case 'BlockStatement':
      checkBlock(c, node);
      return;
    case 'IfStatement':
      checkAnnotations(c, node.annotations);
      checkCondition(c, node, node.condition, 'if', () => {
        checkStatement(c, node.thenStatement);
        if (node.elseStatement !== undefined) checkStatement(c, node.elseStatement);
      });
      return;
    case 'SwitchStatement':
      checkSwitch(c, node);
      return;
    case 'ForStatement':
      checkAnnotations(c, node.annotations);
      checkStatements(c, node.init);
      checkCondition(c, node, node.condition, 'for', () => {
        checkStatements(c, node.update);
        checkStatement(c, node.body);
      });
      return;
    case 'ForInStatement':
      checkForIn(c, node);
      return;
    case 'ReturnStatement':
      checkReturn(c, node);
      return;
    case 'VariableDeclaration':
      checkVariable(c, node);
      return;
    case 'ConstantDeclaration':
      checkConstant(c, node);
      return;
    case 'Instantiation':
      checkInstantiation(c, node);
      return;
    default:
      return;
  }
}

function checkCondition(
  c: Checker,
  node: ast.Statement,
  condition: ast.Expression,
  what: string,
  rest: () => void,
): void {
  const type = checkExpression(c, condition);
  rest();
  if (type.kind === 'bool' || isErroneous(type)) return;
  c.error(
    node.span,
    `the condition of '${what}' must be bool, but '${expressionText(condition)}' has type ${printType(type)}`,
    {
      notes: [{ message: 'the condition', span: condition.span }],
    },
  );
}

function checkAssignment(c: Checker, node: ast.AssignmentStatement): void {
  const target = checkExpression(c, node.target);
  const value = checkExpression(c, node.value);
  if (isErroneous(target)) return;
  const isShift = node.operator === '<<' || node.operator === '>>';
  const cannotBeApplied = (): void =>
    c.error(
      node.operatorSpan,
      `'${node.operator}=' cannot be applied to '${expressionText(node.target)}' of type ${printType(target)}`,
    );
  if (node.operator !== undefined && !isShift && target.kind !== 'bits') {
    cannotBeApplied();
    return;
  }
  if (!c.isLeftValue(node.target)) {
    c.error(node.target.span, `'${expressionText(node.target)}' cannot be assigned to`, {
      suggestion: whyNot(c, node.target),
    });
    return;
  }
  if (isErroneous(value)) return;
  if (node.operator === undefined) {
    const what = (): string => `assignment to '${expressionText(node.target)}'`;
    assign(c, { span: node.operatorSpan, what }, target, node.value);
    return;
  }
  if (isShift) {
    if (target.kind !== 'bits') {
      cannotBeApplied();
    } else if (checkShiftAmount(c, node, node.value, target, value) && value.kind === 'serializable-enum') {
      coerce(c, node.value, value.underlying);
    }
    return;
  }
  const operands = {
    operator: node.operator,
    left: node.target,
    right: node.value,
    id: node.id,
    span: node.operatorSpan,
  };
  checkArithmetic(c, operands, target, value);
}

function whyNot(c: Checker, target: ast.Expression): string | undefined {
  let root = target;
  while (root.kind === 'MemberExpression' || root.kind === 'IndexExpression' || root.kind === 'SliceExpression') {
    root = root.target;
  }
  if (root.kind !== 'PathExpression') return undefined;
  const named = c.names.paths.get(root);
  if (named?.kind === 'Parameter') return `parameter '${root.name.name}' must be 'out' or 'inout' to be assigned to`;
  if (named?.kind === 'ConstantDeclaration') return `'${root.name.name}' is a constant`;
  return undefined;
}

function checkSwitch(c: Checker, node: ast.SwitchStatement): void {
  checkAnnotations(c, node.annotations);
  const type = c.within({ inSwitchExpression: true }, () => checkExpression(c, node.expression));
  if (type.kind !== 'action-enum') {
    for (const { label } of node.cases) if (label.kind !== 'DefaultExpression') checkExpression(c, label);
  }
  for (const { body } of node.cases) if (body !== undefined) checkBlock(c, body);
  if (isErroneous(type)) return;
  switch (type.kind) {
    case 'action-enum':
      c.tables.switchKinds.set(node, 'action-run');
      checkActionLabels(c, node, type.table);
      return;
    case 'bits':
    case 'integer':
    case 'enum':
    case 'serializable-enum':
      c.tables.switchKinds.set(node, 'value');
      checkValueLabels(c, node, type);
      return;
    case 'error':
      c.tables.switchKinds.set(node, 'value');
      checkValueLabels(c, node, type);
      return;
    default:
      c.error(
        node.expression.span,
        `'switch' cannot be applied to '${expressionText(node.expression)}' of type ${printType(type)}`,
      );
  }
}

function checkActionLabels(c: Checker, node: ast.SwitchStatement, table: ast.TableDeclaration): void {
  const actions = c.tables.tables.get(table)?.actions ?? [];
  const names = actions.map((reference) => actionNameOf(reference)).filter((name) => name !== undefined);
  if (c.tables.tables.get(table)?.noAction !== undefined) names.push('NoAction');
  for (const { label } of node.cases) {
    if (label.kind === 'DefaultExpression') continue;
    if (label.kind !== 'PathExpression') {
      c.error(label.span, `'${expressionText(label)}': a label must be the name of an action, or 'default'`);
    } else if (!names.includes(label.name.name)) {
      c.error(label.span, `'${label.name.name}' is not an action of table '${table.name.name}'`, {
        suggestion: didYouMean(label.name.name, names),
      });
    }
  }
}

function actionNameOf(reference: ast.ActionReference): string | undefined {
  const callee = reference.action.kind === 'CallExpression' ? reference.action.callee : reference.action;
  return callee.kind === 'PathExpression' ? callee.name.name : undefined;
}

function checkValueLabels(c: Checker, node: ast.SwitchStatement, type: Type): void {
  for (const { label } of node.cases) {
    if (label.kind === 'DefaultExpression') continue;
    const labelType = checkExpression(c, label);
    if (isErroneous(labelType)) continue;
    if (!c.isCompileTime(label)) c.error(label.span, `label '${expressionText(label)}' must be known at compile time`);
    if (labelType.kind === 'integer' && type.kind === 'bits') {
      coerce(c, label, type);
      continue;
    }
    const underlying =
      labelType.kind === 'serializable-enum' && type.kind === 'bits' ? labelType.underlying : labelType;
    checkComparable(c, node, { expression: node.expression, type }, { expression: label, type: underlying });
  }
}

function checkForIn(c: Checker, node: ast.ForInStatement): void {
  checkAnnotations(c, node.annotations);
  checkVariable(c, node.variable);
  const type = c.tables.declarationTypes.get(node.variable) ?? erroneousType;
  const collection = node.collection;
  const collectionType = checkExpression(c, collection);
  checkStatement(c, node.body);
  if (isErroneous(type) || isErroneous(collectionType)) return;
  const name = node.variable.name.name;
  if (collection.kind === 'RangeExpression') {
    const place = { span: node.span, what: () => `the range of '${name}'` };
    assign(c, place, type, collection.low);
    assign(c, place, type, collection.high);
    return;
  }
  if (collectionType.kind === 'stack' || collectionType.kind === 'list') {
    if (canCast(type, collectionType.element)) return;
    c.error(
      node.variable.name.span,
      `'${name}' of type ${printType(type)} cannot hold the elements of ${printType(collectionType)}`,
    );
    return;
  }
  c.reporter.error(
    'unsupported',
    collection.span,
    `loops over '${expressionText(collection)}' of type ${printType(collectionType)} are not supported`,
    { suggestion: 'loop over a range (`a .. b`), a list or a header stack' },
  );
}

function checkReturn(c: Checker, node: ast.ReturnStatement): void {
  const valueType = node.value === undefined ? undefined : checkExpression(c, node.value);
  const returnType = c.context.functionType?.returnType;
  if (returnType === undefined) {
    if (node.value !== undefined) c.error(node.span, "'return' with a value can only be used in a function");
    return;
  }
  if (isErroneous(returnType) || (valueType !== undefined && isErroneous(valueType))) return;
  if (returnType.kind === 'void') {
    if (node.value !== undefined) c.error(node.span, `the function returns void, but a value is returned`);
    return;
  }
  if (node.value === undefined) {
    c.error(node.span, `the function returns ${printType(returnType)}, but nothing is returned`);
    return;
  }
  assign(c, { span: node.span, what: () => 'the value returned' }, returnType, node.value);
}
