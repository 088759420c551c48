// Calls of actions, directly and in tables. They differ from other calls: in a table, directionless parameters are set
// by the control plane; called directly, they are like `in` parameters (specification 14.1).

import type * as ast from '../../2-parse/ast.ts';
import { Unifier } from '../infer/unify.ts';
import { expressionText } from '../support/expression-text.ts';
import type { MatchedArgument } from '../typed-program.ts';
import { type ActionType, type Parameter, printType } from '../types.ts';
import { type Checker, isErroneous } from './checker.ts';
import { assign } from './convert.ts';
import { checkExpression } from './expressions.ts';

/**
 * Checks an action's arguments and matches them; parameters without argument are left out. Undefined after an error.
 */
export function checkActionCall(
  c: Checker,
  node: ast.CallExpression,
  action: ActionType,
): readonly MatchedArgument[] | undefined {
  const name = action.declaration.name.name;
  if (c.context.parser !== undefined) {
    c.error(node.span, `'${expressionText(node)}': an action cannot be called in a parser`);
    return undefined;
  }
  if (node.typeArguments !== undefined && node.typeArguments.length > 0) {
    c.error(node.typeArguments[0]!.span, `action '${name}' cannot be given type arguments`);
    return undefined;
  }
  const matched = new Map<Parameter, ast.Argument>();
  for (let index = 0; index < node.arguments.length; index++) {
    const argument = node.arguments[index]!;
    const parameter = parameterFor(c, node, action, argument, index);
    if (parameter === undefined) return undefined;
    if (isErroneous(checkExpression(c, argument.value)) || isErroneous(parameter.type)) return undefined;
    if (!bindArgument(c, argument, parameter)) return undefined;
    matched.set(parameter, argument);
  }
  for (const parameter of action.parameters) {
    if (parameter.direction === 'none' || matched.has(parameter) || parameter.defaultValue !== undefined) continue;
    c.error(
      node.span,
      `'${expressionText(node)}': parameter '${parameter.name}' must be bound, because it has a direction`,
      {
        notes:
          parameter.declaration === undefined
            ? []
            : [{ message: 'declared here', span: parameter.declaration.name.span }],
      },
    );
    return undefined;
  }
  return collect(action, matched, c.context.inActionList);
}

function collect(
  action: ActionType,
  matched: ReadonlyMap<Parameter, ast.Argument>,
  inActionList: boolean,
): MatchedArgument[] {
  const result: MatchedArgument[] = [];
  for (const parameter of action.parameters) {
    const argument = matched.get(parameter);
    if (argument !== undefined) result.push({ parameter, source: 'given', argument });
    else if (parameter.defaultValue !== undefined && !(inActionList && parameter.direction === 'none')) {
      result.push({ parameter, source: 'default', argument });
    }
  }
  return result;
}

function parameterFor(
  c: Checker,
  node: ast.CallExpression,
  action: ActionType,
  argument: ast.Argument,
  index: number,
): Parameter | undefined {
  if (argument.name === undefined) {
    const parameter = action.parameters[index];
    if (parameter === undefined) {
      c.error(
        node.span,
        `'${expressionText(node)}': too many arguments; the action has ${action.parameters.length} parameter(s)`,
      );
    }
    return parameter;
  }
  const name = argument.name.name;
  const parameter = action.parameters.find((each) => each.name === name);
  if (parameter === undefined) {
    c.error(action.parameters[0]?.declaration?.span ?? argument.span, `the action has no parameter named '${name}'`, {
      notes: [{ message: 'the argument', span: argument.span }],
    });
  }
  return parameter;
}

function bindArgument(c: Checker, argument: ast.Argument, parameter: Parameter): boolean {
  const text = expressionText(argument.value);
  if (parameter.direction === 'out' || parameter.direction === 'inout') {
    if (parameter.direction === 'out' && argument.value.kind === 'DefaultExpression') return true;
    if (!c.isLeftValue(argument.value)) {
      c.error(
        argument.value.span,
        `'${text}' cannot be assigned to, but is given for an ${parameter.direction} parameter`,
      );
      return false;
    }
    const source = c.tables.types.get(argument.value);
    const unifier = new Unifier();
    if (source !== undefined) unifier.add(parameter.type, source, true);
    if (unifier.solve() === undefined) return true;
    c.error(
      argument.span,
      `'${text}' of type ${printType(source!)} does not fit parameter '${parameter.name}' of type ${printType(parameter.type)}`,
    );
    return false;
  }
  if (parameter.direction === 'none') {
    if (c.context.inActionList) {
      c.error(
        argument.span,
        `'${text}': parameter '${parameter.name}' cannot be bound here, the control plane sets it`,
      );
      return false;
    }
    if (c.context.table !== undefined && !c.isCompileTime(argument.value)) {
      c.error(argument.value.span, `action argument '${text}' must be known at compile time`);
      return false;
    }
  }
  return assign(
    c,
    { span: argument.span, what: () => `argument for '${parameter.name}'` },
    parameter.type,
    argument.value,
  );
}
