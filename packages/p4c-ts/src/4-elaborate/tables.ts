/**
 * Tables: made when first applied, with their actions translated in the frame of their control.
 *
 * A key must be something that BMv2 can look at while matching: a field or `isValid()`. Any other key is computed into
 * a temporary just before the table is applied; so are fields under a constant mask, which the format knows, but BMv2
 * applies such a mask to the entries as well, and those with bits beyond it would match. Actions are bodies of their
 * own; directionless parameters are the control plane's data, directed ones are bound to what the table's `actions`
 * list says.
 */

import type * as ast from '../2-parse/ast.ts';
import type { MatchedArgument, ResolvedActionReference, TableInfo } from '../3-types/typed-program.ts';
import * as build from '../5-lower/expressions.ts';
import * as ir from '../5-lower/ir.ts';
import { InternalError } from '../diagnostics/diagnostic.ts';
import type { Span } from '../diagnostics/span.ts';
import { Body, type Scope } from './body.ts';
import { bindArguments } from './calls.ts';
import { evaluateConstant, integerOf } from './construct.ts';
import { CannotElaborate, type Context, notOnTarget, notSupportedYet } from './context.ts';
import { evaluate } from './expressions.ts';
import {
  type BlockInstance,
  childFrame,
  enclosingInstance,
  type Frame,
  type TableInstance,
  topFrame,
} from './instances.ts';
import { annotationNamed, controlPlaneName, keyName, localName, stringOf, withoutDot } from './names.ts';
import { translateBlock } from './statements.ts';
import { plainType, scalarTypeOf } from './storage.ts';
import { translateEntries } from './table-entries.ts';
import { attachCounter, attachMeter, profileOf, propertyNamed, shareSelector } from './table-properties.ts';
import * as operations from './value-operations.ts';
import { scalar } from './values.ts';

/** Where to go after a table. `labels`: by action, named by declaration. */
export type AfterTable =
  | { readonly kind: 'always'; readonly target: ir.Block }
  | { readonly kind: 'hit-miss'; readonly hit: ir.Block; readonly miss: ir.Block }
  | {
      readonly kind: 'labels';
      readonly labels: ReadonlyMap<ast.ActionDeclaration, ir.Block>;
      readonly otherwise: ir.Block;
    };

/** Places that hold a table's computed keys, by position; undefined for keys that are read where they are. */
const keyPlaces = new WeakMap<ir.Table, (ir.Place | undefined)[]>();

/** Ends the current block by applying the table. */
export function applyTable(
  body: Body,
  scope: Scope,
  call: ast.CallExpression,
  declaration: ast.TableDeclaration,
  after: AfterTable,
): void {
  const { context } = body;
  const instance = enclosingInstance(scope.frame);
  const info = context.typed.tables.get(declaration);
  if (instance === undefined || info === undefined) throw new InternalError('table outside of a control', call.span);
  if (body.isAction) notSupportedYet(call.span, 'applying a table inside an action');
  const frame: Scope = { ...scope, frame: instance.frame };
  const keys = (info.key?.elements ?? []).map((element) => {
    const value = evaluate(body, frame, element.expression);
    return operations.expressionOf(value, element.expression.span);
  });
  let made = instance.tables.get(declaration);
  if (made === undefined) {
    made = makeTable(body, frame, instance, declaration, info, keys);
    instance.tables.set(declaration, made);
  } else {
    storeKeys(body, made.table, keys, declaration.span);
  }
  const { table, exitFlag, byDeclaration } = made;
  if (exitFlag !== undefined) body.assign(exitFlag, build.FALSE, call.span);
  // Where an action may exit and copies are still to be made, each way out first looks at the flag.
  const checked = (target: ir.Block): ir.Block => {
    if (exitFlag === undefined || scope.exitTo === undefined) return target;
    const block = body.newBlock('exited');
    block.terminator = {
      kind: 'branch',
      condition: build.read(exitFlag),
      whenTrue: scope.exitTo,
      whenFalse: target,
      span: call.span,
    };
    return block;
  };
  const next = ((): ir.ApplyNext => {
    switch (after.kind) {
      case 'always':
        return { kind: 'always', target: checked(after.target) };
      case 'hit-miss':
        return { kind: 'hit-miss', hit: checked(after.hit), miss: checked(after.miss) };
      case 'labels': {
        const targets = new Map<ir.TableAction, ir.Block>();
        for (const [action, block] of after.labels) {
          const tableAction = byDeclaration.get(action);
          if (tableAction !== undefined) targets.set(tableAction, checked(block));
        }
        return { kind: 'action', targets, otherwise: checked(after.otherwise) };
      }
    }
  })();
  body.terminate({ kind: 'apply', table, next, span: call.span });
}

function isSimpleKey(expression: ir.Expression): boolean {
  if (expression.kind === 'is-valid') return expression.header.kind === 'instance';
  return isPlainRead(expression);
}

function isPlainRead(expression: ir.Expression): boolean {
  if (expression.kind !== 'read' || expression.type.kind === 'varbit') return false;
  const { place } = expression;
  return place.kind === 'variable' || place.header.kind === 'instance';
}

/** Assigns computed keys for another application of a table made before. */
function storeKeys(body: Body, table: ir.Table, keys: readonly ir.Expression[], span: Span): void {
  const places = keyPlaces.get(table) ?? [];
  keys.forEach((key, index) => {
    const place = places[index];
    if (place !== undefined) body.assign(place, key, span);
    else if (!build.sameExpression(key, table.keys[index]!.expression)) {
      notSupportedYet(span, 'a table applied at several places with keys at different places');
    }
  });
}

/**
 * Whether the `lpm` keys are to be masks whose entries rank by their order. BMv2 ranks by the length of one prefix
 * only. With several, the language leaves the order of entries to the program's: constant ones can be ranked so, those
 * of a control plane cannot.
 */
function prefixesRankedByOrder(info: TableInfo, name: string, span: Span): boolean {
  const lpmKeys = info.matchKinds.filter((kind) => kind === 'lpm').length;
  if (lpmKeys <= 1) return false;
  if (info.entries?.isConst === true) return true;
  throw new CannotElaborate(
    'unsupported',
    span,
    `table ${name} has ${lpmKeys} keys of kind lpm, but BMv2 ranks entries by one prefix length only`,
    'make all of them but one ternary; the control plane then sets priorities',
  );
}

function makeTable(
  body: Body,
  scope: Scope,
  instance: BlockInstance,
  declaration: ast.TableDeclaration,
  info: TableInfo,
  keyExpressions: readonly ir.Expression[],
): TableInstance {
  const { context } = body;
  const { frame } = instance;
  const name = controlPlaneName(instance.path, declaration.name.name, declaration.annotations);
  const rankedByOrder = prefixesRankedByOrder(info, name, declaration.span);
  const places: (ir.Place | undefined)[] = [];
  const keys: ir.TableKey[] = (info.key?.elements ?? []).map((element, index) => {
    const matchKind = info.matchKinds[index] ?? 'exact';
    if (!['exact', 'lpm', 'ternary', 'range', 'optional', 'selector'].includes(matchKind)) {
      notOnTarget(element.matchKind.span, `match kind ${matchKind} is not supported by BMv2`);
    }
    let expression = keyExpressions[index]!;
    if (isSimpleKey(expression)) {
      places.push(undefined);
    } else {
      if (expression.type.kind === 'varbit') notOnTarget(element.span, 'a varbit cannot be a key on BMv2');
      const place = body.temporary(expression.type, 'key');
      body.assign(place, expression, element.span);
      places.push(place);
      expression = build.read(place);
    }
    const written = stringOf(annotationNamed(element.annotations, 'name'));
    return {
      matchKind: rankedByOrder && matchKind === 'lpm' ? 'ternary' : matchKind,
      expression,
      name: withoutDot(written ?? keyName(element.expression, context.typed) ?? '') || undefined,
      span: element.span,
    };
  });
  const exitFlag =
    scope.exitTo !== undefined &&
    info.actions.some((reference) => mayExit(context, context.typed.actionReferences.get(reference)?.declaration))
      ? body.temporary(ir.BOOL, 'exited')
      : undefined;
  const byDeclaration = new Map<ast.ActionDeclaration, ir.TableAction>();
  const actions: ir.TableAction[] = [];
  const addAction = (resolved: ResolvedActionReference): void => {
    if (byDeclaration.has(resolved.declaration)) return;
    const action = compileAction(body, instance, resolved, exitFlag);
    const tableAction: ir.TableAction = { action };
    byDeclaration.set(resolved.declaration, tableAction);
    actions.push(tableAction);
  };
  for (const reference of info.actions) {
    const resolved = context.typed.actionReferences.get(reference);
    if (resolved === undefined) throw new InternalError('unresolved action', reference.span);
    addAction(resolved);
  }
  if (info.noAction !== undefined) addAction({ declaration: info.noAction, arguments: [] });

  const actionValues = (resolved: ResolvedActionReference): bigint[] => {
    const values: bigint[] = [];
    resolved.declaration.parameters.forEach((parameter) => {
      if (parameter.direction !== 'none') return;
      const matched = resolved.arguments.find((item) => item.parameter.declaration === parameter);
      if (matched === undefined) return;
      values.push(constantArgument(context, frame, matched));
    });
    return values;
  };
  let defaultAction: ir.Table['defaultAction'];
  if (info.defaultAction !== undefined) {
    const resolved = context.typed.actionReferences.get(info.defaultAction);
    const action = resolved && byDeclaration.get(resolved.declaration);
    if (resolved === undefined || action === undefined) {
      throw new InternalError('unresolved default_action', info.defaultAction.span);
    }
    defaultAction = { action, arguments: actionValues(resolved), isConst: info.defaultAction.isConst };
  } else if (info.noAction !== undefined) {
    const action = byDeclaration.get(info.noAction);
    if (action !== undefined) defaultAction = { action, arguments: [], isConst: false };
  }

  const order = propertyNamed(declaration, 'largest_priority_wins');
  const largestWins = order === undefined || integerOf(evaluateConstant(context, frame, order.value)) !== 0n;
  const entries =
    info.entries &&
    translateEntries(context, frame, info, info.entries, keys, byDeclaration, actionValues, largestWins);
  const sizeProperty = propertyNamed(declaration, 'size');
  const size = sizeProperty && integerOf(evaluateConstant(context, frame, sizeProperty.value));
  if (sizeProperty !== undefined && size === undefined) {
    throw new CannotElaborate('expected', sizeProperty.span, 'the size of a table must be a constant');
  }
  const timeout = propertyNamed(declaration, 'support_timeout');
  const profile = profileOf(body, frame, declaration, name);
  const table: ir.Table = {
    kind: 'table',
    name,
    keys,
    actions,
    defaultAction,
    entries,
    entriesAreConst: info.entries?.isConst ?? false,
    size: size === undefined ? undefined : Number(size),
    supportTimeout: timeout !== undefined && integerOf(evaluateConstant(context, frame, timeout.value)) === 1n,
    counter: undefined,
    meter: undefined,
    profile,
    isHidden: false,
    span: declaration.span,
  };
  attachCounter(context, frame, declaration, table);
  attachMeter(context, frame, declaration, table);
  if (profile?.selector !== undefined) shareSelector(body, table, profile);
  keyPlaces.set(table, places);
  body.tables.push(table);
  if (profile !== undefined && !body.profiles.includes(profile)) body.profiles.push(profile);
  return { table, byDeclaration, exitFlag };
}

function constantArgument(context: Context, frame: Frame, matched: MatchedArgument): bigint {
  const { parameter } = matched;
  const expression = matched.argument?.value ?? parameter.defaultValue;
  if (expression === undefined) throw new InternalError(`no value for ${parameter.name}`);
  const value = operations.convert(
    context,
    evaluateConstant(context, frame, expression),
    context.concrete(parameter.type, frame),
    expression.span,
  );
  const number = integerOf(value);
  if (number === undefined)
    throw new CannotElaborate('expected', expression.span, 'an action argument must be a constant');
  return number;
}

/** True when running the action may execute `exit`. */
function mayExit(context: Context, declaration: ast.ActionDeclaration | undefined): boolean {
  return declaration !== undefined && statementsExit(context, declaration.body.statements);
}

function statementsExit(context: Context, statements: readonly ast.Statement[]): boolean {
  return statements.some((statement) => {
    switch (statement.kind) {
      case 'ExitStatement':
        return true;
      case 'BlockStatement':
        return statementsExit(context, statement.statements);
      case 'IfStatement':
        return statementsExit(context, [
          statement.thenStatement,
          ...(statement.elseStatement ? [statement.elseStatement] : []),
        ]);
      case 'SwitchStatement':
        return statement.cases.some((item) => item.body !== undefined && statementsExit(context, item.body.statements));
      case 'ForStatement':
      case 'ForInStatement':
        return statementsExit(context, [statement.body]);
      case 'CallStatement': {
        const call = context.typed.calls.get(statement.call);
        if (call?.kind === 'action') return mayExit(context, call.declaration);
        if (call?.kind === 'function' && call.declaration.body !== undefined) {
          return statementsExit(context, call.declaration.body.statements);
        }
        return false;
      }
      default:
        return false;
    }
  });
}

/**
 * Translates an action for the tables of one instance; shared by tables that bind the same arguments (that is, none).
 */
function compileAction(
  around: Body,
  instance: BlockInstance,
  resolved: ResolvedActionReference,
  exitFlag: ir.Place | undefined,
): ir.Action {
  const { context } = around;
  const { declaration } = resolved;
  const directed = resolved.arguments.filter((item) => item.parameter.direction !== 'none');
  const key = `${declaration.id}`;
  const canShare = directed.length === 0 && exitFlag === undefined;
  const known = canShare ? instance.actions.get(key) : undefined;
  if (known !== undefined) return known;
  const isLocal =
    instance.declaration.kind === 'ControlDeclaration' && instance.declaration.locals.some((l) => l === declaration);
  const name = controlPlaneName(isLocal ? instance.path : '', declaration.name.name, declaration.annotations);
  const body = new Body(context, around.kind, declaration.name.name, true);
  const frame = childFrame(isLocal ? instance.frame : topFrame(instance.frame));
  const parameters: { name: string; type: ir.ScalarType }[] = [];
  for (const parameter of declaration.parameters) {
    if (parameter.direction !== 'none') continue;
    const type = plainType(context.declaredType(parameter, frame));
    const scalarType = scalarTypeOf(type);
    if (scalarType === undefined || scalarType.kind === 'varbit') {
      throw new CannotElaborate('invalid', parameter.span, 'action parameters must be bit<> or int<> on this target');
    }
    const parameterName = withoutDot(localName(parameter.name.name, parameter.annotations));
    const index = parameters.length;
    parameters.push({ name: parameterName, type: scalarType });
    frame.bindings.set(parameter, scalar({ kind: 'parameter', type: scalarType, index, name: parameterName }));
  }
  const exit = exitFlag === undefined ? undefined : body.newBlock('exit');
  const outer: Scope = {
    frame: instance.frame,
    returnTo: undefined,
    exitTo: exit,
    breakTo: undefined,
    continueTo: undefined,
  };
  const copies = bindArguments(body, outer, frame, directed, 'sees-surroundings', declaration.span);
  const end = body.newBlock('end');
  const leave = copies.length > 0 ? body.newBlock('leave') : undefined;
  const inner: Scope = { ...outer, frame, returnTo: { block: end, value: undefined }, exitTo: leave ?? exit };
  translateBlock(body, inner, declaration.body);
  body.goto(end);
  const copyOut = (): void => {
    for (const { target, source } of copies) operations.assign(body, target, source, declaration.span);
  };
  if (leave !== undefined) {
    body.moveTo(leave);
    copyOut();
    if (exit !== undefined) body.goto(exit);
    else body.terminate({ kind: 'exit', span: declaration.span });
  }
  if (exit !== undefined && exitFlag !== undefined) {
    body.moveTo(exit);
    body.assign(exitFlag, build.TRUE, declaration.span);
    body.terminate({ kind: 'return', span: declaration.span });
  }
  body.moveTo(end);
  copyOut();
  body.terminate({ kind: 'return', span: declaration.span });
  const action: ir.Action = {
    kind: 'action',
    name,
    parameters,
    body: { entry: body.entry },
    span: declaration.span,
    isHidden: false,
  };
  if (canShare) instance.actions.set(key, action);
  return action;
}
