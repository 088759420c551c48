// What P4 allows and no known target can do. Refused here, by name, rather than miscompiled later: value switches in
// actions, ranges with variable bounds in select, structures written by externs, tables applied in action arguments,
// and elements of header union stacks chosen at run time.

import type * as ast from '../../2-parse/ast.ts';
import type { Checker } from '../check/checker.ts';
import { expressionText } from '../support/expression-text.ts';
import { isStructure, printType, type Type } from '../types.ts';
import { checkDivisions, neverConstant } from './divisions.ts';
import type { Reachable } from './reachable.ts';

/** Reports tables that are applied while the arguments of an action in a table's list are computed. */
export function checkTablesInActions(c: Checker): void {
  for (const node of c.all.ofKind('ActionsProperty')) {
    for (const inner of c.all.inside(node, 'CallExpression')) {
      if (c.tables.calls.get(inner)?.kind !== 'table-apply') continue;
      c.reporter.error(
        'unsupported',
        inner.span,
        `'${expressionText(inner)}': a table cannot be applied in the argument of another table's action`,
        { suggestion: 'apply it before, and keep the result in a variable' },
      );
    }
  }
}

/** Reports the rest of what is named above, in the parts of the program that can run. */
export function checkTargetLimits(c: Checker, reachable: Reachable): void {
  const parts = c.program.declarations.filter((declaration) => reachable.has(declaration));
  checkDivisions(c, parts);
  for (const part of parts) checkPart(c, part);
  for (const root of reachable.keys()) {
    if (root.kind === 'ActionDeclaration') checkSwitches(c, root);
    else if (root.kind === 'ControlDeclaration') {
      for (const local of root.locals) {
        if (local.kind === 'ActionDeclaration') checkSwitches(c, local);
        else if (local.kind === 'TableDeclaration') checkActionData(c, local);
      }
    }
  }
}

/** Checks what stands inside a top-level declaration. */
function checkPart(c: Checker, part: ast.Node): void {
  const nodes = c.all.inside(
    part,
    'SelectExpression',
    'IndexExpression',
    'SwitchStatement',
    'CallExpression',
    'AssignmentStatement',
  );
  for (const node of nodes) {
    switch (node.kind) {
      case 'SelectExpression':
        for (const each of node.cases) checkRanges(c, each.keyset);
        break;
      case 'IndexExpression':
        checkUnionIndex(c, node);
        break;
      case 'SwitchStatement':
        checkExactExists(c, node);
        break;
      case 'CallExpression':
        checkExternArguments(c, node);
        break;
      case 'AssignmentStatement':
        checkExpansion(c, node);
        break;
    }
  }
}

/**
 * Elements chosen at run time are copied one by one; above this number of copies a program would not fit any switch.
 */
const GREATEST_EXPANSION = 255;

function checkExpansion(c: Checker, node: ast.AssignmentStatement): void {
  let copies = 1;
  let indexes = 0;
  for (const inner of c.all.inside(node, 'IndexExpression')) {
    if (c.isCompileTime(inner.index) || c.integerValue(inner.index) !== undefined) continue;
    const type = c.tables.types.get(inner.target);
    if (type?.kind !== 'stack' || type.element.kind === 'extern') continue;
    copies *= type.size;
    indexes += 1;
  }
  if (indexes < 2 || copies <= GREATEST_EXPANSION) return;
  c.reporter.error(
    'overlimit',
    node.operatorSpan,
    `this assignment would need ${copies} copies, one for each combination of array elements`,
    { suggestion: 'split it: copy the inner array into a variable first' },
  );
}

function checkExactExists(c: Checker, node: ast.SwitchStatement): void {
  if (c.names.matchKinds.some((member) => member.name.name === 'exact')) return;
  if (c.tables.switchKinds.get(node) !== 'value') return;
  if (node.cases.every((each) => each.label.kind === 'DefaultExpression')) return;
  c.reporter.error(
    'not-found',
    undefined,
    "the match kind 'exact' is not declared, but a switch over values needs it",
    {
      notes: [{ message: 'the switch', span: node.span }],
      suggestion: 'include <core.p4>',
    },
  );
}

/** Parameters that the control plane sets must be of types that it knows: numbers, bool, and names for those. */
function checkActionData(c: Checker, table: ast.TableDeclaration): void {
  if (!hasControlPlane(c)) return;
  for (const reference of c.tables.tables.get(table)?.actions ?? []) {
    const action = c.tables.actionReferences.get(reference)?.declaration;
    for (const parameter of action?.parameters ?? []) {
      const type = c.tables.declarationTypes.get(parameter);
      if (parameter.direction !== 'none' || type === undefined) continue;
      if (type.kind !== 'struct') continue;
      c.error(
        parameter.name.span,
        `parameter '${parameter.name.name}' is set by the control plane, which has no values of type ${printType(type)}`,
        { suggestion: 'pass the fields one by one' },
      );
    }
  }
}

/** Only v1model programs are described to a control plane here; other architectures may have other types. */
function hasControlPlane(c: Checker): boolean {
  return c.program.declarations.some((each) => each.kind === 'PackageTypeDeclaration' && each.name.name === 'V1Switch');
}

function checkSwitches(c: Checker, action: ast.ActionDeclaration): void {
  const visited = new Set<ast.Node>();
  const check = (body: ast.Node): void => {
    if (visited.has(body)) return;
    visited.add(body);
    for (const node of c.all.inside(body, 'SwitchStatement', 'CallExpression')) {
      if (node.kind === 'SwitchStatement') {
        if (c.tables.switchKinds.get(node) !== 'value') continue;
        c.reporter.error('unsupported', node.span, 'a switch over values cannot be done in an action', {
          suggestion: 'use if statements, or move the switch into the apply block',
        });
      } else {
        const call = c.tables.calls.get(node);
        if (call?.kind === 'function' && !call.declaration.isExtern) check(call.declaration);
      }
    }
  };
  if (c.tables.switchKinds.size > 0) check(action.body);
}

function checkRanges(c: Checker, keyset: ast.Expression): void {
  if (keyset.kind === 'TupleKeysetExpression') for (const element of keyset.elements) checkRanges(c, element);
  if (keyset.kind !== 'RangeExpression') return;
  for (const bound of [keyset.low, keyset.high]) {
    if (c.isCompileTime(bound)) continue;
    c.reporter.error(
      'target-error',
      bound.span,
      `'${expressionText(bound)}': the bounds of a range in 'select' must be constants`,
    );
    return;
  }
}

function checkUnionIndex(c: Checker, node: ast.IndexExpression): void {
  const type = c.tables.types.get(node.target);
  if (type?.kind !== 'stack' || type.element.kind !== 'header_union' || !neverConstant(c, node.index)) return;
  c.reporter.error(
    'invalid',
    node.index.span,
    `'${expressionText(node)}': an element of a stack of header unions must be chosen by a constant`,
  );
}

function checkExternArguments(c: Checker, node: ast.CallExpression): void {
  const call = c.tables.calls.get(node);
  if (call?.kind === 'extern-method' || (call?.kind === 'function' && call.declaration.isExtern)) {
    for (const { parameter, argument } of call.arguments) {
      if (argument === undefined || (parameter.direction !== 'out' && parameter.direction !== 'inout')) continue;
      if (isNestedStructure(parameter.type)) {
        c.reporter.error(
          'target-error',
          node.span,
          `'${expressionText(node)}': an extern cannot write the nested ${printType(parameter.type)}`,
        );
      } else if (parameter.type.kind === 'struct' && isFieldOfParameter(c, argument.value)) {
        c.reporter.error(
          'unsupported',
          argument.value.span,
          `'${expressionText(argument.value)}': an extern cannot write a whole structure inside another one`,
          { suggestion: 'read into a local variable, and assign its fields' },
        );
      }
    }
  }
}

function isNestedStructure(type: Type): boolean {
  if (type.kind !== 'struct') return false;
  return type.fields.some(
    (field) => isStructure(field.type) || field.type.kind === 'tuple' || field.type.kind === 'stack',
  );
}

function isFieldOfParameter(c: Checker, value: ast.Expression): boolean {
  if (value.kind !== 'MemberExpression') return false;
  let root: ast.Expression = value;
  while (root.kind === 'MemberExpression') root = root.target;
  return root.kind === 'PathExpression' && c.names.paths.get(root)?.kind === 'Parameter';
}
