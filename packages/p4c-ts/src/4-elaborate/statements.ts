/**
 * Statements. Each becomes instructions of the current block or edges between blocks; none needs flags or rewriting,
 * because `return`, `exit`, `break` and `continue` are jumps to the blocks that the scope names.
 */

import type * as ast from '../2-parse/ast.ts';
import * as build from '../5-lower/expressions.ts';
import type * as ir from '../5-lower/ir.ts';
import { InternalError } from '../diagnostics/diagnostic.ts';
import type { Body, Scope } from './body.ts';
import { evaluateCall, hasEffects } from './calls.ts';
import { construct } from './construct.ts';
import { notSupportedYet } from './context.ts';
import { branch, evaluate } from './expressions.ts';
import { childFrame, type Frame } from './instances.ts';
import { binaryOperation } from './operators.ts';
import { allocate, plainType } from './storage.ts';
import { applyTable } from './tables.ts';
import * as operations from './value-operations.ts';
import type { Value } from './values.ts';

/** Translates the statements of a block, in a scope of their own if they declare anything. */
export function translateBlock(body: Body, scope: Scope, block: ast.BlockStatement): void {
  const inner = block.statements.some(isDeclaration) ? { ...scope, frame: childFrame(scope.frame) } : scope;
  translateStatements(body, inner, block.statements);
}

function isDeclaration({ kind }: ast.Statement): boolean {
  return kind === 'VariableDeclaration' || kind === 'ConstantDeclaration' || kind === 'Instantiation';
}

/** Translates statements in the given scope, into which declarations among them are bound. */
export function translateStatements(body: Body, scope: Scope, statements: readonly ast.Statement[]): void {
  for (const statement of statements) translateStatement(body, scope, statement);
}

/** Translates one statement. */
export function translateStatement(body: Body, scope: Scope, statement: ast.Statement): void {
  switch (statement.kind) {
    case 'EmptyStatement':
      return;
    case 'BlockStatement':
      translateBlock(body, scope, statement);
      return;
    case 'AssignmentStatement':
      translateAssignment(body, scope, statement);
      return;
    case 'CallStatement':
      evaluateCall(body, scope, statement.call);
      return;
    case 'IfStatement': {
      const whenTrue = body.newBlock('then');
      const whenFalse = body.newBlock('else');
      const after = body.newBlock('endif');
      branch(body, scope, statement.condition, whenTrue, whenFalse);
      body.moveTo(whenTrue);
      translateStatement(body, scope, statement.thenStatement);
      body.goto(after);
      body.moveTo(whenFalse);
      if (statement.elseStatement !== undefined) {
        translateStatement(body, scope, statement.elseStatement);
      }
      body.goto(after);
      body.moveTo(after);
      return;
    }
    case 'SwitchStatement':
      translateSwitch(body, scope, statement);
      return;
    case 'ForStatement':
      translateFor(body, scope, statement);
      return;
    case 'ForInStatement':
      translateForIn(body, scope, statement);
      return;
    case 'ReturnStatement': {
      if (statement.value !== undefined) {
        const value = evaluate(body, scope, statement.value);
        const result = scope.returnTo?.value;
        if (result !== undefined)
          operations.assign(body, result, conform(body, result, value, statement), statement.span);
      }
      if (scope.returnTo !== undefined) body.goto(scope.returnTo.block, statement.span);
      else body.terminate({ kind: 'return', span: statement.span });
      return;
    }
    case 'ExitStatement':
      if (scope.exitTo !== undefined) body.goto(scope.exitTo, statement.span);
      else body.terminate({ kind: 'exit', span: statement.span });
      return;
    case 'BreakStatement':
      if (scope.breakTo === undefined) throw new InternalError('break outside of a loop', statement.span);
      body.goto(scope.breakTo, statement.span);
      return;
    case 'ContinueStatement':
      if (scope.continueTo === undefined) throw new InternalError('continue outside of a loop', statement.span);
      body.goto(scope.continueTo, statement.span);
      return;
    case 'VariableDeclaration':
      declareVariable(body, scope, scope.frame, statement);
      return;
    case 'ConstantDeclaration':
      declareConstant(body, scope, scope.frame, statement);
      return;
    case 'Instantiation':
      scope.frame.bindings.set(statement, {
        kind: 'instance',
        instance: construct(body.context, scope.frame, statement, statement),
      });
      return;
  }
}

function conform(body: Body, target: Value, value: Value, at: ast.Statement): Value {
  if (target.kind === 'scalar' && value.kind === 'integer') {
    return { kind: 'scalar', expression: build.constant(value.value, target.expression.type) };
  }
  if (target.kind === 'header' && value.kind !== 'header')
    return operations.convert(body.context, value, target.type, at.span);
  return value;
}

/** Allocates a variable in the frame and initializes it; without an initializer its headers start invalid. */
export function declareVariable(body: Body, scope: Scope, frame: Frame, declaration: ast.VariableDeclaration): void {
  const { context } = body;
  const type = context.declaredType(declaration, frame);
  const initial =
    declaration.initializer === undefined
      ? undefined
      : operations.convert(context, evaluate(body, scope, declaration.initializer), type, declaration.span);
  // A variable of an instance that is applied several times keeps its storage.
  const variable =
    frame.bindings.get(declaration) ??
    allocate(context, type, { name: declaration.name.name, role: 'local', span: declaration.span });
  frame.bindings.set(declaration, variable);
  if (initial !== undefined) operations.assign(body, variable, initial, declaration.span);
  else operations.invalidateHeaders(body, variable, declaration.span);
}

/** Binds a constant. */
export function declareConstant(body: Body, scope: Scope, frame: Frame, declaration: ast.ConstantDeclaration): void {
  const type = body.context.declaredType(declaration, frame);
  const value = operations.convert(body.context, evaluate(body, scope, declaration.value), type, declaration.span);
  frame.bindings.set(declaration, value);
}

function translateAssignment(body: Body, scope: Scope, statement: ast.AssignmentStatement): void {
  const { context } = body;
  const target = evaluate(body, scope, statement.target);
  const type = context.ownTypeOf(statement.target, scope.frame);
  let value: Value;
  if (statement.operator === undefined) {
    value = evaluate(body, scope, statement.value);
  } else {
    // `a += f()` reads `a` before it calls `f`.
    const before = hasEffects(context, statement.value) ? operations.freeze(body, target, statement.span) : target;
    const right = evaluate(body, scope, statement.value);
    value = binaryOperation(context, statement.operator, before, right, statement.span);
  }
  operations.assign(body, target, operations.convert(context, value, type, statement.span), statement.span);
}

function translateSwitch(body: Body, scope: Scope, statement: ast.SwitchStatement): void {
  const { context } = body;
  const after = body.newBlock('endswitch');
  const inner: Scope = { ...scope, breakTo: scope.breakTo, continueTo: scope.continueTo };
  // A label without a body shares that of the next label with one.
  const bodies: (ir.Block | undefined)[] = new Array(statement.cases.length).fill(undefined);
  let following: ir.Block | undefined;
  for (let index = statement.cases.length - 1; index >= 0; index--) {
    if (statement.cases[index]!.body !== undefined) following = body.newBlock('case');
    bodies[index] = following ?? after;
  }
  const translateBodies = (): void => {
    statement.cases.forEach((switchCase, index) => {
      if (switchCase.body === undefined) return;
      body.moveTo(bodies[index]!);
      translateBlock(body, inner, switchCase.body);
      body.goto(after);
    });
    body.moveTo(after);
  };
  if (context.typed.switchKinds.get(statement) === 'action-run') {
    const member = statement.expression;
    if (member.kind !== 'MemberExpression' || member.target.kind !== 'CallExpression') {
      throw new InternalError('action_run of something else than apply()', statement.span);
    }
    const target = context.typed.members.get(member);
    if (target?.kind !== 'apply-result') throw new InternalError('action_run expected', statement.span);
    const labels = new Map<ast.ActionDeclaration, ir.Block>();
    let otherwise = after;
    statement.cases.forEach((switchCase, index) => {
      const { label } = switchCase;
      if (label.kind === 'DefaultExpression') otherwise = bodies[index]!;
      else if (label.kind === 'PathExpression') {
        const action = context.typed.paths.get(label);
        if (action?.kind === 'ActionDeclaration') labels.set(action, bodies[index]!);
      }
    });
    applyTable(body, scope, member.target, target.table, { kind: 'labels', labels, otherwise });
    translateBodies();
    return;
  }
  const subject = operations.freeze(body, evaluate(body, scope, statement.expression), statement.expression.span);
  let otherwise = after;
  statement.cases.forEach((switchCase, index) => {
    if (switchCase.label.kind === 'DefaultExpression') {
      otherwise = bodies[index]!;
      return;
    }
    const label = evaluate(body, scope, switchCase.label);
    const typed = conformLabel(subject, label);
    const next = body.newBlock('switch');
    body.terminate({
      kind: 'branch',
      condition: operations.equal(context, subject, typed, switchCase.span),
      whenTrue: bodies[index]!,
      whenFalse: next,
      span: switchCase.span,
    });
    body.moveTo(next);
  });
  body.goto(otherwise);
  translateBodies();
}

function conformLabel(subject: Value, label: Value): Value {
  if (subject.kind === 'scalar' && label.kind === 'integer') {
    return { kind: 'scalar', expression: build.constant(label.value, subject.expression.type) };
  }
  return label;
}

function translateFor(body: Body, scope: Scope, statement: ast.ForStatement): void {
  const outer: Scope = { ...scope, frame: childFrame(scope.frame) };
  translateStatements(body, outer, statement.init);
  const test = body.newBlock('for');
  const inside = body.newBlock('loop');
  const update = body.newBlock('update');
  const after = body.newBlock('endfor');
  body.goto(test);
  body.moveTo(test);
  branch(body, outer, statement.condition, inside, after);
  body.moveTo(inside);
  const inner: Scope = { ...outer, frame: childFrame(outer.frame), breakTo: after, continueTo: update };
  translateStatement(body, inner, statement.body);
  body.goto(update);
  body.moveTo(update);
  translateStatements(body, outer, statement.update);
  body.goto(test);
  body.moveTo(after);
}

function translateForIn(body: Body, scope: Scope, statement: ast.ForInStatement): void {
  const { context } = body;
  const outer: Scope = { ...scope, frame: childFrame(scope.frame) };
  const after = body.newBlock('endfor');
  declareVariable(body, outer, outer.frame, statement.variable);
  const variable = outer.frame.bindings.get(statement.variable)!;
  const type = context.declaredType(statement.variable, outer.frame);
  const iteration = (next: ir.Block): void => {
    const inner: Scope = { ...outer, frame: childFrame(outer.frame), breakTo: after, continueTo: next };
    translateStatement(body, inner, statement.body);
    body.goto(next);
  };
  if (statement.collection.kind === 'RangeExpression') {
    // The bounds are evaluated once; the counter is apart from the variable, which the body may see but not steer.
    const evaluateBound = (bound: ast.Expression): ir.Expression => {
      const value = operations.convert(context, evaluate(body, outer, bound), type, bound.span);
      return body.freeze(operations.expressionOf(value, bound.span), bound.span);
    };
    const low = evaluateBound(statement.collection.low);
    const high = evaluateBound(statement.collection.high);
    const counter = body.temporary(low.type, 'counter');
    const current = build.read(counter);
    const { span } = statement;
    const inside = body.newBlock('loop');
    const update = body.newBlock('update');
    const step = body.newBlock('step');
    body.assign(counter, low, span);
    body.terminate({
      kind: 'branch',
      condition: build.binary('<=', current, high),
      whenTrue: inside,
      whenFalse: after,
      span,
    });
    body.moveTo(inside);
    operations.assign(body, variable, { kind: 'scalar', expression: current }, span);
    iteration(update);
    // Leave before counting past the greatest value of the type.
    body.moveTo(update);
    body.terminate({
      kind: 'branch',
      condition: build.binary('<', current, high),
      whenTrue: step,
      whenFalse: after,
      span,
    });
    body.moveTo(step);
    body.assign(counter, build.binary('+', current, build.constant(1n, current.type)), span);
    body.goto(inside);
    body.moveTo(after);
    return;
  }
  const collectionType = plainType(context.ownTypeOf(statement.collection, outer.frame));
  let collection = evaluate(body, outer, statement.collection);
  if (hasEffects(context, statement.collection)) collection = operations.freeze(body, collection, statement.span);
  if (
    collection.kind !== 'struct' &&
    collection.kind !== 'array' &&
    collection.kind !== 'stack' &&
    collection.kind !== 'union-stack'
  ) {
    notSupportedYet(statement.collection.span, `a for loop over a ${collectionType.kind}`);
  }
  for (const element of operations.elementsOf(collection, statement.collection.span)) {
    const next = body.newBlock('next');
    operations.assign(body, variable, operations.convert(context, element, type, statement.span), statement.span);
    iteration(next);
    body.moveTo(next);
  }
  body.goto(after);
  body.moveTo(after);
}
