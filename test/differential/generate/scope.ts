/**
 * What a piece of generated code may use: variables, functions, and the headers that are known to be valid.
 *
 * The generated programs must mean one thing only. So code reads a header's field only where that header is certainly
 * valid, variables are always initialised, and array indices stay in bounds: whatever else two compilers do differently
 * is then a mistake of one of them.
 */
import type { Random } from '../random.ts';

/** A type that expressions are generated for. */
export type Scalar = { readonly kind: 'bit' | 'int'; readonly width: number } | { readonly kind: 'bool' };

export const bit = (width: number): Scalar => ({ kind: 'bit', width });
export const int = (width: number): Scalar => ({ kind: 'int', width });
export const bool: Scalar = { kind: 'bool' };

/** A type as it is written. */
export function typeText(type: Scalar): string {
  return type.kind === 'bool' ? 'bool' : `${type.kind}<${type.width}>`;
}

export function sameType(a: Scalar, b: Scalar): boolean {
  return typeText(a) === typeText(b);
}

/** Something that can be read and perhaps written. */
export interface Variable {
  readonly text: string;
  readonly type: Scalar;
  readonly writable: boolean;
  /** The header instance that must be valid. */
  readonly header?: string;
}

export interface Parameter {
  readonly name: string;
  readonly direction: 'in' | 'inout' | 'out' | '';
  readonly type: Scalar;
}

export interface FunctionSignature {
  readonly name: string;
  readonly result: Scalar;
  readonly parameters: readonly Parameter[];
}

export interface HeaderType {
  readonly name: string;
  readonly fields: readonly { readonly name: string; readonly type: Scalar }[];
}

/** A header instance. `kind` says what else it belongs to. */
export interface HeaderInstance {
  readonly text: string;
  readonly type: HeaderType;
  readonly kind: 'plain' | 'element' | 'member';
}

/** Things declared once for the whole program. */
export interface World {
  readonly random: Random;
  readonly functions: FunctionSignature[];
  /** Names of functions `inner_t f(in inner_t a, inout inner_t b)`. */
  readonly structureFunctions: string[];
  readonly headers: readonly HeaderInstance[];
  /** Name and size of the header stack. */
  readonly stack: { readonly text: string; readonly size: number } | undefined;
  /** Whether there is `hdr.v`, a header with a variable length. */
  readonly variableLength: boolean;
  /** Whether there is `hdr.u`, a union. */
  readonly union: boolean;
  nextName: number;
}

/** Where code is generated for. */
export type Place = 'function' | 'action' | 'control' | 'parser';

export class Scope {
  readonly world: World;
  readonly place: Place;
  readonly variables: Variable[];
  /** Headers that are certainly valid here. */
  valid: Set<string>;
  /** No calls with side effects may be generated. */
  pure = false;
  loopDepth = 0;

  constructor(world: World, place: Place, variables: readonly Variable[], valid: Iterable<string>) {
    this.world = world;
    this.place = place;
    this.variables = [...variables];
    this.valid = new Set(valid);
  }

  /** A scope for a nested block: what it declares ends with it. */
  nested(): Scope {
    const inner = new Scope(this.world, this.place, this.variables, this.valid);
    inner.pure = this.pure;
    inner.loopDepth = this.loopDepth;
    return inner;
  }

  /** After branches that may or may not have run: a header is certainly valid only if it is in all of them. */
  join(branches: readonly Scope[]): void {
    this.valid = new Set([...this.valid].filter((header) => branches.every((branch) => branch.valid.has(header))));
  }

  readable(matches: (variable: Variable) => boolean): Variable[] {
    return this.variables.filter((each) => (each.header === undefined || this.valid.has(each.header)) && matches(each));
  }

  writable(matches: (variable: Variable) => boolean): Variable[] {
    return this.readable((each) => each.writable && matches(each));
  }

  freshName(prefix: string): string {
    return `${prefix}${this.world.nextName++}`;
  }
}
