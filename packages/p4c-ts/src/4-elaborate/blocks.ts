/**
 * Applying controls and parsers: the callee's body is translated in place, in the frame of its instance.
 *
 * Local variables, tables and actions belong to the instance: they are made when it is applied first and found again
 * after that. A control's locals are initialized each time it is applied.
 */

import type * as ast from '../2-parse/ast.ts';
import type { ResolvedCall } from '../3-types/typed-program.ts';
import { InternalError } from '../diagnostics/diagnostic.ts';
import type { Span } from '../diagnostics/span.ts';
import type { Body, Scope } from './body.ts';
import { bindArguments, inline, sizeInBits } from './calls.ts';
import { construct, integerOf, makeBlock } from './construct.ts';
import { CannotElaborate, notSupportedYet } from './context.ts';
import { evaluate } from './expressions.ts';
import type { BlockInstance, Frame } from './instances.ts';
import { controlPlaneName, pathName } from './names.ts';
import { translateStates } from './parsers.ts';
import { declareConstant, declareVariable, translateBlock } from './statements.ts';
import type { Value } from './values.ts';

const materialized = new WeakMap<BlockInstance, Map<ast.Node, Value>>();
const directInstances = new WeakMap<Frame, Map<ast.Node, BlockInstance>>();

/** `instance.apply(...)` of a control or parser, or `C.apply(...)`. */
export function applyBlock(
  body: Body,
  scope: Scope,
  call: ResolvedCall & { kind: 'apply' },
  expression: ast.CallExpression,
): void {
  const instance = call.direct ? directInstance(body, scope, call, expression) : receiverOf(body, scope, call);
  let storage: Map<ast.Node, Value> | undefined;
  if (instance.isShared) {
    storage = materialized.get(instance) ?? new Map();
    materialized.set(instance, storage);
  }
  // The call was resolved against the receiver's type; its parameters are those of the instance, by position.
  const matched = call.arguments.map((item, index) => {
    const declaration = instance.declaration.parameters[index];
    if (declaration === undefined) return item;
    const type = body.context.declaredType(declaration, instance.frame);
    return { ...item, parameter: { ...item.parameter, declaration, type } };
  });
  const copies = bindArguments(body, scope, instance.frame, matched, 'closed', expression.span, storage);
  const { span } = expression;
  inline(body, scope, instance.frame, copies, undefined, span, (inner) => runInstance(body, inner, instance, span));
}

function receiverOf(body: Body, scope: Scope, call: ResolvedCall & { kind: 'apply' }): BlockInstance {
  const value = evaluate(body, scope, call.receiver);
  if (value.kind !== 'instance' || value.instance.kind !== 'block') {
    throw new InternalError('apply() of something that is no control or parser', call.receiver.span);
  }
  return value.instance;
}

/** `C.apply()` makes an instance called `C`, once for each place where it is written. */
function directInstance(
  body: Body,
  scope: Scope,
  call: ResolvedCall & { kind: 'apply' },
  expression: ast.CallExpression,
): BlockInstance {
  const { context } = body;
  let around: Frame = scope.frame;
  while (around.instance === undefined && around.parent !== undefined) around = around.parent;
  let known = directInstances.get(around);
  if (known === undefined) directInstances.set(around, (known = new Map()));
  const existing = known.get(expression);
  if (existing !== undefined) return existing;
  const type = context.concrete(call.type, scope.frame);
  if (type.kind !== 'control' && type.kind !== 'parser')
    throw new InternalError('control or parser expected', expression.span);
  const { declaration } = type;
  if (declaration.kind !== 'ControlDeclaration' && declaration.kind !== 'ParserDeclaration') {
    throw new InternalError('apply() of an abstract type', expression.span);
  }
  const path = pathName(around.path, declaration.name.name);
  const instance = makeBlock(context, around, declaration, type, [], new Map(), path, undefined);
  known.set(expression, instance);
  return instance;
}

/** Translates the body of an instance whose parameters are bound; `scope.frame` is the instance's frame. */
export function runInstance(body: Body, scope: Scope, instance: BlockInstance, span: Span): void {
  const { declaration } = instance;
  bindLocals(body, scope, instance);
  if (declaration.kind === 'ControlDeclaration') translateBlock(body, scope, declaration.body);
  else translateStates(body, scope, instance, declaration, span);
}

function bindLocals(body: Body, scope: Scope, instance: BlockInstance): void {
  const { context } = body;
  const { frame, declaration } = instance;
  for (const local of declaration.locals) {
    switch (local.kind) {
      case 'VariableDeclaration':
        declareVariable(body, scope, frame, local);
        break;
      case 'ConstantDeclaration':
        declareConstant(body, scope, frame, local);
        break;
      case 'Instantiation':
        if (!instance.localsAreBound) {
          frame.bindings.set(local, { kind: 'instance', instance: construct(context, frame, local, local) });
        }
        break;
      case 'ValueSetDeclaration': {
        if (instance.localsAreBound) break;
        const size = integerOf(evaluate(body, scope, local.size));
        if (size === undefined) throw new CannotElaborate('expected', local.size.span, 'the size must be a constant');
        const element = context.typed.typeNodes.get(local.elementType);
        const width = element && sizeInBits(context.concrete(element, frame), true);
        if (width === undefined) notSupportedYet(local.span, 'a value set of this type');
        const valueSet = {
          kind: 'value-set' as const,
          name: controlPlaneName(instance.path, local.name.name, local.annotations),
          width,
          size,
        };
        body.valueSets.push(valueSet);
        frame.bindings.set(local, { kind: 'instance', instance: { kind: 'value-set', valueSet } });
        break;
      }
      case 'ActionDeclaration':
      case 'TableDeclaration':
        break;
    }
  }
  instance.localsAreBound = true;
}
