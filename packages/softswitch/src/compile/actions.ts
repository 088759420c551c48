/**
 * Compiles actions: each becomes a function whose parameters are the limbs of its arguments, each primitive a few statements.
 *
 * Jumps inside actions that only go forward are how p4c translates `if` there: a jump target t becomes the end of a labelled block
 * around everything before it, so that `break` is the jump. An action that also jumps backwards (`for`) becomes a `switch` over the pieces
 * between jump targets inside a loop, because JavaScript has no other way back. Each jump backwards is counted: a loop
 * without end would stop the switch, so the packet is dropped at a limit.
 */
import { ProgramError } from '../model/reader.ts';
import type { Argument, Expression, Primitive, Program, SourceInfo } from '../model/types.ts';
import { knownHashAlgorithms } from '../runtime/hash.ts';
import { Code, type NameSource } from './code.ts';
import { ExpressionCompiler, type Locals, NO_LOCALS } from './expressions.ts';
import { at, emitSetValid, fieldOffset, type HeaderPlace, index, validityOf } from './headers.ts';
import { type Layout, limbCount, SLOT } from './layout.ts';
import { unsignedRange } from './ranges.ts';
import { asLimbs, asNumber, isSafe, isUint32, SAFE, type Value } from './values.ts';

/** What the compilation of a program shares between its parts. */
export interface CompileContext {
  readonly program: Program;
  readonly layout: Layout;
  readonly names: NameSource;
  readonly dropPort: number;
  /** Formats of `log_msg`, filled in as they are met. */
  readonly messages: string[];
  /** Places of assertions, filled in as they are met. */
  readonly assertions: string[];
  /** Emit calls of the tracer. */
  readonly trace: boolean;
}

/** Variables for an action's parameters. */
export function actionLocals(program: Program, action: number): Locals {
  const bits = program.actions[action]!.parameters.map((parameter) => parameter.bitwidth);
  return {
    bits,
    limbs: bits.map((width, i) => Array.from({ length: limbCount(width) }, (_, limb) => `p${i}_${limb}`)),
  };
}

/** Name of the function of an action. */
export function actionName(action: number): string {
  return `action${action}`;
}

/** The function of an action. */
export function compileAction(context: CompileContext, action: number): Code {
  const code = new Code(context.names);
  const { name, primitives } = context.program.actions[action]!;
  const locals = actionLocals(context.program, action);
  code.line(`// ${name.replace(/[^\w.$ -]/g, '_')}`);
  code.block(`function ${actionName(action)}(${locals.limbs.flat().join(', ')})`, () => {
    if (context.trace) code.line(`trace.action(${action}, [${locals.limbs.flat().join(', ')}]);`);
    compilePrimitives(context, code, primitives, locals);
  });
  return code;
}

/** A list of primitives with jumps between them. */
export function compilePrimitives(
  context: CompileContext,
  code: Code,
  primitives: readonly Primitive[],
  locals: Locals = NO_LOCALS,
): void {
  const targets = new Set<number>();
  let backwards = false;
  for (const [position, primitive] of primitives.entries()) {
    const target = jumpTarget(primitive);
    if (target === undefined) continue;
    if (target <= position) backwards = true;
    targets.add(Math.min(target, primitives.length));
  }
  if (backwards) {
    compilePieces(context, code, primitives, locals, targets);
    return;
  }
  for (const target of [...targets].sort((a, b) => b - a)) code.line(`J${target}: {`);
  for (let position = 0; position <= primitives.length; position++) {
    if (targets.has(position)) code.line('}');
    const primitive = primitives[position];
    if (primitive !== undefined) new PrimitiveCompiler(context, code, locals).compile(primitive);
  }
}

/** Jumps backwards that one run of an action may make; BMv2 has no such limit and would loop for ever. */
const MAX_BACKWARD_JUMPS = 1_000_000;

/** Primitives with jumps backwards: `P` is where to go on, every jump target begins a case. */
function compilePieces(
  context: CompileContext,
  code: Code,
  primitives: readonly Primitive[],
  locals: Locals,
  targets: ReadonlySet<number>,
): void {
  code.line('let P = 0, jumps = 0;');
  const label = code.names.fresh('L');
  code.block(`${label}: for (;;) switch (P)`, () => {
    let position = 0;
    while (position < primitives.length) {
      code.block(`case ${position}:`, () => {
        do {
          const primitive = primitives[position]!;
          const target = jumpTarget(primitive);
          if (target === undefined) new PrimitiveCompiler(context, code, locals).compile(primitive);
          else {
            const jump = () => {
              if (target <= position) code.line(`if (++jumps > ${MAX_BACKWARD_JUMPS}) loopLimit();`);
              if (target >= primitives.length) code.line(`break ${label};`);
              else code.line(`P = ${target}; continue ${label};`);
            };
            if (primitive.operation === '_jump') jump();
            else {
              const expressions = new ExpressionCompiler(context.program, context.layout, code, locals);
              const condition = { kind: 'dataToBool', operand: data(primitive.arguments[0]!) } as const;
              code.block(`if (!${expressions.condition(condition)})`, jump);
            }
          }
          position++;
        } while (position < primitives.length && !targets.has(position));
      });
    }
    code.line(`break ${label};`);
  });
}

function jumpTarget(primitive: Primitive): number | undefined {
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

class PrimitiveCompiler {
  readonly #context: CompileContext;
  readonly #code: Code;
  readonly #expressions: ExpressionCompiler;

  constructor(context: CompileContext, code: Code, locals: Locals) {
    this.#context = context;
    this.#code = code;
    this.#expressions = new ExpressionCompiler(context.program, context.layout, code, locals);
  }

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
        this.#copyHeader(this.#expressions.header(data(args[0]!)), this.#expressions.header(data(args[1]!)));
        return;
      case 'assign_union': {
        const target = this.#expressions.union(data(args[0]!));
        const source = this.#expressions.union(data(args[1]!));
        for (const [i, member] of target.members.entries()) this.#copyHeader(member, source.members[i]!);
        return;
      }
      case 'assign_header_stack':
      case 'assign_union_stack':
        this.#copyStack(data(args[0]!), data(args[1]!));
        return;
      case 'push':
      case 'pop':
        this.#shiftStack(operation, data(args[0]!), data(args[1]!));
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
        this.#addHeader(this.#expressions.header(data(args[0]!)));
        return;
      case 'add_header_fast':
        emitSetValid(code, this.#expressions.header(data(args[0]!)), true);
        return;
      case 'remove_header': {
        const header = this.#expressions.header(data(args[0]!));
        code.block(`if (${validityOf(header)})`, () => {
          code.line(`F[${SLOT.length}] -= ${this.#headerBytes(header)};`);
          emitSetValid(code, header, false);
        });
        return;
      }
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

  #copyHeader(target: HeaderPlace, source: HeaderPlace): void {
    const code = this.#code;
    const type = this.#context.layout.types[source.type]!;
    const declaration = this.#context.program.headerTypes[source.type]!;
    code.block(
      `if (${validityOf(source)})`,
      () => {
        emitSetValid(code, target, true);
        for (const [position, field] of declaration.fields.entries()) {
          const offset = type.fields[position]!;
          if (field.variable) {
            code.line(
              `copyVariable(${index(target.base, offset)}, ${this.#expressions.lengthPlace(target)}, ${index(source.base, offset)}, ${this.#expressions.lengthPlace(source)});`,
            );
            continue;
          }
          for (let i = 0; i < limbCount(field.bitwidth); i++)
            code.line(`${at(target.base, offset + i)} = ${at(source.base, offset + i)};`);
        }
      },
      '} else {',
    );
    code.line(`  ${at(target.valid)} = 0;`);
    code.line('}');
  }

  #copyStack(target: Expression, source: Expression): void {
    const { program, layout } = this.#context;
    const { places } = this.#expressions;
    if (target.kind === 'headerStack' && source.kind === 'headerStack') {
      this.#code.line(`F[${layout.stackNext[target.stack]}] = F[${layout.stackNext[source.stack]}];`);
      const from = program.headerStacks[source.stack]!.headers;
      for (const [i, header] of program.headerStacks[target.stack]!.headers.entries()) {
        this.#copyHeader(places.header(header), places.header(from[i]!));
      }
      return;
    }
    if (target.kind === 'unionStack' && source.kind === 'unionStack') {
      this.#code.line(`F[${layout.unionStackNext[target.stack]}] = F[${layout.unionStackNext[source.stack]}];`);
      const from = program.headerUnionStacks[source.stack]!.unions;
      for (const [i, union] of program.headerUnionStacks[target.stack]!.unions.entries()) {
        const sources = places.union(from[i]!).members;
        for (const [m, member] of places.union(union).members.entries()) this.#copyHeader(member, sources[m]!);
      }
      return;
    }
    throw new Error('bug in softswitch: stacks of different kinds');
  }

  #shiftStack(operation: 'push' | 'pop', stack: Expression, count: Expression): void {
    const { program, layout } = this.#context;
    const helper = operation === 'push' ? 'pushStack' : 'popStack';
    const amount = this.#expressions.uint32(count);
    if (stack.kind === 'headerStack') {
      const { headers, type } = program.headerStacks[stack.stack]!;
      const size = layout.types[type]!.size;
      this.#code.line(
        `${helper}(${layout.headers[headers[0]!]}, ${size}, ${layout.valid[headers[0]!]}, 1, ${headers.length}, ${amount}, ${layout.stackNext[stack.stack]});`,
      );
      return;
    }
    if (stack.kind !== 'unionStack') throw new Error('bug in softswitch: no stack');
    const { unions } = program.headerUnionStacks[stack.stack]!;
    const members = program.headerUnions[unions[0]!]!.headers;
    const size = members.reduce((sum, header) => sum + layout.types[program.headers[header]!.type]!.size, 0);
    this.#code.line(
      `${helper}(${layout.headers[members[0]!]}, ${size}, ${layout.valid[members[0]!]}, ${members.length}, ${unions.length}, ${amount}, ${layout.unionStackNext[stack.stack]});`,
    );
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
      if (field !== undefined) this.#code.line(`F[${slotOf(program, layout, field)}] = ${value};`);
    }
  }

  /** Bytes a header takes in the packet. */
  #headerBytes(header: HeaderPlace): string {
    const type = this.#context.layout.types[header.type]!;
    const fixed = type.fixedBits >> 3;
    return type.variableLength < 0 ? String(fixed) : `(${fixed} + (F[${this.#expressions.lengthPlace(header)}] >> 3))`;
  }

  #addHeader(header: HeaderPlace): void {
    const code = this.#code;
    const type = this.#context.layout.types[header.type]!;
    code.block(`if (!(${validityOf(header)}))`, () => {
      for (const [position, field] of this.#context.program.headerTypes[header.type]!.fields.entries()) {
        if (field.variable) continue;
        for (let i = 0; i < limbCount(field.bitwidth); i++)
          code.line(`${at(header.base, type.fields[position]! + i)} = 0;`);
      }
      emitSetValid(code, header, true);
      code.line(`F[${SLOT.length}] += ${this.#headerBytes(header)};`);
    });
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

  #writeRegister(register: number, position: Expression, limbs: readonly string[]): void {
    const { bitwidth, size } = this.#context.program.registers[register]!;
    const count = limbCount(bitwidth);
    const code = this.#code;
    const cell = code.bind(this.#expressions.uint32(position), 'i');
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
function data(argument: Argument): Expression {
  if (argument.kind !== 'expression')
    throw new Error(`bug in softswitch: ${argument.kind} where an expression was checked`);
  return argument.expression;
}

/** Finds a field by the name the target gives it, through aliases. */
export function targetField(program: Program, header: string, name: string) {
  const alias = program.fieldAliases.get(`${header}.${name}`);
  if (alias !== undefined) return alias;
  const index = program.headers.findIndex((each) => each.name === header);
  if (index < 0) return undefined;
  const field = program.headerTypes[program.headers[index]!.type]!.fields.findIndex((each) => each.name === name);
  return field < 0 ? undefined : { header: index, field };
}

function slotOf(program: Program, layout: Layout, field: { header: number; field: number }): number {
  return layout.headers[field.header]! + layout.types[program.headers[field.header]!.type]!.fields[field.field]!;
}
