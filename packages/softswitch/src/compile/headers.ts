/**
 * References to headers, stacks and unions in generated code.
 *
 * Most headers are known at compile time, so their place is a number; an element of a stack with a run-time index has
 * its place in a temporary. Both are a `Place`, and `at` makes the array access from either.
 */
import { type Expression, type Program, VALID_FIELD } from '../model/types.ts';
import type { Code } from './code.ts';
import type { Layout } from './layout.ts';
import { headerTypeOfExpression } from './ranges.ts';

/** An index into `F`: known, or in a variable. */
export type Place = number | string;

/** A header in generated code. */
export interface HeaderPlace {
  readonly type: number;
  readonly base: Place;
  readonly valid: Place;
  /** Validity of the other members of the same union. */
  readonly siblings: readonly Place[];
  readonly metadata: boolean;
}

/** A union: its members. */
export interface UnionPlace {
  readonly members: readonly HeaderPlace[];
}

/** `F[place + offset]`. */
export function at(place: Place, offset = 0): string {
  return `F[${index(place, offset)}]`;
}

/** `place + offset` as code. */
export function index(place: Place, offset = 0): string {
  if (typeof place === 'number') return String(place + offset);
  return offset === 0 ? place : `${place} + ${offset}`;
}

/** Element of a field in a header. */
export function fieldOffset(layout: Layout, header: HeaderPlace, field: number): number {
  return field === VALID_FIELD ? 0 : layout.types[header.type]!.fields[field]!;
}

/**
 * Makes places for headers, unions and elements of stacks. `number` compiles an index expression to a JavaScript
 * number.
 */
export class Places {
  readonly #program: Program;
  readonly #layout: Layout;

  constructor(program: Program, layout: Layout) {
    this.#program = program;
    this.#layout = layout;
  }

  /** A header instance. */
  header(header: number): HeaderPlace {
    const declaration = this.#program.headers[header]!;
    const siblings =
      declaration.union < 0
        ? []
        : this.#program.headerUnions[declaration.union]!.headers.filter((other) => other !== header).map(
            (other) => this.#layout.valid[other]!,
          );
    return {
      type: declaration.type,
      base: this.#layout.headers[header]!,
      valid: this.#layout.valid[header]!,
      siblings,
      metadata: declaration.metadata,
    };
  }

  union(union: number): UnionPlace {
    return { members: this.#program.headerUnions[union]!.headers.map((header) => this.header(header)) };
  }

  /** Element `position` (code of a number) of a stack; out of range it is the spare element. */
  stackElement(stack: number, position: string, code: Code): HeaderPlace {
    const headers = this.#program.headerStacks[stack]!.headers;
    const constant = constantIndex(position);
    if (constant !== undefined && constant < headers.length) return this.header(headers[constant]!);
    const type = this.#program.headerStacks[stack]!.type;
    const clamped = this.#clamp(position, headers.length, code);
    const size = this.#layout.types[type]!.size;
    return {
      type,
      base: code.bind(`${this.#layout.headers[headers[0]!]!} + ${clamped} * ${size}`, 'b'),
      valid: code.bind(`${this.#layout.valid[headers[0]!]!} + ${clamped}`, 'v'),
      siblings: [],
      metadata: false,
    };
  }

  /** Element `position` of a stack of unions; out of range it is the spare element. */
  unionStackElement(stack: number, position: string, code: Code): UnionPlace {
    const unions = this.#program.headerUnionStacks[stack]!.unions;
    const constant = constantIndex(position);
    if (constant !== undefined && constant < unions.length) return this.union(unions[constant]!);
    const clamped = this.#clamp(position, unions.length, code);
    const headers = this.#program.headerUnions[unions[0]!]!.headers;
    const stride = headers.reduce(
      (sum, header) => sum + this.#layout.types[this.#program.headers[header]!.type]!.size,
      0,
    );
    const valids = headers.map((header) =>
      code.bind(`${this.#layout.valid[header]!} + ${clamped} * ${headers.length}`, 'v'),
    );
    return {
      members: headers.map((header, member) => ({
        type: this.#program.headers[header]!.type,
        base: code.bind(`${this.#layout.headers[header]!} + ${clamped} * ${stride}`, 'b'),
        valid: valids[member]!,
        siblings: valids.filter((_, other) => other !== member),
        metadata: false,
      })),
    };
  }

  #clamp(position: string, size: number, code: Code): string {
    const name = code.bind(position, 'i');
    return code.bind(`(${name} >>> 0) < ${size} ? ${name} : ${size}`, 'i');
  }

  /** A header given by an expression. */
  headerOf(
    expression: Expression,
    code: Code,
    number: (index: Expression) => string,
    condition: (test: Expression) => string,
  ): HeaderPlace {
    switch (expression.kind) {
      case 'header':
        return this.header(expression.header);
      case 'stackElement':
        if (expression.stack.kind === 'headerStack')
          return this.stackElement(expression.stack.stack, number(expression.index), code);
        break;
      case 'accessUnionHeader':
        return this.unionOf(expression.union, code, number).members[expression.member]!;
      case 'conditional': {
        const left = this.headerOf(expression.left, code, number, condition);
        const right = this.headerOf(expression.right, code, number, condition);
        const test = code.bind(condition(expression.condition), 'c');
        return {
          type: headerTypeOfExpression(this.#program, expression),
          base: code.bind(`${test} ? ${left.base} : ${right.base}`, 'b'),
          valid: code.bind(`${test} ? ${left.valid} : ${right.valid}`, 'v'),
          siblings: [],
          metadata: left.metadata && right.metadata,
        };
      }
      default:
    }
    throw new Error(`bug in softswitch: no header in an expression of kind ${expression.kind}`);
  }

  /** A union given by an expression. */
  unionOf(expression: Expression, code: Code, number: (index: Expression) => string): UnionPlace {
    if (expression.kind === 'union') return this.union(expression.union);
    if (expression.kind === 'unionStackElement' && expression.stack.kind === 'unionStack') {
      return this.unionStackElement(expression.stack.stack, number(expression.index), code);
    }
    throw new Error(`bug in softswitch: no union in an expression of kind ${expression.kind}`);
  }
}

function constantIndex(position: string): number | undefined {
  return /^\d+$/.test(position) ? Number(position) : undefined;
}

/** Code that is true where the header is valid. */
export function validityOf(header: HeaderPlace): string {
  return header.metadata ? 'true' : `${at(header.valid)} !== 0`;
}

/** Makes a header valid (its union siblings invalid) or invalid. */
export function emitSetValid(code: Code, header: HeaderPlace, valid: boolean): void {
  code.line(`${at(header.valid)} = ${valid ? 1 : 0};`);
  if (valid) for (const sibling of header.siblings) code.line(`${at(sibling)} = 0;`);
}
