// Making instances: `Extern(args) name;`, `Parser()`, `V1Switch(...) main;`, and the instance implied by `C.apply()`.
//
// How: like a call whose result is the instance. For externs the constructor is chosen by the number and names of its
// arguments; parsers, controls and packages have one. All arguments must be known at compile time. Type arguments that
// are not written are inferred from the constructor's arguments (specification 11.3, 12.11, 13.3).

import type * as ast from '../../2-parse/ast.ts';
import { Unifier } from '../infer/unify.ts';
import { callMatches } from '../resolve/overloads.ts';
import { expressionText, typeText } from '../support/expression-text.ts';
import { positionOf } from '../support/positions.ts';
import type { MatchedArgument, ResolvedConstruction } from '../typed-program.ts';
import {
  type ControlType,
  type ExternType,
  erroneousType,
  type PackageType,
  type Parameter,
  type ParserType,
  printType,
  substitute,
  substituteParameters,
  type Type,
  type TypeVariable,
  voidType,
} from '../types.ts';
import { checkAbstractMethods } from './abstract-methods.ts';
import { checkAnnotations } from './annotations.ts';
import { externSubstitution } from './calls.ts';
import { type Checker, isErroneous } from './checker.ts';
import { assign, coerce } from './convert.ts';
import { checkExpression } from './expressions.ts';
import { addArgumentConstraints, dontCareVariables, matchArguments } from './invocation.ts';
import { checkParameterList } from './parameters.ts';
import { typeOfNode, unappliedParameters } from './written-types.ts';

type Container = ParserType | ControlType | PackageType;

/** Type of `T(args)` as an expression. */
export function checkConstructorCall(c: Checker, node: ast.ConstructorCallExpression): Type {
  const type = typeOfNode(c, node.type);
  const fine = node.arguments.map((argument) => checkExpression(c, argument.value)).every((each) => !isErroneous(each));
  if (!fine || type.kind === 'erroneous') return erroneousType;
  c.tables.compileTime.add(node);
  switch (type.kind) {
    case 'extern': {
      if (type.declaration.methods.some((method) => method.isAbstract)) {
        c.error(
          node.span,
          `extern '${type.name}' has abstract methods, so it cannot be instantiated by a constructor call`,
          { suggestion: `declare the instance: ${type.name}(...) name = { ... };` },
        );
        return erroneousType;
      }
      return record(c, node, constructExtern(c, node, node.arguments, type));
    }
    case 'parser':
    case 'control':
    case 'package':
      return record(c, node, constructContainer(c, node, node.arguments, type));
    default:
      c.error(node.span, `'${typeText(node.type)}' is ${printType(type)}, which cannot be instantiated`);
      return erroneousType;
  }
}

function record(
  c: Checker,
  node: ast.Instantiation | ast.ConstructorCallExpression,
  construction: ResolvedConstruction | undefined,
): Type {
  if (construction === undefined) return erroneousType;
  c.tables.constructions.set(node, construction);
  return construction.type;
}

/** Checks an instantiation, its abstract methods included. */
export function checkInstantiation(c: Checker, node: ast.Instantiation): void {
  const written = typeOfNode(c, node.type);
  for (const argument of node.arguments) checkExpression(c, argument.value);
  checkAnnotations(c, node.annotations);
  c.tables.declarationTypes.set(node, erroneousType);
  if (written.kind === 'erroneous') return;
  const sizes: number[] = [];
  let element: Type = written;
  while (element.kind === 'stack') {
    sizes.push(element.size);
    element = element.element;
  }
  const inArray = (type: Type): Type =>
    sizes.reduceRight<Type>((inner, size) => ({ kind: 'stack', element: inner, size }), type);
  switch (element.kind) {
    case 'extern': {
      const construction = constructExtern(c, node, node.arguments, element);
      if (construction === undefined) return;
      const type = inArray(construction.type);
      c.tables.declarationTypes.set(node, type);
      c.tables.constructions.set(node, { ...construction, type });
      checkAbstractMethods(c, node, construction.target as ExternType);
      return;
    }
    case 'parser':
    case 'control':
    case 'package': {
      if (sizes.length > 0) {
        c.error(node.name.span, `'${node.name.name}': there can be no array of ${printType(element)}`);
        return;
      }
      if (node.initializer !== undefined) {
        c.error(node.name.span, 'only instances of externs can have an initializer');
        return;
      }
      const inContainer = c.context.parser !== undefined || c.context.control !== undefined;
      if (element.kind !== 'package' && !inContainer) {
        c.reporter.error(
          'invalid',
          node.name.span,
          `'${node.name.name}': ${printType(element)} cannot be instantiated at the top level`,
        );
        return;
      }
      const construction = constructContainer(c, node, node.arguments, element);
      if (construction === undefined) return;
      c.tables.declarationTypes.set(node, construction.type);
      c.tables.constructions.set(node, construction);
      return;
    }
    default:
      c.error(node.name.span, `'${node.name.name}': no object of type ${printType(written)} can be instantiated`);
  }
}

/** The instance implied by `C.apply()`: C must be constructible without arguments. */
export function directConstruction(c: Checker, node: ast.CallExpression, type: ParserType | ControlType): boolean {
  return constructContainer(c, node, [], type) !== undefined;
}

// --------------------------------------------------------------------------------------------------------- externs

function constructExtern(
  c: Checker,
  node: ast.Instantiation | ast.ConstructorCallExpression,
  args: readonly ast.Argument[],
  extern: ExternType,
): ResolvedConstruction | undefined {
  const matching = extern.declaration.methods.filter(
    (method) => method.isConstructor && callMatches(method.parameters, args),
  );
  const chosen = matching[0];
  const at = positionOf(node);
  if (chosen === undefined) {
    c.error(at, `extern '${extern.name}' has no constructor that takes ${args.length} argument(s)`, {
      notes: extern.declaration.methods
        .filter((method) => method.isConstructor)
        .map((method) => ({ message: `has ${method.parameters.length} parameter(s)`, span: method.name.span })),
    });
    return undefined;
  }
  const own = c.functionTypes.get(chosen);
  if (own === undefined || isErroneous(own)) return undefined;
  if (!constantArguments(c, args)) return undefined;
  const unifier = new Unifier();
  const waiting = unappliedParameters(extern);
  const fresh = unifier.freshFor(waiting);
  const parameters = substituteParameters(substituteParameters(own.parameters, externSubstitution(c, extern)), fresh);
  if (!checkParameterList(c, parameters, { forbidModules: true, forbidPackages: true })) return undefined;
  const matched = matchArguments(c, node, args, parameters, extern.name);
  if (matched === undefined || matched.some((each) => hasErroneousArgument(c, each))) return undefined;
  if (!addArgumentConstraints(c, unifier, at, matched)) return undefined;
  const failure = unifier.solve();
  if (failure !== undefined) {
    mismatch(c, node, at, matched, failure, extern.name);
    return undefined;
  }
  const resolve = (type: Type): Type => unifier.resolve(substitute(type, fresh));
  const target = resolve(extern) as ExternType;
  const converted = convertArguments(c, matched, resolve);
  if (converted === undefined) return undefined;
  noteInference(c, node, waiting, resolve);
  return { type: target, target, constructorMethod: chosen, arguments: converted };
}

function constantArguments(c: Checker, args: readonly ast.Argument[]): boolean {
  let fine = true;
  for (const argument of args) {
    if (c.isCompileTime(argument.value) || isErroneous(c.tables.types.get(argument.value) ?? erroneousType)) continue;
    c.error(argument.span, `argument '${expressionText(argument.value)}' must be known at compile time`);
    fine = false;
  }
  return fine;
}

function hasErroneousArgument(c: Checker, each: MatchedArgument): boolean {
  return each.argument !== undefined && isErroneous(c.tables.types.get(each.argument.value) ?? erroneousType);
}

function convertArguments(
  c: Checker,
  matched: readonly MatchedArgument[],
  resolve: (type: Type) => Type,
): readonly MatchedArgument[] | undefined {
  let fine = true;
  const converted = matched.map((each) => {
    const parameter = { ...each.parameter, type: resolve(each.parameter.type) };
    if (each.argument !== undefined && each.argument.value.kind !== 'DefaultExpression') {
      const place = { span: each.argument.span, what: () => `argument for '${parameter.name}'` };
      if (isModuleType(parameter.type)) coerce(c, each.argument.value, c.tables.types.get(each.argument.value)!);
      else if (!assign(c, place, parameter.type, each.argument.value)) fine = false;
    }
    return { ...each, parameter };
  });
  return fine ? converted : undefined;
}

function isModuleType(type: Type): boolean {
  return type.kind === 'parser' || type.kind === 'control' || type.kind === 'package' || type.kind === 'extern';
}

function noteInference(
  c: Checker,
  node: ast.Instantiation | ast.ConstructorCallExpression,
  variables: readonly TypeVariable[],
  resolve: (type: Type) => Type,
): void {
  if (variables.length === 0) return;
  c.pendingInferences.push({
    node,
    variables: variables.map((variable) => {
      const type = resolve(variable);
      const unknown = type.kind === 'type-variable' && type.declaration === undefined;
      return { name: variable.name, type: unknown ? undefined : type };
    }),
  });
}

// ------------------------------------------------------------------------------------------------------ containers

/** Constructor parameters of a parser, control or package. */
export function constructorParametersOf(c: Checker, type: Container): readonly Parameter[] {
  if (type.kind === 'package') return type.parameters;
  const { declaration } = type;
  if (declaration.kind !== 'ParserDeclaration' && declaration.kind !== 'ControlDeclaration') return [];
  const specialization = new Map(
    declaration.typeParameters.map((parameter, index) => {
      const variable = c.typeVariable(parameter);
      return [variable, type.typeArguments[index] ?? variable];
    }),
  );
  return declaration.constructorParameters.map((parameter) => ({
    name: parameter.name.name,
    direction: parameter.direction,
    type: substitute(c.tables.declarationTypes.get(parameter) ?? erroneousType, specialization),
    optional: parameter.annotations.some((annotation) => annotation.name.name === 'optional'),
    defaultValue: parameter.defaultValue,
    declaration: parameter,
  }));
}

function constructContainer(
  c: Checker,
  node: ast.Instantiation | ast.ConstructorCallExpression | ast.CallExpression,
  args: readonly ast.Argument[],
  container: Container,
): ResolvedConstruction | undefined {
  const { declaration } = container;
  if (declaration.kind === 'ParserTypeDeclaration' || declaration.kind === 'ControlTypeDeclaration') {
    c.error(
      node.kind === 'Instantiation' ? node.name.span : node.span,
      `${printType(container)} has no body, so it cannot be instantiated`,
      { notes: [{ message: 'it is only declared here', span: declaration.name.span }] },
    );
    return undefined;
  }
  const unifier = new Unifier();
  const waiting = unappliedParameters(container);
  const fresh = unifier.freshFor(waiting);
  const parameters = substituteParameters(constructorParametersOf(c, container), fresh);
  if (parameters.some((parameter) => parameter.type.kind === 'erroneous')) return undefined;
  if (!checkParameterList(c, parameters, { forbidModules: false, forbidPackages: container.kind !== 'package' })) {
    return undefined;
  }
  if (!constantArguments(c, args)) return undefined;
  // A mismatch belongs to the container's declaration as much as to the arguments: p4c points there, notes point here.
  const at = declaration.name.span;
  const matched = matchAt(c, node, at, args, parameters, container.name);
  if (matched === undefined || matched.some((each) => hasErroneousArgument(c, each))) return undefined;
  if (!addArgumentConstraints(c, unifier, at, matched)) return undefined;
  const failure = unifier.solve();
  if (failure !== undefined) {
    mismatch(c, node, at, matched, failure, container.name);
    return undefined;
  }
  for (const [unknown, type] of unifier.adopted()) c.lateBindings.set(unknown, type);
  const dontCares = dontCareVariables(unifier, fresh, matched);
  const resolve = (type: Type): Type => substitute(unifier.resolve(substitute(type, fresh)), dontCares);
  const target = resolve(container) as Container;
  const converted = convertArguments(c, matched, resolve);
  if (converted === undefined) return undefined;
  if (node.kind !== 'CallExpression') noteInference(c, node, waiting, resolve);
  return { type: target, target, constructorMethod: undefined, arguments: converted };
}

function matchAt(
  c: Checker,
  node: ast.Node,
  at: ast.NodeBase['span'],
  args: readonly ast.Argument[],
  parameters: readonly Parameter[],
  name: string,
): readonly MatchedArgument[] | undefined {
  return matchArguments(c, { ...node, span: at } as ast.Node, args, parameters, name);
}

function mismatch(
  c: Checker,
  node: ast.Node,
  at: ast.NodeBase['span'],
  matched: readonly MatchedArgument[],
  failure: string,
  name: string,
): void {
  const culprit = matched.find((each) => {
    const source = each.argument && c.tables.types.get(each.argument.value);
    if (source === undefined) return false;
    const alone = new Unifier();
    const unknowns = new Map<TypeVariable, Type>();
    collectUnknowns(each.parameter.type, alone, unknowns);
    alone.add(substitute(each.parameter.type, unknowns), source, true);
    return alone.solve() !== undefined;
  });
  const what =
    culprit?.argument === undefined
      ? `the arguments of '${name}' do not fit together`
      : `argument '${expressionText(culprit.argument.value)}' of type ${printType(c.tables.types.get(culprit.argument.value) ?? voidType)} does not fit parameter '${culprit.parameter.name}' of type ${printType(culprit.parameter.type)}`;
  c.error(at, `'${name}': ${what}`, {
    notes: [
      { message: failure, span: culprit?.argument?.span ?? node.span },
      { message: 'instantiated here', span: positionOf(node) },
    ],
  });
}

function collectUnknowns(type: Type, unifier: Unifier, unknowns: Map<TypeVariable, Type>): void {
  if (type.kind === 'type-variable') {
    if (type.declaration === undefined && !unknowns.has(type)) unknowns.set(type, unifier.fresh(type.name));
    return;
  }
  if ('typeArguments' in type) for (const each of type.typeArguments) collectUnknowns(each, unifier, unknowns);
  if ('parameters' in type) for (const each of type.parameters) collectUnknowns(each.type, unifier, unknowns);
  if ('components' in type) for (const each of type.components) collectUnknowns(each, unifier, unknowns);
  if ('element' in type) collectUnknowns(type.element, unifier, unknowns);
}
