/**
 * Expressions and types as text, with the fewest parentheses that keep the tree. Precedences are those of the parser
 * (parse-expressions.ts); a larger number binds tighter.
 */
import { assertNever } from '../diagnostics/diagnostic.ts';
import type * as ast from './ast.ts';
import { integerText, printTypeNode, type TypeParts } from './print-types.ts';

const CONDITIONAL = 0;
const UNARY = 11;
const POSTFIX = 12;
const BINARY: Readonly<Record<ast.BinaryOperator, number>> = {
  '||': 1,
  '&&': 2,
  '==': 3,
  '!=': 3,
  '<': 4,
  '>': 4,
  '<=': 4,
  '>=': 4,
  '|': 5,
  '^': 6,
  '&': 7,
  '<<': 8,
  '>>': 8,
  '++': 9,
  '+': 9,
  '-': 9,
  '|+|': 9,
  '|-|': 9,
  '*': 10,
  '/': 10,
  '%': 10,
};

/** An expression as P4 text. `least`: precedence below which it must be put in parentheses. */
export function expressionText(node: ast.Expression, least = CONDITIONAL): string {
  switch (node.kind) {
    case 'IntegerLiteral':
      return integerText(node);
    case 'BooleanLiteral':
      return String(node.value);
    case 'StringLiteral':
      return stringText(node.value);
    case 'PathExpression':
      return `${node.absolute ? '.' : ''}${node.name.name}`;
    case 'ThisExpression':
      return 'this';
    case 'TypeNameExpression':
      return typeText(node.type);
    case 'MemberExpression':
      return `${expressionText(node.target, POSTFIX)}.${node.member.name}`;
    case 'IndexExpression':
      return `${expressionText(node.target, POSTFIX)}[${expressionText(node.index)}]`;
    case 'SliceExpression':
      return `${expressionText(node.target, POSTFIX)}[${expressionText(node.high)}:${expressionText(node.low)}]`;
    case 'PlusSliceExpression':
      return `${expressionText(node.target, POSTFIX)}[${expressionText(node.low)}+:${expressionText(node.width)}]`;
    case 'ListExpression':
      return `{ ${node.elements.map((element) => expressionText(element)).join(', ')} }`;
    case 'StructExpression': {
      const fields = node.fields.map((field) => `${field.name.name} = ${expressionText(field.value)}`);
      if (node.dots !== undefined) fields.push('...');
      return `{ ${fields.join(', ')} }`;
    }
    case 'InvalidExpression':
      return '{#}';
    case 'DotsExpression':
      return '...';
    case 'UnaryExpression':
      // `+ +x` must not become the operator `++`.
      return wrap(
        `${node.operator}${expressionText(node.operand, node.operator === '+' ? POSTFIX : UNARY)}`,
        UNARY,
        least,
      );
    case 'BinaryExpression': {
      const own = BINARY[node.operator];
      return wrap(
        `${expressionText(node.left, own)} ${node.operator} ${expressionText(node.right, own + 1)}`,
        own,
        least,
      );
    }
    case 'ConditionalExpression': {
      // `?:` groups to the left in p4c's grammar, so a conditional on the right needs parentheses.
      const text = `${expressionText(node.condition)} ? ${expressionText(node.whenTrue)} : ${expressionText(node.whenFalse, 1)}`;
      return wrap(text, CONDITIONAL, least);
    }
    case 'CastExpression':
      return wrap(`(${typeText(node.type)})${expressionText(node.operand, UNARY)}`, UNARY, least);
    case 'CallExpression': {
      const types = node.typeArguments === undefined ? '' : `<${node.typeArguments.map(typeText).join(', ')}>`;
      return `${expressionText(node.callee, POSTFIX)}${types}(${argumentsText(node.arguments)})`;
    }
    case 'ConstructorCallExpression':
      return `${typeText(node.type)}(${argumentsText(node.arguments)})`;
    case 'DefaultExpression':
      return node.spelling;
    case 'MaskExpression':
      return `${expressionText(node.value)} &&& ${expressionText(node.mask)}`;
    case 'RangeExpression':
      return `${expressionText(node.low)} .. ${expressionText(node.high)}`;
    case 'TupleKeysetExpression':
      return `(${node.elements.map((element) => expressionText(element)).join(', ')})`;
    case 'SelectExpression':
      return `select(${node.keys.map((key) => expressionText(key)).join(', ')})`;
    default:
      return assertNever(node, 'printing an expression');
  }
}

/** A type as P4 text. */
export function typeText(node: ast.TypeNode): string {
  return printTypeNode(node, TYPE_PARTS);
}

const TYPE_PARTS: TypeParts = { width: widthText, size: (size) => expressionText(size) };

function argumentsText(args: readonly ast.Argument[]): string {
  return args
    .map((item) => `${item.name === undefined ? '' : `${item.name.name} = `}${expressionText(item.value)}`)
    .join(', ');
}

function widthText(width: ast.Expression): string {
  return width.kind === 'IntegerLiteral' ? integerText(width) : `(${expressionText(width)})`;
}

function stringText(value: string): string {
  return `"${value.replace(/["\\]/g, '\\$&').replace(/\n/g, '\\n')}"`;
}

function wrap(text: string, own: number, least: number): string {
  return own < least ? `(${text})` : text;
}
