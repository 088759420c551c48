// Checks that need names and folded constants but no types: duplicate switch labels, methods that no call could tell
// apart, string annotations, and named or optional arguments.

import type * as ast from '../../2-parse/ast.ts';
import type { Reporter } from '../../diagnostics/diagnostic.ts';
import type { EarlyConstants } from '../fold/early-fold.ts';
import { isOptionalParameter } from '../resolve/overloads.ts';
import { expressionText } from '../support/expression-text.ts';
import type { NodeList } from '../support/node-list.ts';

/** Runs one group of checks after the other; a group is skipped once an earlier one found errors. */
export function checkAfterFolding(all: NodeList, early: EarlyConstants, reporter: Reporter): void {
  for (const statement of all.ofKind('SwitchStatement')) checkLabels(statement, early, reporter);
  if (reporter.hasErrors()) return;
  for (const extern of all.ofKind('ExternDeclaration')) checkMethods(extern, reporter);
  if (reporter.hasErrors()) return;
  for (const annotation of all.ofKind('Annotation')) checkStringAnnotation(annotation, reporter);
  if (reporter.hasErrors()) return;
  checkArguments(all, reporter);
}

function labelKey(label: ast.Expression, early: EarlyConstants): string {
  const value = early.values.get(label);
  if (value?.kind === 'integer') {
    const type = value.type.kind === 'integer' ? 'int' : `${value.type.signed ? 's' : 'w'}${value.type.width}`;
    return `${type}:${value.value}`;
  }
  return expressionText(label);
}

function checkLabels(statement: ast.SwitchStatement, early: EarlyConstants, reporter: Reporter): void {
  const seen = new Map<string, ast.Expression>();
  for (const { label } of statement.cases) {
    if (label.kind === 'DefaultExpression') continue;
    const key = labelKey(label, early);
    const previous = seen.get(key);
    if (previous === undefined) seen.set(key, label);
    else {
      reporter.error('invalid', label.span, `case label '${expressionText(label)}' is given twice`, {
        notes: [{ message: 'the first one', span: previous.span }],
      });
    }
  }
}

function checkMethods(extern: ast.ExternDeclaration, reporter: Reporter): void {
  const signatures = new Map<string, ast.Method>();
  for (const method of extern.methods) {
    const parameters = method.parameters.map((parameter) => parameter.name.name).sort();
    const key = `${method.name.name}(${parameters.join(',')})`;
    const previous = signatures.get(key);
    if (previous === undefined) signatures.set(key, method);
    else {
      reporter.error(
        'duplicate',
        method.name.span,
        `method '${method.name.name}' is declared twice with the same parameter names: no call could tell them apart`,
        { notes: [{ message: 'first declared here', span: previous.name.span }] },
      );
    }
  }
}

const STRING_ANNOTATIONS = new Set(['name', 'deprecated', 'noWarn']);

function checkStringAnnotation(annotation: ast.Annotation, reporter: Reporter): void {
  const name = annotation.name.name;
  if (!STRING_ANNOTATIONS.has(name)) return;
  const { body } = annotation;
  if (body.kind === 'ExpressionList') {
    if (body.expressions.length !== 1) {
      reporter.error('invalid', annotation.span, `annotation '@${name}' needs exactly one string`);
    }
    return;
  }
  if (body.kind === 'KeyValueList') return;
  const tokens = body.tokens;
  const isString =
    tokens.length > 0 && tokens.every((t, i) => (i % 2 === 0 ? t.tokenKind === 'string' : t.text === '++'));
  if (isString && tokens.length % 2 === 1) return;
  const errorClass = name === 'name' ? 'invalid' : 'type-error';
  reporter.error(errorClass, annotation.span, `annotation '@${name}' needs exactly one string`, {
    suggestion: `write @${name}("...")`,
  });
}

function checkArguments(all: NodeList, reporter: Reporter): void {
  for (const node of all.ofKind('CallExpression', 'ConstructorCallExpression', 'Instantiation', 'Parameter')) {
    if (node.kind === 'Parameter') checkParameter(node, all, reporter);
    else checkNamed(node.arguments, reporter);
  }
}

function checkParameter(parameter: ast.Parameter, all: NodeList, reporter: Reporter): void {
  const { name, direction } = parameter;
  const isOptional = isOptionalParameter(parameter);
  if (parameter.defaultValue !== undefined) {
    if (isOptional) {
      reporter.error('invalid', name.span, `optional parameter '${name.name}' cannot have a default value`);
    }
    if (direction === 'out' || direction === 'inout') {
      reporter.error(
        'invalid',
        name.span,
        `'${name.name}': a parameter of direction '${direction}' cannot have a default value`,
      );
    }
  }
  if (isOptional && !optionalAllowed(parameter, all.parentOf(parameter))) {
    reporter.error('invalid', name.span, `'${name.name}': an optional parameter is not allowed here`);
  }
}

/**
 * Optional parameters belong to what an architecture declares: externs, their functions, parser, control, package
 * types.
 */
function optionalAllowed(parameter: ast.Parameter, owner: ast.Node | undefined): boolean {
  switch (owner?.kind) {
    case 'ParserDeclaration':
    case 'ControlDeclaration':
      return !owner.constructorParameters.includes(parameter);
    case 'FunctionDeclaration':
      return owner.isExtern;
    default:
      return true;
  }
}

function checkNamed(args: readonly ast.Argument[], reporter: Reporter): void {
  const first = args[0];
  if (first === undefined) return;
  const named = first.name !== undefined;
  const seen = new Map<string, ast.Argument>();
  for (const argument of args) {
    if ((argument.name !== undefined) !== named) {
      reporter.error('invalid', argument.span, 'either all or none of the arguments of a call must be named');
    }
    if (argument.name === undefined) continue;
    const previous = seen.get(argument.name.name);
    if (previous === undefined) seen.set(argument.name.name, argument);
    else {
      reporter.error('duplicate', previous.span, `argument '${argument.name.name}' is given twice`, {
        notes: [{ message: 'the other one', span: argument.span }],
      });
    }
  }
}
