/**
 * Expressions of a wanted type, nested up to a depth, from what a scope offers. The type comes first and the operator
 * is chosen to yield it, so every program is well-typed by construction. Widths cluster around the borders of machine
 * words, where a switch that computes in 32-bit pieces goes wrong if it does.
 */
import type { Random } from '../random.ts';
import {
  bit,
  bool,
  type FunctionSignature,
  int,
  type Parameter,
  type Scalar,
  type Scope,
  sameType,
  typeText,
  type Variable,
} from './scope.ts';

/** Widths that sit on and beside the borders of machine words, and odd ones. */
const WIDTHS = [
  1, 2, 3, 4, 5, 7, 8, 8, 9, 12, 13, 15, 16, 16, 17, 23, 24, 31, 32, 32, 33, 40, 48, 63, 64, 65, 100, 128,
];

export function randomWidth(random: Random): number {
  return random.pick(WIDTHS);
}

export function randomScalar(random: Random): Scalar {
  const width = randomWidth(random);
  return random.weighted<Scalar>([
    [6, bit(width)],
    [2, int(Math.max(2, width))],
    [1, bool],
  ]);
}

/** A constant. */
export function literal(type: Scalar, random: Random): string {
  if (type.kind === 'bool') return random.chance(0.5) ? 'true' : 'false';
  if (type.kind === 'bit') return `${type.width}w${random.value(type.width)}`;
  const value = random.value(type.width - 1);
  return random.chance(0.5) ? `${type.width}s${value}` : `(-${type.width}s${value})`;
}

/** An expression of the type, in parentheses where it needs them. */
export function expression(scope: Scope, type: Scalar, depth: number): string {
  const { random } = scope.world;
  if (depth <= 0 || random.chance(0.15)) return leaf(scope, type);
  const sub = (wanted: Scalar) => expression(scope, wanted, depth - 1);
  const calls = scope.pure ? [] : scope.world.functions.filter((each) => sameType(each.result, type));
  if (calls.length > 0 && random.chance(0.12)) {
    const call = functionCall(scope, random.pick(calls), depth - 1);
    if (call !== undefined) return call;
  }
  switch (type.kind) {
    case 'bool':
      return boolean(scope, depth, sub);
    case 'bit':
      return unsigned(scope, type.width, depth, sub);
    case 'int':
      return signed(scope, type.width, sub);
  }
}

function leaf(scope: Scope, type: Scalar): string {
  const { random } = scope.world;
  const exact = scope.readable((each) => sameType(each.type, type));
  if (exact.length > 0 && random.chance(0.75)) return random.pick(exact).text;
  if (type.kind !== 'bool' && random.chance(0.7)) {
    const others = scope.readable((each) => each.type.kind === type.kind);
    if (others.length > 0) return `((${typeText(type)})${random.pick(others).text})`;
  }
  return literal(type, random);
}

function boolean(scope: Scope, depth: number, sub: (type: Scalar) => string): string {
  const { random } = scope.world;
  const width = randomWidth(random);
  return random.weighted<() => string>([
    [3, () => `(${sub(bit(width))} ${random.pick(['==', '!=', '<', '<=', '>', '>='])} ${sub(bit(width))})`],
    [
      2,
      () =>
        `(${sub(int(Math.max(2, width)))} ${random.pick(['==', '!=', '<', '<=', '>', '>='])} ${sub(int(Math.max(2, width)))})`,
    ],
    [2, () => `(${sub(bool)} ${random.pick(['&&', '||'])} ${sub(bool)})`],
    [1, () => `(!${sub(bool)})`],
    [1, () => `(${sub(bool)} ${random.pick(['==', '!='])} ${sub(bool)})`],
    [1, () => `((bool)${sub(bit(1))})`],
    [1, () => `(${sub(bool)} ? ${sub(bool)} : ${sub(bool)})`],
    [
      scope.world.headers.length > 0 && scope.variables.some((each) => each.header !== undefined) && depth > 0 ? 2 : 0,
      () => `${random.pick(scope.world.headers).text}.isValid()`,
    ],
    [scope.world.union && scope.variables.some((each) => each.header !== undefined) ? 1 : 0, () => 'hdr.u.isValid()'],
    [scope.valid.has('hdr.h1') && scope.valid.has('hdr.h2') ? 2 : 0, () => '(hdr.h1 == hdr.h2)'],
  ])();
}

function unsigned(scope: Scope, width: number, depth: number, sub: (type: Scalar) => string): string {
  const { random } = scope.world;
  const type = bit(width);
  return random.weighted<() => string>([
    [6, () => `(${sub(type)} ${random.pick(['+', '-', '&', '|', '^'])} ${sub(type)})`],
    [2, () => `(${sub(type)} ${random.pick(['|+|', '|-|'])} ${sub(type)})`],
    [width <= 64 ? 1 : 0, () => `(${sub(type)} * ${sub(type)})`],
    [2, () => `(${sub(type)} ${random.pick(['<<', '>>'])} ${shiftAmount(scope, depth)})`],
    [1, () => `(${random.pick(['-', '~'])}${sub(type)})`],
    [2, () => `(${sub(bool)} ? ${sub(type)} : ${sub(type)})`],
    [2, () => `((bit<${width}>)${sub(bit(randomWidth(random)))})`],
    [width >= 2 ? 1 : 0, () => `((bit<${width}>)${sub(int(Math.max(2, width)))})`],
    [width === 1 ? 2 : 0, () => `((bit<1>)${sub(bool)})`],
    [3, () => sliceOf(scope, width, sub)],
    [
      width >= 2 && width <= 64 ? 1 : 0,
      () => `(${sub(type)} ${random.pick(['/', '%'])} ${width}w${2 ** random.below(Math.min(width, 8))})`,
    ],
    [
      width >= 2 ? 2 : 0,
      () => {
        const high = random.between(1, width - 1);
        return `(${sub(bit(high))} ++ ${sub(bit(width - high))})`;
      },
    ],
  ])();
}

function signed(scope: Scope, width: number, sub: (type: Scalar) => string): string {
  const { random } = scope.world;
  const type = int(width);
  return random.weighted<() => string>([
    [6, () => `(${sub(type)} ${random.pick(['+', '-', '&', '|', '^'])} ${sub(type)})`],
    [2, () => `(${sub(type)} ${random.pick(['|+|', '|-|'])} ${sub(type)})`],
    [width <= 64 ? 1 : 0, () => `(${sub(type)} * ${sub(type)})`],
    [2, () => `(${sub(type)} ${random.pick(['<<', '>>'])} ${shiftAmount(scope, 1)})`],
    [1, () => `(${random.pick(['-', '~'])}${sub(type)})`],
    [2, () => `(${sub(bool)} ? ${sub(type)} : ${sub(type)})`],
    [2, () => `((int<${width}>)${sub(int(Math.max(2, randomWidth(random))))})`],
    [2, () => `((int<${width}>)${sub(bit(width))})`],
  ])();
}

function shiftAmount(scope: Scope, depth: number): string {
  const { random } = scope.world;
  return random.chance(0.5) ? `8w${random.below(20)}` : expression(scope, bit(random.pick([3, 8, 8])), depth - 1);
}

/** A slice of something wide enough. */
function sliceOf(scope: Scope, width: number, sub: (type: Scalar) => string): string {
  const { random } = scope.world;
  const wide = scope.readable((each) => each.type.kind !== 'bool' && each.type.width >= width);
  const variable = wide.length > 0 && random.chance(0.8) ? random.pick(wide) : undefined;
  const from =
    variable?.type.kind === 'bit' || variable?.type.kind === 'int' ? variable.type.width : width + random.below(9);
  const low = random.below(from - width + 1);
  return `${variable?.text ?? sub(bit(from))}[${low + width - 1}:${low}]`;
}

/** A call, or undefined where no variable fits a parameter that is written. */
export function functionCall(scope: Scope, signature: FunctionSignature, depth: number): string | undefined {
  const values = argumentsFor(scope, signature.parameters, depth, 0.1);
  return values === undefined ? undefined : `${signature.name}(${values.join(', ')})`;
}

/**
 * Arguments for directed parameters and data, or undefined where nothing fits. Slices are arguments, too; with the
 * probability `overlap` one variable may be the argument of several parameters that are written. Only `allowed`
 * variables are arguments that are written.
 */
export function argumentsFor(
  scope: Scope,
  parameters: readonly Parameter[],
  depth: number,
  overlap: number,
  allowed: (variable: Variable) => boolean = () => true,
): string[] | undefined {
  const { random } = scope.world;
  const used = new Set<string>();
  const values: string[] = [];
  for (const { direction, type } of parameters) {
    if (direction === 'in' || direction === '') {
      values.push(expression(scope, type, depth));
      continue;
    }
    const free = (each: Variable) => allowed(each) && (!used.has(each.text) || random.chance(overlap));
    const targets = scope.writable((each) => sameType(each.type, type) && free(each));
    const wider = scope.writable(
      (each) => each.type.kind === 'bit' && type.kind === 'bit' && each.type.width > type.width && free(each),
    );
    const sliced = wider.length > 0 && (targets.length === 0 || random.chance(0.15));
    if (targets.length === 0 && !sliced) return undefined;
    const target = random.pick(sliced ? wider : targets);
    used.add(target.text);
    values.push(sliced ? `${target.text}${sliceBounds(target.type, type, random)}` : target.text);
  }
  return values;
}

function sliceBounds(whole: Scalar, part: Scalar, random: Random): string {
  if (whole.kind === 'bool' || part.kind === 'bool') return '';
  const low = random.below(whole.width - part.width + 1);
  return `[${low + part.width - 1}:${low}]`;
}
