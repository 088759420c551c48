/**
 * The expressions of `#if` and `#elif`: C's integer expressions, evaluated as 64-bit signed numbers. Macros are already
 * expanded and `defined(X)` already replaced when the text comes here; a name that is left counts as 0, as in C.
 * Precedence climbing over a small token list; the nesting limit keeps hostile input off the call stack.
 */

/** What came of an expression. */
export type ConditionResult =
  | { readonly ok: true; readonly value: bigint }
  | { readonly ok: false; readonly message: string };

const PRECEDENCE: ReadonlyMap<string, number> = new Map([
  ['||', 1],
  ['&&', 2],
  ['|', 3],
  ['^', 4],
  ['&', 5],
  ['==', 6],
  ['!=', 6],
  ['<', 7],
  ['>', 7],
  ['<=', 7],
  ['>=', 7],
  ['<<', 8],
  ['>>', 8],
  ['+', 9],
  ['-', 9],
  ['*', 10],
  ['/', 10],
  ['%', 10],
]);

const TOKEN =
  /\s+|0[xX][0-9a-fA-F]+[uUlL]*|[0-9]+[uUlL]*|[A-Za-z_]\w*|'(?:\\.|[^'\\])'|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^~!()<>?:]/y;
const NESTING_LIMIT = 200;

class ConditionError extends Error {}

/** Evaluates the expression of an `#if`. Never throws. */
export function evaluateCondition(text: string): ConditionResult {
  try {
    const parser = new ConditionParser(tokenize(text));
    return { ok: true, value: parser.whole() };
  } catch (error) {
    if (error instanceof ConditionError) return { ok: false, message: error.message };
    throw error;
  }
}

function tokenize(text: string): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (match === null) throw new ConditionError(`'${text[at]}' cannot stand in a preprocessor expression`);
    if (match[0].trim() !== '') tokens.push(match[0]);
  }
  return tokens;
}

class ConditionParser {
  private at = 0;
  private depth = 0;
  private readonly tokens: readonly string[];

  constructor(tokens: readonly string[]) {
    this.tokens = tokens;
  }

  whole(): bigint {
    if (this.tokens.length === 0) throw new ConditionError('the condition is empty');
    const value = this.conditional();
    const rest = this.tokens[this.at];
    if (rest !== undefined) throw new ConditionError(`'${rest}' is not expected here in the condition`);
    return value;
  }

  private conditional(): bigint {
    const condition = this.binary(1);
    if (this.tokens[this.at] !== '?') return condition;
    this.at += 1;
    const whenTrue = this.nested(() => this.conditional());
    this.expect(':');
    const whenFalse = this.nested(() => this.conditional());
    return condition !== 0n ? whenTrue : whenFalse;
  }

  private binary(least: number): bigint {
    let left = this.unary();
    for (;;) {
      const operator = this.tokens[this.at];
      const precedence = operator === undefined ? undefined : PRECEDENCE.get(operator);
      if (operator === undefined || precedence === undefined || precedence < least) return left;
      this.at += 1;
      const right = this.nested(() => this.binary(precedence + 1));
      left = apply(operator, left, right);
    }
  }

  private unary(): bigint {
    const token = this.tokens[this.at];
    this.at += 1;
    if (token === undefined) throw new ConditionError('the condition ends where a value is expected');
    if (token === '!') return this.nested(() => (this.unary() === 0n ? 1n : 0n));
    if (token === '-') return this.nested(() => BigInt.asIntN(64, -this.unary()));
    if (token === '+') return this.nested(() => this.unary());
    if (token === '~') return this.nested(() => ~this.unary());
    if (token === '(') {
      const value = this.nested(() => this.conditional());
      this.expect(')');
      return value;
    }
    if (/^[0-9]/.test(token)) return integer(token.replace(/[uUlL]+$/, ''));
    if (token.startsWith("'")) return BigInt(token.codePointAt(token.length - 2) ?? 0);
    if (/^\w/.test(token)) return 0n;
    throw new ConditionError(`'${token}' stands where a value is expected`);
  }

  private nested(parse: () => bigint): bigint {
    this.depth += 1;
    if (this.depth > NESTING_LIMIT) throw new ConditionError('the condition is nested too deeply');
    const value = parse();
    this.depth -= 1;
    return value;
  }

  private expect(token: string): void {
    if (this.tokens[this.at] !== token) throw new ConditionError(`'${token}' is missing in the condition`);
    this.at += 1;
  }
}

function integer(digits: string): bigint {
  if (/^0[0-7]+$/.test(digits)) return BigInt.asIntN(64, BigInt(`0o${digits.slice(1)}`));
  if (/^0\d/.test(digits)) throw new ConditionError(`'${digits}' is not an octal number`);
  return BigInt.asIntN(64, BigInt(digits));
}

function apply(operator: string, left: bigint, right: bigint): bigint {
  const truth = (value: boolean) => (value ? 1n : 0n);
  switch (operator) {
    case '||':
      return truth(left !== 0n || right !== 0n);
    case '&&':
      return truth(left !== 0n && right !== 0n);
    case '|':
      return left | right;
    case '^':
      return left ^ right;
    case '&':
      return left & right;
    case '==':
      return truth(left === right);
    case '!=':
      return truth(left !== right);
    case '<':
      return truth(left < right);
    case '>':
      return truth(left > right);
    case '<=':
      return truth(left <= right);
    case '>=':
      return truth(left >= right);
    case '<<':
      return BigInt.asIntN(64, left << BigInt.asUintN(6, right));
    case '>>':
      return left >> BigInt.asUintN(6, right);
    case '+':
      return BigInt.asIntN(64, left + right);
    case '-':
      return BigInt.asIntN(64, left - right);
    case '*':
      return BigInt.asIntN(64, left * right);
    case '/':
    case '%':
      // As in C's `defined(X) && 10 / X`: the untaken side of && is still evaluated here, so division by zero yields 0.
      if (right === 0n) return 0n;
      return operator === '/' ? left / right : left % right;
    default:
      throw new ConditionError(`'${operator}' is not an operator of preprocessor expressions`);
  }
}
