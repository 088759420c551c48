/**
 * Compiles the primitives that work on whole headers and stacks: copying, adding, removing and shifting them.
 *
 * What a header consists of is known when the program is loaded, so a copy is one assignment for each 32 bits of each
 * field, without a loop; only shifting a stack, whose distance is known at run time alone, calls a function that moves
 * memory. A header that is added or removed changes the packet's length as the program may read it, one that is only
 * set valid does not.
 */
import type { Expression } from '../model/types.ts';
import type { CompileContext } from './actions.ts';
import type { Code } from './code.ts';
import type { ExpressionCompiler } from './expressions.ts';
import { at, emitSetValid, type HeaderPlace, index, validityOf } from './headers.ts';
import { limbCount, SLOT } from './layout.ts';

/** Writes those primitives into `code`. */
export class HeaderPrimitives {
  readonly #context: CompileContext;
  readonly #code: Code;
  readonly #expressions: ExpressionCompiler;

  constructor(context: CompileContext, code: Code, expressions: ExpressionCompiler) {
    this.#context = context;
    this.#code = code;
    this.#expressions = expressions;
  }

  /** Copies a header with its validity; an invalid source makes the target invalid and leaves its fields. */
  copy(target: HeaderPlace, source: HeaderPlace): void {
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

  /** Copies a stack of headers or of unions, element by element, and where the next element goes. */
  copyStack(target: Expression, source: Expression): void {
    const { program, layout } = this.#context;
    const { places } = this.#expressions;
    if (target.kind === 'headerStack' && source.kind === 'headerStack') {
      this.#code.line(`F[${layout.stackNext[target.stack]}] = F[${layout.stackNext[source.stack]}];`);
      const from = program.headerStacks[source.stack]!.headers;
      for (const [i, header] of program.headerStacks[target.stack]!.headers.entries()) {
        this.copy(places.header(header), places.header(from[i]!));
      }
      return;
    }
    if (target.kind === 'unionStack' && source.kind === 'unionStack') {
      this.#code.line(`F[${layout.unionStackNext[target.stack]}] = F[${layout.unionStackNext[source.stack]}];`);
      const from = program.headerUnionStacks[source.stack]!.unions;
      for (const [i, union] of program.headerUnionStacks[target.stack]!.unions.entries()) {
        const sources = places.union(from[i]!).members;
        for (const [m, member] of places.union(union).members.entries()) this.copy(member, sources[m]!);
      }
      return;
    }
    throw new Error('bug in softswitch: stacks of different kinds');
  }

  /** `push_front` or `pop_front`. */
  shiftStack(operation: 'push' | 'pop', stack: Expression, count: Expression): void {
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

  /** Bytes a header takes in the packet. */
  #headerBytes(header: HeaderPlace): string {
    const type = this.#context.layout.types[header.type]!;
    const fixed = type.fixedBits >> 3;
    return type.variableLength < 0 ? String(fixed) : `(${fixed} + (F[${this.#expressions.lengthPlace(header)}] >> 3))`;
  }

  /** Makes a header valid with fields of zero; one that is valid already stays as it is. */
  add(header: HeaderPlace): void {
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

  /** Makes a header invalid; the packet is shorter by it. */
  remove(header: HeaderPlace): void {
    this.#code.block(`if (${validityOf(header)})`, () => {
      this.#code.line(`F[${SLOT.length}] -= ${this.#headerBytes(header)};`);
      emitSetValid(this.#code, header, false);
    });
  }
}
