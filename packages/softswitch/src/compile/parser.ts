/**
 * Compiles the parser to one function.
 *
 * `p` is the position in the packet, `end` the position after it. An error ends parsing at once; what was extracted
 * before stays, as in BMv2, and the position counts what was consumed. A parser that goes around in circles without
 * consuming anything (BMv2 would hang) is stopped with ParserTimeout.
 */
import { ProgramError } from '../model/reader.ts';
import type { Expression, ExtractTarget, Parser, ParserOperation, TransitionKeyPart } from '../model/types.ts';
import { type CompileContext, compilePrimitives } from './actions.ts';
import { BitLoader } from './bits.ts';
import { Code } from './code.ts';
import { ExpressionCompiler } from './expressions.ts';
import { emitFlow } from './flow.ts';
import { at, emitSetValid, fieldOffset, type HeaderPlace, index } from './headers.ts';
import { fieldSlot, SLOT } from './layout.ts';
import { fieldDeclaration } from './ranges.ts';
import { constantLimbs } from './values.ts';

/** State changes after which a parser is taken to be in an endless loop. */
const MAX_STEPS = 16384;

/** The function `parse()`: reads the packet, fills header fields, sets the payload position and the error. */
export function compileParser(context: CompileContext, parser: Parser): Code {
  return new ParserCompiler(context, parser).compile();
}

class ParserCompiler {
  readonly #context: CompileContext;
  readonly #parser: Parser;
  readonly #code: Code;

  constructor(context: CompileContext, parser: Parser) {
    this.#context = context;
    this.#parser = parser;
    this.#code = new Code(context.names);
  }

  compile(): Code {
    const code = this.#code;
    code.block('function parse()', () => {
      code.line(`let p = F[${SLOT.start}];`);
      code.line(`const end = F[${SLOT.end}];`);
      if (this.#mayLoop()) code.line('let steps = 0;');
      code.line(`F[${SLOT.parserError}] = ${this.#error('NoError')};`);
      code.block('parsing:', () => {
        emitFlow(code, {
          size: this.#parser.states.length,
          start: this.#parser.start,
          successors: (state) => this.#successors(state),
          emit: (state, go) => this.#state(state, go),
          emitEnd: () => code.line('break parsing;'),
        });
      });
      code.line(`F[${SLOT.payload}] = p;`);
    });
    return code;
  }

  #successors(state: number): number[] {
    const { transitions, defaultNext } = this.#parser.states[state]!;
    return [...new Set([...transitions.map((transition) => transition.next), defaultNext])].filter((next) => next >= 0);
  }

  #mayLoop(): boolean {
    const state = new Uint8Array(this.#parser.states.length);
    const visit = (node: number): boolean => {
      if (state[node] === 1) return true;
      if (state[node] === 2) return false;
      state[node] = 1;
      if (this.#successors(node).some(visit)) return true;
      state[node] = 2;
      return false;
    };
    return this.#parser.start >= 0 && visit(this.#parser.start);
  }

  #error(name: string): number {
    return this.#context.program.errors.get(name)!;
  }

  #fail(condition: string, error: string | number): void {
    const value = typeof error === 'number' ? error : this.#error(error);
    this.#code.line(`if (${condition}) { F[${SLOT.parserError}] = ${value}; break parsing; }`);
  }

  #state(position: number, go: (target: number) => void): void {
    const state = this.#parser.states[position]!;
    const code = this.#code;
    code.line(`// state ${state.name.replace(/[^\w.$ -]/g, '_')}`);
    if (this.#context.trace) code.line(`trace.state(${position});`);
    if (this.#mayLoop()) this.#fail(`++steps > ${MAX_STEPS}`, 'ParserTimeout');
    for (const operation of state.operations) this.#operation(operation);
    if (state.key.length === 0 || state.transitions.length === 0) {
      go(state.defaultNext);
      return;
    }
    const expressions = new ExpressionCompiler(this.#context.program, this.#context.layout, code);
    const parts = state.key.map((part) => this.#keyPart(part, expressions).map((limb) => code.bind(limb, 'k')));
    for (const transition of state.transitions) {
      let test: string;
      if (transition.kind === 'value') {
        test = this.#matches(parts, state.key, transition.values, transition.masks);
      } else {
        const words = parts.flat().join(', ');
        const masks =
          transition.masks === undefined
            ? ''
            : `, [${transition.masks.flatMap((mask, i) => constantLimbs(mask, state.key[i]!.bitwidth)).join(', ')}]`;
        test = `valueSetContains(${transition.valueSet}, [${words}]${masks})`;
      }
      if (test === 'true') {
        go(transition.next);
        return;
      }
      code.block(`if (${test})`, () => go(transition.next));
    }
    go(state.defaultNext);
  }

  #matches(
    parts: readonly (readonly string[])[],
    key: readonly TransitionKeyPart[],
    values: readonly bigint[],
    masks: readonly bigint[] | undefined,
  ): string {
    const tests: string[] = [];
    for (const [i, limbs] of parts.entries()) {
      const full = (1n << BigInt(key[i]!.bitwidth)) - 1n;
      const mask = (masks?.[i] ?? full) & full;
      // Without a mask, bits of the value beyond the field's width make the case impossible.
      if (masks === undefined && values[i]! > full) return 'false';
      const wanted = constantLimbs(values[i]! & mask, key[i]!.bitwidth);
      const maskLimbs = constantLimbs(mask, key[i]!.bitwidth);
      const fullLimbs = constantLimbs(full, key[i]!.bitwidth);
      for (const [j, limb] of limbs.entries()) {
        if (maskLimbs[j] === '0') continue;
        tests.push(
          maskLimbs[j] === fullLimbs[j] ? `${limb} === ${wanted[j]}` : `(${limb} & ${maskLimbs[j]}) === ${wanted[j]}`,
        );
      }
    }
    return tests.length === 0 ? 'true' : tests.join(' && ');
  }

  /** Limbs of a part of the key, bits beyond its width 0. */
  #keyPart(part: TransitionKeyPart, expressions: ExpressionCompiler): string[] {
    switch (part.kind) {
      case 'field':
        return this.#unsigned(
          expressions.modulo({ kind: 'field', field: part.field }, part.bitwidth),
          part.bitwidth,
          fieldDeclaration(this.#context.program, part.field).signed,
        );
      case 'lastField':
        return expressions.modulo({ kind: 'lastField', stack: part.stack, field: part.field }, part.bitwidth);
      case 'unionStackField': {
        const next = at(this.#context.layout.unionStackNext[part.stack]!);
        const member = expressions.places.unionStackElement(part.stack, `${next} - 1`, this.#code).members[
          part.member
        ]!;
        const offset = fieldOffset(this.#context.layout, member, part.field);
        return Array.from({ length: Math.max(1, Math.ceil(part.bitwidth / 32)) }, (_, i) =>
          at(member.base, offset + i),
        );
      }
      case 'lookahead': {
        // Like BMv2, no check of the length here; p4c extracts lookaheads with a `set` first, which checks. Behind the
        // packet zeros are read.
        const bytes = Math.ceil((part.bitOffset + part.bitwidth) / 8);
        this.#code.line(`if (p + ${bytes} > end) clearBehind(end, p + ${bytes});`);
        return new BitLoader(this.#code, 'p').field(part.bitOffset, part.bitwidth);
      }
    }
  }

  #unsigned(limbs: readonly string[], bitwidth: number, signed: boolean): string[] {
    if (!signed || bitwidth >= 32) return [...limbs];
    return [`(${limbs[0]} & ${2 ** bitwidth - 1})`];
  }

  #operation(operation: ParserOperation): void {
    const { program, layout } = this.#context;
    const code = this.#code;
    const expressions = new ExpressionCompiler(program, layout, code);
    switch (operation.kind) {
      case 'extract':
        this.#extract(operation.target, operation.variableBits, expressions);
        return;
      case 'set': {
        const place = expressions.fieldPlace({ kind: 'field', field: operation.field })!;
        if (place.field.variable) {
          const source = expressions.fieldPlace(operation.source);
          if (source === undefined || !source.field.variable)
            throw new ProgramError('parsers', 'a variable-length field is set from something else', 'unsupported');
          code.line(
            `copyVariable(${index(place.place)}, ${place.lengthPlace}, ${index(source.place)}, ${source.lengthPlace});`,
          );
          return;
        }
        expressions.store(place.place, place.field, operation.source);
        return;
      }
      case 'setLookahead': {
        const bytes = Math.ceil((operation.bitOffset + operation.bitwidth) / 8);
        this.#fail(`end - p < ${bytes}`, 'PacketTooShort');
        const limbs = new BitLoader(code, 'p').field(operation.bitOffset, operation.bitwidth);
        const field = fieldDeclaration(program, operation.field);
        const range = { low: 0n, high: (1n << BigInt(operation.bitwidth)) - 1n };
        expressions.storeLimbs(fieldSlot(program, layout, operation.field), field, limbs, range);
        return;
      }
      case 'verify': {
        const condition = expressions.condition(operation.condition);
        const error = expressions.uint32(operation.error);
        this.#code.line(`if (!${condition}) { F[${SLOT.parserError}] = ${error}; break parsing; }`);
        return;
      }
      case 'primitive':
        compilePrimitives(this.#context, code, [operation.primitive]);
        return;
      case 'advance': {
        const bits = code.bind(expressions.number(operation.bits));
        this.#fail(`(${bits} & 7) !== 0`, 'ParserInvalidArgument');
        this.#fail(`(end - p) * 8 < ${bits}`, 'PacketTooShort');
        code.line(`p += ${bits} / 8;`);
        return;
      }
    }
  }

  #extract(target: ExtractTarget, variableBits: Expression | undefined, expressions: ExpressionCompiler): void {
    const { program, layout } = this.#context;
    const code = this.#code;
    switch (target.kind) {
      case 'header':
        this.#extractHeader(expressions.places.header(target.header), variableBits, expressions);
        return;
      case 'stack': {
        const next = at(layout.stackNext[target.stack]!);
        this.#fail(`${next} >= ${program.headerStacks[target.stack]!.headers.length}`, 'StackOutOfBounds');
        this.#extractHeader(expressions.places.stackElement(target.stack, next, code), variableBits, expressions);
        code.line(`${next}++;`);
        return;
      }
      case 'unionStack': {
        const next = at(layout.unionStackNext[target.stack]!);
        this.#fail(`${next} >= ${program.headerUnionStacks[target.stack]!.unions.length}`, 'StackOutOfBounds');
        const { members } = expressions.places.unionStackElement(target.stack, next, code);
        this.#extractHeader(members[target.member]!, variableBits, expressions);
        code.line(`${next}++;`);
        return;
      }
    }
  }

  #extractHeader(header: HeaderPlace, variableBits: Expression | undefined, expressions: ExpressionCompiler): void {
    const { program, layout } = this.#context;
    const code = this.#code;
    const declaration = program.headerTypes[header.type]!;
    const type = layout.types[header.type]!;
    if (declaration.variableField >= 0) {
      this.#extractVariable(
        header,
        variableBits ?? this.#lengthOf(header, expressions),
        variableBits === undefined,
        expressions,
      );
      return;
    }
    const bytes = type.fixedBits >> 3;
    this.#fail(`end - p < ${bytes}`, 'PacketTooShort');
    this.#loadFields(header, 0, declaration.fields.length, 'p', expressions);
    if (bytes > 0) code.line(`p += ${bytes};`);
    emitSetValid(code, header, true);
    if (this.#context.trace) code.line(`trace.extract(${index(header.valid)});`);
  }

  /** The length expression of an old-format header type, which speaks of the header's own fields. */
  #lengthOf(header: HeaderPlace, expressions: ExpressionCompiler): Expression {
    const declaration = this.#context.program.headerTypes[header.type]!;
    const owner = this.#context.layout.headers.indexOf(header.base as number);
    if (declaration.lengthExpression === undefined || owner < 0) {
      throw new ProgramError(
        'parsers',
        `header type '${declaration.name}' has no length expression that could be used here`,
        'unsupported',
      );
    }
    void expressions;
    return substituteLocals(declaration.lengthExpression, owner);
  }

  #extractVariable(
    header: HeaderPlace,
    variableBits: Expression,
    fieldsFirst: boolean,
    expressions: ExpressionCompiler,
  ): void {
    const { program, layout } = this.#context;
    const code = this.#code;
    const declaration = program.headerTypes[header.type]!;
    const type = layout.types[header.type]!;
    const at0 = declaration.fields.slice(0, declaration.variableField).reduce((sum, field) => sum + field.bitwidth, 0);
    if (at0 % 8 !== 0)
      throw new ProgramError(
        'parsers',
        `the variable field of '${declaration.name}' does not start at a whole byte`,
        'unsupported',
      );
    const fixed = type.fixedBits >> 3;
    if (fieldsFirst) {
      // The length depends on fields of this header that come before.
      this.#fail(`end - p < ${fixed}`, 'PacketTooShort');
      this.#loadFields(header, 0, declaration.variableField, 'p', expressions);
    }
    const bits = code.bind(expressions.number(variableBits), 'n');
    this.#fail(`(${bits} & 7) !== 0`, 'ParserInvalidArgument');
    this.#fail(`(end - p - ${fixed}) * 8 < ${bits}`, 'PacketTooShort');
    this.#fail(`${bits} > ${declaration.fields[declaration.variableField]!.bitwidth} || ${bits} < 0`, 'HeaderTooShort');
    if (!fieldsFirst) this.#loadFields(header, 0, declaration.variableField, 'p', expressions);
    const bytes = code.bind(`${bits} / 8`, 'n');
    const place = index(header.base, type.fields[declaration.variableField]!);
    code.line(`${at(header.base, type.variableLength)} = ${bits};`);
    code.line(`loadVariable(${place}, p + ${at0 / 8}, ${bytes});`);
    const rest = code.bind(`p + ${at0 / 8} + ${bytes}`, 'q');
    this.#loadFields(header, declaration.variableField + 1, declaration.fields.length, rest, expressions);
    code.line(`p += ${fixed} + ${bytes};`);
    emitSetValid(code, header, true);
    if (this.#context.trace) code.line(`trace.extract(${index(header.valid)});`);
  }

  /** Loads the fields [from, to) of a header whose first field starts at the byte in `base`. */
  #loadFields(header: HeaderPlace, from: number, to: number, base: string, expressions: ExpressionCompiler): void {
    const loader = new BitLoader(this.#code, base);
    const { fields } = this.#context.program.headerTypes[header.type]!;
    let offset = 0;
    for (let i = from; i < to; i++) {
      const field = fields[i]!;
      if (field.bitwidth === 0) continue;
      const limbs = loader.field(offset, field.bitwidth);
      const range = field.signed ? undefined : { low: 0n, high: (1n << BigInt(field.bitwidth)) - 1n };
      const slot = this.#context.layout.types[header.type]!.fields[i]!;
      const place = typeof header.base === 'number' ? header.base + slot : index(header.base, slot);
      expressions.storeLimbs(place, field, limbs, range);
      offset += field.bitwidth;
    }
  }
}

/** Replaces `local` n by field n of a header. */
function substituteLocals(expression: Expression, header: number): Expression {
  switch (expression.kind) {
    case 'local':
      return { kind: 'field', field: { header, field: expression.index } };
    case 'arithmetic':
      return {
        ...expression,
        left: substituteLocals(expression.left, header),
        right: substituteLocals(expression.right, header),
      };
    case 'complement':
      return { ...expression, operand: substituteLocals(expression.operand, header) };
    default:
      return expression;
  }
}
