/**
 * Compiles primitives: each becomes a few statements on the packet's state, registers, counters and meters.
 *
 * Indices are compared with the size of their array first; what lies outside is passed over, as in a BMv2 with
 * assertions.
 */
import { ProgramError } from '../model/reader.ts';
import type { Argument, Expression, Primitive, SourceInfo } from '../model/types.ts';
import { knownHashAlgorithms } from '../runtime/hash.ts';
import type { CompileContext } from './actions.ts';
import type { Code } from './code.ts';
import { STRIPES } from './critical.ts';
import { ExpressionCompiler, type Locals } from './expressions.ts';
import { HeaderPrimitives } from './header-primitives.ts';
import { at, emitSetValid, fieldOffset, index } from './headers.ts';
import { fieldSlot, limbCount, SLOT } from './layout.ts';
import { unsignedRange } from './ranges.ts';
import { targetField } from './target-fields.ts';
import { asLimbs, asNumber, isSafe, isUint32, SAFE, type Value } from './values.ts';

/** Where a jump goes; undefined for other primitives. */
export function jumpTarget(primitive: Primitive): number | undefined {
  const position = primitive.operation === '_jump' ? 0 : primitive.operation === '_jump_if_zero' ? 1 : -1;
  if (position < 0) return undefined;
  const argument = primitive.arguments[position]!;
  if (argument.kind !== 'expression' || argument.expression.kind !== 'constant') {
    throw new ProgramError('', 'a jump in an action needs a constant target', 'unsupported');
  }
  return Number(argument.expression.value);
}

/** Text for people of where a primitive stands in the P4 source. */
function describeSource(source: SourceInfo | undefined): string {
  return source === undefined ? 'unknown place' : `${source.file}(${source.line}): ${source.fragment}`;
}

/** Operators of primitives that are an assignment of a binary operation. */
const BINARY: Readonly<Record<string, '+' | '-' | '&' | '|' | '^' | '<<' | '>>'>> = {
  add: '+',
  subtract: '-',
  bit_and: '&',
  bit_or: '|',
  bit_xor: '^',
  shift_left: '<<',
  shift_right: '>>',
};

/** Compiles single primitives into `code`. */
export class PrimitiveCompiler {
  readonly #context: CompileContext;
  readonly #code: Code;
  readonly #expressions: ExpressionCompiler;
  readonly #headers: HeaderPrimitives;
  readonly #stripedLock: number | undefined;

  /** `stripedLock` is the first lock of an action that locks registers by their index; see `critical.ts`. */
  constructor(context: CompileContext, code: Code, locals: Locals, stripedLock?: number) {
    this.#context = context;
    this.#stripedLock = stripedLock;
    this.#code = code;
    this.#expressions = new ExpressionCompiler(context.program, context.layout, code, locals);
    this.#headers = new HeaderPrimitives(context, code, this.#expressions);
  }

  /** Writes the statements of a primitive. Jumps leave the labelled block `J<target>`. */
  compile(primitive: Primitive): void {
    const { operation } = primitive;
    const args = primitive.arguments;
    const code = this.#code;
    const binary = BINARY[operation];
    if (binary !== undefined) {
      this.#assign(args[0]!, { kind: 'arithmetic', operator: binary, left: data(args[1]!), right: data(args[2]!) });
      return;
    }
    switch (operation) {
      case 'assign':
      case 'modify_field':
      case 'assign_VL':
        this.#assign(args[0]!, data(args[1]!));
        return;
      case 'add_to_field':
        this.#assign(args[0]!, { kind: 'arithmetic', operator: '+', left: data(args[0]!), right: data(args[1]!) });
        return;
      case 'subtract_from_field':
        this.#assign(args[0]!, { kind: 'arithmetic', operator: '-', left: data(args[0]!), right: data(args[1]!) });
        return;
      case 'assign_header':
      case 'copy_header':
        this.#headers.copy(this.#expressions.header(data(args[0]!)), this.#expressions.header(data(args[1]!)));
        return;
      case 'assign_union': {
        const target = this.#expressions.union(data(args[0]!));
        const source = this.#expressions.union(data(args[1]!));
        for (const [i, member] of target.members.entries()) this.#headers.copy(member, source.members[i]!);
        return;
      }
      case 'assign_header_stack':
      case 'assign_union_stack':
        this.#headers.copyStack(data(args[0]!), data(args[1]!));
        return;
      case 'push':
      case 'pop':
        this.#headers.shiftStack(operation, data(args[0]!), data(args[1]!));
        return;
      case '_jump':
        code.line(`break J${Math.min(jumpTarget(primitive)!, Number.MAX_SAFE_INTEGER)};`);
        return;
      case '_jump_if_zero':
        code.line(
          `if (!${this.#expressions.condition({ kind: 'dataToBool', operand: data(args[0]!) })}) break J${jumpTarget(primitive)};`,
        );
        return;
      case 'exit':
        code.line(`F[${SLOT.exit}] = 1;`);
        return;
      case 'assert':
      case 'assume': {
        const place = this.#context.assertions.push(`${operation} failed at ${describeSource(primitive.source)}`) - 1;
        const test = this.#expressions.condition({ kind: 'dataToBool', operand: data(args[0]!) });
        code.line(`if (!${test}) assertionFailed(${place});`);
        return;
      }
      case 'log_msg':
        this.#log(args[0]!, args[1]!);
        return;
      case 'modify_field_rng_uniform':
        this.#random(args);
        return;
      case 'drop':
        this.#drop();
        return;
      case 'mark_to_drop': {
        const header = this.#expressions.header(data(args[0]!));
        const { fields } = this.#context.program.headerTypes[header.type]!;
        const spec = fields.findIndex((field) => field.name === 'egress_spec');
        if (spec < 0)
          throw new ProgramError(
            '',
            'mark_to_drop needs the standard metadata, a header with a field egress_spec',
            'invalid',
          );
        code.line(`${at(header.base, fieldOffset(this.#context.layout, header, spec))} = ${this.#context.dropPort};`);
        const group = fields.findIndex((field) => field.name === 'mcast_grp');
        if (group >= 0) code.line(`${at(header.base, fieldOffset(this.#context.layout, header, group))} = 0;`);
        return;
      }
      case 'generate_digest':
        code.line(`F[${SLOT.learn}] = ${this.#expressions.uint32(data(args[1]!))} & 65535;`);
        return;
      case 'add_header':
        this.#headers.add(this.#expressions.header(data(args[0]!)));
        return;
      case 'add_header_fast':
        emitSetValid(code, this.#expressions.header(data(args[0]!)), true);
        return;
      case 'remove_header':
        this.#headers.remove(this.#expressions.header(data(args[0]!)));
        return;
      case 'clone_ingress_pkt_to_egress':
      case 'clone_egress_pkt_to_egress':
        code.line(`F[${SLOT.cloneSession}] = ${this.#expressions.uint32(data(args[0]!))} & 65535 | 32768;`);
        code.line(`F[${SLOT.cloneList}] = ${this.#expressions.uint32(data(args[1]!))} & 65535;`);
        return;
      case 'resubmit':
        code.line(`F[${SLOT.resubmit}] = ${this.#expressions.uint32(data(args[0]!))} & 65535;`);
        return;
      case 'recirculate':
        code.line(`F[${SLOT.recirculate}] = ${this.#expressions.uint32(data(args[0]!))} & 65535;`);
        return;
      case 'modify_field_with_hash_based_offset':
        this.#hash(args);
        return;
      case 'no_op':
        return;
      case 'execute_meter':
        this.#meter(args);
        return;
      case 'count':
        this.#count(args);
        return;
      case 'register_read':
        this.#registerRead(args);
        return;
      case 'register_write':
        this.#registerWrite(args);
        return;
      case 'truncate': {
        const length = code.bind(this.#expressions.uint32(data(args[0]!)));
        code.line(`if (${length} < F[${SLOT.truncate}]) F[${SLOT.truncate}] = ${length};`);
        return;
      }
      default:
        throw new Error(`bug in softswitch: primitive ${operation} is known to the loader only`);
    }
  }

  /** Assigns an expression to a field or register cell. */
  #assign(target: Argument, source: Expression): void {
    const lvalue = data(target);
    if (lvalue.kind === 'register') {
      const { bitwidth } = this.#context.program.registers[lvalue.register]!;
      const limbs = this.#expressions.modulo(source, bitwidth).map((limb) => this.#code.bind(limb));
      this.#writeRegister(lvalue.register, lvalue.index, limbs);
      return;
    }
    const place = this.#expressions.fieldPlace(lvalue)!;
    if (place.field.variable) {
      const from = this.#expressions.fieldPlace(source);
      if (from === undefined || !from.field.variable) {
        throw new ProgramError(
          '',
          'only a variable-length field can be assigned to a variable-length field',
          'unsupported',
        );
      }
      this.#code.line(
        `copyVariable(${index(place.place)}, ${place.lengthPlace}, ${index(from.place)}, ${from.lengthPlace});`,
      );
      return;
    }
    this.#expressions.store(place.place, place.field, source);
    if (this.#context.trace) this.#traceField(place.place, place.field.bitwidth);
  }

  #traceField(place: number | string, bitwidth: number): void {
    this.#code.line(`trace.field(${index(place)}, ${bitwidth});`);
  }

  /** Stores a value that is no expression of the program. */
  #storeValue(target: Argument, value: Value): void {
    const lvalue = data(target);
    if (lvalue.kind === 'register') {
      const { bitwidth } = this.#context.program.registers[lvalue.register]!;
      this.#writeRegister(
        lvalue.register,
        lvalue.index,
        asLimbs(value, bitwidth, this.#code).map((limb) => this.#code.bind(limb)),
      );
      return;
    }
    const place = this.#expressions.fieldPlace(lvalue)!;
    const limbs = asLimbs(value, place.field.bitwidth, this.#code).map((limb) => this.#code.bind(limb));
    this.#expressions.storeLimbs(place.place, place.field, limbs, value.kind === 'number' ? value.range : undefined);
    if (this.#context.trace) this.#traceField(place.place, place.field.bitwidth);
  }

  #log(format: Argument, vector: Argument): void {
    const message = this.#context.messages.push(format.kind === 'string' ? format.value : '') - 1;
    const elements = vector.kind === 'vector' ? vector.elements : [];
    const values = elements.map((element) => {
      const value = this.#expressions.exact(data(element));
      return value.kind === 'number'
        ? value.code
        : value.kind === 'big'
          ? value.code
          : `bigN([${value.limbs.join(', ')}])`;
    });
    this.#code.line(`logMessage(${message}, [${values.join(', ')}]);`);
  }

  #random(args: readonly Argument[]): void {
    const low = this.#expressions.exact(data(args[1]!));
    const high = this.#expressions.exact(data(args[2]!));
    const safe = isSafe(this.#expressions.range(data(args[1]!))) && isSafe(this.#expressions.range(data(args[2]!)));
    const code = this.#code;
    const convert = (value: Value) =>
      safe ? asNumber(value) : `toBig(${value.kind === 'limbs' ? `bigN([${value.limbs.join(', ')}])` : value.code})`;
    const a = code.bind(convert(low));
    const b = code.bind(convert(high));
    code.block(`if (${a} <= ${b})`, () => {
      this.#storeValue(
        args[0]!,
        safe
          ? { kind: 'number', code: code.bind(`randomNumber(${a}, ${b})`), range: { low: -SAFE, high: SAFE } }
          : { kind: 'big', code: `randomBig(${a}, ${b})` },
      );
    });
  }

  #drop(): void {
    const { program, layout, dropPort } = this.#context;
    for (const [header, name, value] of [
      ['standard_metadata', 'egress_spec', dropPort],
      ['intrinsic_metadata', 'mcast_grp', 0],
    ] as const) {
      const field = targetField(program, header, name);
      if (field !== undefined) this.#code.line(`F[${fieldSlot(program, layout, field)}] = ${value};`);
    }
  }

  #hash(args: readonly Argument[]): void {
    const [target, baseArgument, calculationArgument, sizeArgument] = args as [Argument, Argument, Argument, Argument];
    if (calculationArgument.kind !== 'calculation') throw new Error('bug in softswitch: hash without calculation');
    const { program } = this.#context;
    const code = this.#code;
    const algorithm = knownHashAlgorithms.get(program.calculations[calculationArgument.calculation]!.algorithm)!;
    const base = data(baseArgument);
    const size = data(sizeArgument);
    const baseRange = this.#expressions.range(base);
    const sizeRange = this.#expressions.range(size);
    const hash = code.bind(`calculation${calculationArgument.calculation}()`, 'h');
    if (algorithm.bits <= 32 && isUint32(baseRange) && isUint32(sizeRange)) {
      const divisor = size.kind === 'constant' ? size.value : undefined;
      let reduced: string;
      if (divisor !== undefined && divisor <= 1n) reduced = '0';
      else if (divisor !== undefined && (divisor & (divisor - 1n)) === 0n)
        reduced = divisor === 1n << 31n ? `(${hash} & 2147483647)` : `(${hash} & ${divisor - 1n})`;
      else if (divisor !== undefined) reduced = `((${hash} >>> 0) % ${divisor})`;
      else {
        const modulus = code.bind(this.#expressions.uint32(size));
        reduced = `(${modulus} === 0 ? 0 : (${hash} >>> 0) % (${modulus} >>> 0))`;
      }
      const sum = baseRange.high === 0n ? reduced : `(${asNumber(this.#expressions.exact(base))} + ${reduced})`;
      const limit = sizeRange.high > 0n ? sizeRange.high - 1n : 0n;
      const top = unsignedRange(algorithm.bits).high;
      this.#storeValue(target, {
        kind: 'number',
        code: sum,
        range: { low: 0n, high: baseRange.high + (limit < top ? limit : top) },
      });
      return;
    }
    const big = (expression: Expression) => `toBig(${this.#bigCode(this.#expressions.exact(expression))})`;
    this.#storeValue(target, { kind: 'big', code: `hashOffset(toBig(${hash}), ${big(base)}, ${big(size)})` });
  }

  #bigCode(value: Value): string {
    return value.kind === 'limbs' ? `bigN([${value.limbs.join(', ')}])` : value.code;
  }

  #meter(args: readonly Argument[]): void {
    const meter = args[0]!;
    if (meter.kind !== 'meter') throw new Error('bug in softswitch: execute_meter without meter');
    const position = this.#code.bind(this.#expressions.uint32(data(args[1]!)), 'i');
    this.#code.block(`if (${position} < ${this.#context.program.meters[meter.meter]!.size})`, () => {
      const color = this.#code.bind(`executeMeter(${meter.meter}, ${position})`);
      this.#storeValue(args[2]!, { kind: 'number', code: color, range: unsignedRange(2) });
    });
  }

  #count(args: readonly Argument[]): void {
    const counter = args[0]!;
    if (counter.kind !== 'counter') throw new Error('bug in softswitch: count without counter');
    const position = this.#code.bind(this.#expressions.uint32(data(args[1]!)), 'i');
    this.#code.block(`if (${position} < ${this.#context.program.counters[counter.counter]!.size})`, () => {
      this.#code.line(`C${counter.counter}[${position} * 2]++;`);
      this.#code.line(`C${counter.counter}[${position} * 2 + 1] += F[${SLOT.ingressLength}];`);
    });
  }

  #registerRead(args: readonly Argument[]): void {
    const register = args[1]!;
    if (register.kind !== 'register') throw new Error('bug in softswitch: register_read without register');
    const { bitwidth, size } = this.#context.program.registers[register.register]!;
    const count = limbCount(bitwidth);
    const code = this.#code;
    const position = code.bind(this.#expressions.uint32(data(args[2]!)), 'i');
    this.#lockCell(position);
    code.block(`if (${position} < ${size})`, () => {
      const cell = count === 1 ? position : code.bind(`${position} * ${count}`, 'i');
      const limbs = Array.from({ length: count }, (_, i) =>
        code.bind(`R${register.register}[${cell}${i === 0 ? '' : ` + ${i}`}]`),
      );
      const value: Value =
        bitwidth < 32
          ? { kind: 'number', code: limbs[0]!, range: unsignedRange(bitwidth) }
          : { kind: 'limbs', limbs, bits: bitwidth };
      this.#storeValue(args[0]!, value);
    });
  }

  #registerWrite(args: readonly Argument[]): void {
    const register = args[0]!;
    if (register.kind !== 'register') throw new Error('bug in softswitch: register_write without register');
    const { bitwidth } = this.#context.program.registers[register.register]!;
    const source = data(args[2]!);
    const limbs = this.#expressions.modulo(source, bitwidth).map((limb) => this.#code.bind(limb));
    this.#writeRegister(register.register, data(args[1]!), limbs);
  }

  /** Takes the lock of a cell where registers are locked by index. */
  #lockCell(cell: string): void {
    if (this.#stripedLock === undefined) return;
    this.#code.line(`if (held < 0) lock(${this.#stripedLock} + (${cell} & ${STRIPES - 1}));`);
  }

  #writeRegister(register: number, position: Expression, limbs: readonly string[]): void {
    const { bitwidth, size } = this.#context.program.registers[register]!;
    const count = limbCount(bitwidth);
    const code = this.#code;
    const cell = code.bind(this.#expressions.uint32(position), 'i');
    this.#lockCell(cell);
    code.block(`if (${cell} < ${size})`, () => {
      for (let i = 0; i < count; i++) {
        const top = i === count - 1 ? bitwidth - 32 * i : 32;
        const offset = count === 1 ? cell : `${cell} * ${count} + ${i}`;
        code.line(`R${register}[${offset}] = ${top === 32 ? limbs[i] : `${limbs[i]} & ${2 ** top - 1}`};`);
      }
      if (this.#context.trace) code.line(`trace.register(${register}, ${cell});`);
    });
  }
}

/** The expression of an argument that is one. */
export function data(argument: Argument): Expression {
  if (argument.kind !== 'expression')
    throw new Error(`bug in softswitch: ${argument.kind} where an expression was checked`);
  return argument.expression;
}
