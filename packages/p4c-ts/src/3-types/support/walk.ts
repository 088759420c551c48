// A generic walk over the syntax tree, for the checks that look at "every X in the program".
//
// How: the children of each kind are listed once, in source order, by their property names; a walk follows the list.
// Why a list and not reflection over all properties: it is several times faster, and a new kind of node without an
// entry is noticed by the type checker of this file (`Record` over all kinds).

import type * as ast from '../../2-parse/ast.ts';

const CHILDREN: Record<ast.Node['kind'] | 'Argument', readonly string[]> = {
  Program: ['declarations'],
  Identifier: [],
  Annotation: [],
  BooleanType: [],
  ErrorType: [],
  InfiniteIntegerType: [],
  BitsType: ['width'],
  VarbitType: ['maxWidth'],
  StringType: [],
  MatchKindType: [],
  VoidType: [],
  DontCareType: [],
  NamedType: [],
  SpecializedType: ['base', 'typeArguments'],
  ArrayType: ['element', 'size'],
  ListType: ['element'],
  TupleType: ['elements'],
  IntegerLiteral: [],
  BooleanLiteral: [],
  StringLiteral: [],
  PathExpression: [],
  ThisExpression: [],
  TypeNameExpression: ['type'],
  MemberExpression: ['target'],
  IndexExpression: ['target', 'index'],
  SliceExpression: ['target', 'high', 'low'],
  PlusSliceExpression: ['target', 'low', 'width'],
  ListExpression: ['elements'],
  StructExpression: ['fields', 'dots'],
  NamedExpression: ['value'],
  InvalidExpression: [],
  DotsExpression: [],
  UnaryExpression: ['operand'],
  BinaryExpression: ['left', 'right'],
  ConditionalExpression: ['condition', 'whenTrue', 'whenFalse'],
  CastExpression: ['type', 'operand'],
  CallExpression: ['callee', 'typeArguments', 'arguments'],
  ConstructorCallExpression: ['type', 'arguments'],
  Argument: ['value'],
  DefaultExpression: [],
  MaskExpression: ['value', 'mask'],
  RangeExpression: ['low', 'high'],
  TupleKeysetExpression: ['elements'],
  SelectExpression: ['keys', 'cases'],
  SelectCase: ['keyset', 'state'],
  AssignmentStatement: ['target', 'value'],
  CallStatement: ['call'],
  EmptyStatement: [],
  BlockStatement: ['annotations', 'statements'],
  IfStatement: ['annotations', 'condition', 'thenStatement', 'elseStatement'],
  SwitchStatement: ['annotations', 'expression', 'cases'],
  SwitchCase: ['label', 'body'],
  ForStatement: ['annotations', 'init', 'condition', 'update', 'body'],
  ForInStatement: ['annotations', 'variable', 'collection', 'body'],
  ReturnStatement: ['value'],
  ExitStatement: [],
  BreakStatement: [],
  ContinueStatement: [],
  Parameter: ['annotations', 'type', 'defaultValue'],
  TypeParameter: [],
  ConstantDeclaration: ['annotations', 'type', 'value'],
  VariableDeclaration: ['annotations', 'type', 'initializer'],
  Instantiation: ['annotations', 'type', 'arguments', 'initializer'],
  ExternDeclaration: ['annotations', 'typeParameters', 'methods'],
  Method: ['annotations', 'returnType', 'typeParameters', 'parameters'],
  FunctionDeclaration: ['annotations', 'returnType', 'typeParameters', 'parameters', 'body'],
  ActionDeclaration: ['annotations', 'parameters', 'body'],
  ParserTypeDeclaration: ['annotations', 'typeParameters', 'parameters'],
  ParserDeclaration: ['annotations', 'typeParameters', 'parameters', 'constructorParameters', 'locals', 'states'],
  ParserState: ['annotations', 'statements', 'transition'],
  ValueSetDeclaration: ['annotations', 'elementType', 'size'],
  ControlTypeDeclaration: ['annotations', 'typeParameters', 'parameters'],
  ControlDeclaration: ['annotations', 'typeParameters', 'parameters', 'constructorParameters', 'locals', 'body'],
  PackageTypeDeclaration: ['annotations', 'typeParameters', 'parameters'],
  ErrorDeclaration: ['members'],
  MatchKindDeclaration: ['members'],
  EnumMember: ['value'],
  StructField: ['annotations', 'type'],
  HeaderDeclaration: ['annotations', 'typeParameters', 'fields'],
  HeaderUnionDeclaration: ['annotations', 'typeParameters', 'fields'],
  StructDeclaration: ['annotations', 'typeParameters', 'fields'],
  EnumDeclaration: ['annotations', 'members'],
  SerializableEnumDeclaration: ['annotations', 'underlyingType', 'members'],
  TypedefDeclaration: ['annotations', 'type'],
  NewtypeDeclaration: ['annotations', 'type'],
  TableDeclaration: ['annotations', 'properties'],
  KeyProperty: ['elements'],
  KeyElement: ['expression', 'annotations'],
  ActionsProperty: ['actions'],
  ActionReference: ['annotations', 'action'],
  EntriesProperty: ['annotations', 'entries'],
  TableEntry: ['priority', 'keyset', 'action', 'annotations'],
  CustomProperty: ['annotations', 'value'],
};

/** Calls `visit` with each direct child, in source order. Names, and expressions inside annotations, are left out. */
export function forEachChild(node: ast.Node, visit: (child: ast.Node) => void): void {
  for (const property of CHILDREN[node.kind]) {
    const child = (node as unknown as Record<string, ast.Node | readonly ast.Node[] | undefined>)[property];
    if (child === undefined) continue;
    if (Array.isArray(child)) for (const item of child as readonly ast.Node[]) visit(item);
    else visit(child as ast.Node);
  }
}

/** The nodes around the one visited, outermost first, without itself. */
export type Ancestors = readonly ast.Node[];

/**
 * Visits the node and everything below it, parents before children. `leave` is called after the children, which is
 * the order in which a check that depends on its children's results wants to run.
 */
export function walk(
  node: ast.Node,
  enter: ((node: ast.Node, ancestors: Ancestors) => void) | undefined,
  leave?: (node: ast.Node, ancestors: Ancestors) => void,
): void {
  const ancestors: ast.Node[] = [];
  const visit = (current: ast.Node): void => {
    enter?.(current, ancestors);
    ancestors.push(current);
    forEachChild(current, visit);
    ancestors.pop();
    leave?.(current, ancestors);
  };
  visit(node);
}
