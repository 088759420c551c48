/**
 * Compiles expressions of type bool: comparisons by the cheapest form both sides allow, equality of headers field by
 * field.
 *
 * Numbers within 2^53 are compared as numbers, wider non-negative ones limb by limb from the top, the rest as bigints.
 */
import { ProgramError } from '../model/reader.ts';
import type { Expression } from '../model/types.ts';
import type { ExpressionCompiler } from './expressions.ts';
import { at, type HeaderPlace, index, validityOf } from './headers.ts';
import { limbCount } from './layout.ts';
import { asBig, asNumber, bitsOf, isSafe } from './values.ts';

/** Code of an expression of type bool. */
export function compileCondition(compiler: ExpressionCompiler, expression: Expression): string {
  switch (expression.kind) {
    case 'boolean':
      return String(expression.value);
    case 'validHeader':
      return `(${validityOf(compiler.header(expression.operand))})`;
    case 'validUnion':
      return `(${compiler
        .union(expression.operand)
        .members.map((member) => validityOf(member))
        .join(' || ')})`;
    case 'not':
      return `(!${compiler.condition(expression.operand)})`;
    case 'logical':
      return `(${compiler.condition(expression.left)} ${expression.operator === 'and' ? '&&' : '||'} ${compiler.condition(expression.right)})`;
    case 'dataToBool':
      return equal(compiler, expression.operand, { kind: 'constant', value: 0n }, true);
    case 'comparison':
      return compare(compiler, expression.operator, expression.left, expression.right);
    case 'equality':
      return equality(compiler, expression);
    case 'conditional':
      return `(${compiler.condition(expression.condition)} ? ${compiler.condition(expression.left)} : ${compiler.condition(expression.right)})`;
    default:
      throw new Error(`bug in softswitch: an expression of kind ${expression.kind} is no condition`);
  }
}

function equality(compiler: ExpressionCompiler, expression: Extract<Expression, { kind: 'equality' }>): string {
  const { left, right, negated } = expression;
  switch (expression.type) {
    case 'data':
      return equal(compiler, left, right, negated);
    case 'bool':
      return `(${compiler.condition(left)} ${negated ? '!==' : '==='} ${compiler.condition(right)})`;
    case 'header': {
      const same = sameHeader(compiler, compiler.header(left), compiler.header(right));
      return negated ? `(!${same})` : same;
    }
    case 'union': {
      const a = compiler.union(left);
      const b = compiler.union(right);
      const same = `(${a.members.map((member, i) => sameHeader(compiler, member, b.members[i]!)).join(' || ')})`;
      return negated ? `(!${same})` : same;
    }
    default:
      throw new ProgramError('', `the switch cannot compare values of type ${expression.type}`, 'unsupported');
  }
}

/** Two headers are equal when both are valid and all their fields are equal. */
function sameHeader(compiler: ExpressionCompiler, a: HeaderPlace, b: HeaderPlace): string {
  const tests = [validityOf(a), validityOf(b)];
  const type = compiler.program.headerTypes[a.type]!;
  for (const [position, field] of type.fields.entries()) {
    const offset = compiler.layout.types[a.type]!.fields[position]!;
    if (field.variable) {
      tests.push(
        `sameVariable(${index(a.base, offset)}, ${compiler.lengthPlace(a)}, ${index(b.base, offset)}, ${compiler.lengthPlace(b)})`,
      );
      continue;
    }
    for (let i = 0; i < limbCount(field.bitwidth); i++)
      tests.push(`${at(a.base, offset + i)} === ${at(b.base, offset + i)}`);
  }
  return `(${tests.join(' && ')})`;
}

function equal(compiler: ExpressionCompiler, left: Expression, right: Expression, negated: boolean): string {
  const ranges = [compiler.range(left), compiler.range(right)];
  const operator = negated ? '!==' : '===';
  if (ranges.every((range) => range !== undefined && range.low >= 0n)) {
    const bits = Math.max(...ranges.map((range) => bitsOf(range!)));
    const a = compiler.modulo(left, bits);
    const b = compiler.modulo(right, bits);
    return `(${a.map((limb, i) => `${limb} ${operator} ${b[i]}`).join(negated ? ' || ' : ' && ')})`;
  }
  if (ranges.every(isSafe)) return `(${asNumber(compiler.exact(left))} ${operator} ${asNumber(compiler.exact(right))})`;
  return `(${asBig(compiler.exact(left))} ${operator} ${asBig(compiler.exact(right))})`;
}

function compare(
  compiler: ExpressionCompiler,
  operator: '<' | '>' | '<=' | '>=',
  left: Expression,
  right: Expression,
): string {
  const ranges = [compiler.range(left), compiler.range(right)];
  if (ranges.every(isSafe)) return `(${asNumber(compiler.exact(left))} ${operator} ${asNumber(compiler.exact(right))})`;
  if (ranges.every((range) => range !== undefined && range.low >= 0n)) {
    const bits = Math.max(...ranges.map((range) => bitsOf(range!)));
    const a = compiler.modulo(left, bits).map((limb) => compiler.code.bind(limb));
    const b = compiler.modulo(right, bits).map((limb) => compiler.code.bind(limb));
    const strict = operator[0]!;
    let test = `(${a[0]} >>> 0) ${operator} (${b[0]} >>> 0)`;
    for (let i = 1; i < a.length; i++)
      test = `((${a[i]} >>> 0) ${strict} (${b[i]} >>> 0) || (${a[i]} === ${b[i]} && (${test})))`;
    return `(${test})`;
  }
  return `(${asBig(compiler.exact(left))} ${operator} ${asBig(compiler.exact(right))})`;
}
