/**
 * Objects of one kind (tables, actions, match fields ...) found by name or id.
 *
 * P4 names are long and dotted; people write the shortest form that is clear. So a name is looked up as the full name,
 * as P4Info's alias, and as any dotted suffix that only one object has. All forms go into one map when the collection
 * is made; suffixes that two objects share map to `ambiguous`, and the error lists both.
 */
import { didYouMean } from '../names/did-you-mean.ts';

/** What a name finds. */
export interface Named {
  readonly id: number;
  readonly name: string;
  readonly alias: string;
}

/** A name that the program does not have, or that fits several. A user error; the message says what there is. */
export class UnknownNameError extends Error {
  readonly wanted: string;

  constructor(wanted: string, message: string) {
    super(message);
    this.name = 'UnknownNameError';
    this.wanted = wanted;
  }
}

/** An immutable collection in P4Info's order. */
export class NameTable<Item extends Named> implements Iterable<Item> {
  readonly items: readonly Item[];
  readonly #what: string;
  readonly #where: string;
  readonly #byId = new Map<number, Item>();
  readonly #byName = new Map<string, Item>();
  readonly #shared = new Map<string, Item[]>();

  /**
   * @param what the kind of object in the singular, for messages: `table`
   * @param where what they belong to, for messages: ` of table x`; may be empty
   */
  constructor(what: string, items: readonly Item[], where = '') {
    this.items = items;
    this.#what = what;
    this.#where = where;
    for (const item of items) {
      this.#byId.set(item.id, item);
      for (let dot = item.name.indexOf('.'); dot >= 0; dot = item.name.indexOf('.', dot + 1))
        this.#addSuffix(item.name.slice(dot + 1), item);
    }
    for (const [suffix, owners] of this.#shared) if (owners.length === 1) this.#byName.set(suffix, owners[0]!);
    for (const item of items) this.#byName.set(item.alias, item);
    for (const item of items) this.#byName.set(item.name, item);
  }

  #addSuffix(suffix: string, item: Item): void {
    const owners = this.#shared.get(suffix);
    if (owners === undefined) this.#shared.set(suffix, [item]);
    else owners.push(item);
  }

  get size(): number {
    return this.items.length;
  }

  [Symbol.iterator](): Iterator<Item> {
    return this.items[Symbol.iterator]();
  }

  /** By P4Info id, `undefined` if there is none. */
  byId(id: number): Item | undefined {
    return this.#byId.get(id);
  }

  /** By full name, alias or clear suffix; `undefined` if there is none. */
  find(name: string): Item | undefined {
    return this.#byName.get(name);
  }

  /**
   * By full name, alias or clear suffix.
   *
   * @throws UnknownNameError
   */
  get(name: string): Item {
    const item = this.#byName.get(name);
    if (item !== undefined) return item;
    const owners = this.#shared.get(name);
    if (owners !== undefined)
      throw new UnknownNameError(
        name,
        `The ${this.#what} name '${name}'${this.#where} is not clear: it may be ${owners.map((owner) => owner.name).join(' or ')}.`,
      );
    const names = this.items.map((candidate) => candidate.alias || candidate.name);
    throw new UnknownNameError(name, `There is no ${this.#what} '${name}'${this.#where}.${didYouMean(name, names)}`);
  }
}
