// Warnings about what is written correctly but perhaps not meant: deprecated things used, select cases that can never
// be chosen, switch cases that fall through to nothing, and one location given twice to a call that writes it.

import type * as ast from '../../2-parse/ast.ts';
import type { Checker } from '../check/checker.ts';
import { expressionText } from '../support/expression-text.ts';
import type { MatchedArgument } from '../typed-program.ts';

/** Gives the warnings named above. */
export function warnAboutUses(c: Checker): void {
  const uses = c.all.ofKind('PathExpression', 'NamedType', 'SelectExpression', 'SwitchStatement', 'CallExpression');
  for (const node of uses) {
    switch (node.kind) {
      case 'PathExpression':
        warnDeprecated(c, node, c.names.paths.get(node));
        break;
      case 'NamedType':
        warnDeprecated(c, node, c.names.typeNames.get(node));
        break;
      case 'SelectExpression':
        warnUnreachableCases(c, node);
        break;
      case 'SwitchStatement':
        warnFallThrough(c, node);
        break;
      case 'CallExpression':
        warnAliases(c, node);
        break;
    }
  }
}

function warnDeprecated(
  c: Checker,
  use: ast.PathExpression | ast.NamedType,
  declaration: { readonly kind: string } | undefined,
): void {
  if (declaration === undefined || !('annotations' in declaration)) return;
  for (const { name, body } of declaration.annotations as readonly ast.Annotation[]) {
    if (name.name !== 'deprecated' || body.kind !== 'Unstructured') continue;
    const advice = body.tokens.filter((token) => token.tokenKind === 'string').map((token) => token.text);
    c.reporter.warn('deprecated', use.span, `'${use.name.name}' is deprecated: ${advice.join('')}`);
  }
}

function matchesEverything(keyset: ast.Expression): boolean {
  if (keyset.kind === 'TupleKeysetExpression') return keyset.elements.every(matchesEverything);
  return keyset.kind === 'DefaultExpression';
}

function warnUnreachableCases(c: Checker, select: ast.SelectExpression): void {
  const last = select.cases.findIndex((each) => matchesEverything(each.keyset));
  if (last === -1) return;
  for (const each of select.cases.slice(last + 1)) {
    c.reporter.warn('parser-transition', each.span, 'this case is never chosen: one before it matches everything', {
      notes: [{ message: 'this one', span: select.cases[last]!.span }],
    });
  }
  if (last === 0 && select.cases.length > 1) {
    c.reporter.warn('parser-transition', select.span, 'the transition does not depend on what is selected', {
      suggestion: `write: transition ${select.cases[0]!.state.name.name};`,
    });
  }
}

function warnFallThrough(c: Checker, statement: ast.SwitchStatement): void {
  const last = statement.cases.at(-1);
  if (last !== undefined && last.body === undefined) {
    c.reporter.warn('missing', last.span, 'the last case falls through, but nothing follows');
  }
}

/** The root and fields of a location, or undefined for anything else. */
function locationOf(expression: ast.Expression): readonly string[] | undefined {
  switch (expression.kind) {
    case 'PathExpression':
      return [expression.name.name];
    case 'MemberExpression': {
      const target = locationOf(expression.target);
      return target === undefined ? undefined : [...target, expression.member.name];
    }
    case 'IndexExpression': {
      const target = locationOf(expression.target);
      if (target === undefined) return undefined;
      return expression.index.kind === 'IntegerLiteral' ? [...target, String(expression.index.value)] : target;
    }
    case 'SliceExpression':
    case 'PlusSliceExpression':
      return locationOf(expression.target);
    default:
      return undefined;
  }
}

function overlap(left: readonly string[], right: readonly string[]): boolean {
  const length = Math.min(left.length, right.length);
  for (let i = 0; i < length; i++) if (left[i] !== right[i]) return false;
  return true;
}

function writes({ parameter }: MatchedArgument): boolean {
  return parameter.direction === 'out' || parameter.direction === 'inout';
}

function warnAliases(c: Checker, call: ast.CallExpression): void {
  const args = c.tables.calls.get(call)?.arguments;
  if (args === undefined || args.length < 2) return;
  for (const first of args) {
    if (first.argument === undefined || (first.parameter.direction !== 'out' && first.parameter.direction !== 'inout'))
      continue;
    const location = locationOf(first.argument.value);
    if (location === undefined) continue;
    for (const second of args) {
      if (second === first || second.argument === undefined || !writes(second)) continue;
      const other = locationOf(second.argument.value);
      if (other === undefined || !overlap(location, other)) continue;
      c.reporter.warn(
        'ordering',
        first.argument.value.span,
        `'${expressionText(first.argument.value)}' is written by this call and has parts in common with '${expressionText(second.argument.value)}'`,
      );
      break;
    }
  }
}
