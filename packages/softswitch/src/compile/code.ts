/**
 * A growing piece of JavaScript source: lines with indentation, and names for temporaries that are unique in the whole
 * module.
 */

/** Counts names so that no two temporaries of a generated module clash. */
export class NameSource {
  #next = 0;

  fresh(prefix: string): string {
    return `${prefix}${this.#next++}`;
  }
}

/** Lines of code under construction. */
export class Code {
  readonly names: NameSource;
  readonly #lines: string[] = [];
  #indent = '';

  constructor(names: NameSource) {
    this.names = names;
  }

  line(text: string): void {
    this.#lines.push(this.#indent + text);
  }

  /** Writes `head {`, what `body` writes, and `}`. */
  block(head: string, body: () => void, tail = '}'): void {
    this.line(`${head} {`);
    const outer = this.#indent;
    this.#indent += '  ';
    body();
    this.#indent = outer;
    this.line(tail);
  }

  /** Binds an expression to a constant of its own and returns the name; simple operands are returned as they are. */
  bind(expression: string, prefix = 't'): string {
    if (/^(-?\d+|[A-Za-z_$][\w$]*)$/.test(expression)) return expression;
    const name = this.names.fresh(prefix);
    this.line(`const ${name} = ${expression};`);
    return name;
  }

  get isEmpty(): boolean {
    return this.#lines.length === 0;
  }

  toString(): string {
    return this.#lines.join('\n');
  }

  append(other: Code): void {
    for (const line of other.#lines) this.#lines.push(this.#indent + line);
  }
}
