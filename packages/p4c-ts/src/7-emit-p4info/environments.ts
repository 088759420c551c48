/**
 * Instances of controls and parsers as a tree, each with the values of its constructor parameters: what a name inside
 * one *copy* of a control stands for. Names and types are resolved already; this adds what only instantiation knows.
 *
 * The tree is made top-down from the package `main`. A control that is applied through its type (`C.apply()`) is an
 * instance too, named after the type.
 */
import type * as ast from '../2-parse/ast.ts';
import { type Bindings, TypedFolder } from '../3-types/fold/typed-fold.ts';
import type {
  ConstantValue,
  MatchedArgument,
  NamedThing,
  ResolvedConstruction,
  TypedProgram,
} from '../3-types/typed-program.ts';
import * as T from '../3-types/types.ts';
import { controlPlaneName, localName, pathName } from '../4-elaborate/names.ts';

/** A control or parser, instantiated. */
export class BlockInstance {
  readonly declaration: ast.ControlDeclaration | ast.ParserDeclaration;
  /** Prefix of the names of what it declares; starts with '.' where an absolute name was given. */
  readonly path: string;
  readonly environment: Environment;
  /** Nested instances by what makes them: a declaration, or the call of a direct application. */
  readonly children = new Map<ast.Node, BlockInstance>();
  constructor(declaration: BlockInstance['declaration'], path: string, environment: Environment) {
    this.declaration = declaration;
    this.path = path;
    this.environment = environment;
  }
}

/** Values and types of names in one instance; outermost the top level of the program. */
export class Environment {
  readonly typed: TypedProgram;
  private readonly values = new Map<NamedThing, ConstantValue>();
  private readonly blocks = new Map<NamedThing, BlockInstance>();
  private readonly types = new Map<ast.TypeParameter, T.Type>();
  private folder: TypedFolder | undefined;

  constructor(typed: TypedProgram) {
    this.typed = typed;
  }

  bindValue(declaration: NamedThing, value: ConstantValue): void {
    this.values.set(declaration, value);
  }
  bindBlock(declaration: NamedThing, block: BlockInstance): void {
    this.blocks.set(declaration, block);
  }
  bindType(parameter: ast.TypeParameter, type: T.Type): void {
    this.types.set(parameter, type);
  }

  /** The control or parser instance that a name stands for, if it was given from outside. */
  blockOf(declaration: NamedThing): BlockInstance | undefined {
    return this.blocks.get(declaration);
  }

  /** The value of a compile-time expression, after implicit conversion; undefined if it has none. */
  evaluate(expression: ast.Expression): ConstantValue | undefined {
    const bindings: Bindings = this.values;
    this.folder ??= new TypedFolder(this.typed, this.typed, undefined, undefined, bindings);
    return this.folder.convertedValueOf(expression);
  }

  /** The number that an expression is worth: of integers, booleans and serializable enums. */
  integer(expression: ast.Expression): bigint | undefined {
    const value = this.evaluate(expression);
    switch (value?.kind) {
      case 'integer':
        return value.value;
      case 'bool':
        return value.value ? 1n : 0n;
      case 'enum':
        return value.value;
      default:
        return undefined;
    }
  }

  /** The type with this instance's types in place of type parameters. */
  concrete(type: T.Type): T.Type {
    if (this.types.size === 0) return type;
    const substitution = new Map<T.TypeVariable, T.Type>();
    T.typeContains(type, (inner) => {
      if (inner.kind === 'type-variable' && inner.declaration !== undefined) {
        const bound = this.types.get(inner.declaration);
        if (bound !== undefined) substitution.set(inner, bound);
      }
      return false;
    });
    return substitution.size === 0 ? type : T.substitute(type, substitution);
  }
}

/** The instances that the package `main` is made of, in the order of its arguments; nested packages in place. */
export function topLevelInstances(typed: TypedProgram): BlockInstance[] {
  const top = new Environment(typed);
  const found: BlockInstance[] = [];
  const visit = (node: ast.Instantiation | ast.ConstructorCallExpression): void => {
    const construction = typed.constructions.get(node);
    if (construction === undefined) return;
    if (construction.target.kind === 'package') {
      for (const matched of construction.arguments) {
        const made = constructionOf(typed, argumentOf(matched));
        if (made !== undefined) visit(made);
      }
      return;
    }
    const { target } = construction;
    if (!isBlock(target)) return;
    const name = target.declaration.name.name;
    if (!found.some((instance) => instance.declaration === target.declaration && instance.path === name)) {
      found.push(instantiate(typed, top, construction, name));
    }
  };
  if (typed.main !== undefined) visit(typed.main);
  return found;
}

/** The instance made by a declaration inside a block. Made once. */
export function childInstance(parent: BlockInstance, node: ast.Instantiation): BlockInstance | undefined {
  const known = parent.children.get(node);
  if (known !== undefined) return known;
  const { typed } = parent.environment;
  const construction = typed.constructions.get(node);
  if (construction === undefined || !isBlock(construction.target)) return undefined;
  const path = pathName(parent.path, localName(node.name.name, node.annotations));
  const child = instantiate(typed, parent.environment, construction, path, parent);
  parent.children.set(node, child);
  return child;
}

/** The instance behind a direct application (`C.apply(...)`). Made once for each call. */
export function directInstance(
  parent: BlockInstance,
  call: ast.CallExpression,
  type: T.ParserType | T.ControlType,
): BlockInstance | undefined {
  const known = parent.children.get(call);
  if (known !== undefined) return known;
  if (!isBlock(type)) return undefined;
  const environment = new Environment(parent.environment.typed);
  bindTypes(environment, type, parent.environment);
  const child = new BlockInstance(type.declaration, pathName(parent.path, type.declaration.name.name), environment);
  parent.children.set(call, child);
  return child;
}

type BlockType = (T.ParserType | T.ControlType) & { declaration: BlockInstance['declaration'] };

function isBlock(type: ResolvedConstruction['target']): type is BlockType {
  return (
    (type.kind === 'control' && type.declaration.kind === 'ControlDeclaration') ||
    (type.kind === 'parser' && type.declaration.kind === 'ParserDeclaration')
  );
}

function bindTypes(environment: Environment, type: BlockType, outer: Environment): void {
  type.declaration.typeParameters.forEach((parameter, index) => {
    const argument = type.typeArguments[index];
    if (argument !== undefined) environment.bindType(parameter, outer.concrete(argument));
  });
}

function instantiate(
  typed: TypedProgram,
  outer: Environment,
  construction: ResolvedConstruction,
  path: string,
  parent?: BlockInstance,
): BlockInstance {
  const target = construction.target as BlockType;
  const environment = new Environment(typed);
  bindTypes(environment, target, outer);
  for (const matched of construction.arguments) {
    const parameter = matched.parameter.declaration;
    const expression = argumentOf(matched);
    if (parameter === undefined || expression === undefined) continue;
    const value = outer.evaluate(expression);
    if (value !== undefined) {
      environment.bindValue(parameter, value);
      continue;
    }
    const block = blockValue(typed, outer, expression, parent, path);
    if (block !== undefined) environment.bindBlock(parameter, block);
  }
  return new BlockInstance(target.declaration, path, environment);
}

/** A control or parser given as a constructor argument: by name, or made on the spot. */
function blockValue(
  typed: TypedProgram,
  outer: Environment,
  expression: ast.Expression,
  parent: BlockInstance | undefined,
  path: string,
): BlockInstance | undefined {
  if (expression.kind === 'PathExpression') {
    const named = typed.paths.get(expression);
    if (named === undefined) return undefined;
    if (named.kind === 'Instantiation' && parent !== undefined) return childInstance(parent, named);
    return outer.blockOf(named);
  }
  if (expression.kind !== 'ConstructorCallExpression') return undefined;
  const construction = typed.constructions.get(expression);
  if (construction === undefined || !isBlock(construction.target)) return undefined;
  return instantiate(typed, outer, construction, `${path}.tmp`, parent);
}

function argumentOf(matched: MatchedArgument): ast.Expression | undefined {
  return matched.argument?.value ?? matched.parameter.defaultValue;
}

/** The construction behind an argument of a package. */
function constructionOf(
  typed: TypedProgram,
  expression: ast.Expression | undefined,
): ast.Instantiation | ast.ConstructorCallExpression | undefined {
  if (expression?.kind === 'ConstructorCallExpression') return expression;
  if (expression?.kind !== 'PathExpression') return undefined;
  const named = typed.paths.get(expression);
  return named?.kind === 'Instantiation' ? named : undefined;
}

/** The control-plane name of a declaration of a block. */
export function nameIn(
  block: BlockInstance,
  node: { name: ast.Identifier; annotations: readonly ast.Annotation[] },
): string {
  return controlPlaneName(block.path, node.name.name, node.annotations);
}
