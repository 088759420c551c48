// The call of anything but an action, once its signature is known: infers type arguments, matches arguments with
// parameters by position or name, checks their directions, and converts each to its parameter's type.
//
// Constructions (constructions.ts) share the matching and the constraints, so those are exported.

import type * as ast from '../../2-parse/ast.ts';
import { Unifier } from '../infer/unify.ts';
import { expressionText } from '../support/expression-text.ts';
import { didYouMean } from '../support/suggest.ts';
import type { MatchedArgument } from '../typed-program.ts';
import {
  erroneousType,
  type FunctionType,
  type Parameter,
  printType,
  type Substitution,
  substitute,
  substituteParameters,
  type Type,
  type TypeVariable,
  typeContains,
} from '../types.ts';
import { type Checker, isErroneous } from './checker.ts';
import { assign, coerce } from './convert.ts';
import { checkExpression } from './expressions.ts';
import { checkParameterList } from './parameters.ts';
import { typeOfNode } from './written-types.ts';

/** Checks arguments for their own sake where the call cannot be resolved. */
export function checkArguments(c: Checker, args: readonly ast.Argument[]): boolean {
  let fine = true;
  for (const argument of args) if (isErroneous(checkExpression(c, argument.value))) fine = false;
  return fine;
}

/** A call that was understood. */
export interface Invocation {
  readonly typeArguments: readonly Type[];
  readonly arguments: readonly MatchedArgument[];
  readonly returnType: Type;
}

/** Infers type arguments, matches and converts arguments. Undefined after an error. */
export function checkInvocation(c: Checker, node: ast.CallExpression, type: FunctionType): Invocation | undefined {
  const fine = checkArguments(c, node.arguments);
  const typeArguments = (node.typeArguments ?? []).map((written) => typeOfNode(c, written));
  if (!fine || typeArguments.some(isErroneous) || isErroneous(type)) return undefined;
  const unifier = new Unifier();
  const fresh = unifier.freshFor(type.typeParameters);
  const parameters = substituteParameters(type.parameters, fresh);
  const matched = matchArguments(c, node, node.arguments, parameters, type.name);
  if (matched === undefined) return undefined;
  if (!addArgumentConstraints(c, unifier, node.span, matched)) return undefined;
  if (typeArguments.length > 0) {
    if (typeArguments.length !== type.typeParameters.length) {
      c.error(
        node.span,
        `'${type.name}' has ${type.typeParameters.length} type parameter(s), but ${typeArguments.length} type argument(s) are given`,
      );
      return undefined;
    }
    type.typeParameters.forEach((parameter, index) => {
      unifier.add(typeArguments[index]!, fresh.get(parameter)!);
    });
  }
  const failure = unifier.solve();
  if (failure !== undefined) {
    reportMismatch(c, node, matched, unifier, failure);
    return undefined;
  }
  return finishInvocation(c, node, type, unifier, fresh, matched);
}

function reportMismatch(
  c: Checker,
  node: ast.CallExpression,
  matched: readonly MatchedArgument[],
  unifier: Unifier,
  failure: string,
): void {
  const culprits = matched.filter((each) => {
    const source = each.argument && c.tables.types.get(each.argument.value);
    if (source === undefined) return false;
    const alone = new Unifier();
    alone.add(openUnknowns(alone, unifier.resolve(each.parameter.type)), source, true);
    return alone.solve() !== undefined;
  });
  const culprit = culprits[0];
  const detail =
    culprit?.argument === undefined
      ? failure
      : `argument '${expressionText(culprit.argument.value)}' of type ${printType(c.tables.types.get(culprit.argument.value)!)} does not fit parameter '${culprit.parameter.name}' of type ${printType(unifier.resolve(culprit.parameter.type))}`;
  c.error(node.span, `'${expressionText(node)}': ${detail}`, {
    notes: [
      { message: failure, span: culprit?.argument?.span },
      ...(culprit?.parameter.declaration === undefined
        ? []
        : [{ message: 'the parameter', span: culprit.parameter.declaration.name.span }]),
    ],
  });
}

/** Unknowns of a failed inference, as unknowns of a new one: only to find out which argument is to blame. */
function openUnknowns(unifier: Unifier, type: Type): Type {
  const unknowns = new Map<TypeVariable, Type>();
  typeContains(type, (inner) => {
    if (inner.kind === 'type-variable' && inner.declaration === undefined)
      unknowns.set(inner, unifier.fresh(inner.name));
    return false;
  });
  return substitute(type, unknowns);
}

function finishInvocation(
  c: Checker,
  node: ast.CallExpression,
  type: FunctionType,
  unifier: Unifier,
  fresh: Substitution,
  matched: readonly MatchedArgument[],
): Invocation | undefined {
  const dontCares = dontCareVariables(unifier, fresh, matched);
  const resolve = (each: Type): Type => substitute(unifier.resolve(substitute(each, fresh)), dontCares);
  const returnType = resolve(type.returnType);
  const constantArguments = node.arguments.every((argument) => c.isCompileTime(argument.value));
  switch (returnType.kind) {
    case 'parser':
    case 'control':
    case 'package':
      c.error(node.span, `'${expressionText(node)}': a call cannot return ${printType(returnType)}`);
      return undefined;
    case 'extern':
      if (constantArguments) break;
      c.error(node.span, `'${expressionText(node)}': a call cannot return an instance of ${printType(returnType)}`);
      return undefined;
    default:
      break;
  }
  const converted: MatchedArgument[] = [];
  if (type.typeParameters.length > 0) {
    const parameters = matched.map((each) => ({ ...each.parameter, type: resolve(each.parameter.type) }));
    if (!checkParameterList(c, parameters, { forbidModules: false, forbidPackages: false })) return undefined;
  }
  let fine = true;
  for (const each of matched) {
    const resolved = resolve(each.parameter.type);
    const isSame = resolved === each.parameter.type;
    const parameter = isSame ? each.parameter : { ...each.parameter, type: resolved };
    converted.push(isSame ? each : { ...each, parameter });
    if (each.argument !== undefined && !convertArgument(c, each.argument, parameter)) fine = false;
  }
  if (!fine) return undefined;
  const typeArguments = type.typeParameters.map((parameter) => resolve(parameter));
  if (type.typeParameters.length > 0 && node.typeArguments === undefined) {
    c.pendingInferences.push({
      node,
      variables: type.typeParameters.map((parameter, index) => ({
        name: parameter.name,
        type:
          typeArguments[index]!.kind === 'type-variable' && isUnknown(typeArguments[index]!)
            ? undefined
            : typeArguments[index],
      })),
    });
  }
  return { typeArguments, arguments: converted, returnType };
}

function isUnknown(type: Type): boolean {
  return type.kind === 'type-variable' && type.declaration === undefined;
}

/** Type parameters that only absent optional parameters mention need no value: they become `_`. */
export function dontCareVariables(
  unifier: Unifier,
  fresh: Substitution,
  matched: readonly MatchedArgument[],
): Substitution {
  if (fresh.size === 0) return fresh;
  const result = new Map<TypeVariable, Type>();
  for (const unknown of fresh.values()) {
    if (unknown.kind !== 'type-variable' || unifier.bindingOf(unknown) !== undefined) continue;
    const mentioned = matched.some(
      (each) => each.parameter.optional && typeContains(each.parameter.type, (inner) => inner === unknown),
    );
    if (mentioned) result.set(unknown, { kind: 'dontcare' });
  }
  return result;
}

function convertArgument(c: Checker, argument: ast.Argument, parameter: Parameter): boolean {
  const { type } = parameter;
  switch (type.kind) {
    case 'dontcare':
      if (argument.value.kind === 'DefaultExpression') return true;
      c.error(
        argument.span,
        `'${expressionText(argument.value)}': no type could be inferred for parameter '${parameter.name}'`,
      );
      return false;
    case 'struct-expression': {
      const text = expressionText(argument.value);
      c.error(argument.value.span, `'${text}': no type could be inferred for this structure`, {
        suggestion: `cast it to the structure that is meant: (T)${text}`,
      });
      return false;
    }
    case 'table':
    case 'action':
    case 'control':
    case 'package':
    case 'parser':
      c.error(argument.span, `'${expressionText(argument.value)}': an argument cannot be of type ${printType(type)}`);
      return false;
    default:
      break;
  }
  if (argument.value.kind === 'DefaultExpression') return true;
  if (parameter.direction === 'in') {
    return assign(c, { span: argument.span, what: () => `argument for '${parameter.name}'` }, type, argument.value);
  }
  if (parameter.direction === 'none') coerce(c, argument.value, type);
  return true;
}

/** Matches arguments with parameters by position or name; reports what is missing or too much. */
export function matchArguments(
  c: Checker,
  node: ast.Node,
  args: readonly ast.Argument[],
  parameters: readonly Parameter[],
  what: string,
): readonly MatchedArgument[] | undefined {
  if (args.length > parameters.length) {
    c.error(node.span, `'${what}' takes ${parameters.length} argument(s), but ${args.length} are given`, {
      notes: signatureNote(parameters),
    });
    return undefined;
  }
  for (const { name, span } of args) {
    if (name === undefined || parameters.some((parameter) => parameter.name === name.name)) continue;
    c.error(node.span, `'${what}' has no parameter named '${name.name}'`, {
      suggestion: didYouMean(
        name.name,
        parameters.map((parameter) => parameter.name),
      ),
      notes: [{ message: 'the argument', span }, ...signatureNote(parameters)],
    });
    return undefined;
  }
  // Either all arguments are named or none is (checks/after-folding.ts).
  const byName = args[0]?.name !== undefined;
  const matched: MatchedArgument[] = [];
  for (let index = 0; index < parameters.length; index++) {
    const parameter = parameters[index]!;
    const argument = byName ? args.find((each) => each.name?.name === parameter.name) : args[index];
    if (argument !== undefined) matched.push({ parameter, source: 'given', argument });
    else if (parameter.defaultValue !== undefined) matched.push({ parameter, source: 'default', argument });
    else if (parameter.optional) matched.push({ parameter, source: 'omitted', argument });
    else {
      c.error(node.span, `'${what}' needs an argument for parameter '${parameter.name}'`, {
        notes: signatureNote([parameter]),
      });
      return undefined;
    }
  }
  return matched;
}

function signatureNote(parameters: readonly Parameter[]) {
  const first = parameters[0]?.declaration;
  return first === undefined ? [] : [{ message: 'declared here', span: first.name.span }];
}

/** One constraint for each argument, in the order given, after checking directions. Reports at `span`. */
export function addArgumentConstraints(
  c: Checker,
  unifier: Unifier,
  span: ast.NodeBase['span'],
  matched: readonly MatchedArgument[],
): boolean {
  for (const { parameter, argument } of inOrderGiven(matched)) {
    if (argument === undefined) continue;
    const { value } = argument;
    const source = c.tables.types.get(value) ?? erroneousType;
    const problem = problemOf(c, parameter, value, source);
    if (problem !== undefined) {
      const notes = [{ message: 'the argument', span: argument.span }, ...signatureNote([parameter])];
      c.error(span, problem, { notes });
      return false;
    }
    unifier.add(parameter.type, source, !isWritten(parameter));
  }
  return true;
}

/** As they stand in the source; the same list where the parameters' order is theirs. */
function inOrderGiven(matched: readonly MatchedArgument[]): readonly MatchedArgument[] {
  let last = 0;
  for (const { argument } of matched) {
    if (argument === undefined) continue;
    if (argument.span.start < last) {
      return matched
        .filter((each) => each.argument !== undefined)
        .sort((a, b) => a.argument!.span.start - b.argument!.span.start);
    }
    last = argument.span.start;
  }
  return matched;
}

function isWritten({ direction }: Parameter): boolean {
  return direction === 'out' || direction === 'inout';
}

/** Why the argument cannot be given for that parameter, whatever its type; undefined if it can. */
function problemOf(c: Checker, parameter: Parameter, value: ast.Expression, source: Type): string | undefined {
  const { direction, name } = parameter;
  if (source.kind === 'dontcare' && direction !== 'out') return "'_' can only be given for an 'out' parameter";
  if (isWritten(parameter) && !c.isLeftValue(value) && source.kind !== 'dontcare') {
    return `'${expressionText(value)}' cannot be assigned to, but is given for the ${direction} parameter '${name}'`;
  }
  if (direction === 'none' && !c.isCompileTime(value)) {
    return `'${expressionText(value)}' is not known at compile time, but is given for the directionless parameter '${name}'`;
  }
  if (direction !== 'none' && parameter.type.kind === 'extern' && !parameter.optional) {
    return `parameter '${name}': instances of externs cannot be passed in, out or inout`;
  }
  return undefined;
}
