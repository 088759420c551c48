// Calls: finds what is called, infers type arguments, matches arguments with parameters, and converts the arguments.
//
// How: the callee's shape decides (a name: function or action; a member: built-in method, extern method, apply). All
// but actions come down to `checkInvocation`: fresh unknowns for the type parameters, one constraint for each argument, and after
// solving, the conversion of each `in` argument to its parameter's type (specification 8.20, 6.8).

import type * as ast from '../../2-parse/ast.ts';
import { Unifier } from '../infer/unify.ts';
import { callMatches } from '../resolve/overloads.ts';
import { expressionText } from '../support/expression-text.ts';
import { didYouMean } from '../support/suggest.ts';
import type { BuiltInMethod, MatchedArgument, ResolvedCall } from '../typed-program.ts';
import {
  boolType,
  type ControlType,
  type ExternType,
  erroneousType,
  type FunctionType,
  integerType,
  type Parameter,
  type ParserType,
  printType,
  substitute,
  substituteParameters,
  type Type,
  type TypeVariable,
  typeContains,
  voidType,
} from '../types.ts';
import { checkActionCall } from './action-calls.ts';
import { type Checker, isErroneous } from './checker.ts';
import { directConstruction } from './constructions.ts';
import { assign, coerce } from './convert.ts';
import { checkExpression } from './expressions.ts';
import { memberType } from './members.ts';
import { checkParameterList } from './parameters.ts';
import { typeOfNode } from './written-types.ts';

/** Type of a call's result. */
export function checkCall(c: Checker, node: ast.CallExpression): Type {
  c.callContexts.set(node, c.context);
  const type = c.within({ inSwitchExpression: false }, () => dispatch(c, node));
  if (type.kind !== 'erroneous') checkSelectContext(c, node);
  return type;
}

function checkSelectContext(c: Checker, node: ast.CallExpression): void {
  const call = c.tables.calls.get(node);
  if (!c.context.inSelectCase || call === undefined) return;
  if (call.kind === 'built-in' && call.method !== 'push_front' && call.method !== 'pop_front') return;
  c.error(node.span, `'${expressionText(node)}': calls are not allowed in a key set`);
}

function dispatch(c: Checker, node: ast.CallExpression): Type {
  const { callee } = node;
  if (callee.kind === 'PathExpression') {
    const named = c.names.paths.get(callee);
    const calleeType = checkExpression(c, callee);
    if (named?.kind === 'ActionDeclaration') return checkDirectAction(c, node, named, calleeType);
    if (named?.kind === 'FunctionDeclaration' && calleeType.kind === 'function') {
      return checkFunction(c, node, named, calleeType);
    }
    checkArguments(c, node.arguments);
    if (!isErroneous(calleeType)) notCallable(c, node, calleeType);
    return erroneousType;
  }
  if (callee.kind === 'MemberExpression') return checkMemberCall(c, node, callee);
  const type = checkExpression(c, callee);
  checkArguments(c, node.arguments);
  if (type.kind === 'action') {
    c.error(callee.span, `'${expressionText(callee)}': the result of calling an action cannot be called`);
  } else if (!isErroneous(type)) notCallable(c, node, type);
  return erroneousType;
}

function notCallable(c: Checker, node: ast.CallExpression, type: Type): void {
  c.error(node.span, `'${expressionText(node.callee)}' of type ${printType(type)} cannot be called`);
}

/** Checks arguments for their own sake where the call cannot be resolved. */
function checkArguments(c: Checker, args: readonly ast.Argument[]): boolean {
  let fine = true;
  for (const argument of args) if (isErroneous(checkExpression(c, argument.value))) fine = false;
  return fine;
}

function checkDirectAction(
  c: Checker,
  node: ast.CallExpression,
  action: ast.ActionDeclaration,
  calleeType: Type,
): Type {
  if (!checkArguments(c, node.arguments) || calleeType.kind !== 'action') return erroneousType;
  if (c.context.functionType !== undefined) {
    c.error(node.span, `'${expressionText(node)}': a function cannot call an action`);
    return erroneousType;
  }
  const matched = checkActionCall(c, node, calleeType);
  if (matched === undefined) return erroneousType;
  c.tables.calls.set(node, { kind: 'action', declaration: action, arguments: matched, returnType: voidType });
  return { kind: 'action', declaration: action, parameters: [] };
}

function checkFunction(
  c: Checker,
  node: ast.CallExpression,
  declaration: ast.FunctionDeclaration,
  type: FunctionType,
): Type {
  const result = checkInvocation(c, node, type);
  if (result === undefined) return erroneousType;
  const call: ResolvedCall = {
    kind: 'function',
    declaration,
    typeArguments: result.typeArguments,
    arguments: result.arguments,
    returnType: result.returnType,
  };
  c.tables.calls.set(node, call);
  const pure =
    result.returnType.kind === 'extern' ||
    declaration.name.name === 'static_assert' ||
    declaration.annotations.some((annotation) => annotation.name.name === 'pure');
  if (declaration.isExtern && pure) c.markCompileTime(node, ...node.arguments.map((argument) => argument.value));
  return result.returnType;
}

// --------------------------------------------------------------------------------------------------------- methods

function checkMemberCall(c: Checker, node: ast.CallExpression, callee: ast.MemberExpression): Type {
  const name = callee.member.name;
  const checksBefore = c.deferredChecks.length;
  const target = checkExpression(c, callee.target);
  // The size of a[7] is that of any element, whether there are 8 or not.
  if (isSizeMethod(name)) c.deferredChecks.length = checksBefore;
  if (target.kind === 'erroneous') {
    checkArguments(c, node.arguments);
    return erroneousType;
  }
  if (target.kind === 'extern') return checkExternMethod(c, node, callee, target);
  if (isSizeMethod(name)) return checkSizeMethod(c, node, callee, name);
  const builtIn = builtInMethod(c, callee, target, name);
  if (builtIn === 'rejected') {
    checkArguments(c, node.arguments);
    return erroneousType;
  }
  if (builtIn !== undefined) return checkBuiltIn(c, node, callee, builtIn);
  if (name === 'apply') {
    if (target.kind === 'table') return checkTableApply(c, node, callee, target.declaration);
    if (target.kind === 'parser' || target.kind === 'control') return checkApply(c, node, callee, target, false);
    if (target.kind === 'type-type') {
      const { type } = target;
      if ((type.kind === 'parser' || type.kind === 'control') && hasBody(type)) {
        if (!directConstruction(c, node, type)) return erroneousType;
        return checkApply(c, node, callee, type, true);
      }
    }
  }
  const type = memberType(c, callee, target, false);
  c.tables.types.set(callee, type);
  checkArguments(c, node.arguments);
  if (!isErroneous(type)) notCallable(c, node, type);
  return erroneousType;
}

function hasBody(type: ParserType | ControlType): boolean {
  return type.declaration.kind === 'ParserDeclaration' || type.declaration.kind === 'ControlDeclaration';
}

function asMethod(c: Checker, callee: ast.MemberExpression, type: FunctionType): FunctionType {
  c.tables.members.set(callee, { kind: 'method' });
  c.tables.types.set(callee, type);
  return type;
}

function checkExternMethod(
  c: Checker,
  node: ast.CallExpression,
  callee: ast.MemberExpression,
  extern: ExternType,
): Type {
  const name = callee.member.name;
  const named = extern.declaration.methods.filter((method) => !method.isConstructor && method.name.name === name);
  const matching = named.filter((method) => callMatches(method.parameters, node.arguments));
  const method = matching[0];
  if (method === undefined || matching.length > 1) {
    checkArguments(c, node.arguments);
    if (matching.length > 1) {
      c.reporter.error('duplicate', callee.member.span, `call of method '${name}' is ambiguous`, {
        notes: matching.map((each) => ({ message: 'candidate', span: each.name.span })),
      });
    } else {
      const all = new Set(extern.declaration.methods.map((each) => each.name.name));
      c.error(callee.span, `extern '${extern.name}' has no method '${name}' that matches this call`, {
        notes: named.map((each) => ({ message: `has ${each.parameters.length} parameter(s)`, span: each.name.span })),
        suggestion: named.length === 0 ? didYouMean(name, all) : undefined,
      });
    }
    return erroneousType;
  }
  const own = c.functionTypes.get(method);
  if (own === undefined) return erroneousType;
  const type = asMethod(c, callee, substitute(own, externSubstitution(c, extern)) as FunctionType);
  const result = checkInvocation(c, node, type);
  if (result === undefined) return erroneousType;
  c.tables.calls.set(node, {
    kind: 'extern-method',
    extern,
    method,
    receiver: callee.target,
    typeArguments: result.typeArguments,
    arguments: result.arguments,
    returnType: result.returnType,
  });
  return result.returnType;
}

/** From an extern's own type variables to the type arguments of this instance. */
export function externSubstitution(c: Checker, extern: ExternType): Map<TypeVariable, Type> {
  const { typeParameters } = extern.declaration;
  return new Map(
    typeParameters.map((parameter, index) => [
      c.typeVariable(parameter),
      extern.typeArguments[index] ?? c.typeVariable(parameter),
    ]),
  );
}

function isSizeMethod(name: string): name is BuiltInMethod {
  return name === 'minSizeInBits' || name === 'minSizeInBytes' || name === 'maxSizeInBits' || name === 'maxSizeInBytes';
}

function checkSizeMethod(
  c: Checker,
  node: ast.CallExpression,
  callee: ast.MemberExpression,
  method: BuiltInMethod,
): Type {
  const type = asMethod(c, callee, {
    kind: 'function',
    name: method,
    typeParameters: [],
    parameters: [],
    returnType: integerType,
  });
  if (node.arguments.length > 0 || (node.typeArguments?.length ?? 0) > 0) {
    return checkInvocation(c, node, type) === undefined ? erroneousType : integerType;
  }
  c.tables.calls.set(node, { kind: 'built-in', method, target: callee.target, arguments: [], returnType: integerType });
  c.tables.compileTime.add(node);
  const generic = typeContains(checkExpression(c, callee.target), (inner) => inner.kind === 'type-variable');
  if (c.folder.valueOf(node) === undefined && !generic) {
    c.reporter.error(
      'unsupported',
      node.span,
      `'${expressionText(node)}': values of type ${printType(checkExpression(c, callee.target))} have no width`,
    );
    return erroneousType;
  }
  return integerType;
}

interface BuiltIn {
  readonly method: BuiltInMethod;
  readonly parameters: readonly Parameter[];
  readonly returnType: Type;
}

const COUNT: Parameter = {
  name: 'count',
  direction: 'none',
  type: integerType,
  optional: false,
  defaultValue: undefined,
  declaration: undefined,
};

function builtInMethod(
  c: Checker,
  callee: ast.MemberExpression,
  target: Type,
  name: string,
): BuiltIn | 'rejected' | undefined {
  const needsLeftValue = (): void => {
    if (c.isLeftValue(callee.target)) return;
    c.error(callee.span, `'${name}' changes '${expressionText(callee.target)}', which cannot be assigned to`);
  };
  if (target.kind === 'header' || target.kind === 'header_union') {
    if (name === 'isValid') return { method: name, parameters: [], returnType: boolType };
  }
  if (target.kind === 'header' && (name === 'setValid' || name === 'setInvalid')) {
    needsLeftValue();
    return { method: name, parameters: [], returnType: voidType };
  }
  if (target.kind === 'stack' && (name === 'push_front' || name === 'pop_front')) {
    const { element } = target;
    if (element.kind !== 'header' && element.kind !== 'header_union') {
      c.error(callee.span, `'${expressionText(callee)}': '${name}' can only be used on header stacks`);
      return 'rejected';
    }
    if (c.context.parser !== undefined) c.error(callee.span, `'${name}' cannot be used in a parser`);
    needsLeftValue();
    return { method: name, parameters: [COUNT], returnType: voidType };
  }
  return undefined;
}

function checkBuiltIn(c: Checker, node: ast.CallExpression, callee: ast.MemberExpression, builtIn: BuiltIn): Type {
  const type = asMethod(c, callee, {
    kind: 'function',
    name: builtIn.method,
    typeParameters: [],
    parameters: builtIn.parameters,
    returnType: builtIn.returnType,
  });
  const result = checkInvocation(c, node, type);
  if (result === undefined) return erroneousType;
  c.tables.calls.set(node, {
    kind: 'built-in',
    method: builtIn.method,
    target: callee.target,
    arguments: result.arguments,
    returnType: result.returnType,
  });
  if (builtIn.method === 'isValid' && isHeaderLiteral(callee.target)) c.tables.compileTime.add(node);
  return result.returnType;
}

function isHeaderLiteral(target: ast.Expression): boolean {
  if (target.kind === 'CastExpression') return isHeaderLiteral(target.operand);
  return target.kind === 'StructExpression' || target.kind === 'InvalidExpression';
}

function checkTableApply(
  c: Checker,
  node: ast.CallExpression,
  callee: ast.MemberExpression,
  table: ast.TableDeclaration,
): Type {
  const returnType: Type = { kind: 'apply-result', table };
  const type = asMethod(c, callee, { kind: 'function', name: 'apply', typeParameters: [], parameters: [], returnType });
  const result = checkInvocation(c, node, type);
  if (result === undefined || !applyAllowed(c, node)) return erroneousType;
  c.tables.calls.set(node, { kind: 'table-apply', table, arguments: result.arguments, returnType });
  return returnType;
}

function checkApply(
  c: Checker,
  node: ast.CallExpression,
  callee: ast.MemberExpression,
  container: ParserType | ControlType,
  direct: boolean,
): Type {
  const type = asMethod(c, callee, {
    kind: 'function',
    name: 'apply',
    typeParameters: [],
    parameters: container.parameters,
    returnType: voidType,
  });
  const result = checkInvocation(c, node, type);
  if (result === undefined || !applyAllowed(c, node)) return erroneousType;
  c.tables.calls.set(node, {
    kind: 'apply',
    receiver: callee.target,
    type: container,
    direct,
    arguments: result.arguments,
    returnType: voidType,
  });
  return voidType;
}

function applyAllowed(c: Checker, node: ast.CallExpression): boolean {
  if (c.context.action === undefined) return true;
  c.error(node.span, `'${expressionText(node)}': 'apply' cannot be called from an action`);
  return false;
}

// ------------------------------------------------------------------------------------------------------ invocation

interface Invocation {
  readonly typeArguments: readonly Type[];
  readonly arguments: readonly MatchedArgument[];
  readonly returnType: Type;
}

/** Infers type arguments, matches and converts arguments. Undefined after an error. */
function checkInvocation(c: Checker, node: ast.CallExpression, type: FunctionType): Invocation | undefined {
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
  fresh: ReadonlyMap<TypeVariable, Type>,
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
    const parameter = { ...each.parameter, type: resolve(each.parameter.type) };
    converted.push({ ...each, parameter });
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
  fresh: ReadonlyMap<TypeVariable, Type>,
  matched: readonly MatchedArgument[],
): Map<TypeVariable, Type> {
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
  const text = expressionText(argument.value);
  switch (type.kind) {
    case 'dontcare':
      if (argument.value.kind === 'DefaultExpression') return true;
      c.error(argument.span, `'${text}': no type could be inferred for parameter '${parameter.name}'`);
      return false;
    case 'struct-expression':
      c.error(argument.value.span, `'${text}': no type could be inferred for this structure`, {
        suggestion: `cast it to the structure that is meant: (T)${text}`,
      });
      return false;
    case 'table':
    case 'action':
    case 'control':
    case 'package':
    case 'parser':
      c.error(argument.span, `'${text}': an argument cannot be of type ${printType(type)}`);
      return false;
    default:
      break;
  }
  if (argument.value.kind === 'DefaultExpression') return true;
  if (parameter.direction === 'in') {
    return assign(c, { span: argument.span, what: `argument for '${parameter.name}'` }, type, argument.value);
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
  const given = new Map<string, ast.Argument>();
  for (let i = 0; i < args.length; i++) {
    const argument = args[i]!;
    if (argument.name === undefined) given.set(parameters[i]!.name, argument);
    else if (parameters.some((parameter) => parameter.name === argument.name!.name)) {
      given.set(argument.name.name, argument);
    } else {
      c.error(node.span, `'${what}' has no parameter named '${argument.name.name}'`, {
        suggestion: didYouMean(
          argument.name.name,
          parameters.map((parameter) => parameter.name),
        ),
        notes: [{ message: 'the argument', span: argument.span }, ...signatureNote(parameters)],
      });
      return undefined;
    }
  }
  const matched: MatchedArgument[] = [];
  for (const parameter of parameters) {
    const argument = given.get(parameter.name);
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
  const given = matched.filter((each) => each.argument !== undefined);
  given.sort((a, b) => a.argument!.span.start - b.argument!.span.start);
  for (const { parameter, argument } of given) {
    const value = argument!.value;
    const source = c.tables.types.get(value) ?? erroneousType;
    const text = expressionText(value);
    const notes = [{ message: 'the argument', span: argument!.span }, ...signatureNote([parameter])];
    if (source.kind === 'dontcare' && parameter.direction !== 'out') {
      c.error(span, "'_' can only be given for an 'out' parameter", { notes });
      return false;
    }
    const writes = parameter.direction === 'out' || parameter.direction === 'inout';
    if (writes && !c.isLeftValue(value) && source.kind !== 'dontcare') {
      c.error(
        span,
        `'${text}' cannot be assigned to, but is given for the ${parameter.direction} parameter '${parameter.name}'`,
        {
          notes,
        },
      );
      return false;
    }
    if (parameter.direction === 'none' && !c.isCompileTime(value)) {
      c.error(
        span,
        `'${text}' is not known at compile time, but is given for the directionless parameter '${parameter.name}'`,
        { notes },
      );
      return false;
    }
    if (parameter.direction !== 'none' && parameter.type.kind === 'extern' && !parameter.optional) {
      c.error(span, `parameter '${parameter.name}': instances of externs cannot be passed in, out or inout`, { notes });
      return false;
    }
    unifier.add(parameter.type, source, !writes);
  }
  return true;
}
