/**
 * Compiles expressions to JavaScript.
 *
 * Every expression can be compiled in two ways: `exact`, its true value in unbounded arithmetic, and `modulo`, its low
 * n bits. Since results are cut off when they are stored or masked, nearly everything runs through `modulo`, where
 * sums, products and bit operations are 32-bit machine operations limb by limb. `exact` is needed for comparisons,
 * divisions and right shifts, and uses numbers while the interval (`ranges.ts`) allows it, else limbs, else bigints.
 *
 * Code for temporaries goes to `code` in front of the statement being compiled. Reads never have side effects, so both
 * branches of a conditional may be computed in advance. Division by zero gives 0 (BMv2 stops with an error).
 */

import { ProgramError } from '../model/reader.ts';
import { assertNever, type Expression, type Field, type Program, VALID_FIELD } from '../model/types.ts';
import type { Code } from './code.ts';
import { compileCondition } from './conditions.ts';
import { at, fieldOffset, type HeaderPlace, index, type Place, Places, type UnionPlace } from './headers.ts';
import { fieldSlot, type Layout, limbCount } from './layout.ts';
import { addLimbs, maskLimbs, mergeLimbs, shiftLimbsLeft, shiftLimbsRight } from './limbs.ts';
import { bitLength, fieldDeclaration, type Range, rangeOf, signedRange, unsignedRange, VALID_BIT } from './ranges.ts';
import { asBig, asLimbs, asNumber, bitsOf, constantLimbs, isSafe, isUint32, literal, type Value } from './values.ts';

/** Parameters of the action being compiled: their widths and the variables that hold their limbs. */
export interface Locals {
  readonly bits: readonly number[];
  readonly limbs: readonly (readonly string[])[];
}

export const NO_LOCALS: Locals = { bits: [], limbs: [] };

export class ExpressionCompiler {
  readonly program: Program;
  readonly layout: Layout;
  readonly places: Places;
  readonly code: Code;
  readonly locals: Locals;

  constructor(program: Program, layout: Layout, code: Code, locals: Locals = NO_LOCALS) {
    this.program = program;
    this.layout = layout;
    this.places = new Places(program, layout);
    this.code = code;
    this.locals = locals;
  }

  range(expression: Expression): Range | undefined {
    return rangeOf(this.program, this.locals.bits, expression);
  }

  /** A header given by an expression. */
  header(expression: Expression): HeaderPlace {
    return this.places.headerOf(
      expression,
      this.code,
      (each) => this.number(each),
      (each) => this.condition(each),
    );
  }

  /** A union given by an expression. */
  union(expression: Expression): UnionPlace {
    return this.places.unionOf(expression, this.code, (each) => this.number(each));
  }

  /** The last element that was extracted into a stack. */
  lastElement(stack: number): HeaderPlace {
    return this.places.stackElement(stack, `${at(this.layout.stackNext[stack]!)} - 1`, this.code);
  }

  /** The value as a JavaScript number (of indices, amounts and ids: their low 53 bits at most matter). */
  number(expression: Expression): string {
    const range = this.range(expression);
    return isSafe(range)
      ? asNumber(this.exact(expression))
      : `Number(BigInt.asUintN(53, ${asBig(this.exact(expression))}))`;
  }

  /** The low 32 bits as an unsigned number. */
  uint32(expression: Expression): string {
    const range = this.range(expression);
    const [limb] = this.modulo(expression, 32);
    return range !== undefined && range.low >= 0n && range.high < 1n << 31n ? limb! : `(${limb} >>> 0)`;
  }

  /** Reads a field as a value. */
  readField(place: Place, field: Field, lengthPlace: string): Value {
    const width = field.bitwidth;
    if (field.variable) return { kind: 'big', code: `variableValue(${index(place)}, ${lengthPlace})` };
    if (width === 0) return { kind: 'number', code: '0', range: { low: 0n, high: 0n } };
    if (field.signed) {
      if (width <= 32) return { kind: 'number', code: at(place), range: signedRange(width) };
      return { kind: 'big', code: `BigInt.asIntN(${width}, ${asBig(this.#limbs(place, width))})` };
    }
    if (width < 32) return { kind: 'number', code: at(place), range: unsignedRange(width) };
    if (width === 32) return { kind: 'number', code: `(${at(place)} >>> 0)`, range: unsignedRange(32) };
    return this.#limbs(place, width);
  }

  #limbs(place: Place, width: number): Value {
    return { kind: 'limbs', limbs: Array.from({ length: limbCount(width) }, (_, i) => at(place, i)), bits: width };
  }

  /** Low bits of a field as patterns. */
  #fieldModulo(place: Place, field: Field, lengthPlace: string, bits: number): string[] {
    if (field.variable || (field.signed && field.bitwidth > 32 && bits > field.bitwidth)) {
      return asLimbs(this.readField(place, field, lengthPlace), bits, this.code);
    }
    if (field.signed && field.bitwidth <= 32) {
      const limbs = [at(place)];
      while (limbs.length < Math.ceil(bits / 32)) limbs.push(`(${at(place)} >> 31)`);
      return limbs;
    }
    const limbs = Array.from({ length: Math.min(limbCount(field.bitwidth), Math.ceil(bits / 32)) }, (_, i) =>
      at(place, i),
    );
    while (limbs.length < Math.max(1, Math.ceil(bits / 32))) limbs.push('0');
    return limbs;
  }

  /** Place, declaration and length of a field that an expression names; undefined for other expressions. */
  fieldPlace(
    expression: Expression,
  ): { place: Place; field: Field; lengthPlace: string; header: HeaderPlace } | undefined {
    switch (expression.kind) {
      case 'field': {
        const header = this.places.header(expression.field.header);
        const place = fieldSlot(this.program, this.layout, expression.field);
        return {
          place,
          field: fieldDeclaration(this.program, expression.field),
          lengthPlace: this.lengthPlace(header),
          header,
        };
      }
      case 'lastField':
      case 'accessField': {
        const header =
          expression.kind === 'lastField' ? this.lastElement(expression.stack) : this.header(expression.header);
        if (expression.field === VALID_FIELD)
          return { place: header.valid, field: VALID_BIT, lengthPlace: '0', header };
        const offset = fieldOffset(this.layout, header, expression.field);
        const place =
          typeof header.base === 'number' ? header.base + offset : this.code.bind(index(header.base, offset), 'p');
        return {
          place,
          field: this.program.headerTypes[header.type]!.fields[expression.field]!,
          lengthPlace: this.lengthPlace(header),
          header,
        };
      }
      default:
        return undefined;
    }
  }

  /** Code of the index in `F` of the length of a header's variable field. */
  lengthPlace(header: HeaderPlace): string {
    const offset = this.layout.types[header.type]!.variableLength;
    return offset < 0 ? '0' : index(header.base, offset);
  }

  /** The true value. */
  exact(expression: Expression): Value {
    const named = this.fieldPlace(expression);
    if (named !== undefined) return this.readField(named.place, named.field, named.lengthPlace);
    switch (expression.kind) {
      case 'constant':
        if (isSafe({ low: expression.value, high: expression.value })) {
          return {
            kind: 'number',
            code: literal(expression.value),
            range: { low: expression.value, high: expression.value },
          };
        }
        if (expression.value < 0n) return { kind: 'big', code: `(${expression.value}n)` };
        return {
          kind: 'limbs',
          limbs: constantLimbs(expression.value, bitLength(expression.value)),
          bits: bitLength(expression.value),
        };
      case 'local':
        return this.#unsigned(this.locals.limbs[expression.index]!, this.locals.bits[expression.index]!);
      case 'register':
        return this.#register(expression.register, expression.index);
      case 'boolToData':
        return {
          kind: 'number',
          code: `(${this.condition(expression.operand)} ? 1 : 0)`,
          range: { low: 0n, high: 1n },
        };
      case 'stackSize':
      case 'lastStackIndex': {
        const stack = expression.stack.kind === 'headerStack' ? expression.stack.stack : 0;
        const next = at(this.layout.stackNext[stack]!);
        return {
          kind: 'number',
          code: expression.kind === 'stackSize' ? next : `(${next} - 1)`,
          range: this.range(expression)!,
        };
      }
      case 'complement': {
        const range = this.range(expression);
        const operand = this.exact(expression.operand);
        return isSafe(range)
          ? { kind: 'number', code: `(-1 - ${asNumber(operand)})`, range }
          : { kind: 'big', code: `(~${asBig(operand)})` };
      }
      case 'conditional': {
        const test = this.code.bind(this.condition(expression.condition), 'c');
        const range = this.range(expression);
        if (isSafe(range)) {
          const left = asNumber(this.exact(expression.left));
          return { kind: 'number', code: `(${test} ? ${left} : ${asNumber(this.exact(expression.right))})`, range };
        }
        if (range !== undefined && range.low >= 0n) return this.#nonNegative(expression, range);
        const left = asBig(this.exact(expression.left));
        return { kind: 'big', code: `(${test} ? ${left} : ${asBig(this.exact(expression.right))})` };
      }
      case 'arithmetic':
        return this.#exactArithmetic(expression);
      default:
        throw new Error(`bug in softswitch: an expression of kind ${expression.kind} has no number`);
    }
  }

  #unsigned(limbs: readonly string[], bits: number): Value {
    if (bits < 32) return { kind: 'number', code: limbs[0]!, range: unsignedRange(bits) };
    if (bits === 32) return { kind: 'number', code: `(${limbs[0]} >>> 0)`, range: unsignedRange(32) };
    return { kind: 'limbs', limbs, bits };
  }

  /** A value known not to be negative, through its low bits. */
  #nonNegative(expression: Expression, range: Range): Value {
    const bits = bitsOf(range);
    const limbs = this.modulo(expression, bits).map((limb) => this.code.bind(limb));
    return bits <= 32 ? this.#unsigned(limbs, bits) : { kind: 'limbs', limbs, bits };
  }

  #register(register: number, position: Expression): Value {
    const { bitwidth, size } = this.program.registers[register]!;
    const count = limbCount(bitwidth);
    const cell = this.code.bind(this.uint32(position), 'i');
    const safe = this.code.bind(
      `${cell} < ${size} ? ${count === 1 ? cell : `${cell} * ${count}`} : ${size * count}`,
      'i',
    );
    return this.#unsigned(
      Array.from({ length: count }, (_, i) => this.code.bind(`R${register}[${safe}${i === 0 ? '' : ` + ${i}`}]`)),
      bitwidth,
    );
  }

  #exactArithmetic(expression: Extract<Expression, { kind: 'arithmetic' }>): Value {
    const { operator, left, right } = expression;
    const range = this.range(expression);
    switch (operator) {
      case '&':
      case '|':
      case '^':
        if (range !== undefined && range.low >= 0n) return this.#nonNegative(expression, range);
        break;
      case '+':
      case '-':
      case '*': {
        if (isSafe(range) && isSafe(this.range(left)) && isSafe(this.range(right))) {
          return {
            kind: 'number',
            code: `(${asNumber(this.exact(left))} ${operator} ${asNumber(this.exact(right))})`,
            range,
          };
        }
        if (range !== undefined && range.low >= 0n && operator !== '*') return this.#nonNegative(expression, range);
        break;
      }
      case '<<':
        if (right.kind === 'constant' && range !== undefined && range.low >= 0n)
          return this.#nonNegative(expression, range);
        break;
      case '>>':
        return this.#shiftRight(left, right, range);
      case '/':
      case '%': {
        if (isSafe(this.range(left)) && isSafe(this.range(right)) && range !== undefined) {
          const a = this.code.bind(asNumber(this.exact(left)));
          const b = this.code.bind(asNumber(this.exact(right)));
          const result = operator === '/' ? `Math.floor(${a} / ${b})` : `${a} % ${b}`;
          return { kind: 'number', code: `(${b} === 0 ? 0 : ${result})`, range };
        }
        return {
          kind: 'big',
          code: `${operator === '/' ? 'bigDivide' : 'bigRemainder'}(${asBig(this.exact(left))}, ${asBig(this.exact(right))})`,
        };
      }
      case 'two_comp_mod': {
        const width = this.#constant(right);
        if (width <= 32) {
          const [limb] = this.modulo(left, width);
          return {
            kind: 'number',
            code: width === 32 ? `(${limb} | 0)` : `(${limb} << ${32 - width} >> ${32 - width})`,
            range: signedRange(width),
          };
        }
        return { kind: 'big', code: `BigInt.asIntN(${width}, ${asBig(this.exact(left))})` };
      }
      case 'usat_cast':
      case 'sat_cast': {
        const width = this.#constant(right);
        const limits = operator === 'usat_cast' ? unsignedRange(width) : signedRange(width);
        if (isSafe(this.range(left)) && isSafe(limits)) {
          const value = this.code.bind(asNumber(this.exact(left)));
          return {
            kind: 'number',
            code: `(${value} < ${literal(limits.low)} ? ${literal(limits.low)} : ${value} > ${limits.high} ? ${limits.high} : ${value})`,
            range: limits,
          };
        }
        return { kind: 'big', code: `bigClamp(${asBig(this.exact(left))}, ${limits.low}n, ${limits.high}n)` };
      }
      default:
        assertNever(operator);
    }
    const a = asBig(this.exact(left));
    const b = asBig(this.exact(right));
    return { kind: 'big', code: operator === '<<' ? `bigShiftLeft(${a}, ${b})` : `(${a} ${operator} ${b})` };
  }

  #constant(expression: Expression): number {
    if (expression.kind === 'constant') return Number(expression.value);
    throw new ProgramError('', 'the width of a cast must be a constant', 'unsupported');
  }

  #shiftRight(left: Expression, right: Expression, range: Range | undefined): Value {
    const leftRange = this.range(left);
    if (right.kind === 'constant' && leftRange !== undefined) {
      const amount = right.value > 65536n ? 65536 : Number(right.value);
      if (isUint32(leftRange)) {
        if (amount > 31) return { kind: 'number', code: '0', range: { low: 0n, high: 0n } };
        const shifted = { low: leftRange.low >> BigInt(amount), high: leftRange.high >> BigInt(amount) };
        return { kind: 'number', code: `(${this.modulo(left, 32)[0]} >>> ${amount})`, range: shifted };
      }
      if (leftRange.low >= 0n) {
        const bits = bitsOf(leftRange);
        if (amount >= bits) return { kind: 'number', code: '0', range: { low: 0n, high: 0n } };
        const rest = bits - amount;
        const moved = shiftLimbsRight(this.code, this.modulo(left, bits), amount, rest);
        return this.#unsigned(
          moved.map((limb) => this.code.bind(limb)),
          rest,
        );
      }
      if (isSafe(leftRange) && amount < 1024) {
        const shifted = { low: leftRange.low >> BigInt(amount), high: leftRange.high >> BigInt(amount) };
        return { kind: 'number', code: `Math.floor(${asNumber(this.exact(left))} / ${2 ** amount})`, range: shifted };
      }
    }
    if (isUint32(leftRange) && range !== undefined) {
      const amount = this.code.bind(this.number(right));
      return {
        kind: 'number',
        code: `(${amount} > 31 ? 0 : ${this.modulo(left, 32)[0]} >>> ${amount})`,
        range: { low: 0n, high: leftRange.high },
      };
    }
    return { kind: 'big', code: `(${asBig(this.exact(left))} >> ${asBig(this.exact(right))})` };
  }

  /** The low `bits` bits as 32-bit patterns, low limb first; bits of the top limb beyond `bits` are arbitrary. */
  modulo(expression: Expression, bits: number): string[] {
    const count = Math.max(1, Math.ceil(bits / 32));
    const named = this.fieldPlace(expression);
    if (named !== undefined) return this.#fieldModulo(named.place, named.field, named.lengthPlace, bits);
    switch (expression.kind) {
      case 'constant':
        return constantLimbs(expression.value, bits);
      case 'local': {
        const limbs = this.locals.limbs[expression.index]!.slice(0, count);
        while (limbs.length < count) limbs.push('0');
        return limbs;
      }
      case 'complement':
        return this.modulo(expression.operand, bits).map((limb) => `(~${limb})`);
      case 'conditional': {
        const test = this.code.bind(this.condition(expression.condition), 'c');
        const left = this.modulo(expression.left, bits);
        const right = this.modulo(expression.right, bits);
        return left.map((limb, i) => (limb === right[i] ? limb : `(${test} ? ${limb} : ${right[i]})`));
      }
      case 'arithmetic': {
        const limbs = this.#moduloArithmetic(expression, bits, count);
        if (limbs !== undefined) return limbs;
        break;
      }
      default:
    }
    return asLimbs(this.exact(expression), bits, this.code);
  }

  #moduloArithmetic(
    expression: Extract<Expression, { kind: 'arithmetic' }>,
    bits: number,
    count: number,
  ): string[] | undefined {
    const { operator, left, right } = expression;
    switch (operator) {
      case '+':
      case '-':
        return addLimbs(this.code, operator, this.modulo(left, bits), this.modulo(right, bits));
      case '*':
        if (count === 1) return [`Math.imul(${this.modulo(left, bits)[0]}, ${this.modulo(right, bits)[0]})`];
        return undefined;
      case '&':
        return this.#maskLimbs(left, right, bits);
      case '|':
      case '^':
        return mergeLimbs(operator, this.modulo(left, bits), this.modulo(right, bits));
      case '<<': {
        if (right.kind === 'constant') {
          if (right.value >= BigInt(bits)) return constantLimbs(0n, bits);
          return shiftLimbsLeft(this.code, this.modulo(left, bits - Number(right.value)), Number(right.value), count);
        }
        if (count > 1) return undefined;
        const amount = this.code.bind(this.number(right));
        return [`(${amount} > 31 ? 0 : ${this.modulo(left, bits)[0]} << ${amount})`];
      }
      case 'two_comp_mod':
        return right.kind === 'constant' && BigInt(bits) <= right.value ? this.modulo(left, bits) : undefined;
      default:
        return undefined;
    }
  }

  #maskLimbs(left: Expression, right: Expression, bits: number): string[] {
    const count = Math.max(1, limbCount(bits));
    const constant = left.kind === 'constant' ? left : right.kind === 'constant' ? right : undefined;
    if (constant !== undefined && constant.value >= 0n) {
      const other = constant === left ? right : left;
      const needed = Math.min(bits, bitLength(constant.value));
      if (needed === 0) return constantLimbs(0n, bits);
      const limbs = this.modulo(other, needed);
      const mask = constantLimbs(constant.value, bits);
      const range = this.range(other);
      const redundant =
        range !== undefined &&
        range.low >= 0n &&
        (constant.value & (constant.value + 1n)) === 0n &&
        range.high <= constant.value;
      return maskLimbs(limbs, mask, count, redundant);
    }
    return maskLimbs(this.modulo(left, bits), this.modulo(right, bits), count, false);
  }

  /** Code of a boolean. */
  condition(expression: Expression): string {
    return compileCondition(this, expression);
  }

  /**
   * Stores an expression into a field.
   *
   * Cuts the value to the field's width (or clamps it, for saturating fields of old programs).
   */
  store(place: Place, field: Field, expression: Expression): void {
    const range = this.range(expression);
    const limits = field.signed ? signedRange(field.bitwidth) : unsignedRange(field.bitwidth);
    if (field.bitwidth === 0) return;
    if (field.saturating && (range === undefined || range.low < limits.low || range.high > limits.high)) {
      const operator = field.signed ? 'sat_cast' : 'usat_cast';
      const width: Expression = { kind: 'constant', value: BigInt(field.bitwidth) };
      this.store(
        place,
        { ...field, saturating: false },
        { kind: 'arithmetic', operator, left: expression, right: width },
      );
      return;
    }
    const limbs = this.modulo(expression, field.bitwidth);
    const plain =
      ['field', 'constant', 'local', 'accessField', 'lastField'].includes(expression.kind) || limbs.length === 1;
    this.storeLimbs(place, field, plain ? limbs : limbs.map((limb) => this.code.bind(limb)), range);
  }

  /** Stores patterns into a field. `range` is the value's interval, which may save the mask. */
  storeLimbs(place: Place, field: Field, limbs: readonly string[], range: Range | undefined): void {
    const width = field.bitwidth;
    const count = limbCount(width);
    const limits = field.signed ? signedRange(width) : unsignedRange(width);
    const fits = range !== undefined && range.low >= limits.low && range.high <= limits.high;
    for (let i = 0; i < count; i++) {
      const top = i === count - 1 ? width - 32 * i : 32;
      let value = limbs[i] ?? '0';
      // The pattern of a signed value that fits is still only its low bits: the sign must be spread.
      if (top < 32 && (!fits || field.signed)) {
        value = field.signed && width <= 32 ? `${value} << ${32 - top} >> ${32 - top}` : `${value} & ${2 ** top - 1}`;
      }
      this.code.line(`${at(place, i)} = ${value};`);
    }
  }
}
