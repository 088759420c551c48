/**
 * Parser states: each becomes a block, `select` its ending. A parser applied inside another one is translated in place:
 * its `accept` is the caller's next block, so that subparsers cost nothing.
 *
 * What BMv2's transitions cannot match directly is prepared here: keys become plain reads (through temporaries), ranges
 * become masks, `transition select` on values known only at run time becomes branches.
 */

import type * as ast from '../2-parse/ast.ts';
import * as build from '../5-lower/expressions.ts';
import * as ir from '../5-lower/ir.ts';
import { InternalError } from '../diagnostics/diagnostic.ts';
import type { Span } from '../diagnostics/span.ts';
import type { Body, Scope } from './body.ts';
import { CannotElaborate, notSupportedYet } from './context.ts';
import { evaluate, evaluateAll } from './expressions.ts';
import { type BlockInstance, childFrame } from './instances.ts';
import { translateStatements } from './statements.ts';
import * as operations from './value-operations.ts';
import type { Value } from './values.ts';

/** Translates all states of a parser, from `start` to `scope.returnTo` (accept) or the parser's end. */
export function translateStates(
  body: Body,
  scope: Scope,
  instance: BlockInstance,
  declaration: ast.ParserDeclaration,
  span: Span,
): void {
  const accept = scope.returnTo?.block;
  const accepted = (): ir.Block => {
    if (accept !== undefined) return accept;
    const block = body.newBlock('accept');
    block.terminator = { kind: 'accept', span };
    return block;
  };
  const rejected = (at: Span): ir.Block => {
    const block = body.newBlock('reject');
    block.terminator = { kind: 'reject', span: at };
    return block;
  };
  const blocks = new Map<ast.ParserState, ir.Block>();
  const waiting: ast.ParserState[] = [];
  const blockOf = (state: ast.ParserState): ir.Block => {
    let block = blocks.get(state);
    if (block === undefined) {
      block = body.newBlock(state.name.name);
      blocks.set(state, block);
      waiting.push(state);
    }
    return block;
  };
  const targetOf = (path: ast.PathExpression): ir.Block => {
    const target = body.context.typed.paths.get(path);
    if (target?.kind === 'BuiltInState') return target.name === 'accept' ? accepted() : rejected(path.span);
    if (target?.kind !== 'ParserState') throw new InternalError(`no state ${path.name.name}`, path.span);
    return blockOf(target);
  };
  const start = declaration.states.find((state) => state.name.name === 'start');
  if (start === undefined) throw new CannotElaborate('invalid', declaration.span, 'a parser needs a state start');
  body.goto(blockOf(start), span);
  for (let state = waiting.shift(); state !== undefined; state = waiting.shift()) {
    body.moveTo(blocks.get(state)!);
    const inner: Scope = { ...scope, frame: childFrame(instance.frame), returnTo: undefined };
    translateStatements(body, inner, state.statements);
    const { transition } = state;
    if (transition === undefined) body.goto(rejected(state.span), state.span);
    else if (transition.kind === 'PathExpression') body.goto(targetOf(transition), transition.span);
    else translateSelect(body, inner, transition, targetOf);
  }
}

/** One key's set while it is being translated. */
type Alternative = readonly ir.KeySet[];

function translateSelect(
  body: Body,
  scope: Scope,
  select: ast.SelectExpression,
  targetOf: (path: ast.PathExpression) => ir.Block,
): void {
  const keys = flattenKeys(evaluateAll(body, scope, select.keys), select.span);
  const simpleKeys = keys.map((key) => simplifyKey(body, key, select.span));
  const cases: ir.SelectCase[] = [];
  const finish = (): void => {
    body.terminate({ kind: 'select', keys: simpleKeys, cases: [...cases], span: select.span });
    cases.length = 0;
  };
  for (const selectCase of select.cases) {
    const target = targetOf(selectCase.state);
    const { span } = selectCase;
    const valueSet = valueSetOf(body, scope, selectCase.keyset);
    if (valueSet !== undefined) {
      cases.push({ match: { valueSet }, target, span });
      continue;
    }
    const elements = keysetElements(selectCase.keyset, simpleKeys.length);
    if (elements === undefined) {
      cases.push({ match: simpleKeys.map(() => ({ value: 0n, mask: 0n })), target, span });
      continue;
    }
    if (elements.length !== simpleKeys.length) {
      notSupportedYet(span, 'a key set with a different number of parts than the keys');
    }
    const sets = elements.map((element, index) => keySets(body, scope, element, simpleKeys[index]!.type));
    if (sets.every((set) => Array.isArray(set))) {
      for (const match of product(sets as ir.KeySet[][], span)) cases.push({ match, target, span });
      continue;
    }
    // Something here is known only at run time: decide the cases so far, then this one by a branch.
    const next = body.newBlock('select');
    const test = body.newBlock('select');
    cases.push({ match: simpleKeys.map(() => ({ value: 0n, mask: 0n })), target: test, span });
    finish();
    body.moveTo(test);
    let condition: ir.Expression = build.TRUE;
    sets.forEach((set, index) => {
      const part = Array.isArray(set) ? memberOf(simpleKeys[index]!, set) : set;
      condition = build.binary('&&', condition, part);
    });
    body.terminate({ kind: 'branch', condition, whenTrue: target, whenFalse: next, span });
    body.moveTo(next);
  }
  finish();
}

/** Whether the key's value is in one of the sets, as an expression. */
function memberOf(key: ir.Expression, sets: readonly ir.KeySet[]): ir.Expression {
  const unsigned = ir.bitsType(ir.widthOf(key.type));
  const bits = key.type.kind === 'bool' ? build.cast(key, unsigned) : build.cast(key, unsigned);
  let result: ir.Expression = build.FALSE;
  for (const { value, mask } of sets) {
    const masked = build.binary('&', bits, build.constant(mask, unsigned));
    result = build.binary('||', result, build.binary('==', masked, build.constant(value & mask, unsigned)));
  }
  return result;
}

function flattenKeys(values: readonly Value[], span: Span): ir.Expression[] {
  return values.flatMap((value) => {
    if (value.kind === 'scalar') return [value.expression];
    if (value.kind === 'struct' || value.kind === 'array') return flattenKeys(operations.elementsOf(value, span), span);
    return notSupportedYet(span, `select on a ${value.kind}`);
  });
}

/** A key that BMv2 can read: a variable, a header's field, or a field of a stack's last element. */
function simplifyKey(body: Body, key: ir.Expression, span: Span): ir.Expression {
  if (key.kind === 'read') {
    const { place } = key;
    if (place.kind === 'variable' && place.variable.type.kind !== 'varbit') return key;
    if (place.kind === 'field' && place.field.type.kind !== 'varbit') {
      if (place.header.kind === 'instance' || place.header.kind === 'last') return key;
    }
  }
  const place = body.temporary(key.type, 'select_key');
  body.assign(place, key, span);
  return build.read(place);
}

function valueSetOf(body: Body, scope: Scope, keyset: ast.Expression): ir.ValueSet | undefined {
  if (keyset.kind !== 'PathExpression') return undefined;
  const declaration = body.context.typed.paths.get(keyset);
  if (declaration?.kind !== 'ValueSetDeclaration') return undefined;
  const value = evaluate(body, scope, keyset);
  return value.kind === 'instance' && value.instance.kind === 'value-set' ? value.instance.valueSet : undefined;
}

/** The parts of a key set; undefined for `default`. A list is taken apart where several keys are matched. */
function keysetElements(keyset: ast.Expression, keyCount: number): readonly ast.Expression[] | undefined {
  if (keyset.kind === 'DefaultExpression') return undefined;
  if (keyset.kind === 'TupleKeysetExpression' || keyset.kind === 'ListExpression') {
    return keyset.elements.flatMap((element) =>
      element.kind === 'ListExpression' || element.kind === 'TupleKeysetExpression' ? element.elements : [element],
    );
  }
  void keyCount;
  return [keyset];
}

/** The sets of values that one part of a key set stands for, or a condition where they are known only at run time. */
function keySets(body: Body, scope: Scope, element: ast.Expression, type: ir.ScalarType): ir.KeySet[] | ir.Expression {
  const width = ir.widthOf(type);
  const ones = (1n << BigInt(width)) - 1n;
  const value = (expression: ast.Expression): bigint | undefined => {
    const result = evaluate(body, scope, expression);
    if (result.kind === 'integer') return BigInt.asUintN(width, result.value);
    if (result.kind === 'scalar' && result.expression.kind === 'constant') {
      return BigInt.asUintN(width, result.expression.value);
    }
    return undefined;
  };
  switch (element.kind) {
    case 'DefaultExpression':
      return [{ value: 0n, mask: 0n }];
    case 'MaskExpression': {
      const bits = value(element.value);
      const mask = value(element.mask);
      if (bits === undefined || mask === undefined)
        return notSupportedYet(element.span, 'a mask known only at run time');
      return [{ value: bits & mask, mask }];
    }
    case 'RangeExpression': {
      const low = value(element.low);
      const high = value(element.high);
      if (low === undefined || high === undefined)
        return notSupportedYet(element.span, 'a range known only at run time');
      if (ir.isSigned(type)) {
        const flip = 1n << BigInt(width - 1);
        // In order of value: shifted by half the range, then back.
        return rangeToMasks(low ^ flip, high ^ flip, width).map((set) => ({
          value: (set.value ^ flip) & set.mask,
          mask: set.mask,
        }));
      }
      return rangeToMasks(low, high, width);
    }
    default: {
      const exact = value(element);
      if (exact !== undefined) return [{ value: exact, mask: ones }];
      throw new CannotElaborate('invalid', element.span, 'a key set must evaluate to a compile-time constant');
    }
  }
}

/** The fewest masks that together match low..high (both included), aligned blocks from low upwards. */
export function rangeToMasks(low: bigint, high: bigint, width: number): ir.KeySet[] {
  const sets: ir.KeySet[] = [];
  const all = (1n << BigInt(width)) - 1n;
  let from = low;
  while (from <= high) {
    let size = from === 0n ? 1n << BigInt(width) : from & -from;
    while (from + size - 1n > high) size >>= 1n;
    sets.push({ value: from, mask: all & ~(size - 1n) });
    from += size;
  }
  return sets;
}

/** Most cases that one case of a select may become. */
const CASE_LIMIT = 65_536;

function product(sets: readonly (readonly ir.KeySet[])[], span: Span): Alternative[] {
  const count = sets.reduce((cases, set) => cases * set.length, 1);
  if (count > CASE_LIMIT) {
    throw new CannotElaborate(
      'overlimit',
      span,
      `the ranges of this case would become ${count} cases, because the switch's parser matches masks only`,
      'let ranges begin and end at multiples of a power of two, or match them one after the other',
    );
  }
  let result: Alternative[] = [[]];
  for (const set of sets) result = result.flatMap((prefix) => set.map((item) => [...prefix, item]));
  return result;
}
