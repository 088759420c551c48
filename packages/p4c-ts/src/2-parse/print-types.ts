/**
 * Written types and numbers as text, for whoever prints a program or speaks of a part of it. How the expressions inside
 * a type look is the caller's: a program printed must be readable again, a message is short.
 */
import { assertNever } from '../diagnostics/diagnostic.ts';
import type * as ast from './ast.ts';

/** How the expressions inside a type are written. */
export interface TypeParts {
  /** A width: between `<` and `>`. */
  readonly width: (width: ast.Expression) => string;
  /** The size of an array. */
  readonly size: (size: ast.Expression) => string;
}

/** A type as P4 text. */
export function printTypeNode(node: ast.TypeNode, parts: TypeParts): string {
  const print = (inner: ast.TypeNode): string => printTypeNode(inner, parts);
  switch (node.kind) {
    case 'BooleanType':
      return 'bool';
    case 'ErrorType':
      return 'error';
    case 'InfiniteIntegerType':
      return 'int';
    case 'BitsType': {
      const word = node.signed ? 'int' : 'bit';
      return node.width === undefined ? word : `${word}<${parts.width(node.width)}>`;
    }
    case 'VarbitType':
      return `varbit<${parts.width(node.maxWidth)}>`;
    case 'StringType':
      return 'string';
    case 'MatchKindType':
      return 'match_kind';
    case 'VoidType':
      return 'void';
    case 'DontCareType':
      return '_';
    case 'NamedType':
      return `${node.absolute ? '.' : ''}${node.name.name}`;
    case 'SpecializedType':
      return `${print(node.base)}<${node.typeArguments.map(print).join(', ')}>`;
    case 'ArrayType':
      return `${print(node.element)}[${parts.size(node.size)}]`;
    case 'ListType':
      return `list<${print(node.element)}>`;
    case 'TupleType':
      return `tuple<${node.elements.map(print).join(', ')}>`;
    default:
      return assertNever(node, 'printing a type');
  }
}

/** A number as it was written: with its width, in its base. */
export function integerText(node: ast.IntegerLiteral): string {
  const prefix = { 2: '0b', 8: '0o', 10: '', 16: '0x' }[node.base];
  const digits = `${prefix}${node.value.toString(node.base)}`;
  return node.width === undefined ? digits : `${node.width}${node.signed ? 's' : 'w'}${digits}`;
}
