/**
 * Expressions: from syntax to values, with every effect made explicit.
 *
 * `evaluate` returns a value whose scalars are pure expressions, and appends to the body whatever must happen first
 * (calls, table applications). Evaluation order is that of the specification (section 8.1): left to right. A value
 * computed early reads its places late, so when an operand to its right has effects, the earlier value is frozen first;
 * `&&`, `||` and `?:` become branches when their right parts have effects, and stay expressions otherwise.
 */

import type * as ast from '../2-parse/ast.ts';
import type * as T from '../3-types/types.ts';
import * as build from '../5-lower/expressions.ts';
import * as ir from '../5-lower/ir.ts';
import { InternalError } from '../diagnostics/diagnostic.ts';
import type { Span } from '../diagnostics/span.ts';
import type { Body, Scope } from './body.ts';
import { evaluateCall, hasEffects, lastEffect } from './calls.ts';
import { enumMember, valueOfConstant } from './constants.ts';
import { construct } from './construct.ts';
import { CannotElaborate, type Context, notSupportedYet } from './context.ts';
import { lookUp, topFrame } from './instances.ts';
import { binaryOperation, evaluateUnary } from './operators.ts';
import { plainType } from './storage.ts';
import { applyTable } from './tables.ts';
import * as operations from './value-operations.ts';
import { NOTHING, scalar, type Value } from './values.ts';

/** The value of an expression, converted to the type it has where it stands. */
export function evaluate(body: Body, scope: Scope, expression: ast.Expression): Value {
  const value = evaluateOwn(body, scope, expression);
  const target = body.context.typed.implicitCasts.get(expression);
  if (target === undefined) return value;
  return operations.convert(body.context, value, body.context.concrete(target, scope.frame), expression.span);
}

/** The value of an expression that must be a scalar. */
export function evaluateScalar(body: Body, scope: Scope, expression: ast.Expression): ir.Expression {
  const value = evaluate(body, scope, expression);
  if (value.kind === 'integer') {
    throw new CannotElaborate(
      'type-error',
      expression.span,
      'the width of this number cannot be told; write it as in 8w1',
    );
  }
  return operations.expressionOf(value, expression.span);
}

/** Several expressions, left to right; earlier ones are frozen where later ones have effects. */
export function evaluateAll(body: Body, scope: Scope, expressions: readonly ast.Expression[]): Value[] {
  const last = lastEffect(body.context, expressions);
  return expressions.map((expression, index) => {
    const value = evaluate(body, scope, expression);
    return last > index ? operations.freeze(body, value, expression.span) : value;
  });
}

function evaluateOwn(body: Body, scope: Scope, expression: ast.Expression): Value {
  const { context } = body;
  const known = context.typed.constants.get(expression);
  if (known !== undefined && expression.kind !== 'StructExpression' && expression.kind !== 'ListExpression') {
    return valueOfConstant(context, known, context.ownTypeOf(expression, scope.frame), expression.span);
  }
  switch (expression.kind) {
    case 'IntegerLiteral': {
      if (expression.width === undefined) return { kind: 'integer', value: expression.value };
      return scalar(build.constant(expression.value, ir.bitsType(expression.width, expression.signed)));
    }
    case 'BooleanLiteral':
      return scalar(build.boolConstant(expression.value));
    case 'StringLiteral':
      return { kind: 'string', value: expression.value };
    case 'PathExpression':
      return evaluatePath(body, scope, expression);
    case 'MemberExpression':
      return evaluateMember(body, scope, expression);
    case 'IndexExpression':
      return evaluateIndex(body, scope, expression);
    case 'SliceExpression': {
      const operand = evaluateScalar(body, scope, expression.target);
      const high = constantNumber(body, scope, expression.high);
      const low = constantNumber(body, scope, expression.low);
      return scalar(build.slice(operand, high, low));
    }
    case 'PlusSliceExpression': {
      const operand = evaluateScalar(body, scope, expression.target);
      const width = constantNumber(body, scope, expression.width);
      const low = evaluate(body, scope, expression.low);
      const lowValue =
        low.kind === 'integer'
          ? low.value
          : low.kind === 'scalar' && low.expression.kind === 'constant'
            ? low.expression.value
            : undefined;
      if (lowValue !== undefined) return scalar(build.slice(operand, Number(lowValue) + width - 1, Number(lowValue)));
      const shifted = build.binary('>>', operand, operations.expressionOf(low, expression.low.span));
      return scalar(build.slice(shifted, width - 1, 0));
    }
    case 'ListExpression': {
      const last = expression.elements[expression.elements.length - 1];
      const elements = last?.kind === 'DotsExpression' ? expression.elements.slice(0, -1) : expression.elements;
      const values = evaluateAll(body, scope, elements);
      return { kind: 'struct', fields: new Map(values.map((value, index) => [String(index), value])) };
    }
    case 'StructExpression': {
      const values = evaluateAll(
        body,
        scope,
        expression.fields.map((field) => field.value),
      );
      const fields = new Map(expression.fields.map((field, index) => [field.name.name, values[index]!]));
      const own = plainType(context.ownTypeOf(expression, scope.frame));
      const value: Value = { kind: 'struct', fields };
      return operations.convert(context, value, own, expression.span);
    }
    case 'InvalidExpression':
    case 'DotsExpression':
      return operations.defaultValue(context, context.typeOf(expression, scope.frame), expression.span);
    case 'UnaryExpression':
      return evaluateUnary(body, scope, expression);
    case 'BinaryExpression':
      return evaluateBinary(body, scope, expression);
    case 'ConditionalExpression':
      return evaluateConditional(body, scope, expression);
    case 'CastExpression': {
      const operand = evaluate(body, scope, expression.operand);
      return operations.convert(context, operand, context.ownTypeOf(expression, scope.frame), expression.span);
    }
    case 'CallExpression':
      return evaluateCall(body, scope, expression);
    case 'ConstructorCallExpression':
      return { kind: 'instance', instance: construct(body.context, scope.frame, expression, undefined) };
    case 'DefaultExpression':
      return NOTHING;
    case 'ThisExpression':
    case 'TypeNameExpression':
    case 'MaskExpression':
    case 'RangeExpression':
    case 'TupleKeysetExpression':
    case 'SelectExpression':
      return notSupportedYet(expression.span, `${expression.kind} as a value`);
  }
}

function constantNumber(body: Body, scope: Scope, expression: ast.Expression): number {
  const value = evaluate(body, scope, expression);
  if (value.kind === 'integer') return Number(value.value);
  if (value.kind === 'scalar' && value.expression.kind === 'constant') return Number(value.expression.value);
  throw new CannotElaborate('expected', expression.span, 'this must be a constant');
}

function evaluatePath(body: Body, scope: Scope, expression: ast.PathExpression): Value {
  const { context } = body;
  const declaration = context.typed.paths.get(expression);
  if (declaration === undefined) throw new InternalError(`unresolved name ${expression.name.name}`, expression.span);
  if (declaration.kind !== 'BuiltInState') {
    const bound = lookUp(scope.frame, declaration);
    if (bound !== undefined) return bound;
  }
  switch (declaration.kind) {
    case 'ConstantDeclaration': {
      const type = context.declaredType(declaration, scope.frame);
      const value = operations.convert(context, evaluate(body, scope, declaration.value), type, expression.span);
      return value;
    }
    case 'Instantiation': {
      // A global instance: made when first used.
      const top = topFrame(scope.frame);
      const instance: Value = { kind: 'instance', instance: construct(context, top, declaration, declaration) };
      top.bindings.set(declaration, instance);
      return instance;
    }
    default:
      throw new InternalError(`nothing is bound to ${expression.name.name}`, expression.span);
  }
}

function evaluateMember(body: Body, scope: Scope, expression: ast.MemberExpression): Value {
  const { context } = body;
  const target = context.typed.members.get(expression);
  if (target === undefined) throw new InternalError(`unresolved member ${expression.member.name}`, expression.span);
  switch (target.kind) {
    case 'field': {
      const value = evaluate(body, scope, expression.target);
      if (value.kind === 'header' && (value.reference.kind === 'next' || value.reference.kind === 'union-next')) {
        throw new CannotElaborate('uninitialized', expression.span, 'a field of .next is read before it is extracted');
      }
      return fieldOf(context, value, expression.member.name, expression.span);
    }
    case 'enum-member':
      return enumMember(
        context,
        target.declaration,
        target.member.name.name,
        context.ownTypeOf(expression, scope.frame),
      );
    case 'error-member':
      return scalar(build.constant(BigInt(context.errorCodes.get(target.name) ?? 0), ir.ERROR));
    case 'stack-property': {
      const stack = evaluate(body, scope, expression.target);
      if (target.property === 'size') {
        return scalar(build.constant(BigInt(operations.elementsOf(stack, expression.span).length), ir.bitsType(32)));
      }
      if (stack.kind !== 'stack' && stack.kind !== 'union-stack') {
        return notSupportedYet(expression.span, `.${target.property} of a stack that is not stored`);
      }
      if (target.property === 'lastIndex') return scalar(build.lastIndex(stack.stack));
      if (stack.kind === 'stack') {
        return { kind: 'header', type: stack.element, reference: { kind: target.property, stack: stack.stack } };
      }
      return unionAt(stack, target.property);
    }
    case 'apply-result': {
      if (target.property === 'action_run') {
        return notSupportedYet(expression.span, 'action_run outside of a switch statement');
      }
      const result = body.temporary(ir.BOOL, target.property);
      const hit = body.newBlock('hit');
      const miss = body.newBlock('miss');
      const after = body.newBlock('after');
      const call = expression.target;
      if (call.kind !== 'CallExpression') throw new InternalError('apply() expected', expression.span);
      applyTable(body, scope, call, target.table, { kind: 'hit-miss', hit, miss });
      for (const [block, isHit] of [
        [hit, true],
        [miss, false],
      ] as const) {
        body.moveTo(block);
        body.assign(result, build.boolConstant(isHit === (target.property === 'hit')), expression.span);
        body.goto(after);
      }
      body.moveTo(after);
      return scalar(build.read(result));
    }
    case 'method':
      throw new InternalError(`method ${expression.member.name} used as a value`, expression.span);
  }
}

/** Pseudo union reference for `stack.next` and `stack.last`: only its members can be used. */
function unionAt(stack: Value & { kind: 'union-stack' }, property: 'next' | 'last'): Value {
  const members = new Map<string, Value>();
  stack.element.fields.forEach((field, member) => {
    const type = plainType(field.type);
    if (type.kind !== 'header') return;
    const kind = property === 'next' ? 'union-next' : 'union-last';
    members.set(field.name, { kind: 'header', type, reference: { kind, stack: stack.stack, member } });
  });
  return { kind: 'struct', fields: members };
}

/** `value.name` for a field. */
export function fieldOf(context: Context, value: Value, name: string, span: Span | undefined): Value {
  switch (value.kind) {
    case 'struct': {
      const field = value.fields.get(name);
      if (field === undefined) throw new InternalError(`no field ${name}`, span);
      return field;
    }
    case 'header':
      return operations.headerField(context, value, name);
    case 'header-value': {
      const field = value.fields.get(name);
      if (field !== undefined) return field;
      const declared = value.type.fields.find((candidate) => candidate.name === name);
      if (declared === undefined) throw new InternalError(`no field ${name}`, span);
      return operations.defaultValue(context, declared.type, span);
    }
    case 'union':
      return operations.unionMember(value, name);
    case 'union-value': {
      const member = value.members.get(name);
      if (member === undefined) throw new InternalError(`no member ${name}`, span);
      return member;
    }
    default:
      throw new InternalError(`field ${name} of ${value.kind}`, span);
  }
}

function evaluateIndex(body: Body, scope: Scope, expression: ast.IndexExpression): Value {
  const { context } = body;
  const target = evaluate(body, scope, expression.target);
  const index = evaluate(body, scope, expression.index);
  const constant =
    index.kind === 'integer'
      ? index.value
      : index.kind === 'scalar' && index.expression.kind === 'constant'
        ? index.expression.value
        : undefined;
  if (constant !== undefined) {
    const element = operations.elementsOf(target, expression.span)[Number(constant)];
    if (element === undefined) {
      throw new CannotElaborate('overlimit', expression.index.span, `index ${constant} is out of range`);
    }
    return element;
  }
  let position = operations.expressionOf(index, expression.index.span);
  // The index is evaluated now; what follows may change what it was computed from.
  position = body.freeze(position, expression.index.span);
  switch (target.kind) {
    case 'stack':
      return {
        kind: 'header',
        type: target.element,
        reference: { kind: 'element', stack: target.stack, index: position },
      };
    case 'union-stack':
      return {
        kind: 'union',
        type: target.element,
        reference: { kind: 'element', stack: target.stack, index: position },
      };
    case 'array': {
      let result: Value | undefined;
      for (let at = target.elements.length - 1; at >= 0; at--) {
        const element = target.elements[at]!;
        if (result === undefined) result = element;
        else {
          const condition = build.binary('==', position, build.constant(BigInt(at), position.type));
          result = operations.select(condition, element, result);
        }
        if (result === undefined) break;
      }
      if (result === undefined) return notSupportedYet(expression.span, 'this index known only at run time');
      return result;
    }
    default:
      return notSupportedYet(
        expression.span,
        `indexing ${context.ownTypeOf(expression.target, scope.frame).kind} at run time`,
      );
  }
}

function evaluateBinary(body: Body, scope: Scope, expression: ast.BinaryExpression): Value {
  const { context } = body;
  const { operator } = expression;
  if (operator === '&&' || operator === '||') {
    if (!hasEffects(context, expression.right)) {
      const left = evaluateScalar(body, scope, expression.left);
      // Indexes on the right may need temporaries; computing them early is harmless.
      return scalar(build.binary(operator, left, evaluateScalar(body, scope, expression.right)));
    }
    return branchedValue(body, scope, expression);
  }
  let left = evaluate(body, scope, expression.left);
  if (hasEffects(context, expression.right)) left = operations.freeze(body, left, expression.left.span);
  const right = evaluate(body, scope, expression.right);
  return binaryOperation(context, operator, left!, right!, expression.span);
}

/** `a && f()` and the like: a temporary that gets its value in branches. */
function branchedValue(body: Body, scope: Scope, expression: ast.Expression): Value {
  const result = body.temporary(ir.BOOL, 'cond');
  const whenTrue = body.newBlock('true');
  const whenFalse = body.newBlock('false');
  const after = body.newBlock('after');
  branch(body, scope, expression, whenTrue, whenFalse);
  body.moveTo(whenTrue);
  body.assign(result, build.TRUE, expression.span);
  body.goto(after);
  body.moveTo(whenFalse);
  body.assign(result, build.FALSE, expression.span);
  body.goto(after);
  body.moveTo(after);
  return scalar(build.read(result));
}

/**
 * Ends the current block by going to one of two blocks as the condition says. Short-circuit operators and `apply().hit`
 * become branches of their own, so that nothing is evaluated that should not be and no temporary is needed.
 */
export function branch(
  body: Body,
  scope: Scope,
  expression: ast.Expression,
  whenTrue: ir.Block,
  whenFalse: ir.Block,
): void {
  const { context } = body;
  if (expression.kind === 'UnaryExpression' && expression.operator === '!') {
    branch(body, scope, expression.operand, whenFalse, whenTrue);
    return;
  }
  if (
    expression.kind === 'BinaryExpression' &&
    (expression.operator === '&&' || expression.operator === '||') &&
    hasEffects(context, expression)
  ) {
    const middle = body.newBlock('and');
    if (expression.operator === '&&') branch(body, scope, expression.left, middle, whenFalse);
    else branch(body, scope, expression.left, whenTrue, middle);
    body.moveTo(middle);
    branch(body, scope, expression.right, whenTrue, whenFalse);
    return;
  }
  if (expression.kind === 'MemberExpression' && expression.target.kind === 'CallExpression') {
    const target = context.typed.members.get(expression);
    if (target?.kind === 'apply-result' && target.property !== 'action_run') {
      const isHit = target.property === 'hit';
      applyTable(body, scope, expression.target, target.table, {
        kind: 'hit-miss',
        hit: isHit ? whenTrue : whenFalse,
        miss: isHit ? whenFalse : whenTrue,
      });
      return;
    }
  }
  const condition = evaluateScalar(body, scope, expression);
  body.terminate({ kind: 'branch', condition, whenTrue, whenFalse, span: expression.span });
}

function evaluateConditional(body: Body, scope: Scope, expression: ast.ConditionalExpression): Value {
  const { context } = body;
  const effects = hasEffects(context, expression.whenTrue) || hasEffects(context, expression.whenFalse);
  const type = context.ownTypeOf(expression, scope.frame);
  if (!effects) {
    const condition = evaluateScalar(body, scope, expression.condition);
    if (condition.kind === 'constant') {
      return evaluate(body, scope, condition.value === 0n ? expression.whenFalse : expression.whenTrue);
    }
    const whenTrue = operations.convert(context, evaluate(body, scope, expression.whenTrue), type, expression.span);
    const whenFalse = operations.convert(context, evaluate(body, scope, expression.whenFalse), type, expression.span);
    const chosen = operations.select(condition, whenTrue, whenFalse);
    if (chosen !== undefined) return chosen;
    return viaBranches(body, scope, expression, type, (then, otherwise) => {
      body.terminate({ kind: 'branch', condition, whenTrue: then, whenFalse: otherwise, span: expression.span });
    });
  }
  return viaBranches(body, scope, expression, type, (then, otherwise) => {
    branch(body, scope, expression.condition, then, otherwise);
  });
}

function viaBranches(
  body: Body,
  scope: Scope,
  expression: ast.ConditionalExpression,
  type: T.Type,
  decide: (whenTrue: ir.Block, whenFalse: ir.Block) => void,
): Value {
  const result = body.allocate(type, 'mux');
  const then = body.newBlock('true');
  const otherwise = body.newBlock('false');
  const after = body.newBlock('after');
  decide(then, otherwise);
  for (const [block, part] of [
    [then, expression.whenTrue],
    [otherwise, expression.whenFalse],
  ] as const) {
    body.moveTo(block);
    const value = operations.convert(body.context, evaluate(body, scope, part), type, part.span);
    operations.assign(body, result, value, part.span);
    body.goto(after);
  }
  body.moveTo(after);
  return result;
}
