// Expressions and written types as text, for messages. Short by design: what matters is that the reader recognizes the
// expression, so long lists are cut and comments, line breaks and redundant parentheses are gone.

import type * as ast from '../../2-parse/ast.ts';
import { integerText, printTypeNode, type TypeParts } from '../../2-parse/print-types.ts';
import { assertNever } from '../../diagnostics/diagnostic.ts';

const LONGEST_LIST = 6;

/** The expression as one line of P4. */
export function expressionText(expression: ast.Expression): string {
  switch (expression.kind) {
    case 'IntegerLiteral':
      return integerText(expression);
    case 'BooleanLiteral':
      return String(expression.value);
    case 'StringLiteral':
      return JSON.stringify(expression.value);
    case 'PathExpression':
      return `${expression.absolute ? '.' : ''}${expression.name.name}`;
    case 'ThisExpression':
      return 'this';
    case 'TypeNameExpression':
      return typeText(expression.type);
    case 'MemberExpression':
      return `${expressionText(expression.target)}.${expression.member.name}`;
    case 'IndexExpression':
      return `${expressionText(expression.target)}[${expressionText(expression.index)}]`;
    case 'SliceExpression':
      return `${expressionText(expression.target)}[${expressionText(expression.high)}:${expressionText(expression.low)}]`;
    case 'PlusSliceExpression':
      return `${expressionText(expression.target)}[${expressionText(expression.low)}+:${expressionText(expression.width)}]`;
    case 'ListExpression':
      return expression.elements.length === 0 ? '{}' : `{ ${listText(expression.elements.map(expressionText))} }`;
    case 'StructExpression':
      return `{ ${listText([
        ...expression.fields.map((field) => `${field.name.name} = ${expressionText(field.value)}`),
        ...(expression.dots === undefined ? [] : ['...']),
      ])} }`;
    case 'InvalidExpression':
      return '{#}';
    case 'DotsExpression':
      return '...';
    case 'UnaryExpression':
      return `${expression.operator}${operandText(expression.operand)}`;
    case 'BinaryExpression':
      return `${operandText(expression.left)} ${expression.operator} ${operandText(expression.right)}`;
    case 'ConditionalExpression':
      return `${operandText(expression.condition)} ? ${operandText(expression.whenTrue)} : ${operandText(expression.whenFalse)}`;
    case 'CastExpression':
      return `(${typeText(expression.type)})${operandText(expression.operand)}`;
    case 'CallExpression':
      return `${expressionText(expression.callee)}${typeArgumentsText(expression.typeArguments)}(${argumentsText(expression.arguments)})`;
    case 'ConstructorCallExpression':
      return `${typeText(expression.type)}(${argumentsText(expression.arguments)})`;
    case 'DefaultExpression':
      return expression.spelling;
    case 'MaskExpression':
      return `${operandText(expression.value)} &&& ${operandText(expression.mask)}`;
    case 'RangeExpression':
      return `${operandText(expression.low)} .. ${operandText(expression.high)}`;
    case 'TupleKeysetExpression':
      return `(${listText(expression.elements.map(expressionText))})`;
    case 'SelectExpression':
      return `select (${listText(expression.keys.map(expressionText))})`;
    default:
      return assertNever(expression, 'expressionText');
  }
}

/** The type as it was written. */
export function typeText(type: ast.TypeNode): string {
  return printTypeNode(type, TYPE_PARTS);
}

const TYPE_PARTS: TypeParts = { width: operandText, size: expressionText };

function operandText(expression: ast.Expression): string {
  const text = expressionText(expression);
  return expression.kind === 'BinaryExpression' || expression.kind === 'ConditionalExpression' ? `(${text})` : text;
}

function listText(items: readonly string[]): string {
  return items.length <= LONGEST_LIST ? items.join(', ') : `${items.slice(0, LONGEST_LIST - 1).join(', ')}, <more>`;
}

function typeArgumentsText(types: readonly ast.TypeNode[] | undefined): string {
  return types === undefined ? '' : `<${types.map(typeText).join(', ')}>`;
}

function argumentsText(args: readonly ast.Argument[]): string {
  return listText(
    args.map((arg) => `${arg.name === undefined ? '' : `${arg.name.name} = `}${expressionText(arg.value)}`),
  );
}
