// What core.p4 cannot say in its declarations: `extract` takes headers, with two arguments only those with one varbit
// field; `lookahead` a fixed-width type; `emit` headers and what consists of them; `verify` belongs into parsers.

import type * as ast from '../../2-parse/ast.ts';
import type { Checker } from '../check/checker.ts';
import { expressionText } from '../support/expression-text.ts';
import type { ResolvedCall } from '../typed-program.ts';
import { isStructure, printType, type Type } from '../types.ts';

/** Checks all calls of the core library's methods. */
export function checkCoreMethods(c: Checker): void {
  for (const [node, call] of c.tables.calls) {
    if (call.kind === 'extern-method') checkMethod(c, node, call);
    else if (call.kind === 'function' && call.declaration.isExtern && call.declaration.name.name === 'verify') {
      if (c.callContexts.get(node)?.parser === undefined) {
        c.error(node.span, `'${expressionText(node)}': 'verify' can only be called in a parser`);
      }
    }
  }
}

function checkMethod(
  c: Checker,
  node: ast.CallExpression,
  call: Extract<ResolvedCall, { kind: 'extern-method' }>,
): void {
  const method = call.method.name.name;
  if (call.extern.name === 'packet_in') {
    if (method === 'extract') checkExtract(c, node);
    else if (method === 'lookahead') checkLookahead(c, node, call);
  } else if (call.extern.name === 'packet_out' && method === 'emit') {
    const argument = node.arguments[0];
    if (argument === undefined || node.arguments.length > 1) {
      c.error(node.span, "'emit' takes one argument");
      return;
    }
    checkEmit(c, node, typeOfArgument(c, argument));
  }
}

function typeOfArgument(c: Checker, argument: ast.Argument): Type | undefined {
  return c.tables.implicitCasts.get(argument.value) ?? c.tables.types.get(argument.value);
}

function checkExtract(c: Checker, node: ast.CallExpression): void {
  const argument = node.arguments[0];
  if (argument === undefined) {
    c.error(node.span, "'extract' takes the header to extract as its first argument");
    return;
  }
  const type = typeOfArgument(c, argument);
  const text = expressionText(argument.value);
  if (type === undefined || type.kind === 'dontcare' || type.kind === 'type-variable') return;
  if (type.kind !== 'header') {
    c.error(argument.span, `'${text}' of type ${printType(type)} cannot be extracted; only headers can`);
    return;
  }
  const variable = hasVarbitOrUnion(c, type);
  if (node.arguments.length === 1 && variable) {
    c.error(argument.span, `'${text}' has a varbit field, so its size must be given`, {
      suggestion: `extract(${text}, sizeInBits)`,
    });
  } else if (node.arguments.length === 2 && !variable) {
    c.error(argument.span, `'${text}' has no varbit field, so no size can be given`);
  }
}

function checkLookahead(
  c: Checker,
  node: ast.CallExpression,
  call: Extract<ResolvedCall, { kind: 'extern-method' }>,
): void {
  const type = call.typeArguments[0];
  const written = node.typeArguments?.[0];
  const span = written?.span ?? node.span;
  if (type === undefined) return;
  if (type.kind === 'void') c.error(span, "'lookahead' cannot read void");
  else if (hasVarbitOrUnion(c, type)) {
    c.error(span, `'lookahead' needs a type of fixed width, not ${printType(type)}`);
  }
}

function checkEmit(c: Checker, node: ast.CallExpression, type: Type | undefined): void {
  if (type === undefined) return;
  switch (type.kind) {
    case 'header':
    case 'header_union':
    case 'stack':
    case 'type-variable':
    case 'erroneous':
      return;
    case 'struct':
      for (const field of type.fields) checkEmit(c, node, field.type);
      return;
    case 'tuple':
    case 'list-expression':
      for (const component of type.components) checkEmit(c, node, component);
      return;
    case 'struct-expression':
      for (const field of type.fields) checkEmit(c, node, field.type);
      return;
    default:
      c.error(
        node.span,
        `'${expressionText(node)}': only headers, stacks, unions and what consists of them can be emitted, not ${printType(type)}`,
      );
  }
}

/** Whether a type has no fixed width. Two varbit fields in one header are an error. */
function hasVarbitOrUnion(c: Checker, type: Type): boolean {
  if (type.kind === 'header_union' || type.kind === 'varbit') return true;
  if (isStructure(type)) {
    const variable = type.fields.filter((field) => field.type.kind === 'varbit');
    const [first, second] = variable;
    if (first !== undefined && second !== undefined) {
      c.error(first.declaration.name.span, `${printType(type)} has more than one varbit field`, {
        notes: [{ message: 'the second one', span: second.declaration.name.span }],
      });
    }
    return first !== undefined;
  }
  if (type.kind === 'stack') return hasVarbitOrUnion(c, type.element);
  if (type.kind === 'tuple') return type.components.some((component) => hasVarbitOrUnion(c, component));
  return false;
}
