/**
 * Instances and frames: what names stand for while a program is elaborated.
 *
 * A frame is one activation of a scope: the program's top level, one instance of a control or parser, one inlined call
 * of a function or action. It binds declarations (by identity of their syntax nodes, names are resolved already) to
 * values and type parameters to types. Frames form a chain outwards. As P4 has no recursion, no declaration is bound
 * twice along a chain.
 */
import type * as ast from '../2-parse/ast.ts';
import type { ResolvedConstruction } from '../3-types/typed-program.ts';
import type * as T from '../3-types/types.ts';
import type {
  Action,
  ActionProfile,
  CounterArray,
  ExternInstance,
  MeterArray,
  Place,
  RegisterArray,
  Table,
  TableAction,
  ValueSet,
} from '../5-lower/ir.ts';
import type { Value } from './values.ts';

/** One activation of a scope. */
export interface Frame {
  readonly parent: Frame | undefined;
  readonly bindings: Map<ast.Node, Value>;
  readonly types: ReadonlyMap<ast.TypeParameter, T.Type>;
  /**
   * Prefix of control-plane names declared here; '' at the top level. Starts with '.' where an absolute name was given.
   */
  readonly path: string;
  /** Set on the frames of control and parser instances. */
  readonly instance: BlockInstance | undefined;
}

/** A control or parser instance. */
export interface BlockInstance {
  readonly kind: 'block';
  readonly declaration: ast.ControlDeclaration | ast.ParserDeclaration;
  readonly path: string;
  /**
   * Frame with constructor parameters and type arguments bound; locals are added when the instance is first applied.
   */
  readonly frame: Frame;
  /**
   * True when the instance is applied at more than one place: its parameters then have storage of their own, so that
   * its tables and actions, which exist once, find them at the same place each time.
   */
  readonly isShared: boolean;
  readonly tables: Map<ast.TableDeclaration, TableInstance>;
  readonly actions: Map<string, Action>;
  localsAreBound: boolean;
}

/** A table that is applied at least once. */
export interface TableInstance {
  readonly table: Table;
  readonly byDeclaration: ReadonlyMap<ast.ActionDeclaration, TableAction>;
  /** Set to 1 by an action that exits, where something is left to do after the table. */
  readonly exitFlag: Place | undefined;
}

/** Anything made by an instantiation. */
export type Instance =
  | BlockInstance
  | {
      readonly kind: 'package';
      readonly construction: ResolvedConstruction;
      readonly arguments: ReadonlyMap<string, Value>;
    }
  | { readonly kind: 'counter'; readonly counter: CounterArray }
  | { readonly kind: 'meter'; readonly meter: MeterArray }
  | { readonly kind: 'register'; readonly register: RegisterArray }
  | { readonly kind: 'action-profile'; readonly profile: ActionProfile }
  | { readonly kind: 'value-set'; readonly valueSet: ValueSet }
  /** An extern the architecture does not define, or one without storage; `type` is its name. */
  | { readonly kind: 'extern'; readonly type: string; readonly extern: ExternInstance };

/** What type parameters stand for in a scope that has none. */
export const NO_TYPES: Frame['types'] = new Map();

/** A new scope inside `parent`, with the same prefix for names. */
export function childFrame(parent: Frame, types = NO_TYPES): Frame {
  return { parent, bindings: new Map(), types, path: parent.path, instance: undefined };
}

/** What the declaration stands for here. */
export function lookUp(frame: Frame, declaration: ast.Node): Value | undefined {
  for (let scope: Frame | undefined = frame; scope !== undefined; scope = scope.parent) {
    const value = scope.bindings.get(declaration);
    if (value !== undefined) return value;
  }
  return undefined;
}

/** The innermost control or parser instance around. */
export function enclosingInstance(frame: Frame): BlockInstance | undefined {
  for (let scope: Frame | undefined = frame; scope !== undefined; scope = scope.parent) {
    if (scope.instance !== undefined) return scope.instance;
  }
  return undefined;
}

/** The outermost frame. */
export function topFrame(frame: Frame): Frame {
  let scope = frame;
  while (scope.parent !== undefined) scope = scope.parent;
  return scope;
}
