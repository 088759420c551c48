// The side tables while they are being filled; `TypedProgram` is their read-only face. One object for all of them, so
// that every part of the checker can be a plain function that gets the checker and writes where its results belong.

import type * as ast from '../../2-parse/ast.ts';
import type { ResolvedNames } from '../resolve/resolve-names.ts';
import { NodeSet, NodeTable, OrderedNodeSet } from '../support/node-table.ts';
import type {
  ConstantValue,
  MemberTarget,
  ResolvedActionReference,
  ResolvedCall,
  ResolvedConstruction,
  TableInfo,
  TypedProgram,
} from '../typed-program.ts';
import type { Type } from '../types.ts';

/** All side tables, writable. */
export class SideTables {
  readonly types: NodeTable<ast.Expression, Type>;
  readonly implicitCasts = new Map<ast.Expression, Type>();
  readonly typeNodes = new Map<ast.TypeNode, Type>();
  readonly declarationTypes = new Map<ast.Node, Type>();
  readonly members: NodeTable<ast.MemberExpression, MemberTarget>;
  readonly calls = new Map<ast.CallExpression, ResolvedCall>();
  readonly constructions = new Map<ast.Instantiation | ast.ConstructorCallExpression, ResolvedConstruction>();
  readonly actionReferences = new Map<ast.ActionReference | ast.CustomProperty, ResolvedActionReference>();
  readonly tables = new Map<ast.TableDeclaration, TableInfo>();
  readonly abstractMethods = new Map<ast.Instantiation, ReadonlyMap<string, ast.FunctionDeclaration>>();
  readonly constants: NodeTable<ast.Expression, ConstantValue>;
  readonly enumValues = new Map<ast.EnumMember, bigint>();
  readonly compileTime: OrderedNodeSet<ast.Expression>;
  readonly leftValues: NodeSet<ast.Expression>;
  readonly switchKinds = new Map<ast.SwitchStatement, 'action-run' | 'value'>();

  constructor(program: ast.Program) {
    this.types = new NodeTable(program);
    this.members = new NodeTable(program);
    this.constants = new NodeTable(program);
    this.compileTime = new OrderedNodeSet(program);
    this.leftValues = new NodeSet(program);
  }

  /** The finished result. */
  toTypedProgram(program: ast.Program, names: ResolvedNames): TypedProgram {
    const topLevel = new Map<string, ast.TopLevelDeclaration[]>();
    let main: ast.Instantiation | undefined;
    for (const declaration of program.declarations) {
      if (declaration.kind === 'ErrorDeclaration' || declaration.kind === 'MatchKindDeclaration') continue;
      const name = declaration.name.name;
      const list = topLevel.get(name);
      if (list === undefined) topLevel.set(name, [declaration]);
      else list.push(declaration);
      if (declaration.kind === 'Instantiation' && name === 'main') main = declaration;
    }
    return {
      program,
      types: this.types,
      implicitCasts: this.implicitCasts,
      typeNodes: this.typeNodes,
      declarationTypes: this.declarationTypes,
      paths: names.paths,
      typeNames: names.typeNames,
      members: this.members,
      thisInstances: names.thisInstances,
      calls: this.calls,
      constructions: this.constructions,
      actionReferences: this.actionReferences,
      tables: this.tables,
      abstractMethods: this.abstractMethods,
      constants: this.constants,
      enumValues: this.enumValues,
      compileTime: this.compileTime,
      leftValues: this.leftValues,
      switchKinds: this.switchKinds,
      errors: names.errors,
      matchKinds: names.matchKinds,
      main,
      topLevel,
    };
  }
}
