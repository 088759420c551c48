/**
 * Checks entries and action arguments against the program's own constraints (`@entry_restriction`,
 * `@action_restriction`).
 *
 * A constraint is parsed and its names are resolved when the pipeline is loaded, so a wrong one is refused there; it
 * becomes a closure over the values at hand. An integer takes the width of what it is compared with (so `mask == -1`
 * means all ones), and is an exact match where it is compared with a whole ternary, lpm, range or optional field. A
 * violation quotes the smallest part that failed.
 */
import { didYouMean } from '../../names/did-you-mean.ts';
import type { NameTable } from '../../schema/names.ts';
import type { ActionInfo, MatchFieldInfo, TableInfo } from '../../schema/program.ts';
import { maximum, toBigInt } from '../../values/bytes.ts';
import { invalid } from '../refusals.ts';
import type { MatchValue } from '../switch.ts';
import { ConstraintError, type Expression, parseConstraint } from './parse.ts';

/** What a constraint speaks about. */
interface Values {
  readonly match: readonly MatchValue[];
  readonly params: readonly Uint8Array[];
  readonly priority: number;
}

type Integer = (values: Values) => bigint;
type Condition = (values: Values) => boolean;

/** One side of a comparison. */
type Operand =
  | { readonly kind: 'number'; readonly bitwidth: number; readonly value: Integer }
  | { readonly kind: 'literal'; readonly value: bigint }
  /** A whole field as its parts, in a fixed order; `exactly` gives the parts of "exactly this number". */
  | {
      readonly kind: 'field';
      readonly parts: readonly Integer[];
      readonly exactly: (value: bigint) => readonly bigint[];
    };

/** A constraint ready to check. */
export interface Constraint {
  /** @throws RpcError INVALID_ARGUMENT that quotes what is violated */
  check(values: Values): void;
}

/** The text of a constraint among annotations; adjacent strings are one. */
export function constraintText(annotations: readonly string[], name: string): string | undefined {
  const found = annotations.find((annotation) => annotation.startsWith(`@${name}(`));
  if (found === undefined) return undefined;
  const strings = [...found.matchAll(/"((?:[^"\\]|\\[\s\S])*)"/g)].map((part) =>
    part[1]!.replace(/\\([\s\S])/g, (_, character: string) =>
      character === 'n' ? '\n' : character === 't' ? '\t' : character,
    ),
  );
  return strings.length === 0 ? undefined : strings.join('');
}

/** The constraint of a table's entries, `undefined` if it has none. */
export function entryConstraint(table: TableInfo): Constraint | undefined {
  const text = constraintText(table.annotations, 'entry_restriction');
  if (text === undefined) return undefined;
  return compile(text, `table ${table.alias}`, '@entry_restriction', (name, part) =>
    keyOperand(table.matchFields, name, part),
  );
}

/** The constraint of an action's arguments, `undefined` if it has none. */
export function actionConstraint(action: ActionInfo): Constraint | undefined {
  const text = constraintText(action.annotations, 'action_restriction');
  if (text === undefined) return undefined;
  return compile(text, `action ${action.alias}`, '@action_restriction', (name, part) => {
    const param = action.params.find(name);
    if (param === undefined)
      throw new ConstraintError(
        `there is no parameter '${name}'.${didYouMean(
          name,
          action.params.items.map((item) => item.name),
        )}`,
      );
    if (part !== '' && part !== 'value') throw new ConstraintError(`a parameter has no part '${part}'`);
    const { index, type } = param;
    return { kind: 'number', bitwidth: type.bitwidth, value: (values) => toBigInt(values.params[index]!) };
  });
}

type Resolve = (name: string, part: string) => Operand;

function compile(text: string, object: string, annotation: string, resolve: Resolve): Constraint {
  const expression = parseConstraint(text);
  const conjuncts = split(expression).map((part) => ({ text: part.text, holds: condition(part, resolve) }));
  return {
    check(values) {
      for (const { text: part, holds } of conjuncts)
        if (!holds(values)) throw invalid(`${object}: this violates the program's ${annotation}: ${part}`);
    },
  };
}

/** The parts that must all hold. */
function split(expression: Expression): Expression[] {
  if (expression.kind === 'logic' && expression.operator === 'and')
    return [...split(expression.left), ...split(expression.right)];
  return [expression];
}

function condition(expression: Expression, resolve: Resolve): Condition {
  switch (expression.kind) {
    case 'boolean': {
      const { value } = expression;
      return () => value;
    }
    case 'not': {
      const operand = condition(expression.operand, resolve);
      return (values) => !operand(values);
    }
    case 'logic': {
      const left = condition(expression.left, resolve);
      const right = condition(expression.right, resolve);
      if (expression.operator === 'and') return (values) => left(values) && right(values);
      if (expression.operator === 'or') return (values) => left(values) || right(values);
      return (values) => !left(values) || right(values);
    }
    case 'comparison':
      return comparison(expression, resolve);
    case 'integer':
    case 'string':
    case 'key':
      throw new ConstraintError(`"${expression.text}" is a value where true or false is needed`);
  }
}

function comparison(expression: Expression & { kind: 'comparison' }, resolve: Resolve): Condition {
  const { operator, text } = expression;
  let left = operand(expression.left, resolve);
  let right = operand(expression.right, resolve);
  if (left.kind === 'literal' && right.kind === 'literal') {
    const result = compare(operator, left.value, right.value);
    return () => result;
  }
  if (left.kind === 'field' || right.kind === 'field') {
    if (operator !== '==' && operator !== '!=')
      throw new ConstraintError(
        `"${text}": a whole ternary, lpm, range or optional field has no order; compare one of its parts`,
      );
    const pairs = pairUp(left, right, text);
    const equal: Condition = (values) => pairs.every(([a, b]) => a(values) === b(values));
    return operator === '==' ? equal : (values) => !equal(values);
  }
  // A literal takes the width of the other side.
  if (left.kind === 'literal') left = sized(left.value, right);
  if (right.kind === 'literal') right = sized(right.value, left);
  if (left.kind !== 'number' || right.kind !== 'number') throw new ConstraintError(`"${text}" cannot be compared`);
  if (left.bitwidth !== right.bitwidth)
    throw new ConstraintError(`"${text}" compares ${left.bitwidth} bits with ${right.bitwidth} bits`);
  const [a, b] = [left.value, right.value];
  return (values) => compare(operator, a(values), b(values));
}

function sized(value: bigint, other: Operand): Operand {
  if (other.kind !== 'number') return { kind: 'literal', value };
  // Priorities and prefix lengths are plain integers, without width.
  const fitted = other.bitwidth === 0 ? value : BigInt.asUintN(other.bitwidth, value);
  return { kind: 'number', bitwidth: other.bitwidth, value: () => fitted };
}

function pairUp(left: Operand, right: Operand, text: string): (readonly [Integer, Integer])[] {
  const [field, other] = left.kind === 'field' ? [left, right] : [right, left];
  if (field.kind !== 'field') throw new ConstraintError(`"${text}" cannot be compared`);
  if (other.kind === 'field') {
    if (other.parts.length !== field.parts.length)
      throw new ConstraintError(`"${text}" compares fields of different kinds`);
    return field.parts.map((part, index) => [part, other.parts[index]!]);
  }
  if (other.kind === 'literal') {
    const parts = field.exactly(other.value);
    return field.parts.map((part, index) => [part, () => parts[index]!]);
  }
  const { value } = other;
  return field.parts.map((part, index) => [part, (values) => field.exactly(value(values))[index]!]);
}

function compare(operator: '==' | '!=' | '<' | '<=' | '>' | '>=', a: bigint, b: bigint): boolean {
  switch (operator) {
    case '==':
      return a === b;
    case '!=':
      return a !== b;
    case '<':
      return a < b;
    case '<=':
      return a <= b;
    case '>':
      return a > b;
    case '>=':
      return a >= b;
  }
}

function operand(expression: Expression, resolve: Resolve): Operand {
  if (expression.kind === 'integer') return { kind: 'literal', value: expression.value };
  if (expression.kind === 'key') return resolve(expression.name, expression.part);
  if (expression.kind === 'string')
    throw new ConstraintError(`"${expression.text}": comparing with strings is not supported`);
  throw new ConstraintError(`"${expression.text}" is true or false, where a value is needed`);
}

/** A key of a table, or one of its parts. */
function keyOperand(fields: NameTable<MatchFieldInfo>, name: string, part: string): Operand {
  if (name === '') {
    if (part !== 'priority') throw new ConstraintError(`an entry has no '::${part}', only ::priority`);
    return { kind: 'number', bitwidth: 0, value: (values) => BigInt(values.priority) };
  }
  const field = fields.find(name);
  if (field === undefined)
    throw new ConstraintError(
      `there is no match field '${name}'.${didYouMean(
        name,
        fields.items.map((item) => item.name),
      )}`,
    );
  const { index } = field;
  const { bitwidth } = field.type;
  const ones = maximum(bitwidth);
  const bits = (value: Integer): Operand => ({ kind: 'number', bitwidth, value });
  const of = (values: Values) => values.match[index]!;
  const value: Integer = (values) => {
    const match = of(values);
    return 'value' in match && match.value !== undefined ? toBigInt(match.value) : 0n;
  };
  const mask: Integer = (values) => {
    const match = of(values);
    if (match.kind === 'ternary') return toBigInt(match.mask);
    return match.kind === 'optional' && match.value === undefined ? 0n : ones;
  };
  const prefixLength: Integer = (values) => {
    const match = of(values);
    return match.kind === 'lpm' ? BigInt(match.prefixLength) : 0n;
  };
  const end =
    (which: 'low' | 'high'): Integer =>
    (values) => {
      const match = of(values);
      return match.kind === 'range' ? toBigInt(match[which]) : 0n;
    };
  const fit = (number: bigint) => BigInt.asUintN(bitwidth, number);
  switch (field.kind) {
    case 'exact':
      if (part === '' || part === 'value') return bits(value);
      break;
    case 'ternary':
    case 'optional':
      if (part === '') return { kind: 'field', parts: [value, mask], exactly: (number) => [fit(number), ones] };
      if (part === 'value') return bits(value);
      if (part === 'mask') return bits(mask);
      break;
    case 'lpm':
      if (part === '')
        return { kind: 'field', parts: [value, prefixLength], exactly: (number) => [fit(number), BigInt(bitwidth)] };
      if (part === 'value') return bits(value);
      if (part === 'prefix_length') return { kind: 'number', bitwidth: 0, value: prefixLength };
      break;
    case 'range':
      if (part === '')
        return { kind: 'field', parts: [end('low'), end('high')], exactly: (number) => [fit(number), fit(number)] };
      if (part === 'low') return bits(end('low'));
      if (part === 'high') return bits(end('high'));
      break;
    case 'other':
      break;
  }
  throw new ConstraintError(`the ${field.kind} field ${field.name} has no part '${part}'`);
}
