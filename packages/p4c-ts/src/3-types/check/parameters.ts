// Parameters: reading one, and the rules for whole lists, which depend on what the list belongs to (specification 6.8
// and appendix F: which types may be a parameter of what).

import type * as ast from '../../2-parse/ast.ts';
import { isOptionalParameter } from '../resolve/overloads.ts';
import { erroneousType, type Parameter, printType, type Type } from '../types.ts';
import { checkAnnotations } from './annotations.ts';
import type { Checker } from './checker.ts';
import { coerce } from './convert.ts';
import { checkExpression } from './expressions.ts';
import { typeOfNode, unappliedParameters } from './written-types.ts';

/** Reads one parameter, its default value included. */
export function checkParameter(c: Checker, node: ast.Parameter): Parameter {
  checkAnnotations(c, node.annotations);
  const type = parameterType(c, node);
  c.tables.declarationTypes.set(node, type);
  if (node.defaultValue !== undefined) {
    const valueType = checkExpression(c, node.defaultValue);
    if (valueType.kind !== 'erroneous' && type.kind !== 'erroneous') {
      if (!c.isCompileTime(node.defaultValue)) {
        c.error(node.defaultValue.span, `the default value of '${node.name.name}' must be known at compile time`);
      } else coerce(c, node.defaultValue, type);
    }
  }
  return {
    name: node.name.name,
    direction: node.direction,
    type,
    optional: isOptionalParameter(node),
    defaultValue: node.defaultValue,
    declaration: node,
  };
}

function parameterType(c: Checker, node: ast.Parameter): Type {
  const type = typeOfNode(c, node.type);
  const name = node.name.name;
  if (type.kind === 'erroneous') return type;
  if (isFullContainer(type)) {
    c.error(node.name.span, `parameter '${name}' cannot have type ${printType(type)}`, {
      suggestion: 'use a declaration without a body (`control C(...);`) as the type',
    });
    return erroneousType;
  }
  if (type.kind === 'integer') {
    if (node.direction !== 'none') {
      c.error(node.name.span, `parameter '${name}' of type int must be directionless`);
      return erroneousType;
    }
    if (c.context.action !== undefined) {
      c.error(node.name.span, `action parameter '${name}' cannot have type int`, {
        suggestion: 'give it a width: bit<W> or int<W>',
      });
      return erroneousType;
    }
  }
  if (unappliedParameters(type).length > 0) {
    c.error(node.name.span, `the type of parameter '${name}' needs type arguments`);
    return erroneousType;
  }
  return type;
}

function isFullContainer(type: Type): boolean {
  return (
    (type.kind === 'control' && type.declaration.kind === 'ControlDeclaration') ||
    (type.kind === 'parser' && type.declaration.kind === 'ParserDeclaration')
  );
}

/** What a parameter list must not contain. */
export interface ListRules {
  /** Parsers and controls (allowed for constructors only). */
  readonly forbidModules: boolean;
  /** Packages (allowed for packages only). */
  readonly forbidPackages: boolean;
}

/** Checks a whole list; reports the first violation. */
export function checkParameterList(c: Checker, parameters: readonly Parameter[], rules: ListRules): boolean {
  for (const parameter of parameters) {
    const { type } = parameter;
    const span = parameter.declaration?.name.span;
    if (rules.forbidPackages && type.kind === 'package') {
      c.error(span, `parameter '${parameter.name}' cannot be a package`);
      return false;
    }
    if (parameter.direction !== 'none' && (type.kind === 'extern' || type.kind === 'string')) {
      c.error(span, `parameter '${parameter.name}' of type ${printType(type)} cannot have a direction`);
      return false;
    }
    const isModule = type.kind === 'parser' || type.kind === 'control';
    if (isModule && (rules.forbidModules || parameter.direction !== 'none')) {
      c.error(span, `parameter '${parameter.name}' cannot have type ${printType(type)}`);
      return false;
    }
  }
  return true;
}
