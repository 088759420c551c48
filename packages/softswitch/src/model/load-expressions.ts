/**
 * Loads expressions: `{type, value}` objects nested through `{type: 'expression', value: {op, left, right, cond}}`.
 *
 * p4c wraps expressions in several layers of `expression`; they are peeled here. The type of every operand is checked,
 * because the meaning of `==`, `!=` and `?` depends on it and a mistake would otherwise show as wrong packets.
 */
import type { Node } from './reader.ts';
import type { Symbols } from './symbols.ts';
import {
  type ArithmeticOperator,
  type ComparisonOperator,
  type Expression,
  type ExpressionType,
  VALID_FIELD,
} from './types.ts';

/** An expression and what it evaluates to. */
export interface TypedExpression {
  readonly expression: Expression;
  readonly type: ExpressionType;
}

const ARITHMETIC: readonly string[] = [
  '+',
  '-',
  '*',
  '/',
  '%',
  '<<',
  '>>',
  '&',
  '|',
  '^',
  'two_comp_mod',
  'usat_cast',
  'sat_cast',
];
const COMPARISON: readonly string[] = ['<', '>', '<=', '>='];

/** Loads any expression. */
export function loadExpression(node: Node, symbols: Symbols): TypedExpression {
  const type = node.get('type').string();
  const value = node.get('value');
  switch (type) {
    case 'expression':
      // p4c writes {type: expression, value: {type: expression, value: {op ...}}} in some places.
      return value.has('op') ? loadOperation(value, symbols) : loadExpression(value, symbols);
    case 'hexstr':
      return data({ kind: 'constant', value: value.hex() });
    case 'bool':
      return { expression: { kind: 'boolean', value: value.boolean() }, type: 'bool' };
    case 'field':
      return data({ kind: 'field', field: symbols.field(value) });
    case 'local':
    case 'runtime_data':
      return data({ kind: 'local', index: value.integer() });
    case 'register': {
      const [name, index] = value.items(2) as [Node, Node];
      return data({
        kind: 'register',
        register: symbols.registerNames.resolve(name),
        index: loadTyped(index, symbols, 'data'),
      });
    }
    case 'stack_field': {
      const [name, field] = value.items(2) as [Node, Node];
      const stack = symbols.stackNames.resolve(name);
      if (field.value === 'last' && !symbols.hasField(symbols.stacks[stack]!.type, 'last')) {
        // p4c writes the last element as a whole as if it were a field of it.
        const whole: Expression = { kind: 'headerStack', stack };
        return {
          expression: { kind: 'stackElement', stack: whole, index: { kind: 'lastStackIndex', stack: whole } },
          type: 'header',
        };
      }
      return data({ kind: 'lastField', stack, field: symbols.fieldOfType(symbols.stacks[stack]!.type, field) });
    }
    case 'header':
      return { expression: { kind: 'header', header: symbols.headerNames.resolve(value) }, type: 'header' };
    case 'header_stack':
      return { expression: { kind: 'headerStack', stack: symbols.stackNames.resolve(value) }, type: 'headerStack' };
    case 'header_union':
      return { expression: { kind: 'union', union: symbols.unionNames.resolve(value) }, type: 'union' };
    case 'header_union_stack':
      return { expression: { kind: 'unionStack', stack: symbols.unionStackNames.resolve(value) }, type: 'unionStack' };
    default:
      return node.get('type').fail(`'${type}' cannot stand in an expression`);
  }
}

/** Loads an expression that must be of a certain type. */
export function loadTyped(node: Node, symbols: Symbols, expected: ExpressionType): Expression {
  const { expression, type } = loadExpression(node, symbols);
  if (type !== expected) {
    // BMv2 takes data for a condition only through d2b, but old compilers wrote fields directly.
    if (expected === 'bool' && type === 'data') return { kind: 'dataToBool', operand: expression };
    if (expected === 'data' && type === 'bool') return { kind: 'boolToData', operand: expression };
    node.fail(`expected an expression of type ${expected}, found ${type}`);
  }
  return expression;
}

function data(expression: Expression): TypedExpression {
  return { expression, type: 'data' };
}

function bool(expression: Expression): TypedExpression {
  return { expression, type: 'bool' };
}

function loadOperation(node: Node, symbols: Symbols): TypedExpression {
  const operator = node.get('op').string();
  const left = node.get('left');
  const right = node.get('right');
  if (ARITHMETIC.includes(operator)) {
    const unary = (operator === '+' || operator === '-') && left.isNull;
    return data({
      kind: 'arithmetic',
      operator: operator as ArithmeticOperator,
      left: unary ? { kind: 'constant', value: 0n } : loadTyped(left, symbols, 'data'),
      right: loadTyped(right, symbols, 'data'),
    });
  }
  if (COMPARISON.includes(operator)) {
    return bool({
      kind: 'comparison',
      operator: operator as ComparisonOperator,
      left: loadTyped(left, symbols, 'data'),
      right: loadTyped(right, symbols, 'data'),
    });
  }
  switch (operator) {
    case '==':
    case '!=': {
      const a = loadExpression(left, symbols);
      const b = loadExpression(right, symbols);
      if (a.type !== b.type) node.fail(`'${operator}' compares ${a.type} with ${b.type}`);
      return bool({
        kind: 'equality',
        negated: operator === '!=',
        type: a.type,
        left: a.expression,
        right: b.expression,
      });
    }
    case '?': {
      const a = loadExpression(left, symbols);
      const b = loadExpression(right, symbols);
      if (a.type !== b.type) node.fail(`'?' chooses between ${a.type} and ${b.type}`);
      const condition = loadTyped(node.get('cond'), symbols, 'bool');
      return {
        expression: { kind: 'conditional', type: a.type, condition, left: a.expression, right: b.expression },
        type: a.type,
      };
    }
    case 'and':
    case 'or':
      return bool({
        kind: 'logical',
        operator,
        left: loadTyped(left, symbols, 'bool'),
        right: loadTyped(right, symbols, 'bool'),
      });
    case 'not':
      return bool({ kind: 'not', operand: loadTyped(right, symbols, 'bool') });
    case '~':
      return data({ kind: 'complement', operand: loadTyped(right, symbols, 'data') });
    case 'valid':
      return bool({ kind: 'validHeader', operand: loadTyped(right, symbols, 'header') });
    case 'valid_union':
      return bool({ kind: 'validUnion', operand: loadTyped(right, symbols, 'union') });
    case 'd2b':
      return bool({ kind: 'dataToBool', operand: loadTyped(right, symbols, 'data') });
    case 'b2d':
      return data({ kind: 'boolToData', operand: loadTyped(right, symbols, 'bool') });
    case 'dereference_stack':
    case 'dereference_header_stack':
      return {
        expression: {
          kind: 'stackElement',
          stack: loadTyped(left, symbols, 'headerStack'),
          index: loadTyped(right, symbols, 'data'),
        },
        type: 'header',
      };
    case 'dereference_union_stack':
      return {
        expression: {
          kind: 'unionStackElement',
          stack: loadTyped(left, symbols, 'unionStack'),
          index: loadTyped(right, symbols, 'data'),
        },
        type: 'union',
      };
    case 'last_stack_index':
      return data({ kind: 'lastStackIndex', stack: loadTyped(right, symbols, 'headerStack') });
    case 'size_stack':
      return data({ kind: 'stackSize', stack: loadTyped(right, symbols, 'headerStack') });
    case 'access_field': {
      const header = loadTyped(left, symbols, 'header');
      const type = symbols.headerTypes[headerTypeOf(header, symbols)]!;
      const field = right.integer(0, type.fields.length);
      // BMv2 puts the hidden validity field after the declared ones.
      return data({ kind: 'accessField', header, field: field === type.fields.length ? VALID_FIELD : field });
    }
    case 'access_union_header':
      return {
        expression: { kind: 'accessUnionHeader', union: loadTyped(left, symbols, 'union'), member: right.integer(0) },
        type: 'header',
      };
    default:
      return node.get('op').fail(`unknown operator '${operator}'`);
  }
}

/** The header type of an expression of type `header`. */
export function headerTypeOf(
  expression: Expression,
  symbols: Pick<Symbols, 'headers' | 'stacks' | 'unions' | 'unionStacks'>,
): number {
  switch (expression.kind) {
    case 'header':
      return symbols.headers[expression.header]!.type;
    case 'stackElement': {
      const stack = expression.stack;
      if (stack.kind === 'headerStack') return symbols.stacks[stack.stack]!.type;
      break;
    }
    case 'accessUnionHeader': {
      const union = expression.union;
      if (union.kind === 'union')
        return symbols.headers[symbols.unions[union.union]!.headers[expression.member]!]!.type;
      if (union.kind === 'unionStackElement' && union.stack.kind === 'unionStack') {
        const first = symbols.unionStacks[union.stack.stack]!.unions[0]!;
        return symbols.headers[symbols.unions[first]!.headers[expression.member]!]!.type;
      }
      break;
    }
    case 'conditional':
      return headerTypeOf(expression.left, symbols);
    default:
  }
  throw new Error(`bug in softswitch: no header type for an expression of kind ${expression.kind}`);
}
