/**
 * Reads STF text. The language is made of lines: a command word (in any case), its arguments, and comments from `#` to
 * the end of the line. Packet data are hexadecimal digits with spaces anywhere, so a line is split into tokens only
 * after its command is known.
 */
import {
  type Comparison,
  type CounterCheck,
  type MeterRate,
  type StfAction,
  StfError,
  type StfMatch,
  type StfStatement,
} from './statements.ts';

/** Parses a whole file. Throws `StfError` for the first line that is wrong. */
export function parseStf(text: string): StfStatement[] {
  const statements: StfStatement[] = [];
  text.split(/\r\n|\r|\n/).forEach((raw, index) => {
    const content = withoutComment(raw).trim();
    if (content !== '') statements.push(parseLine(content, index + 1));
  });
  return statements;
}

/** `#` inside quotes is no comment. */
function withoutComment(line: string): string {
  let quoted = false;
  for (let at = 0; at < line.length; at++) {
    if (line[at] === '"') quoted = !quoted;
    else if (line[at] === '#' && !quoted) return line.slice(0, at);
  }
  return line;
}

function parseLine(content: string, line: number): StfStatement {
  const word = /^[A-Za-z_]\w*/.exec(content)?.[0];
  if (word === undefined) throw new StfError(line, `a command expected, not "${content}"`);
  const rest = content.slice(word.length).trim();
  switch (word.toLowerCase()) {
    case 'packet':
      return parsePacket(rest, line);
    case 'expect':
      return parseExpect(rest, line);
    case 'no_packet':
      return { kind: 'no-packet', line };
    case 'wait':
      return { kind: 'wait', line };
    default:
      return parseCommand(word.toLowerCase(), new Tokens(rest, line), line);
  }
}

function portAndData(rest: string, line: number): { port: number; data: string } {
  const match = /^(\d+)(?:\s+(.*))?$/.exec(rest);
  if (match === null) throw new StfError(line, 'a port number expected');
  return { port: Number(match[1]), data: (match[2] ?? '').replace(/\s+/g, '') };
}

function parsePacket(rest: string, line: number): StfStatement {
  const { port, data } = portAndData(rest, line);
  if (!/^[0-9a-fA-F]+$/.test(data)) throw new StfError(line, 'packet data must be hexadecimal digits');
  if (data.length % 2 !== 0) throw new StfError(line, `packet data of ${data.length} digits: an even number expected`);
  return { kind: 'packet', line, port, data: Uint8Array.from(Buffer.from(data, 'hex')) };
}

function parseExpect(rest: string, line: number): StfStatement {
  const { port, data } = portAndData(rest, line);
  const isExact = data.endsWith('$');
  const pattern = isExact ? data.slice(0, -1) : data;
  if (!/^[0-9a-fA-F*]*$/.test(pattern)) {
    throw new StfError(line, 'expected data must be hexadecimal digits and *, with $ at the end for an exact length');
  }
  return { kind: 'expect', line, port, pattern: data === '' ? undefined : pattern.toUpperCase(), isExact };
}

/** Tokens of a command's arguments. */
class Tokens {
  private readonly tokens: string[];
  private readonly line: number;
  private at = 0;

  constructor(text: string, line: number) {
    this.line = line;
    this.tokens = [];
    const pattern =
      /\s*(?:("[^"]*")|(0[xX][0-9a-fA-F*]+|0[bB][01*]+|0[oO][0-7*]+|\d+)|([A-Za-z_$][\w$]*)|(==|!=|<=|>=|[-.:,()[\]/=<>]))/y;
    while (pattern.lastIndex < text.length) {
      const start = pattern.lastIndex;
      const match = pattern.exec(text);
      if (match === null) {
        if (text.slice(start).trim() === '') break;
        throw new StfError(line, `unexpected "${text.slice(start).trim()}"`);
      }
      this.tokens.push(match[1] !== undefined ? match[1] : match[0].trim());
    }
  }

  peek(ahead = 0): string | undefined {
    return this.tokens[this.at + ahead];
  }

  next(what: string): string {
    const token = this.tokens[this.at];
    if (token === undefined) throw new StfError(this.line, `${what} expected at the end of the line`);
    this.at += 1;
    return token;
  }

  /** Takes the token if it is next. */
  accept(token: string): boolean {
    if (this.tokens[this.at] !== token) return false;
    this.at += 1;
    return true;
  }

  expect(token: string): void {
    if (!this.accept(token))
      throw new StfError(this.line, `"${token}" expected, not "${this.peek() ?? 'end of line'}"`);
  }

  end(): void {
    if (this.at < this.tokens.length)
      throw new StfError(this.line, `unexpected "${this.tokens.slice(this.at).join(' ')}"`);
  }

  number(what: string): number {
    const token = this.next(what);
    if (!/^(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO][0-7]+|\d+)$/.test(token)) {
      throw new StfError(this.line, `${what} expected, not "${token}"`);
    }
    return Number(token);
  }

  bigint(what: string): bigint {
    const token = this.next(what);
    if (!/^(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO][0-7]+|\d+)$/.test(token)) {
      throw new StfError(this.line, `${what} expected, not "${token}"`);
    }
    return BigInt(token);
  }

  /** A dotted name, each part perhaps with `[n]`. */
  name(what: string): string {
    let name = this.word(what);
    for (;;) {
      if (this.accept('.')) name += `.${this.word(what)}`;
      else if (this.peek() === '[') {
        this.expect('[');
        name += `[${this.number('an index')}]`;
        this.expect(']');
      } else return name;
    }
  }

  private word(what: string): string {
    const token = this.next(what);
    if (token.startsWith('"')) return token.slice(1, -1);
    if (!/^[A-Za-z_$]/.test(token)) throw new StfError(this.line, `${what} expected, not "${token}"`);
    return token;
  }
}

function parseCommand(command: string, tokens: Tokens, line: number): StfStatement {
  const statement = commandStatement(command, tokens, line);
  tokens.end();
  return statement;
}

function commandStatement(command: string, tokens: Tokens, line: number): StfStatement {
  switch (command) {
    case 'add':
      return parseAdd(tokens, line);
    case 'setdefault':
      return { kind: 'set-default', line, table: tokens.name('a table'), action: parseAction(tokens) };
    case 'remove': {
      const entry = tokens.next('"all" or an entry');
      return { kind: 'remove', line, entry: entry.toLowerCase() === 'all' ? 'ALL' : entry };
    }
    case 'check_counter':
      return parseCheckCounter(tokens, line);
    case 'mirroring_add':
      return { kind: 'mirroring-add', line, session: tokens.number('a session'), port: tokens.number('a port') };
    case 'mirroring_add_mc':
      return {
        kind: 'mirroring-add-multicast',
        line,
        session: tokens.number('a session'),
        group: tokens.number('a multicast group'),
      };
    case 'mirroring_delete':
      return { kind: 'mirroring-delete', line, session: tokens.number('a session') };
    case 'mirroring_get':
      return { kind: 'mirroring-get', line, session: tokens.number('a session') };
    case 'mc_mgrp_create':
      return { kind: 'multicast-group-create', line, group: tokens.number('a multicast group') };
    case 'mc_node_create':
      return {
        kind: 'multicast-node-create',
        line,
        replication: tokens.number('a replication id'),
        ports: parseNumbers(tokens),
      };
    case 'mc_node_update':
      return { kind: 'multicast-node-update', line, node: tokens.number('a node'), ports: parseNumbers(tokens) };
    case 'mc_node_associate':
      return {
        kind: 'multicast-node-associate',
        line,
        group: tokens.number('a multicast group'),
        node: tokens.number('a node'),
      };
    case 'counter_read':
      return { kind: 'counter-read', line, counter: tokens.name('a counter'), index: tokens.number('an index') };
    case 'counter_write':
      return {
        kind: 'counter-write',
        line,
        counter: tokens.name('a counter'),
        index: tokens.number('an index'),
        packets: tokens.number('a number of packets'),
        bytes: tokens.number('a number of bytes'),
      };
    case 'register_read':
      return { kind: 'register-read', line, register: tokens.name('a register'), index: tokens.number('an index') };
    case 'register_write':
      return {
        kind: 'register-write',
        line,
        register: tokens.name('a register'),
        index: tokens.number('an index'),
        value: tokens.bigint('a value'),
      };
    case 'register_reset':
      return { kind: 'register-reset', line, register: tokens.name('a register') };
    case 'meter_get_rates':
      return { kind: 'meter-get-rates', line, meter: tokens.name('a meter'), index: tokens.number('an index') };
    case 'meter_set_rates':
      return {
        kind: 'meter-set-rates',
        line,
        meter: tokens.name('a meter'),
        index: tokens.number('an index'),
        rates: parseRates(tokens),
      };
    case 'meter_array_set_rates':
      return { kind: 'meter-array-set-rates', line, meter: tokens.name('a meter'), rates: parseRates(tokens) };
    default:
      throw new StfError(line, `unknown command "${command}"`);
  }
}

function parseAdd(tokens: Tokens, line: number): StfStatement {
  const table = tokens.name('a table');
  let priority: number | undefined;
  if (/^\d/.test(tokens.peek() ?? '')) priority = tokens.number('a priority');
  const matches: StfMatch[] = [];
  for (;;) {
    const name = tokens.name('a key or an action');
    if (tokens.peek() === '(') {
      const action = parseArguments(name, tokens);
      const entry = tokens.accept('=') ? tokens.next('a name for the entry') : undefined;
      return { kind: 'add', line, table, priority, matches, action, entry };
    }
    tokens.expect(':');
    const value = tokens.next('a value');
    const prefixLength = tokens.accept('/') ? tokens.next('a prefix length') : undefined;
    matches.push({ key: name, value, prefixLength });
  }
}

function parseAction(tokens: Tokens): StfAction {
  return parseArguments(tokens.name('an action'), tokens);
}

function parseArguments(name: string, tokens: Tokens): StfAction {
  tokens.expect('(');
  const list: { name: string; value: string }[] = [];
  while (!tokens.accept(')')) {
    if (list.length > 0) tokens.expect(',');
    // `name: value`, or the value alone for the parameter at that position.
    if (tokens.peek(1) === ':') {
      const parameter = tokens.next('a parameter');
      tokens.expect(':');
      list.push({ name: parameter, value: tokens.next('a value') });
    } else {
      list.push({ name: '', value: tokens.next('a value') });
    }
  }
  return { name, arguments: list };
}

const COMPARISONS: ReadonlySet<string> = new Set(['==', '!=', '<', '<=', '>', '>=']);

function parseCheckCounter(tokens: Tokens, line: number): StfStatement {
  const counter = tokens.name('a counter');
  tokens.expect('(');
  const index = tokens.next('an index or an entry');
  tokens.expect(')');
  if (tokens.peek() === undefined) return { kind: 'check-counter', line, counter, index, check: undefined };
  const unit = tokens.next('packets or bytes').toLowerCase();
  if (unit !== 'packets' && unit !== 'bytes') throw new StfError(line, `packets or bytes expected, not "${unit}"`);
  const comparison = tokens.next('a comparison');
  if (!COMPARISONS.has(comparison)) throw new StfError(line, `a comparison expected, not "${comparison}"`);
  const check: CounterCheck = { unit, comparison: comparison as Comparison, value: tokens.number('a number') };
  return { kind: 'check-counter', line, counter, index, check };
}

function parseNumbers(tokens: Tokens): number[] {
  const numbers: number[] = [];
  while (tokens.peek() !== undefined) numbers.push(tokens.number('a port'));
  return numbers;
}

function parseRates(tokens: Tokens): MeterRate[] {
  const rates: MeterRate[] = [];
  do {
    let rate = tokens.next('a rate');
    if (tokens.accept('.')) rate += `.${tokens.next('digits')}`;
    tokens.expect(':');
    rates.push({ rate: Number(rate), burst: tokens.number('a burst size') });
  } while (tokens.peek() !== undefined);
  return rates;
}
