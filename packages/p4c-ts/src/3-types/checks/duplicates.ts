// Names declared twice in one place: parameters, fields, enum members, locals, states, table properties, actions of a
// table, keys of a structure expression; and a name used for a type and for a value in the same scope.
//
// Why before anything else: with two declarations of one name every later message would be about the wrong one, so a
// program with such an error is not looked at further (p4c finds these while it parses).

import type * as ast from '../../2-parse/ast.ts';
import type { Reporter } from '../../diagnostics/diagnostic.ts';
import type { Span } from '../../diagnostics/span.ts';
import type { NodeList } from '../support/node-list.ts';

interface Named {
  readonly name: ast.Identifier;
}

/** Kinds of nodes that are places of this sort. */
const PLACES = [
  'ErrorDeclaration',
  'MatchKindDeclaration',
  'EnumDeclaration',
  'SerializableEnumDeclaration',
  'HeaderDeclaration',
  'HeaderUnionDeclaration',
  'StructDeclaration',
  'StructExpression',
  'ExternDeclaration',
  'Method',
  'FunctionDeclaration',
  'PackageTypeDeclaration',
  'ParserTypeDeclaration',
  'ControlTypeDeclaration',
  'ActionDeclaration',
  'ParserDeclaration',
  'ControlDeclaration',
  'BlockStatement',
  'ParserState',
  'Instantiation',
  'TableDeclaration',
  'ActionsProperty',
  'Annotation',
] as const;

/** Reports every duplicate of the kinds named above, with a note at the first declaration. */
export function checkDuplicates(program: ast.Program, all: NodeList, reporter: Reporter): void {
  checkSymbolKinds(program, reporter);
  const errors: ast.EnumMember[] = [];
  const matchKinds: ast.EnumMember[] = [];
  for (const node of all.ofKind(...PLACES)) {
    switch (node.kind) {
      case 'ErrorDeclaration':
        errors.push(...node.members);
        break;
      case 'MatchKindDeclaration':
        matchKinds.push(...node.members);
        break;
      case 'EnumDeclaration':
      case 'SerializableEnumDeclaration':
        distinct(node.members, reporter);
        break;
      case 'HeaderDeclaration':
      case 'HeaderUnionDeclaration':
      case 'StructDeclaration':
        distinct(node.typeParameters, reporter);
        distinct(node.fields, reporter);
        break;
      case 'StructExpression':
        distinct(node.fields, reporter);
        break;
      case 'ExternDeclaration':
        distinct(node.typeParameters, reporter);
        break;
      case 'Method':
      case 'FunctionDeclaration':
      case 'PackageTypeDeclaration':
      case 'ParserTypeDeclaration':
      case 'ControlTypeDeclaration':
        distinct(node.typeParameters, reporter);
        distinct(node.parameters, reporter);
        break;
      case 'ActionDeclaration':
        distinct(node.parameters, reporter);
        break;
      case 'ParserDeclaration':
        distinct(node.typeParameters, reporter);
        distinct(node.parameters, reporter);
        distinct(node.constructorParameters, reporter);
        distinct(node.locals, reporter);
        distinct(node.states, reporter);
        checkStatesAgainstLocals(node, reporter);
        break;
      case 'ControlDeclaration':
        distinct(node.typeParameters, reporter);
        distinct(node.parameters, reporter);
        distinct(node.constructorParameters, reporter);
        distinct(node.locals, reporter);
        break;
      case 'BlockStatement':
      case 'ParserState':
        distinctLocals(node.statements, reporter);
        break;
      case 'Instantiation':
        if (node.initializer !== undefined) distinct(node.initializer, reporter);
        break;
      case 'TableDeclaration':
        distinct(node.properties.map(propertyName), reporter);
        break;
      case 'ActionsProperty':
        distinct(node.actions.map(actionName), reporter);
        break;
      case 'Annotation':
        if (node.body.kind === 'KeyValueList') distinct(node.body.pairs, reporter);
        break;
    }
  }
  distinct(errors, reporter);
  distinct(matchKinds, reporter);
}

function distinctLocals(statements: readonly ast.Statement[], reporter: Reporter): void {
  if (statements.some(isLocal)) distinct(statements.filter(isLocal), reporter);
}

function isLocal(
  statement: ast.Statement,
): statement is ast.VariableDeclaration | ast.ConstantDeclaration | ast.Instantiation {
  return (
    statement.kind === 'VariableDeclaration' ||
    statement.kind === 'ConstantDeclaration' ||
    statement.kind === 'Instantiation'
  );
}

/** The name of a table property: `key`, `actions` and `entries` are keywords and have their own nodes. */
export function propertyName(property: ast.TableProperty): Named {
  switch (property.kind) {
    case 'KeyProperty':
      return keyword('key', property);
    case 'ActionsProperty':
      return keyword('actions', property);
    case 'EntriesProperty':
      return keyword('entries', property);
    default:
      return property;
  }
}

function keyword(name: string, property: ast.TableProperty): Named {
  return { name: { kind: 'Identifier', id: property.id, span: property.span, name } };
}

function actionName(reference: ast.ActionReference): Named {
  const callee = reference.action.kind === 'CallExpression' ? reference.action.callee : reference.action;
  const name = callee.kind === 'PathExpression' ? callee.name : undefined;
  return { name: name ?? { kind: 'Identifier', id: reference.id, span: reference.span, name: '' } };
}

function distinct(declarations: readonly Named[], reporter: Reporter): void {
  if (declarations.length < 2) return;
  const seen = new Map<string, Span>();
  for (const { name } of declarations) {
    if (name.name === '') continue;
    const previous = seen.get(name.name);
    if (previous === undefined) seen.set(name.name, name.span);
    else duplicate(name, previous, reporter);
  }
}

function duplicate(name: ast.Identifier, previous: Span, reporter: Reporter): void {
  reporter.error('duplicate', name.span, `'${name.name}' is declared twice here`, {
    notes: [{ message: 'first declared here', span: previous }],
    suggestion: 'give one of the two another name',
  });
}

function checkStatesAgainstLocals(parser: ast.ParserDeclaration, reporter: Reporter): void {
  const locals = new Map(parser.locals.map((local) => [local.name.name, local.name.span]));
  for (const state of parser.states) {
    const local = locals.get(state.name.name);
    if (local === undefined) continue;
    reporter.error('duplicate', state.name.span, `state '${state.name.name}' has the name of a local declaration`, {
      notes: [{ message: 'declared here', span: local }],
    });
  }
}

/** What sort of symbol a name is for the grammar: `T x` needs to know that T is a type. */
type SymbolKind = 'value' | 'type' | 'structured type';

interface SymbolScope {
  /** Undefined while nothing is declared: most blocks declare nothing. */
  symbols: Map<string, { kind: SymbolKind; span: Span }> | undefined;
}

function checkSymbolKinds(program: ast.Program, reporter: Reporter): void {
  const declare = (scope: SymbolScope, name: ast.Identifier, kind: SymbolKind): void => {
    scope.symbols ??= new Map();
    const previous = scope.symbols.get(name.name);
    if (previous === undefined) {
      scope.symbols.set(name.name, { kind, span: name.span });
    } else if (previous.kind !== kind) {
      reporter.error(
        'duplicate',
        name.span,
        `'${name.name}' is declared again as a ${kind}, but it is a ${previous.kind} in the same scope`,
        { notes: [{ message: 'first declared here', span: previous.span }] },
      );
    }
  };
  const open = (): SymbolScope => ({ symbols: undefined });
  const declareSignature = (
    scope: SymbolScope,
    typeParameters: readonly ast.TypeParameter[],
    parameters: readonly ast.Parameter[],
  ): void => {
    for (const parameter of typeParameters) declare(scope, parameter.name, 'type');
    for (const parameter of parameters) declare(scope, parameter.name, 'value');
  };
  const declareAll = (scope: SymbolScope, nodes: readonly ast.Node[]): void => {
    for (const node of nodes) declareOne(scope, node);
  };
  const declareFunction = (scope: SymbolScope, node: ast.FunctionDeclaration | ast.Method): void => {
    declare(scope, node.name, 'value');
    declareSignature(open(), node.typeParameters, node.parameters);
    if (node.kind === 'FunctionDeclaration' && node.body !== undefined) declareOne(scope, node.body);
  };
  const declareOne = (scope: SymbolScope, node: ast.Node): void => {
    switch (node.kind) {
      case 'ConstantDeclaration':
      case 'VariableDeclaration':
        declare(scope, node.name, 'value');
        break;
      case 'Instantiation':
        declare(scope, node.name, 'value');
        if (node.initializer !== undefined) declareAll(open(), node.initializer);
        break;
      case 'ExternDeclaration': {
        declare(scope, node.name, 'structured type');
        const inner = open();
        declareSignature(inner, node.typeParameters, []);
        for (const method of node.methods) if (!method.isConstructor) declareFunction(inner, method);
        break;
      }
      case 'FunctionDeclaration':
        declareFunction(scope, node);
        break;
      case 'ActionDeclaration':
        declareOne(scope, node.body);
        break;
      case 'HeaderDeclaration':
      case 'HeaderUnionDeclaration':
      case 'StructDeclaration':
        declare(scope, node.name, 'structured type');
        declareSignature(open(), node.typeParameters, []);
        break;
      case 'EnumDeclaration':
      case 'SerializableEnumDeclaration':
      case 'NewtypeDeclaration':
        declare(scope, node.name, 'type');
        break;
      case 'TypedefDeclaration':
        declareOne(scope, node.type);
        declare(scope, node.name, 'type');
        break;
      case 'PackageTypeDeclaration':
      case 'ParserTypeDeclaration':
      case 'ControlTypeDeclaration':
        declare(scope, node.name, 'structured type');
        declareSignature(open(), node.typeParameters, node.parameters);
        break;
      case 'ParserDeclaration': {
        declare(scope, node.name, 'structured type');
        const inner = open();
        declareSignature(inner, node.typeParameters, node.parameters);
        declareAll(inner, node.locals);
        for (const state of node.states) {
          declare(inner, state.name, 'structured type');
          declareAll(open(), state.statements);
        }
        break;
      }
      case 'ControlDeclaration': {
        declare(scope, node.name, 'structured type');
        const inner = open();
        declareSignature(inner, node.typeParameters, node.parameters);
        declareAll(inner, node.locals);
        declareOne(inner, node.body);
        break;
      }
      case 'BlockStatement':
        declareAll(open(), node.statements);
        break;
      case 'IfStatement':
        declareOne(scope, node.thenStatement);
        if (node.elseStatement !== undefined) declareOne(scope, node.elseStatement);
        break;
      case 'SwitchStatement':
        for (const { body } of node.cases) if (body !== undefined) declareOne(scope, body);
        break;
      case 'ForStatement':
      case 'ForInStatement':
        declareOne(open(), node.body);
        break;
      default:
        break;
    }
  };
  declareAll(open(), program.declarations);
}
