/**
 * Calls of `packet_in` and `packet_out` methods: extract, lookahead, advance, length and emit, as the IR's parser and
 * deparser operations.
 */
import type { ResolvedCall } from '../3-types/typed-program.ts';
import type * as T from '../3-types/types.ts';
import * as build from '../5-lower/expressions.ts';
import * as ir from '../5-lower/ir.ts';
import { InternalError } from '../diagnostics/diagnostic.ts';
import type { Span } from '../diagnostics/span.ts';
import type { Body, Scope } from './body.ts';
import { CannotElaborate, notOnTarget, notSupportedYet } from './context.ts';
import { evaluate } from './expressions.ts';
import { allocate, checkStackSize, plainType, scalarTypeOf } from './storage.ts';
import * as operations from './value-operations.ts';
import { NOTHING, scalar, type Value } from './values.ts';

export function callPacketIn(
  body: Body,
  scope: Scope,
  call: ResolvedCall & { kind: 'extern-method' },
  method: string,
  span: Span,
): Value {
  const { context } = body;
  switch (method) {
    case 'extract': {
      const target = call.arguments[0]?.argument?.value;
      if (target === undefined) throw new InternalError('extract without an argument', span);
      let value = evaluate(body, scope, target);
      if (value.kind === 'nothing') {
        // `extract<T>(_)`: the bits are skipped by extracting them into a header that nobody looks at.
        const type = plainType(context.concrete(call.arguments[0]!.parameter.type, scope.frame));
        value = allocate(context, type, { name: 'skipped', role: 'temporary', span });
      }
      const size = call.arguments[1]?.argument?.value;
      const length = size === undefined ? undefined : operations.expressionOf(evaluate(body, scope, size), span);
      if (value.kind !== 'header') {
        throw new CannotElaborate('type-error', span, 'extract expects a header');
      }
      body.emit({ kind: 'extract', header: value.reference, length, span });
      return NOTHING;
    }
    case 'lookahead': {
      const type = context.concrete(call.returnType, scope.frame);
      let offset = 0;
      // BMv2 compares what is left of the packet with the width of a lookahead alone, not with where that starts. So a
      // value of several parts is first looked at as a whole: that is what fails if the packet is too short.
      const width = lookaheadWidth(type);
      if (scalarTypeOf(plainType(type)) === undefined && width > 0) {
        const whole = ir.bitsType(width);
        body.assign(body.temporary(whole, 'lookahead_all'), { kind: 'lookahead', type: whole, offset: 0 }, span);
      }
      return lookahead(body, type, span, (width) => {
        const at = offset;
        offset += width;
        return at;
      });
    }
    case 'advance': {
      const bits = operations.expressionOf(
        operations.convert(
          context,
          evaluate(body, scope, call.arguments[0]!.argument!.value),
          call.arguments[0]!.parameter.type,
          span,
        ),
        span,
      );
      body.emit({ kind: 'advance', bits, span });
      return NOTHING;
    }
    default:
      return notOnTarget(span, `packet_in.${method} cannot be expressed in BMv2's parser`);
  }
}

/** How many bits a lookahead of the type takes; 0 where it cannot be told. */
function lookaheadWidth(declared: T.Type): number {
  const type = plainType(declared);
  const scalarType = scalarTypeOf(type);
  if (scalarType !== undefined) return scalarType.kind === 'varbit' ? 0 : ir.widthOf(scalarType);
  switch (type.kind) {
    case 'struct':
    case 'header':
      return type.fields.reduce((sum, field) => sum + lookaheadWidth(field.type), 0);
    case 'tuple':
      return type.components.reduce((sum, component) => sum + lookaheadWidth(component), 0);
    case 'stack':
      return type.size * lookaheadWidth(type.element);
    default:
      return 0;
  }
}

/** Reads a value of the type from the bits to come; `take` gives the position of the next `width` bits. */
function lookahead(body: Body, declared: T.Type, span: Span, take: (width: number) => number): Value {
  const type = plainType(declared);
  const scalarType = scalarTypeOf(type);
  if (scalarType !== undefined) {
    if (scalarType.kind === 'varbit') return notOnTarget(span, 'lookahead of a varbit cannot be expressed on BMv2');
    const place = body.temporary(scalarType, 'lookahead');
    const offset = take(ir.widthOf(scalarType));
    body.assign(place, { kind: 'lookahead', type: scalarType, offset }, span);
    return scalar(build.read(place));
  }
  switch (type.kind) {
    case 'struct':
    case 'header': {
      const fields = new Map<string, Value>();
      for (const field of type.fields) fields.set(field.name, lookahead(body, field.type, span, take));
      return type.kind === 'struct'
        ? { kind: 'struct', fields }
        : { kind: 'header-value', type, valid: build.TRUE, fields };
    }
    case 'tuple': {
      const fields = new Map<string, Value>();
      type.components.forEach((component, index) => {
        fields.set(String(index), lookahead(body, component, span, take));
      });
      return { kind: 'struct', fields };
    }
    case 'stack':
      checkStackSize(type, span);
      return {
        kind: 'array',
        elements: Array.from({ length: type.size }, () => lookahead(body, type.element, span, take)),
      };
    default:
      return notSupportedYet(span, `lookahead of a ${type.kind}`);
  }
}

/** Appends the headers of a value to what the deparser sends. */
export function emitValue(body: Body, value: Value, span: Span): void {
  if (body.kind !== 'deparser') notOnTarget(span, 'emit can be called in the deparser only');
  switch (value.kind) {
    case 'header':
      if (value.reference.kind !== 'instance')
        notOnTarget(span, 'BMv2 cannot emit a header whose index is known only at run time');
      body.emitted.push(value.reference.instance);
      return;
    case 'struct':
    case 'array':
    case 'stack':
    case 'union-stack':
      for (const element of operations.elementsOf(value, span)) emitValue(body, element, span);
      return;
    case 'union':
      for (const field of value.type.fields) emitValue(body, operations.unionMember(value, field.name), span);
      return;
    default:
      throw new CannotElaborate(
        'unsupported',
        span,
        'emit only supports headers, stacks, unions and structures of them',
      );
  }
}
