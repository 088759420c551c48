/**
 * Reads untyped JSON with a place attached to every value, so that each complaint about a program says where it is
 * (`pipelines[0].tables[3].key[1].target`), what was expected and what was found.
 *
 * A `Node` is a value and its path. Accessors check the type and throw `ProgramError`; nothing is guessed. Wide numbers
 * are hexadecimal strings in this format and are read as bigints.
 */

/** The program is not one this switch can run: malformed, inconsistent, or with something it does not have. */
export class ProgramError extends Error {
  /** Path of the offending value in the JSON, or '' for the whole. */
  readonly place: string;
  /** `unsupported`: the format knows it, this switch does not. */
  readonly kind: 'invalid' | 'unsupported';

  constructor(place: string, message: string, kind: 'invalid' | 'unsupported' = 'invalid') {
    super(place === '' ? message : `${place}: ${message}`);
    this.name = 'ProgramError';
    this.place = place;
    this.kind = kind;
  }
}

function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === 'object') return 'an object';
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}...` : text;
}

/** The nearest of some names to a wrong one, for "did you mean". */
export function nearest(name: string, choices: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(name.length / 3)) + 1;
  for (const choice of choices) {
    const distance = editDistance(name, choice, bestDistance);
    if (distance < bestDistance) {
      best = choice;
      bestDistance = distance;
    }
  }
  return best;
}

function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      current.push(Math.min(previous[j]! + 1, current[j - 1]! + 1, previous[j - 1]! + cost));
    }
    previous = current;
  }
  return previous[b.length]!;
}

/** Parses `0x1f`, `-0x80` or `1f`. Returns undefined for anything else. */
export function parseHex(text: string): bigint | undefined {
  const match = /^(-?)(?:0[xX])?([0-9a-fA-F]+)$/.exec(text);
  if (match === null) return undefined;
  const magnitude = BigInt(`0x${match[2]}`);
  return match[1] === '-' ? -magnitude : magnitude;
}

/** A JSON value and its place. */
export class Node {
  readonly value: unknown;
  readonly path: string;

  constructor(value: unknown, path: string) {
    this.value = value;
    this.path = path;
  }

  fail(message: string): never {
    throw new ProgramError(this.path, message);
  }

  unsupported(message: string): never {
    throw new ProgramError(this.path, message, 'unsupported');
  }

  get isNull(): boolean {
    return this.value === null || this.value === undefined;
  }

  get isNumber(): boolean {
    return typeof this.value === 'number';
  }

  get isArray(): boolean {
    return Array.isArray(this.value);
  }

  /** A member of an object; a missing one is a Node with value undefined. */
  get(name: string): Node {
    if (this.value === null || typeof this.value !== 'object' || Array.isArray(this.value)) {
      this.fail(`expected an object with '${name}', found ${describe(this.value)}`);
    }
    return new Node((this.value as Record<string, unknown>)[name], this.path === '' ? name : `${this.path}.${name}`);
  }

  has(name: string): boolean {
    return (
      this.value !== null &&
      typeof this.value === 'object' &&
      !Array.isArray(this.value) &&
      Object.hasOwn(this.value as object, name)
    );
  }

  keys(): string[] {
    if (this.value === null || typeof this.value !== 'object' || Array.isArray(this.value)) {
      this.fail(`expected an object, found ${describe(this.value)}`);
    }
    return Object.keys(this.value as object);
  }

  /** The elements of an array. With `length`, exactly that many. */
  items(length?: number): Node[] {
    if (!Array.isArray(this.value)) this.fail(`expected an array, found ${describe(this.value)}`);
    const values = this.value as unknown[];
    if (length !== undefined && values.length !== length) {
      this.fail(`expected an array of ${length} elements, found ${values.length}`);
    }
    return values.map((value, index) => new Node(value, `${this.path}[${index}]`));
  }

  /** The elements of an array, or none where the array is missing. */
  itemsOrNone(): Node[] {
    return this.isNull ? [] : this.items();
  }

  string(): string {
    if (typeof this.value !== 'string') this.fail(`expected a string, found ${describe(this.value)}`);
    return this.value as string;
  }

  integer(minimum = 0, maximum = Number.MAX_SAFE_INTEGER): number {
    if (typeof this.value !== 'number' || !Number.isInteger(this.value)) {
      this.fail(`expected a whole number, found ${describe(this.value)}`);
    }
    const value = this.value as number;
    if (value < minimum || value > maximum)
      this.fail(`expected a number from ${minimum} to ${maximum}, found ${value}`);
    return value;
  }

  integerOr(otherwise: number): number {
    return this.isNull ? otherwise : this.integer();
  }

  /** A truth value; p4c writes some of them as 0 and 1. */
  boolean(): boolean {
    if (this.value === 0 || this.value === 1) return this.value === 1;
    if (typeof this.value !== 'boolean') this.fail(`expected true or false, found ${describe(this.value)}`);
    return this.value as boolean;
  }

  booleanOr(otherwise: boolean): boolean {
    return this.isNull ? otherwise : this.boolean();
  }

  /** A hexadecimal string. */
  hex(): bigint {
    const value = parseHex(this.string());
    if (value === undefined) this.fail(`expected a hexadecimal string such as 0x1f, found ${describe(this.value)}`);
    return value;
  }

  /** A hexadecimal string that is not negative and fits `bitwidth`. */
  hexOfWidth(bitwidth: number): bigint {
    const value = this.hex();
    if (value < 0n || value >> BigInt(bitwidth) !== 0n) this.fail(`${this.value} does not fit in ${bitwidth} bits`);
    return value;
  }

  /** One of `choices`. */
  oneOf<T extends string>(choices: readonly T[]): T {
    const text = this.string();
    if (!(choices as readonly string[]).includes(text)) {
      this.fail(`unknown '${text}', expected one of ${choices.join(', ')}`);
    }
    return text as T;
  }
}

/** Names of one kind of object, each with its index. */
export class Names {
  readonly #kind: string;
  readonly #indices = new Map<string, number>();

  constructor(kind: string) {
    this.#kind = kind;
  }

  /** Adds the next name. */
  add(node: Node): string {
    const name = node.string();
    if (this.#indices.has(name)) node.fail(`there are two ${this.#kind}s named '${name}'`);
    this.#indices.set(name, this.#indices.size);
    return name;
  }

  /** Adds a name for an object made by the loader itself. */
  addName(name: string): void {
    this.#indices.set(name, this.#indices.size);
  }

  find(name: string): number | undefined {
    return this.#indices.get(name);
  }

  /** The index of the object that `node` names. */
  resolve(node: Node): number {
    const name = node.string();
    const index = this.#indices.get(name);
    if (index === undefined) {
      const suggestion = nearest(name, this.#indices.keys());
      node.fail(
        `no ${this.#kind} is named '${name}'${suggestion === undefined ? '' : `, did you mean '${suggestion}'?`}`,
      );
    }
    return index;
  }
}

/** Checks that the ids of one kind of object differ, and maps them to indices. */
export class Ids {
  readonly #kind: string;
  readonly #indices = new Map<number, number>();

  constructor(kind: string) {
    this.#kind = kind;
  }

  add(node: Node): number {
    const id = node.integer();
    if (this.#indices.has(id)) node.fail(`there are two ${this.#kind}s with id ${id}`);
    this.#indices.set(id, this.#indices.size);
    return id;
  }

  resolve(node: Node): number {
    const id = node.integer();
    const index = this.#indices.get(id);
    if (index === undefined) node.fail(`no ${this.#kind} has id ${id}`);
    return index;
  }
}
