/**
 * Calls: everything with a name and parentheses is inlined here, except what the switch itself performs (see
 * `externs.ts`).
 *
 * Parameters are passed as the specification says, by copying in and copying out (section 6.8), but a copy that nobody
 * can observe is not made: a function, control or parser sees only its parameters, so an argument may be bound to the
 * parameter directly unless it shares storage with another argument. Actions see the variables around them and get
 * copies. `exit` inside a callee with copies goes through a block that copies out first.
 */

import type * as ast from '../2-parse/ast.ts';
import type { MatchedArgument, ResolvedCall } from '../3-types/typed-program.ts';
import type * as T from '../3-types/types.ts';
import * as ir from '../5-lower/ir.ts';
import { InternalError } from '../diagnostics/diagnostic.ts';
import type { Span } from '../diagnostics/span.ts';
import { applyBlock } from './blocks.ts';
import type { Body, Scope } from './body.ts';
import { CannotElaborate, type Context, notSupportedYet } from './context.ts';
import { evaluate } from './expressions.ts';
import { callExternFunction, callExternMethod } from './externs.ts';
import { childFrame, enclosingInstance, type Frame, topFrame } from './instances.ts';
import { translateBlock } from './statements.ts';
import { allocate, scalarTypeOf } from './storage.ts';
import { applyTable } from './tables.ts';
import * as operations from './value-operations.ts';
import { NOTHING, scalar, type Value } from './values.ts';

/** True when evaluating the expression may do more than compute: it contains a call that is not known to be pure. */
export function hasEffects(context: Context, expression: ast.Expression): boolean {
  if (context.pure.has(expression)) return false;
  if (context.effectful.has(expression)) return true;
  const result = computeEffects(context, expression);
  (result ? context.effectful : context.pure).add(expression);
  return result;
}

/** Position of the last of the expressions that has effects; -1 if none has. Undefined ones stand for no expression. */
export function lastEffect(context: Context, expressions: readonly (ast.Expression | undefined)[]): number {
  return expressions.findLastIndex((expression) => expression !== undefined && hasEffects(context, expression));
}

function computeEffects(context: Context, expression: ast.Expression): boolean {
  switch (expression.kind) {
    case 'CallExpression': {
      if (context.typed.constants.has(expression)) return false;
      const call = context.typed.calls.get(expression);
      if (call?.kind === 'built-in' && call.method !== 'push_front' && call.method !== 'pop_front') {
        return call.method === 'setValid' || call.method === 'setInvalid' || hasEffects(context, call.target);
      }
      if (call?.kind === 'extern-method' && call.method.name.name === 'lookahead') return false;
      return true;
    }
    case 'MemberExpression':
      return expression.target.kind === 'TypeNameExpression' ? false : hasEffects(context, expression.target);
    case 'IndexExpression':
      return hasEffects(context, expression.target) || hasEffects(context, expression.index);
    case 'SliceExpression':
      return hasEffects(context, expression.target);
    case 'PlusSliceExpression':
      return hasEffects(context, expression.target) || hasEffects(context, expression.low);
    case 'ListExpression':
    case 'TupleKeysetExpression':
      return someHasEffects(context, expression.elements);
    case 'StructExpression':
      return someHasEffects(
        context,
        expression.fields.map((field) => field.value),
      );
    case 'BinaryExpression':
      return hasEffects(context, expression.left) || hasEffects(context, expression.right);
    case 'ConditionalExpression':
      return (
        hasEffects(context, expression.condition) ||
        hasEffects(context, expression.whenTrue) ||
        hasEffects(context, expression.whenFalse)
      );
    case 'UnaryExpression':
    case 'CastExpression':
      return hasEffects(context, expression.operand);
    case 'MaskExpression':
      return hasEffects(context, expression.value) || hasEffects(context, expression.mask);
    case 'RangeExpression':
      return hasEffects(context, expression.low) || hasEffects(context, expression.high);
    case 'IntegerLiteral':
    case 'BooleanLiteral':
    case 'StringLiteral':
    case 'PathExpression':
    case 'ThisExpression':
    case 'TypeNameExpression':
    case 'InvalidExpression':
    case 'DotsExpression':
    case 'ConstructorCallExpression':
    case 'DefaultExpression':
    case 'SelectExpression':
      return false;
  }
}

function someHasEffects(context: Context, expressions: readonly ast.Expression[]): boolean {
  return expressions.some((expression) => hasEffects(context, expression));
}

/** Translates a call; the value is what it returns. */
export function evaluateCall(body: Body, scope: Scope, expression: ast.CallExpression): Value {
  const call = body.context.typed.calls.get(expression);
  if (call === undefined) throw new InternalError('unresolved call', expression.span);
  switch (call.kind) {
    case 'built-in':
      return callBuiltIn(body, scope, call, expression.span);
    case 'extern-method':
      return callExternMethod(body, scope, call, expression);
    case 'function': {
      if (call.declaration.isExtern) return callExternFunction(body, scope, call, expression);
      return callFunction(body, scope, call, expression.span);
    }
    case 'action':
      callAction(body, scope, call, expression.span);
      return NOTHING;
    case 'table-apply': {
      const after = body.newBlock('after');
      applyTable(body, scope, expression, call.table, { kind: 'always', target: after });
      body.moveTo(after);
      return NOTHING;
    }
    case 'apply':
      applyBlock(body, scope, call, expression);
      return NOTHING;
  }
}

function callBuiltIn(body: Body, scope: Scope, call: ResolvedCall & { kind: 'built-in' }, span: Span): Value {
  const target = evaluate(body, scope, call.target);
  switch (call.method) {
    case 'isValid':
      return scalar(operations.validityOf(target, span));
    case 'setValid':
    case 'setInvalid': {
      const kind = call.method === 'setValid' ? 'set-valid' : 'set-invalid';
      if (target.kind === 'union' && kind === 'set-invalid') {
        operations.invalidateHeaders(body, target, span);
        return NOTHING;
      }
      if (target.kind !== 'header') return notSupportedYet(span, `${call.method} here`);
      operations.refuseNext(target.reference, span);
      body.emit({ kind, header: target.reference, span });
      return NOTHING;
    }
    case 'push_front':
    case 'pop_front': {
      const argument = call.arguments[0]?.argument;
      const count = argument === undefined ? undefined : evaluate(body, scope, argument.value);
      const number =
        count?.kind === 'integer'
          ? count.value
          : count?.kind === 'scalar' && count.expression.kind === 'constant'
            ? count.expression.value
            : undefined;
      if (number === undefined) throw new CannotElaborate('expected', span, `${call.method} expects a constant`);
      if (target.kind !== 'stack' && target.kind !== 'union-stack') return notSupportedYet(span, `${call.method} here`);
      body.emit({
        kind: call.method === 'push_front' ? 'push' : 'pop',
        stack: target.stack,
        count: Number(number),
        span,
      });
      return NOTHING;
    }
    case 'minSizeInBits':
    case 'minSizeInBytes':
    case 'maxSizeInBits':
    case 'maxSizeInBytes': {
      const type = body.context.ownTypeOf(call.target, scope.frame);
      const bits = sizeInBits(type, call.method.startsWith('max'));
      if (bits === undefined) return notSupportedYet(span, `${call.method} of this type`);
      return { kind: 'integer', value: BigInt(call.method.endsWith('Bytes') ? Math.ceil(bits / 8) : bits) };
    }
  }
}

/** Bits of a value of that type on the wire; a varbit counts as its greatest or smallest size. */
export function sizeInBits(type: T.Type, maximum: boolean): number | undefined {
  const scalarType = scalarTypeOf(type);
  if (scalarType !== undefined) {
    return scalarType.kind === 'varbit' && !maximum ? 0 : ir.widthOf(scalarType);
  }
  switch (type.kind) {
    case 'newtype':
      return sizeInBits(type.underlying, maximum);
    case 'struct':
    case 'header':
      return sum(type.fields.map((field) => sizeInBits(field.type, maximum)));
    case 'header_union': {
      const sizes = type.fields.map((field) => sizeInBits(field.type, maximum));
      if (sizes.some((size) => size === undefined)) return undefined;
      return maximum ? Math.max(...(sizes as number[])) : Math.min(...(sizes as number[]));
    }
    case 'tuple':
    case 'list-expression':
      return sum(type.components.map((component) => sizeInBits(component, maximum)));
    case 'stack': {
      const element = sizeInBits(type.element, maximum);
      return element === undefined ? undefined : element * type.size;
    }
    default:
      return undefined;
  }
}

function sum(sizes: readonly (number | undefined)[]): number | undefined {
  let total = 0;
  for (const size of sizes) {
    if (size === undefined) return undefined;
    total += size;
  }
  return total;
}

/** A copy to be made when the callee is done. */
interface CopyOut {
  readonly target: Value;
  readonly source: Value;
}

/** Whether the callee can see storage other than its parameters. */
export type Visibility = 'closed' | 'sees-surroundings';

/**
 * Binds the callee's parameters to arguments evaluated in the caller's scope, and returns what to copy out afterwards.
 * `materialize`: give every directed parameter storage of its own, kept in `storage` between calls.
 */
export function bindArguments(
  body: Body,
  scope: Scope,
  callee: Frame,
  matched: readonly MatchedArgument[],
  visibility: Visibility,
  span: Span,
  materialize?: Map<ast.Node, Value>,
): CopyOut[] {
  const { context } = body;
  const values: (Value | undefined)[] = [];
  const last = lastEffect(
    context,
    matched.map((item) => item.argument?.value),
  );
  matched.forEach((item, index) => {
    const { argument, parameter } = item;
    if (item.source !== 'given' || argument === undefined) {
      values.push(undefined);
      return;
    }
    const value = evaluate(body, scope, argument.value);
    const isInput = parameter.direction === 'in' || parameter.direction === 'none';
    values.push(isInput && last > index ? operations.freeze(body, value, span) : value);
  });
  const copies: CopyOut[] = [];
  matched.forEach((item, index) => {
    const { parameter } = item;
    const { declaration } = parameter;
    if (declaration === undefined) throw new InternalError('parameter without a declaration', span);
    const type = context.concrete(parameter.type, callee);
    const isObject =
      type.kind === 'extern' || type.kind === 'package' || type.kind === 'control' || type.kind === 'parser';
    const own = (): Value => {
      const kept = materialize?.get(declaration);
      if (kept !== undefined) return kept;
      const made = allocate(context, type, { name: parameter.name, role: 'local', span });
      materialize?.set(declaration, made);
      return made;
    };
    const bind = (value: Value): void => {
      callee.bindings.set(declaration, value);
    };
    let value = values[index];
    if (item.source === 'default' && parameter.defaultValue !== undefined) {
      value = evaluate(body, { ...scope, frame: callee }, parameter.defaultValue);
    }
    if (isObject) {
      bind(value ?? NOTHING);
      return;
    }
    switch (parameter.direction) {
      case 'none':
      case 'in': {
        if (value === undefined || value.kind === 'nothing') {
          bind(parameter.direction === 'none' && scalarTypeOf(type) === undefined ? NOTHING : own());
          return;
        }
        const converted = operations.convert(context, value, type, span);
        if (materialize !== undefined && parameter.direction === 'in') {
          const copy = own();
          operations.assign(body, copy, converted, span);
          bind(copy);
          return;
        }
        const isSimple = converted.kind !== 'scalar' || converted.expression.kind === 'read';
        const isSafe =
          operations.isConstantValue(converted) ||
          (visibility === 'closed' &&
            isSimple &&
            !matched.some((other, at) => {
              const otherValue = values[at];
              return (
                at !== index &&
                isWritten(other) &&
                otherValue !== undefined &&
                operations.overlap(otherValue, converted)
              );
            }));
        bind(isSafe ? converted : operations.freeze(body, converted, span));
        return;
      }
      case 'out':
      case 'inout': {
        if (value === undefined || value.kind === 'nothing') {
          const unwanted = own();
          operations.invalidateHeaders(body, unwanted, span);
          bind(unwanted);
          return;
        }
        const target = value;
        const isSafe =
          materialize === undefined &&
          visibility === 'closed' &&
          isPlainStorage(target) &&
          !values.some((other, at) => at !== index && other !== undefined && operations.overlap(other, target));
        if (isSafe) {
          if (parameter.direction === 'out') operations.invalidateHeaders(body, target, span);
          bind(target);
          return;
        }
        const copy = own();
        if (parameter.direction === 'inout') operations.assign(body, copy, target, span);
        else operations.invalidateHeaders(body, copy, span);
        bind(copy);
        copies.push({ target, source: copy });
        return;
      }
    }
  });
  return copies;
}

function isWritten(item: MatchedArgument): boolean {
  return item.parameter.direction === 'out' || item.parameter.direction === 'inout';
}

/** True when all leaves are places (no slices), so that a parameter can stand for them. */
function isPlainStorage(value: Value): boolean {
  switch (value.kind) {
    case 'scalar':
      return value.expression.kind === 'read';
    case 'struct':
      return [...value.fields.values()].every(isPlainStorage);
    case 'array':
      return value.elements.every(isPlainStorage);
    case 'header':
    case 'union':
    case 'stack':
    case 'union-stack':
    case 'packet':
    case 'instance':
      return true;
    case 'integer':
    case 'string':
    case 'header-value':
    case 'union-value':
    case 'nothing':
      return false;
  }
}

/** Runs `translate` as the body of a callee and copies out afterwards, on normal return as on `exit`. */
export function inline(
  body: Body,
  scope: Scope,
  callee: Frame,
  copies: readonly CopyOut[],
  result: Value | undefined,
  span: Span,
  translate: (inner: Scope) => void,
): void {
  const end = body.newBlock('return');
  const exit = copies.length > 0 ? body.newBlock('exit') : undefined;
  translate({
    frame: callee,
    returnTo: { block: end, value: result },
    exitTo: exit ?? scope.exitTo,
    breakTo: undefined,
    continueTo: undefined,
  });
  body.goto(end);
  const copyOut = (): void => {
    for (const { target, source } of copies) operations.assign(body, target, source, span);
  };
  if (exit !== undefined) {
    body.moveTo(exit);
    copyOut();
    if (scope.exitTo !== undefined) body.goto(scope.exitTo);
    else body.terminate({ kind: 'exit', span });
  }
  body.moveTo(end);
  copyOut();
}

function callFunction(body: Body, scope: Scope, call: ResolvedCall & { kind: 'function' }, span: Span): Value {
  const { context } = body;
  const { declaration } = call;
  const types = new Map<ast.TypeParameter, T.Type>();
  declaration.typeParameters.forEach((parameter, index) => {
    const type = call.typeArguments[index];
    if (type !== undefined) types.set(parameter, context.concrete(type, scope.frame));
  });
  const callee = childFrame(topFrame(scope.frame), types);
  const copies = bindArguments(body, scope, callee, call.arguments, 'closed', span);
  if (declaration.body === undefined) return notSupportedYet(span, 'a function without a body');
  const returnType = context.concrete(call.returnType, scope.frame);
  const only = declaration.body.statements[0];
  if (
    declaration.body.statements.length === 1 &&
    only?.kind === 'ReturnStatement' &&
    only.value &&
    copies.length === 0
  ) {
    // One expression: no need for a variable that holds the result.
    const inner: Scope = {
      frame: callee,
      returnTo: undefined,
      exitTo: scope.exitTo,
      breakTo: undefined,
      continueTo: undefined,
    };
    return operations.convert(context, evaluate(body, inner, only.value), returnType, span);
  }
  const result = returnType.kind === 'void' ? undefined : body.allocate(returnType, `${declaration.name.name}_result`);
  inline(body, scope, callee, copies, result, span, (inner) => translateBlock(body, inner, declaration.body!));
  return result ?? NOTHING;
}

function callAction(body: Body, scope: Scope, call: ResolvedCall & { kind: 'action' }, span: Span): void {
  const { declaration } = call;
  const instance = enclosingInstance(scope.frame);
  const callee = childFrame(instance?.frame ?? topFrame(scope.frame));
  const copies = bindArguments(body, scope, callee, call.arguments, 'sees-surroundings', span);
  inline(body, scope, callee, copies, undefined, span, (inner) => translateBlock(body, inner, declaration.body));
}
