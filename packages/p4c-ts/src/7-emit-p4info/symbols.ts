/**
 * Ids and aliases. An id is 8 bits of kind and 24 bits of a hash of the name (Jenkins' one-at-a-time); a name whose id
 * is taken gets the next free one, in alphabetical order of names, so ids depend on nothing but the set of names. `@id`
 * overrides it. An alias is the shortest suffix of the name, in whole dotted parts, that no other object's name ends
 * with.
 *
 * All names are collected first (`add`), then `assign` computes ids, then they may be asked for.
 */
import { InternalError } from '../diagnostics/diagnostic.ts';
import { ID_PREFIX, type SymbolKind } from './model.ts';

interface SuffixNode {
  /** Names that pass through here. */
  count: number;
  readonly parts: Map<string, SuffixNode>;
}

/** The table of all objects that the control plane can name. */
export class Symbols {
  private readonly ids = new Map<SymbolKind, Map<string, number | undefined>>();
  private readonly taken = new Set<number>();
  private readonly names = new Set<string>();
  private readonly suffixes: SuffixNode = { count: 0, parts: new Map() };

  /** Registers a name. `id` is the value of `@id`, with or without its prefix; returns false if it is taken already. */
  add(kind: SymbolKind, name: string, id?: number): boolean {
    let table = this.ids.get(kind);
    if (table === undefined) this.ids.set(kind, (table = new Map()));
    if (table.has(name)) return true;
    this.addSuffixes(name);
    if (id === undefined) {
      table.set(name, undefined);
      return true;
    }
    const whole = withPrefix(kind, id);
    const isFree = !this.taken.has(whole);
    table.set(name, isFree ? whole : undefined);
    this.taken.add(whole);
    return isFree;
  }

  /** Gives every name without an id one. */
  assign(): void {
    for (const [kind, table] of this.ids) {
      const open = [...table].flatMap(([name, id]) => (id === undefined ? [name] : []));
      for (const name of open.sort(compareBytes)) {
        let hash = jenkinsHash(name);
        while (this.taken.has(withPrefix(kind, hash & 0xffffff))) hash = (hash + 1) >>> 0;
        const id = withPrefix(kind, hash & 0xffffff);
        this.taken.add(id);
        table.set(name, id);
      }
    }
  }

  /** The id of a name that was added. */
  id(kind: SymbolKind, name: string): number {
    const id = this.ids.get(kind)?.get(name);
    if (id === undefined) throw new InternalError(`no id for ${kind} ${name}`);
    return id;
  }

  /** The shortest unambiguous suffix of a name that was added. */
  alias(name: string): string {
    const parts = name.split('.');
    let node = this.suffixes;
    let needed = 0;
    for (const part of [...parts].reverse()) {
      const next = node.parts.get(part);
      if (next === undefined) break;
      node = next;
      needed += 1;
      if (node.count < 2) break;
    }
    return parts.slice(parts.length - needed).join('.');
  }

  private addSuffixes(name: string): void {
    if (this.names.has(name)) return;
    this.names.add(name);
    let node = this.suffixes;
    for (const part of name.split('.').reverse()) {
      let next = node.parts.get(part);
      if (next === undefined) node.parts.set(part, (next = { count: 0, parts: new Map() }));
      next.count += 1;
      node = next;
    }
  }
}

/** True if the upper 8 bits of an `@id` are empty or those of the kind. */
export function prefixFits(kind: SymbolKind, id: number): boolean {
  const prefix = id >>> 24;
  return prefix === 0 || prefix === ID_PREFIX[kind];
}

function withPrefix(kind: SymbolKind, id: number): number {
  return ((ID_PREFIX[kind] << 24) | (id & 0xffffff)) >>> 0;
}

/** Order of the UTF-8 bytes, which is how p4c sorts names. */
export function compareBytes(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Jenkins' one-at-a-time hash of the UTF-8 bytes, 32 bits. */
export function jenkinsHash(name: string): number {
  let hash = 0;
  for (const byte of new TextEncoder().encode(name)) {
    hash = (hash + byte) >>> 0;
    hash = (hash + (hash << 10)) >>> 0;
    hash = (hash ^ (hash >>> 6)) >>> 0;
  }
  hash = (hash + (hash << 3)) >>> 0;
  hash = (hash ^ (hash >>> 11)) >>> 0;
  return (hash + (hash << 15)) >>> 0;
}
