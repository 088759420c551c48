// Where a message about a node points. A declaration is meant by its name and an assignment by its operator, because
// the whole text of either may start lines away (annotations) or cover hundreds of lines; everything else by its span.

import type * as ast from '../../2-parse/ast.ts';
import type { Span } from '../../diagnostics/span.ts';

/** The span to report for a node. */
export function positionOf(node: ast.Node): Span {
  switch (node.kind) {
    case 'AssignmentStatement':
      return node.operatorSpan;
    case 'CustomProperty':
    case 'TableDeclaration':
    case 'ConstantDeclaration':
    case 'VariableDeclaration':
    case 'Instantiation':
    case 'ExternDeclaration':
    case 'Method':
    case 'FunctionDeclaration':
    case 'ActionDeclaration':
    case 'ParserTypeDeclaration':
    case 'ParserDeclaration':
    case 'ParserState':
    case 'ValueSetDeclaration':
    case 'ControlTypeDeclaration':
    case 'ControlDeclaration':
    case 'PackageTypeDeclaration':
    case 'EnumMember':
    case 'StructField':
    case 'HeaderDeclaration':
    case 'HeaderUnionDeclaration':
    case 'StructDeclaration':
    case 'EnumDeclaration':
    case 'SerializableEnumDeclaration':
    case 'TypedefDeclaration':
    case 'NewtypeDeclaration':
    case 'Parameter':
    case 'TypeParameter':
      return node.name.span;
    case 'ActionReference':
      return node.action.span;
    case 'TableEntry':
      return node.keyset.span;
    default:
      return node.span;
  }
}
