/**
 * Expressions as BMv2 evaluates them.
 *
 * BMv2 computes with integers of any size and cuts only when it stores. P4's arithmetic wraps at the operand's width,
 * and comparisons see the wrapped value, so every operation that can leave the range is followed by a mask (unsigned)
 * or by `two_comp_mod` (signed). Booleans are a type of their own in expressions and a bit in storage: `d2b` and `b2d`
 * convert. The format wants an expression inside a parameter to be wrapped once more; that is done here too.
 */

import * as build from '../5-lower/expressions.ts';
import * as ir from '../5-lower/ir.ts';
import { InternalError } from '../diagnostics/diagnostic.ts';
import { bytesFor, hex, hexstr, type JsonObject } from './json.ts';
import type { Names } from './names.ts';

/** Shift amounts in BMv2 must be small; larger ones are decided before. */
const MAXIMUM_SHIFT_BITS = 8;

function operation(op: string, left: JsonObject | null, right: JsonObject | null): JsonObject {
  return { type: 'expression', value: { op, left, right } };
}

/** `["header", "field"]` of a place as a `field` object. */
export function fieldOf(place: ir.Place, names: Names): JsonObject {
  if (place.kind === 'variable') return names.variableObject(place.variable);
  if (place.header.kind !== 'instance') throw new InternalError(`field of a ${place.header.kind}`);
  return names.fieldObject(place.header.instance, place.field);
}

/** `["header", "field"]` of a place. */
export function fieldPath(place: ir.Place, names: Names): string[] {
  if (place.kind === 'variable') return names.variable(place.variable);
  if (place.header.kind !== 'instance') throw new InternalError(`field of a ${place.header.kind}`);
  return [place.header.instance.name, place.field.name];
}

function readPlace(place: ir.Place, names: Names): JsonObject {
  if (place.kind === 'variable' || place.header.kind === 'instance') return fieldOf(place, names);
  const { header, field } = place;
  switch (header.kind) {
    case 'last':
      return { type: 'stack_field', value: [header.stack.name, field.name] };
    case 'union-last': {
      const stack: JsonObject = { type: 'header_union_stack', value: header.stack.name };
      const last = operation('last_stack_index', null, stack);
      const union = operation('dereference_union_stack', stack, last);
      const member = accessByIndex('access_union_header', union, header.member);
      return accessByIndex('access_field', member, field.index);
    }
    case 'element':
    case 'union-element':
    case 'next':
    case 'union-next':
      throw new InternalError(`a field of a ${header.kind} cannot be read`);
  }
}

function accessByIndex(op: string, left: JsonObject, index: number): JsonObject {
  return { type: 'expression', value: { op, left, right: index } };
}

/** Cuts a value that may be outside the range of its type. */
function fix(value: JsonObject, type: ir.ScalarType): JsonObject {
  if (type.kind !== 'bits') return value;
  if (type.signed) return operation('two_comp_mod', value, hexstr(type.width, 0));
  const mask = (1n << BigInt(type.width)) - 1n;
  return operation('&', value, hexstr(mask, type.width));
}

/** The expression without the outer wrapping: for conditions, and inside other expressions. */
export function expressionJson(expression: ir.Expression, names: Names): JsonObject {
  const { type } = expression;
  switch (expression.kind) {
    case 'constant':
      if (type.kind === 'bool') return { type: 'bool', value: expression.value !== 0n };
      if (type.kind === 'error') return { type: 'hexstr', value: hex(expression.value) };
      return hexstr(expression.value, ir.widthOf(type));
    case 'read': {
      const field = readPlace(expression.place, names);
      return type.kind === 'bool' ? operation('d2b', null, field) : field;
    }
    case 'parameter': {
      const local: JsonObject = { type: 'local', value: expression.index };
      if (type.kind === 'bool') return operation('d2b', null, local);
      // Action data comes as plain bits; a signed parameter must be read as one.
      return ir.isSigned(type) ? fix(local, type) : local;
    }
    case 'unary':
      switch (expression.operator) {
        case '!':
          return operation('not', null, expressionJson(expression.operand, names));
        case '~':
          return fix(operation('~', null, expressionJson(expression.operand, names)), type);
        case '-':
          return fix(operation('-', hexstr(0, ir.widthOf(type)), expressionJson(expression.operand, names)), type);
      }
      break;
    case 'binary':
      return binaryJson(expression, names);
    case 'conditional':
      return {
        type: 'expression',
        value: {
          op: '?',
          left: expressionJson(expression.whenTrue, names),
          right: expressionJson(expression.whenFalse, names),
          cond: expressionJson(expression.condition, names),
        },
      };
    case 'cast': {
      const { operand } = expression;
      const value = expressionJson(operand, names);
      if (operand.type.kind === 'bool') {
        if (type.kind === 'bool') return value;
        return {
          type: 'expression',
          value: { op: '?', left: hexstr(1, ir.widthOf(type)), right: hexstr(0, ir.widthOf(type)), cond: value },
        };
      }
      if (type.kind === 'bool') return operation('!=', value, hexstr(0, ir.widthOf(operand.type)));
      if (type.kind !== 'bits' || operand.type.kind !== 'bits') return value;
      const keepsValue = operand.type.signed
        ? type.signed && type.width >= operand.type.width
        : type.width > operand.type.width || (type.width === operand.type.width && !type.signed);
      return keepsValue ? value : fix(value, type);
    }
    case 'slice': {
      const operand = expressionJson(expression.operand, names);
      const shifted = expression.low === 0 ? operand : operation('>>', operand, hexstr(expression.low, 0));
      const isWhole =
        expression.high === ir.widthOf(expression.operand.type) - 1 && !ir.isSigned(expression.operand.type);
      return isWhole ? shifted : fix(shifted, type);
    }
    case 'concat': {
      const { left, right } = expression;
      const width = ir.widthOf(right.type);
      const high = operation('<<', expressionJson(left, names), hexstr(width, 0));
      const rightBits = ir.isSigned(right.type)
        ? fix(expressionJson(right, names), ir.bitsType(width))
        : expressionJson(right, names);
      const joined = operation('|', high, rightBits);
      return ir.isSigned(left.type) || ir.isSigned(type) ? fix(joined, type) : joined;
    }
    case 'is-valid': {
      const { header } = expression;
      if (header.kind !== 'instance') throw new InternalError(`isValid of a ${header.kind}`);
      return operation('d2b', null, { type: 'field', value: [header.instance.name, '$valid$'] });
    }
    case 'is-valid-union': {
      const { union } = expression;
      if (union.kind !== 'instance') throw new InternalError('isValid of a union stack element');
      return operation('valid_union', null, { type: 'header_union', value: union.instance.name });
    }
    case 'last-index':
      return operation('last_stack_index', null, {
        type: expression.stack.kind === 'header-stack' ? 'header_stack' : 'header_union_stack',
        value: expression.stack.name,
      });
    case 'lookahead':
      throw new InternalError('lookahead inside an expression');
  }
}

function binaryJson(expression: ir.Expression & { kind: 'binary' }, names: Names): JsonObject {
  const { operator, left, right, type } = expression;
  switch (operator) {
    case '+':
    case '-':
    case '*':
      return fix(operation(operator, expressionJson(left, names), expressionJson(right, names)), type);
    case '/':
    case '%':
    case '&':
    case '|':
    case '^':
    case '==':
    case '!=':
    case '<':
    case '<=':
    case '>':
    case '>=':
      return operation(operator, expressionJson(left, names), expressionJson(right, names));
    case '&&':
      return operation('and', expressionJson(left, names), expressionJson(right, names));
    case '||':
      return operation('or', expressionJson(left, names), expressionJson(right, names));
    case '|+|':
    case '|-|': {
      const exact = operation(
        operator === '|+|' ? '+' : '-',
        expressionJson(left, names),
        expressionJson(right, names),
      );
      return operation(ir.isSigned(type) ? 'sat_cast' : 'usat_cast', exact, hexstr(ir.widthOf(type), 0));
    }
    case '<<':
    case '>>': {
      const amountBits = ir.widthOf(right.type);
      if (right.kind === 'constant') {
        const shifted = operation(operator, expressionJson(left, names), hexstr(right.value, 0));
        return operator === '<<' ? fix(shifted, type) : shifted;
      }
      if (amountBits <= MAXIMUM_SHIFT_BITS) {
        const shifted = operation(operator, expressionJson(left, names), expressionJson(right, names));
        return operator === '<<' ? fix(shifted, type) : shifted;
      }
      // Amounts that do not fit into 8 bits shift everything out.
      const width = ir.widthOf(type);
      const limit = Math.min(width, 255);
      const isSmall = build.binary('<', right, build.constant(BigInt(limit), right.type));
      const narrow = build.cast(right, ir.bitsType(MAXIMUM_SHIFT_BITS));
      const small = build.binary(operator, left, narrow);
      const out =
        operator === '>>' && ir.isSigned(left.type)
          ? build.binary('>>', left, build.constant(BigInt(limit), ir.bitsType(MAXIMUM_SHIFT_BITS)))
          : build.constant(0n, type);
      if (width > limit) throw new InternalError('a shift of more than 255 bits');
      return expressionJson(build.conditional(isSmall, small, out), names);
    }
  }
}

/** True for JSON objects that a parameter must wrap once more. */
function needsWrapping(json: JsonObject): boolean {
  return json.type === 'expression' || json.type === 'stack_field';
}

/** An expression as a parameter of a primitive that takes data: booleans become 0 and 1. */
export function parameterJson(expression: ir.Expression, names: Names): JsonObject {
  if (expression.type.kind === 'bool') {
    if (expression.kind === 'constant') return hexstr(expression.value, 1);
    if (
      expression.kind === 'read' &&
      (expression.place.kind === 'variable' || expression.place.header.kind === 'instance')
    ) {
      return fieldOf(expression.place, names);
    }
    if (expression.kind === 'parameter') return { type: 'runtime_data', value: expression.index };
    return { type: 'expression', value: operation('b2d', null, expressionJson(expression, names)) };
  }
  if (expression.kind === 'parameter' && !ir.isSigned(expression.type)) {
    return { type: 'runtime_data', value: expression.index };
  }
  const json = expressionJson(expression, names);
  if (json.type === 'local') return { type: 'runtime_data', value: json.value! };
  return needsWrapping(json) ? { type: 'expression', value: json } : json;
}

/** An item of a field list or calculation: a field, or a constant with its width in bits. */
export function fieldListItem(item: ir.FieldListItem, names: Names): JsonObject {
  if (item.kind === 'header') return { type: 'header', value: item.header.name };
  const { expression } = item;
  if (expression.kind === 'constant') {
    const width = ir.widthOf(expression.type);
    const bits = BigInt.asUintN(width, expression.value);
    return { type: 'hexstr', value: hex(bits, bytesFor(width)), bitwidth: width };
  }
  if (expression.kind !== 'read') throw new InternalError(`a ${expression.kind} in a field list`);
  return fieldOf(expression.place, names);
}
