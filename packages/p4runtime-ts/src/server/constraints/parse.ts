/**
 * Parses the p4-constraints language, in which programs say what entries and action arguments they allow:
 * `@entry_restriction("vrf != 0; dst::prefix_length >= 8 -> ttl::mask == 0")`, `@action_restriction("port != 511")`.
 *
 * Precedence from loosest to tightest: `;` (and), `->` (implies, right to left), `||`, `&&`, comparisons, `!` and `-`.
 * A recursive descent over tokens of a regular expression; every node keeps its source text, so that a violation can
 * quote the part that failed.
 */
import { parseAddress } from '../../values/addresses.ts';

/** A parsed expression; `text` is its source. */
export type Expression =
  | { readonly kind: 'boolean'; readonly value: boolean; readonly text: string }
  | { readonly kind: 'integer'; readonly value: bigint; readonly text: string }
  | { readonly kind: 'string'; readonly value: string; readonly text: string }
  /** `field`, `field::part`, or `::priority` with an empty name. */
  | { readonly kind: 'key'; readonly name: string; readonly part: string; readonly text: string }
  | { readonly kind: 'not'; readonly operand: Expression; readonly text: string }
  | {
      readonly kind: 'logic';
      readonly operator: 'and' | 'or' | 'implies';
      readonly left: Expression;
      readonly right: Expression;
      readonly text: string;
    }
  | {
      readonly kind: 'comparison';
      readonly operator: '==' | '!=' | '<' | '<=' | '>' | '>=';
      readonly left: Expression;
      readonly right: Expression;
      readonly text: string;
    };

/** The constraint itself is wrong: a mistake in the program. */
export class ConstraintError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ConstraintError';
  }
}

interface Token {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

const tokenPattern =
  /\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\/|(->|==|!=|<=|>=|&&|\|\||::|[()<>!;-])|(0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+|[0-9][0-9_]*)|([A-Za-z_][\w$]*(?:\.[A-Za-z_$][\w$]*|\[[0-9]+\])*)|('[^']*'|"[^"]*")|([\s\S])/g;

function tokenize(source: string): Token[] {
  const tokens: Token[] = [];
  for (const found of source.matchAll(tokenPattern)) {
    if (found[5] !== undefined) throw new ConstraintError(`unexpected character '${found[5]}' in "${source.trim()}"`);
    if (found[1] ?? found[2] ?? found[3] ?? found[4])
      tokens.push({ text: found[0], start: found.index, end: found.index + found[0].length });
  }
  return tokens;
}

/**
 * Parses a constraint.
 *
 * @throws ConstraintError
 */
export function parseConstraint(source: string): Expression {
  return new Parser(source).parse();
}

class Parser {
  readonly #source: string;
  readonly #tokens: Token[];
  #next = 0;

  constructor(source: string) {
    this.#source = source;
    this.#tokens = tokenize(source);
  }

  parse(): Expression {
    const expression = this.#sequence();
    const rest = this.#tokens[this.#next];
    if (rest !== undefined) throw new ConstraintError(`unexpected '${rest.text}' in "${this.#source.trim()}"`);
    return expression;
  }

  #accept(text: string): boolean {
    if (this.#tokens[this.#next]?.text !== text) return false;
    this.#next++;
    return true;
  }

  #textFrom(first: number): string {
    const start = this.#tokens[first]?.start ?? 0;
    const end = this.#tokens[this.#next - 1]?.end ?? start;
    return this.#source.slice(start, end).replace(/\s+/g, ' ');
  }

  #sequence(): Expression {
    const first = this.#next;
    let left = this.#implication();
    while (this.#accept(';')) {
      const following = this.#tokens[this.#next]?.text;
      if (following === undefined || following === ')') break;
      const right = this.#implication();
      left = { kind: 'logic', operator: 'and', left, right, text: this.#textFrom(first) };
    }
    return left;
  }

  #implication(): Expression {
    const first = this.#next;
    const left = this.#disjunction();
    if (!this.#accept('->')) return left;
    const right = this.#implication();
    return { kind: 'logic', operator: 'implies', left, right, text: this.#textFrom(first) };
  }

  #disjunction(): Expression {
    const first = this.#next;
    let left = this.#conjunction();
    while (this.#accept('||')) {
      const right = this.#conjunction();
      left = { kind: 'logic', operator: 'or', left, right, text: this.#textFrom(first) };
    }
    return left;
  }

  #conjunction(): Expression {
    const first = this.#next;
    let left = this.#comparison();
    while (this.#accept('&&')) {
      const right = this.#comparison();
      left = { kind: 'logic', operator: 'and', left, right, text: this.#textFrom(first) };
    }
    return left;
  }

  #comparison(): Expression {
    const first = this.#next;
    const left = this.#unary();
    for (const operator of ['==', '!=', '<', '<=', '>', '>='] as const)
      if (this.#accept(operator)) {
        const right = this.#unary();
        return { kind: 'comparison', operator, left, right, text: this.#textFrom(first) };
      }
    return left;
  }

  #unary(): Expression {
    const first = this.#next;
    if (this.#accept('!')) {
      const operand = this.#unary();
      return { kind: 'not', operand, text: this.#textFrom(first) };
    }
    if (this.#accept('-')) {
      const operand = this.#unary();
      if (operand.kind !== 'integer') throw new ConstraintError(`'-' takes a number, not "${operand.text}"`);
      return { kind: 'integer', value: -operand.value, text: this.#textFrom(first) };
    }
    return this.#primary();
  }

  #primary(): Expression {
    const first = this.#next;
    const token = this.#tokens[this.#next++];
    if (token === undefined) throw new ConstraintError(`"${this.#source.trim()}" ends in the middle of an expression`);
    const { text } = token;
    if (text === '(') {
      const inner = this.#sequence();
      if (!this.#accept(')')) throw new ConstraintError(`')' is missing in "${this.#source.trim()}"`);
      return { ...inner, text: this.#textFrom(first) };
    }
    if (text === '::') {
      const part = this.#tokens[this.#next++]?.text ?? '';
      return { kind: 'key', name: '', part, text: this.#textFrom(first) };
    }
    if (text === 'true' || text === 'false') return { kind: 'boolean', value: text === 'true', text };
    if (/^[0-9]/.test(text)) return { kind: 'integer', value: BigInt(text.replaceAll('_', '')), text };
    if (/^['"]/.test(text)) return { kind: 'string', value: text.slice(1, -1), text };
    if (!/^[A-Za-z_]/.test(text)) throw new ConstraintError(`unexpected '${text}' in "${this.#source.trim()}"`);
    if (['ipv4', 'ipv6', 'mac'].includes(text) && this.#accept('(')) return this.#address(text, first);
    if (!this.#accept('::')) return { kind: 'key', name: text, part: '', text };
    const part = this.#tokens[this.#next++]?.text ?? '';
    return { kind: 'key', name: text, part, text: this.#textFrom(first) };
  }

  #address(notation: string, first: number): Expression {
    const literal = this.#tokens[this.#next++]?.text.slice(1, -1) ?? '';
    const bitwidth = notation === 'ipv4' ? 32 : notation === 'mac' ? 48 : 128;
    const address = parseAddress(literal);
    if (!this.#accept(')') || address?.bitwidth !== bitwidth)
      throw new ConstraintError(`"${this.#textFrom(first)}" is not an address of kind ${notation}`);
    return { kind: 'integer', value: address.value, text: this.#textFrom(first) };
  }
}
