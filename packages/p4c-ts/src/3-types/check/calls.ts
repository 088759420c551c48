// Calls: finds what is called, infers type arguments, matches arguments with parameters, and converts the arguments.
//
// How: the callee's shape decides (a name: function or action; a member: built-in method, extern method, apply). All
// but actions come down to `checkInvocation`: fresh unknowns for the type parameters, one constraint for each argument,
// and after solving, the conversion of each `in` argument to its parameter's type (specification 8.20, 6.8).

import type * as ast from '../../2-parse/ast.ts';
import { callMatches } from '../resolve/overloads.ts';
import { expressionText } from '../support/expression-text.ts';
import { didYouMean } from '../support/suggest.ts';
import type { BuiltInMethod, ResolvedCall } from '../typed-program.ts';
import {
  boolType,
  type ControlType,
  type ExternType,
  erroneousType,
  type FunctionType,
  hasTypeVariables,
  integerType,
  type Parameter,
  type ParserType,
  printType,
  substitute,
  type Type,
  type TypeVariable,
  voidType,
} from '../types.ts';
import { checkActionCall } from './action-calls.ts';
import { type Checker, isErroneous } from './checker.ts';
import { directConstruction } from './constructions.ts';
import { checkExpression } from './expressions.ts';
import { checkArguments, checkInvocation } from './invocation.ts';
import { memberType } from './members.ts';

/** Type of a call's result. */
export function checkCall(c: Checker, node: ast.CallExpression): Type {
  c.callContexts.set(node, c.context);
  const type = c.inPart(() => dispatch(c, node));
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
  const generic = hasTypeVariables(checkExpression(c, callee.target));
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
