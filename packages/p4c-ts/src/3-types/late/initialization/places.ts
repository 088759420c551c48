// Which storage an expression names, for the initialization analysis: a key made of the number of the variable's declaration and the fields
// and indexes that follow (see facts.ts), together with the header around it.
//
// Only variables and parameters that the walk has entered are places: everything else (constants, instances, results of calls) always has a
// value. An element chosen at run time stands for its whole stack, marked as not exact, because nothing can be said of
// single elements then. The keys inside a place are listed once and remembered: a key belongs to one type, and
// headers with many fields are read again and again.

import type * as ast from '../../../2-parse/ast.ts';
import type { Checker } from '../../check/checker.ts';
import type { Type } from '../../types.ts';
import { type Keys, keysOf, type ScalarNumbers } from './facts.ts';

/** Storage that an expression names. */
export interface Place {
  readonly key: string;
  readonly type: Type;
  /** False where an element is chosen at run time: then the key is that of the whole stack. */
  readonly exact: boolean;
  /** The innermost header around the place, if it is a field of one. */
  readonly header: { readonly key: string; readonly expression: ast.Expression } | undefined;
}

/** Places of one walk over one block. */
export class Places {
  private readonly c: Checker;
  private readonly tracked = new Set<ast.Node>();
  private readonly scalarNumbers: ScalarNumbers = new Map();
  private readonly knownKeys = new Map<string, Keys>();

  constructor(c: Checker) {
    this.c = c;
  }

  /** From here on the variable or parameter is followed. */
  track(node: ast.Node): void {
    this.tracked.add(node);
  }

  /** Type of an expression as the checker found it. */
  typeOf(node: ast.Expression): Type | undefined {
    return this.c.tables.types.get(node);
  }

  /** The place an expression names; undefined where it names none that is followed. */
  at(node: ast.Expression): Place | undefined {
    const type = this.c.tables.types.get(node);
    if (type === undefined) return undefined;
    switch (node.kind) {
      case 'PathExpression': {
        const named = this.c.names.paths.get(node);
        if (named?.kind !== 'VariableDeclaration' && named?.kind !== 'Parameter') return undefined;
        if (!this.tracked.has(named)) return undefined;
        return { key: String(named.id), type, exact: true, header: undefined };
      }
      case 'MemberExpression': {
        const member = this.c.tables.members.get(node);
        const target = this.at(node.target);
        if (target === undefined) return undefined;
        if (member?.kind === 'stack-property') {
          if (member.property !== 'next' && member.property !== 'last') return undefined;
          return { key: target.key, type: target.type, exact: false, header: undefined };
        }
        if (member?.kind !== 'field') return undefined;
        if (!target.exact) return target;
        const header = target.type.kind === 'header' ? { key: target.key, expression: node.target } : target.header;
        return { key: `${target.key}.${node.member.name}`, type, exact: true, header };
      }
      case 'IndexExpression': {
        const target = this.at(node.target);
        if (target === undefined || !target.exact) return target;
        const index = this.c.integerValue(node.index);
        if (index === undefined) return { key: target.key, type: target.type, exact: false, header: undefined };
        return { key: `${target.key}[${index}]`, type, exact: true, header: target.header };
      }
      case 'SliceExpression':
      case 'PlusSliceExpression':
        return this.at(node.target);
      default:
        return undefined;
    }
  }

  /** Keys of a place, computed once: a key belongs to one type. */
  keys(type: Type, key: string): Keys {
    let keys = this.knownKeys.get(key);
    if (keys === undefined) {
      keys = keysOf(type, key, this.scalarNumbers);
      this.knownKeys.set(key, keys);
    }
    return keys;
  }

  /** Keys of everything inside the place. */
  keysAt(place: Place): Keys {
    return this.keys(place.type, place.key);
  }

  /** Keys of the headers inside a parameter. */
  headersOf(parameter: ast.Parameter): readonly string[] {
    const type = this.c.tables.declarationTypes.get(parameter);
    return type === undefined ? [] : this.keys(type, String(parameter.id)).headers;
  }
}
