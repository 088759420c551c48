/**
 * What all of elaboration shares: the typed program, where diagnostics go, and the storage allocated so far.
 *
 * Elaboration stops at the first thing that it cannot translate by throwing `Unsupported`, which the entry point turns
 * into one diagnostic ("not supported yet" or "cannot be expressed on this target"): half a program must never be
 * written.
 */

import type * as ast from '../2-parse/ast.ts';
import { NodeSet } from '../3-types/support/node-table.ts';
import type { TypedProgram } from '../3-types/typed-program.ts';
import * as T from '../3-types/types.ts';
import type * as ir from '../5-lower/ir.ts';
import { InternalError, type Reporter } from '../diagnostics/diagnostic.ts';
import type { Span } from '../diagnostics/span.ts';
import type { Frame } from './instances.ts';

/** Options of the back end. */
export interface ElaborateOptions {
  /** The program's file name, for the output's `program` field. */
  readonly sourceName: string;
  /** Keep externs that v1model does not define, for a switch that brings them along. */
  readonly emitExterns: boolean;
  /** Leave out `assert` and `assume`. */
  readonly ndebug: boolean;
}

/** Thrown for what the user wrote and the target or this compiler cannot do; carries the diagnostic. */
export class CannotElaborate extends Error {
  readonly errorClass:
    | 'unsupported'
    | 'target-error'
    | 'invalid'
    | 'expected'
    | 'Target model error'
    | 'overlimit'
    | 'unexpected'
    | 'uninitialized'
    | 'type-error';
  readonly span: Span | undefined;
  readonly suggestion: string | undefined;
  constructor(errorClass: CannotElaborate['errorClass'], span: Span | undefined, message: string, suggestion?: string) {
    super(message);
    this.errorClass = errorClass;
    this.span = span;
    this.suggestion = suggestion;
  }
}

/** Reports a named gap of this compiler and gives up. */
export function notSupportedYet(span: Span | undefined, what: string): never {
  throw new CannotElaborate('unsupported', span, `${what} is not supported yet`);
}

/** Reports what the target cannot express and gives up. */
export function notOnTarget(span: Span | undefined, message: string, suggestion?: string): never {
  throw new CannotElaborate('target-error', span, message, suggestion);
}

/** Most basic blocks of a program. Each inlined call makes some, and calls that contain calls multiply. */
const BLOCK_LIMIT = 200_000;

/** See the top of the file. */
export class Context {
  readonly typed: TypedProgram;
  readonly reporter: Reporter;
  readonly options: ElaborateOptions;
  /** By name; types that differ only in their identity share one. */
  readonly headerTypes = new Map<string, ir.HeaderType>();
  readonly madeHeaderTypes = new Map<T.HeaderType, ir.HeaderType>();
  readonly headerInstances: ir.HeaderInstance[] = [];
  readonly headerStacks: ir.HeaderStack[] = [];
  readonly unionInstances: ir.UnionInstance[] = [];
  readonly unionStacks: ir.UnionStack[] = [];
  readonly variables: ir.Variable[] = [];
  readonly counters: ir.CounterArray[] = [];
  readonly meters: ir.MeterArray[] = [];
  readonly registers: ir.RegisterArray[] = [];
  readonly externInstances: ir.ExternInstance[] = [];
  readonly errorCodes = new Map<string, number>();
  readonly enumValues = new Map<string, readonly { name: string; value: bigint }[]>();
  /**
   * Names of the parts of structures, by what stands before them: copies of a structure ask for the same ones (see
   * `allocate`).
   */
  readonly partNames = new Map<T.StructType, Map<string, readonly string[]>>();
  /** For each name space, the names asked for and how often a number was put behind them. */
  private readonly usedNames = { header: new Map<string, number>(), variable: new Map<string, number>() };
  /** The greatest number of a block so far. */
  lastBlockId = 0;
  /** Expressions that are known to do nothing but compute, and those known to do more (see `hasEffects`). */
  readonly pure: NodeSet<ast.Expression>;
  readonly effectful: NodeSet<ast.Expression>;

  constructor(typed: TypedProgram, reporter: Reporter, options: ElaborateOptions) {
    this.typed = typed;
    this.reporter = reporter;
    this.options = options;
    this.pure = new NodeSet(typed.program);
    this.effectful = new NodeSet(typed.program);
    for (const member of typed.errors) {
      if (!this.errorCodes.has(member.name.name)) this.errorCodes.set(member.name.name, this.errorCodes.size);
    }
  }

  /** `base`, or `base_1`, `base_2`, ... where it is taken in that name space. */
  uniqueName(space: 'header' | 'variable', base: string): string {
    const used = this.usedNames[space];
    let count = used.get(base);
    if (count === undefined && !isNumbered(used, base)) {
      used.set(base, 0);
      return base;
    }
    let candidate: string;
    do {
      count = (count ?? 0) + 1;
      candidate = `${base}_${count}`;
    } while (used.has(candidate));
    used.set(base, count);
    return candidate;
  }

  /** A block without content; it must be given a terminator. */
  newBlock(name: string): ir.Block {
    this.lastBlockId += 1;
    if (this.lastBlockId > BLOCK_LIMIT) {
      throw new CannotElaborate(
        'overlimit',
        undefined,
        'the program grows too large when its calls are inlined',
        'call functions, actions and controls that call others at fewer places',
      );
    }
    return { id: this.lastBlockId, name, instructions: [], terminator: { kind: 'unreachable', span: undefined } };
  }

  /** The type with the frame's type arguments in place of type parameters. */
  concrete(type: T.Type, frame: Frame): T.Type {
    return T.substitute(type, new FrameSubstitution(frame));
  }

  /** Type of an expression's value where it stands. */
  typeOf(expression: ast.Expression, frame: Frame): T.Type {
    const type = this.typed.implicitCasts.get(expression) ?? this.typed.types.get(expression);
    if (type === undefined) throw new InternalError(`expression without a type: ${expression.kind}`, expression.span);
    return this.concrete(type, frame);
  }

  /** Type of an expression before it is converted for its place. */
  ownTypeOf(expression: ast.Expression, frame: Frame): T.Type {
    const type = this.typed.types.get(expression);
    if (type === undefined) throw new InternalError(`expression without a type: ${expression.kind}`, expression.span);
    return this.concrete(type, frame);
  }

  /** Type of what a declaration declares. */
  declaredType(declaration: ast.Node, frame: Frame): T.Type {
    const type = this.typed.declarationTypes.get(declaration);
    if (type === undefined)
      throw new InternalError(`declaration without a type: ${declaration.kind}`, declaration.span);
    return this.concrete(type, frame);
  }
}

/**
 * Whether the name was given as a numbered one: `x_2` where two numbers were put behind `x`. Those are not entered one
 * by one.
 */
function isNumbered(used: ReadonlyMap<string, number>, name: string): boolean {
  const last = name.charCodeAt(name.length - 1);
  if (last < 48 || last > 57) return false;
  const [, stem, number] = /^(.*)_([1-9]\d*)$/s.exec(name) ?? [];
  return stem !== undefined && Number(number) <= (used.get(stem) ?? 0);
}

/** Looks type variables up by their declaration along a chain of frames. */
class FrameSubstitution implements T.Substitution {
  readonly size = 1;
  private readonly frame: Frame;
  constructor(frame: Frame) {
    this.frame = frame;
  }
  get(variable: T.TypeVariable): T.Type | undefined {
    if (variable.declaration === undefined) return undefined;
    for (let frame: Frame | undefined = this.frame; frame !== undefined; frame = frame.parent) {
      const type = frame.types.get(variable.declaration);
      if (type !== undefined) return type;
    }
    return undefined;
  }
  has(variable: T.TypeVariable): boolean {
    return this.get(variable) !== undefined;
  }
  forEach(): void {}
  *entries(): MapIterator<[T.TypeVariable, T.Type]> {}
  *keys(): MapIterator<T.TypeVariable> {}
  *values(): MapIterator<T.Type> {}
  [Symbol.iterator](): MapIterator<[T.TypeVariable, T.Type]> {
    return this.entries();
  }
}
