// Scopes: what a name means at a place. A scope is filled while the program is read from top to bottom, so "declared
// before use" (specification 6.9) needs no comparison of positions: what comes later is not in the scope yet.
// Type parameters and parser states, which may be used before their declaration, are put in when the scope opens.

import type * as ast from '../../2-parse/ast.ts';
import type { BuiltInState, NamedThing, TypeDeclaration } from '../typed-program.ts';

/** Everything that a scope may hold. */
export type ScopeEntry = NamedThing | TypeDeclaration | ast.StructField | ast.Method;

/** One level of nesting. Names may have several entries at the top level (overloaded functions). */
export class Scope {
  readonly parent: Scope | undefined;
  /** Undefined while nothing is declared: most blocks declare nothing. */
  private entries: Map<string, ScopeEntry[]> | undefined;

  constructor(parent: Scope | undefined) {
    this.parent = parent;
  }

  /** Makes the entry visible from here on. */
  add(name: string, entry: ScopeEntry): void {
    this.entries ??= new Map();
    const list = this.entries.get(name);
    if (list === undefined) this.entries.set(name, [entry]);
    else list.push(entry);
  }

  /** The entries of that name in this scope alone; undefined if there are none. */
  own(name: string): readonly ScopeEntry[] | undefined {
    return this.entries?.get(name);
  }

  /** All names visible here, inner ones first; for suggestions. */
  *visibleNames(): Iterable<[string, ScopeEntry]> {
    for (let scope: Scope | undefined = this; scope !== undefined; scope = scope.parent) {
      for (const [name, list] of scope.entries ?? []) yield [name, list[0]!];
    }
  }
}

/** Whether the entry can stand where a type is expected. */
export function isTypeEntry(entry: ScopeEntry): entry is TypeDeclaration {
  switch (entry.kind) {
    case 'HeaderDeclaration':
    case 'HeaderUnionDeclaration':
    case 'StructDeclaration':
    case 'EnumDeclaration':
    case 'SerializableEnumDeclaration':
    case 'TypedefDeclaration':
    case 'NewtypeDeclaration':
    case 'ExternDeclaration':
    case 'ParserDeclaration':
    case 'ParserTypeDeclaration':
    case 'ControlDeclaration':
    case 'ControlTypeDeclaration':
    case 'PackageTypeDeclaration':
    case 'TypeParameter':
      return true;
    default:
      return false;
  }
}

export const acceptState: BuiltInState = { kind: 'BuiltInState', name: 'accept' };
export const rejectState: BuiltInState = { kind: 'BuiltInState', name: 'reject' };
