/**
 * Calls of externs: core.p4's packets and v1model's objects and functions, as instructions of the switch.
 *
 * Everything that v1model declares is here, one case each. What an argument must be known as at compile time (an
 * algorithm, the kind of a clone) is checked here too, where the source position is at hand.
 */

import type * as ast from '../2-parse/ast.ts';
import type { MatchedArgument, ResolvedCall } from '../3-types/typed-program.ts';
import * as build from '../5-lower/expressions.ts';
import * as ir from '../5-lower/ir.ts';
import { InternalError } from '../diagnostics/diagnostic.ts';
import type { Span } from '../diagnostics/span.ts';
import type { Body, Scope } from './body.ts';
import { hasEffects } from './calls.ts';
import { checksum } from './checksum-externs.ts';
import { hashAlgorithm, integerOf } from './construct.ts';
import { CannotElaborate, notOnTarget, notSupportedYet } from './context.ts';
import { evaluate } from './expressions.ts';
import { localName, withoutDot } from './names.ts';
import { callPacketIn, emitValue } from './packet-externs.ts';
import { headerType, plainType } from './storage.ts';
import * as operations from './value-operations.ts';
import { NOTHING, scalar, type Value } from './values.ts';

/** Arguments by parameter name, evaluated left to right and converted to the parameters' types. */
function evaluateArguments(
  body: Body,
  scope: Scope,
  matched: readonly MatchedArgument[],
  span: Span,
): Map<string, Value> {
  const { context } = body;
  const values = new Map<string, Value>();
  matched.forEach((item, index) => {
    const { parameter } = item;
    const expression = item.argument?.value ?? parameter.defaultValue;
    if (expression === undefined) return;
    let value = evaluate(body, scope, expression);
    const type = context.concrete(parameter.type, scope.frame);
    if (value.kind === 'integer' && type.kind !== 'integer') value = operations.convert(context, value, type, span);
    const later = matched
      .slice(index + 1)
      .some((other) => other.argument !== undefined && hasEffects(context, other.argument.value));
    if (later && parameter.direction !== 'out' && parameter.direction !== 'inout') {
      value = operations.freeze(body, value, span);
    }
    values.set(parameter.name, value);
  });
  return values;
}

/** Calls a method of an extern object. */
export function callExternMethod(
  body: Body,
  scope: Scope,
  call: ResolvedCall & { kind: 'extern-method' },
  expression: ast.CallExpression,
): Value {
  const { span } = expression;
  const method = call.method.name.name;
  switch (call.extern.name) {
    case 'packet_in':
      return callPacketIn(body, scope, call, method, span);
    case 'packet_out': {
      const [argument] = call.arguments;
      if (method !== 'emit' || argument?.argument === undefined) return notSupportedYet(span, `packet_out.${method}`);
      emitValue(body, evaluate(body, scope, argument.argument.value), span);
      return NOTHING;
    }
    default:
      break;
  }
  const receiver = evaluate(body, scope, call.receiver);
  if (receiver.kind !== 'instance') throw new InternalError(`method ${method} of ${receiver.kind}`, span);
  const { instance } = receiver;
  const values = evaluateArguments(body, scope, call.arguments, span);
  const expressionAt = (name: string): ir.Expression =>
    operations.expressionOf(argumentNamed(values, name, span), span);
  switch (instance.kind) {
    case 'counter':
      // A direct counter counts by itself.
      if (instance.counter.size !== undefined) {
        body.emit({ kind: 'count', counter: instance.counter, index: expressionAt('index'), span });
      }
      return NOTHING;
    case 'meter': {
      const target = argumentNamed(values, 'result', span);
      if (instance.meter.isDirect) {
        // The switch writes the color when an entry is hit; `read` fetches it from there.
        const { meter } = instance;
        if (target.kind !== 'scalar') throw new InternalError('meter result into no scalar', span);
        meter.target ??= body.temporary(target.expression.type, 'color');
        const color = build.cast(build.read(meter.target), target.expression.type);
        operations.assignScalar(body, target.expression, color, span);
      } else {
        const index = expressionAt('index');
        storeResult(body, target, span, (place) => {
          body.emit({ kind: 'execute-meter', meter: instance.meter, index, target: place, span });
        });
      }
      return NOTHING;
    }
    case 'register': {
      const { register } = instance;
      const index = expressionAt('index');
      if (method === 'read') {
        storeResult(body, argumentNamed(values, 'result', span), span, (place) => {
          body.emit({ kind: 'read-register', register, index, target: place, span });
        });
      } else {
        body.emit({ kind: 'write-register', register, index, value: expressionAt('value'), span });
      }
      return NOTHING;
    }
    case 'extern': {
      if (!body.context.options.emitExterns) {
        return notOnTarget(
          span,
          `BMv2 does not know the extern ${instance.type}`,
          'compile with --emit-externs and run a switch that brings the extern along',
        );
      }
      emitExternCall(body, `_${instance.type}_${method}`, instance.extern.name, call.arguments, values, span);
      return NOTHING;
    }
    case 'action-profile':
    case 'value-set':
    case 'package':
    case 'block':
      return notSupportedYet(span, `method ${method} of a ${instance.kind}`);
  }
}

function argumentNamed(values: ReadonlyMap<string, Value>, name: string, span: Span): Value {
  const value = values.get(name);
  if (value === undefined) throw new InternalError(`no argument ${name}`, span);
  return value;
}

/** Has the result of an extern stored into an l-value that may be a slice or of another kind than a field. */
function storeResult(body: Body, target: Value, span: Span, store: (place: ir.Place) => void): void {
  const place = operations.placeOf(target);
  if (place !== undefined && (place.kind === 'variable' || place.header.kind === 'instance')) {
    store(place);
    return;
  }
  if (target.kind !== 'scalar') throw new InternalError(`result into ${target.kind}`, span);
  const temporary = body.temporary(target.expression.type, 'result');
  store(temporary);
  operations.assignScalar(body, target.expression, build.read(temporary), span);
}

/** Calls an extern function of v1model, or one that only the switch knows. */
export function callExternFunction(
  body: Body,
  scope: Scope,
  call: ResolvedCall & { kind: 'function' },
  expression: ast.CallExpression,
): Value {
  const { context } = body;
  const { span } = expression;
  const { name } = call.declaration.name;
  switch (name) {
    case 'verify': {
      const condition = operations.expressionOf(evaluate(body, scope, call.arguments[0]!.argument!.value), span);
      const error = operations.expressionOf(evaluate(body, scope, call.arguments[1]!.argument!.value), span);
      if (body.kind !== 'parser') notOnTarget(span, 'verify can be called in parsers only');
      body.emit({ kind: 'verify', condition, error, span });
      return NOTHING;
    }
    case 'static_assert':
      return scalar(build.TRUE);
    case 'assert':
    case 'assume': {
      if (context.options.ndebug) return NOTHING;
      const condition = operations.expressionOf(evaluate(body, scope, call.arguments[0]!.argument!.value), span);
      body.emit({ kind: name, condition, span });
      return NOTHING;
    }
    case 'verify_checksum':
    case 'verify_checksum_with_payload':
    case 'update_checksum':
    case 'update_checksum_with_payload':
      checksum(body, scope, call, name, span);
      return NOTHING;
    default:
      break;
  }
  const values = evaluateArguments(body, scope, call.arguments, span);
  const expressionAt = (parameter: string): ir.Expression =>
    operations.expressionOf(argumentNamed(values, parameter, span), span);
  const symbolAt = (parameter: string): string => {
    const value = argumentNamed(values, parameter, span);
    if (value.kind === 'scalar' && value.symbol !== undefined) return value.symbol;
    throw new CannotElaborate('expected', span, `${parameter} must be a constant on this target`);
  };
  const fieldListAt = (parameter: string): number => {
    const number = integerOf(argumentNamed(values, parameter, span));
    if (number === undefined)
      throw new CannotElaborate('expected', span, `${parameter} must be a constant on this target`);
    return Number(number);
  };
  const firstOf = (...names: string[]): Value => {
    for (const candidate of names) {
      const value = values.get(candidate);
      if (value !== undefined) return value;
    }
    const first = values.values().next().value;
    if (first === undefined) throw new InternalError(`${name} without arguments`, span);
    return first;
  };
  switch (name) {
    case 'mark_to_drop': {
      const metadata = call.arguments.length === 0 ? undefined : firstOf('standard_metadata');
      if (metadata === undefined) return notSupportedYet(span, 'mark_to_drop without standard_metadata');
      if (metadata.kind !== 'struct') throw new InternalError('mark_to_drop of no structure', span);
      if (metadata.header !== undefined) {
        body.emit({ kind: 'mark-to-drop', metadata: metadata.header, span });
      } else {
        // A copy of the metadata: what the primitive does, on the copy.
        const spec = metadata.fields.get('egress_spec');
        const group = metadata.fields.get('mcast_grp');
        if (spec?.kind === 'scalar') assignConstant(body, spec, 511n, span);
        if (group?.kind === 'scalar') assignConstant(body, group, 0n, span);
      }
      return NOTHING;
    }
    case 'random': {
      const low = expressionAt('lo');
      const high = expressionAt('hi');
      storeResult(body, firstOf('result'), span, (place) => {
        body.emit({ kind: 'random', target: place, low, high, span });
      });
      return NOTHING;
    }
    case 'hash': {
      const algorithm = hashAlgorithm(symbolAt('algo'), span);
      const base = expressionAt('base');
      const maximum = expressionAt('max');
      const items = fieldListItems(body, argumentNamed(values, 'data', span), span);
      storeResult(body, argumentNamed(values, 'result', span), span, (place) => {
        body.emit({ kind: 'hash', target: place, base, algorithm, items, maximum, span });
      });
      return NOTHING;
    }
    case 'digest': {
      const receiver = expressionAt('receiver');
      const data = argumentNamed(values, 'data', span);
      // The fields are sent as they are now, although BMv2 reads them at the end of ingress.
      const items = leavesOf(body, data, span).map((leaf) => body.freeze(leaf, span));
      const places = items.map((item) => {
        if (item.kind === 'read') return item;
        const place = body.temporary(item.type, 'digest');
        body.assign(place, item, span);
        return build.read(place);
      });
      const type = call.typeArguments[0];
      const structure = type && plainType(context.concrete(type, scope.frame));
      const listName =
        structure?.kind === 'struct'
          ? withoutDot(localName(structure.name, structure.declaration.annotations))
          : 'digest';
      body.emit({ kind: 'digest', receiver, name: listName, items: places, span });
      return NOTHING;
    }
    case 'clone':
    case 'clone_preserving_field_list': {
      const type = symbolAt('type');
      const from = type === 'I2E' ? 'ingress' : 'egress';
      if (body.kind !== from) notOnTarget(span, `'${name}(${type}, ...)' not invoked in ${from}`);
      body.emit({
        kind: 'clone',
        from,
        session: expressionAt('session'),
        fieldList: name === 'clone' ? undefined : fieldListAt(lastParameter(call)),
        span,
      });
      return NOTHING;
    }
    case 'resubmit_preserving_field_list':
      if (body.kind !== 'ingress') notOnTarget(span, "'resubmit' can only be invoked in ingress");
      body.emit({ kind: 'resubmit', fieldList: fieldListAt(lastParameter(call)), span });
      return NOTHING;
    case 'recirculate_preserving_field_list':
      if (body.kind !== 'egress') notOnTarget(span, "'recirculate' can only be invoked in egress");
      body.emit({ kind: 'recirculate', fieldList: fieldListAt(lastParameter(call)), span });
      return NOTHING;
    case 'truncate':
      body.emit({ kind: 'truncate', length: operations.expressionOf(firstOf('length'), span), span });
      return NOTHING;
    case 'log_msg': {
      const message = firstOf('msg');
      if (message.kind !== 'string') throw new CannotElaborate('expected', span, 'log_msg expects a constant string');
      const data = values.get('data');
      const items = data === undefined ? [] : leavesOf(body, data, span);
      body.emit({ kind: 'log', message: message.value, arguments: items, span });
      return NOTHING;
    }
    default: {
      if (!context.options.emitExterns) {
        return notOnTarget(
          span,
          `BMv2 does not know the extern function ${name}`,
          'compile with --emit-externs and run a switch that brings the function along',
        );
      }
      emitExternCall(body, name, undefined, call.arguments, values, span);
      return NOTHING;
    }
  }
}

function lastParameter(call: ResolvedCall): string {
  const last = call.arguments[call.arguments.length - 1];
  if (last === undefined) throw new InternalError('call without parameters');
  return last.parameter.name;
}

function assignConstant(body: Body, target: Value & { kind: 'scalar' }, value: bigint, span: Span): void {
  operations.assignScalar(body, target.expression, build.constant(value, target.expression.type), span);
}

/** All scalars of a value, in order. */
function leavesOf(body: Body, value: Value, span: Span): ir.Expression[] {
  switch (value.kind) {
    case 'scalar':
      return [value.expression];
    case 'struct':
    case 'array':
    case 'stack':
      return operations.elementsOf(value, span).flatMap((element) => leavesOf(body, element, span));
    case 'header':
    case 'header-value':
      return [...operations.fieldsOfHeader(body.context, value).values()].flatMap((field) =>
        leavesOf(body, field, span),
      );
    case 'integer':
      throw new CannotElaborate('type-error', span, 'the width of a number cannot be told; write it as in 8w1');
    case 'nothing':
      return [];
    default:
      return notSupportedYet(span, `a ${value.kind} as data`);
  }
}

/** What a calculation is over: fields and constants as they are, computed values through temporaries. */
export function fieldListItems(body: Body, value: Value, span: Span): ir.FieldListItem[] {
  switch (value.kind) {
    case 'struct':
    case 'array':
      return operations.elementsOf(value, span).flatMap((element) => fieldListItems(body, element, span));
    case 'header':
      if (value.reference.kind === 'instance') {
        return headerType(body.context, value.type).fields.map((field) => ({
          kind: 'expression',
          expression: build.read({ kind: 'field', header: value.reference, field }),
        }));
      }
      return leavesOf(body, value, span).map((expression) => ({ kind: 'expression', expression }));
    default:
      return leavesOf(body, value, span).map((expression) => ({ kind: 'expression', expression }));
  }
}

function emitExternCall(
  body: Body,
  name: string,
  instance: string | undefined,
  matched: readonly MatchedArgument[],
  values: ReadonlyMap<string, Value>,
  span: Span,
): void {
  const list: ir.ExternArgument[] = [];
  for (const item of matched) {
    const value = values.get(item.parameter.name);
    if (value === undefined) continue;
    switch (value.kind) {
      case 'scalar':
        list.push({ kind: 'expression', expression: value.expression });
        break;
      case 'string':
        list.push({ kind: 'string', value: value.value });
        break;
      case 'header':
        list.push({ kind: 'header', header: value.reference });
        break;
      case 'integer':
        list.push({ kind: 'expression', expression: build.constant(value.value, ir.bitsType(32)) });
        break;
      default:
        for (const expression of leavesOf(body, value, span)) list.push({ kind: 'expression', expression });
    }
  }
  body.emit({ kind: 'extern-call', name, instance, arguments: list, span });
}
