/**
 * A body under construction: the graph of one parser, control or action, and where in it translation stands.
 *
 * Statements are translated in order into `current`; branching makes new blocks and moves `current`. After a jump
 * `current` is a block that nothing leads to, so that unreachable source needs no special care: it is translated and
 * then never visited.
 */

import type * as T from '../3-types/types.ts';
import * as build from '../5-lower/expressions.ts';
import type * as ir from '../5-lower/ir.ts';
import type { Span } from '../diagnostics/span.ts';
import type { Context } from './context.ts';
import type { Frame } from './instances.ts';
import { allocate, allocateScalar } from './storage.ts';
import type { Value } from './values.ts';

/** What kind of block is being translated: externs and statements are allowed in some only. */
export type BodyKind = 'parser' | 'verify' | 'ingress' | 'egress' | 'compute' | 'deparser';

/** See the top of the file. */
export class Body {
  readonly context: Context;
  readonly kind: BodyKind;
  /** True while an action of a table is translated. */
  readonly isAction: boolean;
  readonly entry: ir.Block;
  current: ir.Block;
  /** Headers emitted, for deparsers. */
  readonly emitted: ir.HeaderInstance[] = [];
  /** Tables and checksums met, in order. */
  readonly tables: ir.Table[] = [];
  readonly profiles: ir.ActionProfile[] = [];
  readonly valueSets: ir.ValueSet[] = [];
  readonly checksums: ir.Checksum[] = [];

  constructor(context: Context, kind: BodyKind, name: string, isAction = false) {
    this.context = context;
    this.kind = kind;
    this.isAction = isAction;
    this.entry = context.newBlock(name);
    this.current = this.entry;
  }

  /** Adds an instruction. */
  emit(instruction: ir.Instruction): void {
    this.current.instructions.push(instruction);
  }

  /** Adds `target = value`. */
  assign(target: ir.Place, value: ir.Expression, span: Span | undefined): void {
    this.emit({ kind: 'assign', target, value, span });
  }

  /** Ends the current block. What follows is unreachable until `moveTo`. */
  terminate(terminator: ir.Terminator): void {
    this.current.terminator = terminator;
    this.current = this.context.newBlock('unreachable');
  }

  /** Ends the current block with a jump. */
  goto(target: ir.Block, span?: Span): void {
    this.terminate({ kind: 'goto', target, span });
  }

  /** Goes on in that block. */
  moveTo(block: ir.Block): void {
    this.current = block;
  }

  newBlock(name: string): ir.Block {
    return this.context.newBlock(name);
  }

  /** A fresh place for a scalar that only the compiler knows. */
  temporary(type: ir.ScalarType, name = 'tmp'): ir.Place {
    return allocateScalar(this.context, type, { name, role: 'temporary', span: undefined });
  }

  /** A fresh variable of any type that only the compiler knows. */
  allocate(type: T.Type, name: string): Value {
    return allocate(this.context, type, { name, role: 'temporary', span: undefined });
  }

  /**
   * The expression's value now, whatever is assigned later: constants and action data as they are, all else in a
   * temporary.
   */
  freeze(expression: ir.Expression, span: Span | undefined): ir.Expression {
    if (expression.kind === 'constant' || expression.kind === 'parameter') return expression;
    const place = this.temporary(expression.type);
    this.assign(place, expression, span);
    return build.read(place);
  }
}

/** Where control goes from statements being translated. */
export interface Scope {
  readonly frame: Frame;
  /** Where `return` goes, and where the value returned is put. Undefined: the end of the body. */
  readonly returnTo: { readonly block: ir.Block; readonly value: Value | undefined } | undefined;
  /** Where `exit` goes when something remains to be done first. Undefined: the pipeline ends. */
  readonly exitTo: ir.Block | undefined;
  readonly breakTo: ir.Block | undefined;
  readonly continueTo: ir.Block | undefined;
}
