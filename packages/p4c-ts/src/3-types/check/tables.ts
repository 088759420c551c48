// Tables: key types and match kinds, actions with their bound arguments, the default action, and entries
// (specification 14.2). Properties are checked in the order in which they are written.

import type * as ast from '../../2-parse/ast.ts';
import { findNoAction, impliesNoAction } from '../checks/built-ins.ts';
import { Unifier } from '../infer/unify.ts';
import { expressionText } from '../support/expression-text.ts';
import type { MatchedArgument, ResolvedActionReference, TableInfo } from '../typed-program.ts';
import { erroneousType, printType, type Type, withoutNewtypes } from '../types.ts';
import { checkActionCall } from './action-calls.ts';
import { checkAnnotations } from './annotations.ts';
import { type Checker, isErroneous } from './checker.ts';
import { checkExpression } from './expressions.ts';
import { sameExpression } from './same-expression.ts';
import { coerceKeyset } from './selects.ts';

/** Checks a table and enters its `TableInfo`. */
export function checkTable(c: Checker, node: ast.TableDeclaration): void {
  checkAnnotations(c, node.annotations);
  c.within({ table: node }, () => {
    const state: TableState = { node, key: undefined, keyTypes: undefined, actions: undefined };
    for (const property of node.properties) checkProperty(c, state, property);
    const noAction = findNoAction(c.program);
    const info: TableInfo = {
      key: state.key,
      keyTypes: state.keyTypes ?? [],
      matchKinds: state.key?.elements.map((element) => element.matchKind.name.name) ?? [],
      actions: state.actions?.actions ?? [],
      defaultAction: node.properties.find(isDefaultAction),
      entries: node.properties.find((property) => property.kind === 'EntriesProperty'),
      noAction: impliesNoAction(node) && noAction?.kind === 'ActionDeclaration' ? noAction : undefined,
      entryPriorities: [],
    };
    c.tables.tables.set(node, info);
  });
  c.tables.declarationTypes.set(node, { kind: 'table', declaration: node });
}

interface TableState {
  readonly node: ast.TableDeclaration;
  key: ast.KeyProperty | undefined;
  keyTypes: readonly Type[] | undefined;
  actions: ast.ActionsProperty | undefined;
}

function isDefaultAction(property: ast.TableProperty): property is ast.CustomProperty {
  return property.kind === 'CustomProperty' && property.name.name === 'default_action';
}

function checkProperty(c: Checker, state: TableState, property: ast.TableProperty): void {
  switch (property.kind) {
    case 'KeyProperty':
      if (property.elements.length === 0) return;
      state.key = property;
      state.keyTypes = property.elements.map((element) => checkKeyElement(c, element));
      return;
    case 'ActionsProperty':
      c.within({ inActionList: true }, () => {
        for (const reference of property.actions) {
          checkAnnotations(c, reference.annotations);
          const resolved = resolveReference(c, reference.action);
          if (resolved !== undefined) c.tables.actionReferences.set(reference, resolved);
        }
      });
      state.actions = property;
      return;
    case 'EntriesProperty':
      checkAnnotations(c, property.annotations);
      checkEntries(c, state, property);
      return;
    case 'CustomProperty':
      checkAnnotations(c, property.annotations);
      if (property.name.name === 'default_action') checkDefaultAction(c, state, property);
      else checkExpression(c, property.value);
  }
}

function checkKeyElement(c: Checker, element: ast.KeyElement): Type {
  const type = checkExpression(c, element.expression);
  checkAnnotations(c, element.annotations);
  const kind = c.names.paths.get(element.matchKind);
  if (kind !== undefined) c.tables.types.set(element.matchKind, { kind: 'match_kind' });
  if (isErroneous(type)) return erroneousType;
  switch (withoutNewtypes(type).kind) {
    case 'bits':
    case 'serializable-enum':
    case 'error':
    case 'bool':
    case 'enum':
      break;
    default:
      c.error(
        element.expression.span,
        `key '${expressionText(element.expression)}' must be a number, bool, enum or error, not ${printType(type)}`,
      );
      return erroneousType;
  }
  if (c.isCompileTime(element.expression)) {
    c.reporter.warn('ignore-prop', element.span, `key '${expressionText(element.expression)}' is a constant`);
  }
  return type;
}

/** Resolves `a` or `a(args)` as an action; entered in the expression tables as well. Undefined after an error. */
function resolveReference(c: Checker, expression: ast.Expression): ResolvedActionReference | undefined {
  const callee = expression.kind === 'CallExpression' ? expression.callee : expression;
  if (expression.kind === 'CallExpression') {
    const types = c.within({ inActionList: false }, () =>
      expression.arguments.map((argument) => checkExpression(c, argument.value)),
    );
    if (types.some(isErroneous)) return undefined;
  }
  if (callee.kind !== 'PathExpression') {
    const type = checkExpression(c, expression);
    if (!isErroneous(type)) c.error(expression.span, `'${expressionText(expression)}' is not the name of an action`);
    return undefined;
  }
  const named = c.names.paths.get(callee);
  const type = checkExpression(c, callee);
  if (named === undefined || isErroneous(type)) return undefined;
  if (type.kind !== 'action' || named.kind !== 'ActionDeclaration') {
    c.error(expression.span, `'${expressionText(expression)}' is not an action`);
    return undefined;
  }
  const call: ast.CallExpression =
    expression.kind === 'CallExpression'
      ? expression
      : {
          kind: 'CallExpression',
          id: expression.id,
          span: expression.span,
          callee,
          typeArguments: undefined,
          arguments: [],
        };
  const matched = checkActionCall(c, call, type);
  if (matched === undefined) return undefined;
  c.tables.types.set(expression, { kind: 'action', declaration: named, parameters: [] });
  return { declaration: named, arguments: matched };
}

function checkDefaultAction(c: Checker, state: TableState, property: ast.CustomProperty): void {
  const { value } = property;
  if (value.kind !== 'PathExpression' && value.kind !== 'CallExpression') {
    const type = checkExpression(c, value);
    if (!isErroneous(type)) c.error(property.name.span, "'default_action' must be an action");
    return;
  }
  const callee = value.kind === 'CallExpression' ? value.callee : value;
  if (callee.kind === 'PathExpression') {
    const named = c.names.paths.get(callee);
    if (named !== undefined && named.kind !== 'ActionDeclaration') {
      const type = checkExpression(c, value);
      if (!isErroneous(type)) c.error(property.name.span, "'default_action' must be an action");
      return;
    }
  }
  const resolved = resolveReference(c, value);
  if (resolved === undefined) return;
  const listed = checkAgainstList(c, state, value, resolved);
  if (listed === undefined) return;
  c.tables.actionReferences.set(property, resolved);
  if (hasAnnotation(listed, 'tableonly')) {
    c.error(
      property.name.span,
      `action '${resolved.declaration.name.name}' is marked @tableonly and cannot be the default action`,
    );
  }
}

function hasAnnotation(reference: ast.ActionReference, name: string): boolean {
  return reference.annotations.some((annotation) => annotation.name.name === name);
}

function actionPath(reference: ast.ActionReference): ast.PathExpression | undefined {
  const callee = reference.action.kind === 'CallExpression' ? reference.action.callee : reference.action;
  return callee.kind === 'PathExpression' ? callee : undefined;
}

/**
 * Checks an action of `default_action` or an entry against the table's `actions`: listed there, with the same
 * arguments for parameters with a direction, and with a value for every other one. Returns the listed reference.
 */
function checkAgainstList(
  c: Checker,
  state: TableState,
  at: ast.Expression,
  used: ResolvedActionReference,
): ast.ActionReference | undefined {
  const name = used.declaration.name.name;
  if (state.actions === undefined) {
    c.error(
      state.node.name.span,
      `table '${state.node.name.name}' has no 'actions' before this, so '${name}' cannot be used`,
      {
        notes: [{ message: 'used here', span: at.span }],
      },
    );
    return undefined;
  }
  const listed = state.actions.actions.find((reference) => actionPath(reference)?.name.name === name);
  if (listed === undefined) {
    c.error(at.span, `'${expressionText(at)}' is not in the table's list of actions`, {
      notes: [{ message: 'the list', span: state.actions.span }],
    });
    return undefined;
  }
  const resolved = c.tables.actionReferences.get(listed);
  if (resolved === undefined) return undefined;
  if (resolved.declaration !== used.declaration) {
    c.error(at.span, `'${expressionText(at)}' and '${expressionText(listed.action)}' are different actions`, {
      notes: [{ message: 'in the list', span: listed.action.span }],
    });
    return undefined;
  }
  if (!sameBoundArguments(c, at, used, resolved)) return undefined;
  const bound = new Set(used.arguments.map((each) => each.parameter.name));
  for (const parameter of used.declaration.parameters) {
    if (bound.has(parameter.name.name)) continue;
    c.error(
      parameter.name.span,
      `parameter '${parameter.name.name}' of '${name}' needs a value in '${expressionText(at)}'`,
      {
        notes: [{ message: 'used here', span: at.span }],
      },
    );
    return undefined;
  }
  return listed;
}

function sameBoundArguments(
  c: Checker,
  at: ast.Expression,
  used: ResolvedActionReference,
  listed: ResolvedActionReference,
): boolean {
  const bound = listed.arguments.filter((each) => each.source === 'given');
  if (used.arguments.filter((each) => each.source === 'given').length < bound.length) {
    c.error(at.span, `'${expressionText(at)}': not enough arguments; those bound in the list must be repeated`);
    return false;
  }
  const byName = new Map(used.arguments.map((each) => [each.parameter.name, each]));
  for (const inList of bound) {
    const here = byName.get(inList.parameter.name);
    if (sameArgument(c, inList, here)) continue;
    c.error(
      here?.argument?.span ?? at.span,
      `the argument for '${inList.parameter.name}' is not the one in the table's list of actions`,
      { notes: [{ message: 'in the list', span: inList.argument?.span }] },
    );
    return false;
  }
  return true;
}

function sameArgument(c: Checker, listed: MatchedArgument, used: MatchedArgument | undefined): boolean {
  if (listed.argument === undefined) return used === undefined || used.argument === undefined;
  return used?.argument !== undefined && sameExpression(c, listed.argument.value, used.argument.value);
}

// -------------------------------------------------------------------------------------------------------- entries

function checkEntries(c: Checker, state: TableState, property: ast.EntriesProperty): void {
  if (state.key === undefined) {
    const later = state.node.properties.find((each) => each.kind === 'KeyProperty');
    if (later?.kind === 'KeyProperty' && later.elements.length > 0) {
      c.error(property.span, "'entries' must come after 'key'", { notes: [{ message: 'the key', span: later.span }] });
    } else if (property.entries.length > 0) {
      c.error(state.node.name.span, `table '${state.node.name.name}' has no key, so it cannot have entries`);
    }
    return;
  }
  for (const entry of property.entries) checkEntry(c, state, state.key, entry);
}

function checkEntry(c: Checker, state: TableState, key: ast.KeyProperty, entry: ast.TableEntry): void {
  checkAnnotations(c, entry.annotations);
  checkAnnotations(c, entry.action.annotations);
  const isTuple = entry.keyset.kind === 'TupleKeysetExpression' || entry.keyset.kind === 'ListExpression';
  const elements = entryElements(entry.keyset);
  const elementTypes = elements.map((element) => checkExpression(c, element));
  if (isTuple) checkExpression(c, entry.keyset);
  if (entry.priority !== undefined) checkExpression(c, entry.priority);
  const resolved = resolveReference(c, entry.action.action);
  const keyTypes = state.keyTypes ?? [];
  if (elementTypes.some(isErroneous) || keyTypes.some(isErroneous)) return;
  if (elements.length < keyTypes.length) {
    c.error(entry.keyset.span, `the table has ${keyTypes.length} keys, but the entry gives ${elements.length}`, {
      notes: [{ message: 'the key', span: key.span }],
    });
    return;
  }
  const variable = elements.filter((element) => !c.isCompileTime(element));
  for (const element of variable) {
    c.error(element.span, `'${expressionText(element)}' in an entry must be known at compile time`);
  }
  if (variable.length > 0) return;
  if (entry.priority !== undefined && !c.isCompileTime(entry.priority)) {
    c.error(entry.priority.span, `the priority '${expressionText(entry.priority)}' must be known at compile time`);
    return;
  }
  const unifier = new Unifier();
  const given = elementTypes.map((type) => (type.kind === 'set' ? type.element : type));
  unifier.add({ kind: 'tuple', components: keyTypes }, { kind: 'tuple', components: given }, true);
  const failure = unifier.solve();
  if (failure !== undefined) {
    c.error(entry.keyset.span, `the entry's values do not fit the table's key: ${failure}`, {
      notes: [{ message: 'the key', span: key.span }],
    });
    return;
  }
  for (let i = 0; i < elements.length; i++) coerceKeyset(c, elements[i]!, [keyTypes[i] ?? erroneousType]);
  if (resolved === undefined) return;
  const listed = checkAgainstList(c, state, entry.action.action, resolved);
  if (listed === undefined) return;
  c.tables.actionReferences.set(entry.action, resolved);
  if (hasAnnotation(listed, 'defaultonly')) {
    c.error(
      entry.keyset.span,
      `action '${resolved.declaration.name.name}' is marked @defaultonly and cannot be used in an entry`,
    );
  }
}

/** The key sets of an entry, one for each key. */
export function entryElements(keyset: ast.Expression): readonly ast.Expression[] {
  return keyset.kind === 'TupleKeysetExpression' || keyset.kind === 'ListExpression' ? keyset.elements : [keyset];
}
