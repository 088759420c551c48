// A generic walk over the syntax tree, for the checks that look at "every X in the program".
//
// How: a table has, for each kind of node, a function that visits its children in source order. Why functions and not
// lists of property names: each reads the properties of one kind only, which is several times faster than looking names
// up, and the type checker sees that they exist. A new kind of node without an entry does not compile.

import type * as ast from '../../2-parse/ast.ts';

type Visit = (child: ast.Node) => void;

type NodeOf<Kind extends ast.Node['kind']> = Extract<ast.Node, { readonly kind: Kind }>;

function none(): void {}

function each(nodes: readonly ast.Node[], visit: Visit): void {
  for (let index = 0; index < nodes.length; index++) visit(nodes[index]!);
}

function annotated(node: { readonly annotations: readonly ast.Annotation[] }, visit: Visit): void {
  each(node.annotations, visit);
}

function signature(
  node: {
    readonly annotations: readonly ast.Annotation[];
    readonly typeParameters: readonly ast.TypeParameter[];
    readonly parameters: readonly ast.Parameter[];
  },
  visit: Visit,
): void {
  each(node.annotations, visit);
  each(node.typeParameters, visit);
  each(node.parameters, visit);
}

function structure(
  node: ast.HeaderDeclaration | ast.HeaderUnionDeclaration | ast.StructDeclaration,
  visit: Visit,
): void {
  each(node.annotations, visit);
  each(node.typeParameters, visit);
  each(node.fields, visit);
}

const CHILDREN: { readonly [Kind in ast.Node['kind']]: (node: NodeOf<Kind>, visit: Visit) => void } = {
  Program: (node, visit) => each(node.declarations, visit),
  Identifier: none,
  Annotation: none,
  BooleanType: none,
  ErrorType: none,
  InfiniteIntegerType: none,
  BitsType: (node, visit) => {
    if (node.width !== undefined) visit(node.width);
  },
  VarbitType: (node, visit) => visit(node.maxWidth),
  StringType: none,
  MatchKindType: none,
  VoidType: none,
  DontCareType: none,
  NamedType: none,
  SpecializedType: (node, visit) => {
    visit(node.base);
    each(node.typeArguments, visit);
  },
  ArrayType: (node, visit) => {
    visit(node.element);
    visit(node.size);
  },
  ListType: (node, visit) => visit(node.element),
  TupleType: (node, visit) => each(node.elements, visit),
  IntegerLiteral: none,
  BooleanLiteral: none,
  StringLiteral: none,
  PathExpression: none,
  ThisExpression: none,
  TypeNameExpression: (node, visit) => visit(node.type),
  MemberExpression: (node, visit) => visit(node.target),
  IndexExpression: (node, visit) => {
    visit(node.target);
    visit(node.index);
  },
  SliceExpression: (node, visit) => {
    visit(node.target);
    visit(node.high);
    visit(node.low);
  },
  PlusSliceExpression: (node, visit) => {
    visit(node.target);
    visit(node.low);
    visit(node.width);
  },
  ListExpression: (node, visit) => each(node.elements, visit),
  StructExpression: (node, visit) => {
    each(node.fields, visit);
    if (node.dots !== undefined) visit(node.dots);
  },
  NamedExpression: (node, visit) => visit(node.value),
  InvalidExpression: none,
  DotsExpression: none,
  UnaryExpression: (node, visit) => visit(node.operand),
  BinaryExpression: (node, visit) => {
    visit(node.left);
    visit(node.right);
  },
  ConditionalExpression: (node, visit) => {
    visit(node.condition);
    visit(node.whenTrue);
    visit(node.whenFalse);
  },
  CastExpression: (node, visit) => {
    visit(node.type);
    visit(node.operand);
  },
  CallExpression: (node, visit) => {
    visit(node.callee);
    if (node.typeArguments !== undefined) each(node.typeArguments, visit);
    each(node.arguments, visit);
  },
  ConstructorCallExpression: (node, visit) => {
    visit(node.type);
    each(node.arguments, visit);
  },
  Argument: (node, visit) => visit(node.value),
  DefaultExpression: none,
  MaskExpression: (node, visit) => {
    visit(node.value);
    visit(node.mask);
  },
  RangeExpression: (node, visit) => {
    visit(node.low);
    visit(node.high);
  },
  TupleKeysetExpression: (node, visit) => each(node.elements, visit),
  SelectExpression: (node, visit) => {
    each(node.keys, visit);
    each(node.cases, visit);
  },
  SelectCase: (node, visit) => {
    visit(node.keyset);
    visit(node.state);
  },
  AssignmentStatement: (node, visit) => {
    visit(node.target);
    visit(node.value);
  },
  CallStatement: (node, visit) => visit(node.call),
  EmptyStatement: none,
  BlockStatement: (node, visit) => {
    annotated(node, visit);
    each(node.statements, visit);
  },
  IfStatement: (node, visit) => {
    annotated(node, visit);
    visit(node.condition);
    visit(node.thenStatement);
    if (node.elseStatement !== undefined) visit(node.elseStatement);
  },
  SwitchStatement: (node, visit) => {
    annotated(node, visit);
    visit(node.expression);
    each(node.cases, visit);
  },
  SwitchCase: (node, visit) => {
    visit(node.label);
    if (node.body !== undefined) visit(node.body);
  },
  ForStatement: (node, visit) => {
    annotated(node, visit);
    each(node.init, visit);
    visit(node.condition);
    each(node.update, visit);
    visit(node.body);
  },
  ForInStatement: (node, visit) => {
    annotated(node, visit);
    visit(node.variable);
    visit(node.collection);
    visit(node.body);
  },
  ReturnStatement: (node, visit) => {
    if (node.value !== undefined) visit(node.value);
  },
  ExitStatement: none,
  BreakStatement: none,
  ContinueStatement: none,
  Parameter: (node, visit) => {
    annotated(node, visit);
    visit(node.type);
    if (node.defaultValue !== undefined) visit(node.defaultValue);
  },
  TypeParameter: none,
  ConstantDeclaration: (node, visit) => {
    annotated(node, visit);
    visit(node.type);
    visit(node.value);
  },
  VariableDeclaration: (node, visit) => {
    annotated(node, visit);
    visit(node.type);
    if (node.initializer !== undefined) visit(node.initializer);
  },
  Instantiation: (node, visit) => {
    annotated(node, visit);
    visit(node.type);
    each(node.arguments, visit);
    if (node.initializer !== undefined) each(node.initializer, visit);
  },
  ExternDeclaration: (node, visit) => {
    annotated(node, visit);
    each(node.typeParameters, visit);
    each(node.methods, visit);
  },
  Method: (node, visit) => {
    annotated(node, visit);
    if (node.returnType !== undefined) visit(node.returnType);
    each(node.typeParameters, visit);
    each(node.parameters, visit);
  },
  FunctionDeclaration: (node, visit) => {
    annotated(node, visit);
    visit(node.returnType);
    each(node.typeParameters, visit);
    each(node.parameters, visit);
    if (node.body !== undefined) visit(node.body);
  },
  ActionDeclaration: (node, visit) => {
    annotated(node, visit);
    each(node.parameters, visit);
    visit(node.body);
  },
  ParserTypeDeclaration: signature,
  ParserDeclaration: (node, visit) => {
    signature(node, visit);
    each(node.constructorParameters, visit);
    each(node.locals, visit);
    each(node.states, visit);
  },
  ParserState: (node, visit) => {
    annotated(node, visit);
    each(node.statements, visit);
    if (node.transition !== undefined) visit(node.transition);
  },
  ValueSetDeclaration: (node, visit) => {
    annotated(node, visit);
    visit(node.elementType);
    visit(node.size);
  },
  ControlTypeDeclaration: signature,
  ControlDeclaration: (node, visit) => {
    signature(node, visit);
    each(node.constructorParameters, visit);
    each(node.locals, visit);
    visit(node.body);
  },
  PackageTypeDeclaration: signature,
  ErrorDeclaration: (node, visit) => each(node.members, visit),
  MatchKindDeclaration: (node, visit) => each(node.members, visit),
  EnumMember: (node, visit) => {
    if (node.value !== undefined) visit(node.value);
  },
  StructField: (node, visit) => {
    annotated(node, visit);
    visit(node.type);
  },
  HeaderDeclaration: structure,
  HeaderUnionDeclaration: structure,
  StructDeclaration: structure,
  EnumDeclaration: (node, visit) => {
    annotated(node, visit);
    each(node.members, visit);
  },
  SerializableEnumDeclaration: (node, visit) => {
    annotated(node, visit);
    visit(node.underlyingType);
    each(node.members, visit);
  },
  TypedefDeclaration: (node, visit) => {
    annotated(node, visit);
    visit(node.type);
  },
  NewtypeDeclaration: (node, visit) => {
    annotated(node, visit);
    visit(node.type);
  },
  TableDeclaration: (node, visit) => {
    annotated(node, visit);
    each(node.properties, visit);
  },
  KeyProperty: (node, visit) => each(node.elements, visit),
  KeyElement: (node, visit) => {
    visit(node.expression);
    annotated(node, visit);
  },
  ActionsProperty: (node, visit) => each(node.actions, visit),
  ActionReference: (node, visit) => {
    annotated(node, visit);
    visit(node.action);
  },
  EntriesProperty: (node, visit) => {
    annotated(node, visit);
    each(node.entries, visit);
  },
  TableEntry: (node, visit) => {
    if (node.priority !== undefined) visit(node.priority);
    visit(node.keyset);
    visit(node.action);
    annotated(node, visit);
  },
  CustomProperty: (node, visit) => {
    annotated(node, visit);
    visit(node.value);
  },
};

/** Calls `visit` with each direct child, in source order. Names, and expressions inside annotations, are left out. */
export function forEachChild(node: ast.Node, visit: Visit): void {
  (CHILDREN[node.kind] as (node: ast.Node, visit: Visit) => void)(node, visit);
}

/** Visits the node and everything below it, parents before children. */
export function walk(node: ast.Node, enter: (node: ast.Node) => void): void {
  const visit = (current: ast.Node): void => {
    enter(current);
    forEachChild(current, visit);
  };
  visit(node);
}
