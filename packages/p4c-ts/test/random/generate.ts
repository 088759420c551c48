/**
 * Random v1model programs for comparing compilers: what one compiler's output does to packets, the other's must do too.
 *
 * A program is text, made from one seed. It stays within what the specification defines (variables are initialized, fields of
 * headers are read only where the header is valid, loops end) and within what BMv2 can do with any compiler (each table is
 * applied once), so that any difference is somebody's bug. Everything it computes ends up in the packet.
 */
import { Expressions } from './expressions.ts';
import { Random } from './random.ts';
import {
  BOOL,
  bits,
  type Callable,
  FIELDS,
  METADATA,
  PACKET_BYTES,
  print,
  type Type,
  type Variable,
} from './vocabulary.ts';

class Generator {
  private readonly random: Random;
  private readonly expressions: Expressions;
  private readonly actions: Callable[] = [];
  private readonly tables: { name: string; actions: string[]; used: boolean }[] = [];
  private depth = 0;

  private readonly options: GenerateOptions;

  constructor(random: Random, options: GenerateOptions) {
    this.random = random;
    this.expressions = new Expressions(random);
    this.options = options;
  }

  private block(
    scope: readonly Variable[],
    size: number,
    context: 'apply' | 'action' | 'function',
    inLoop: boolean,
  ): string {
    const local = [...scope];
    const lines: string[] = [];
    for (let at = 0; at < size; at++) lines.push(this.statement(local, context, inLoop));
    return `{\n${lines.join('\n')}\n}`;
  }

  private statement(scope: Variable[], context: 'apply' | 'action' | 'function', inLoop: boolean): string {
    const { random } = this;
    this.depth += 1;
    try {
      const size = this.depth > 3 ? 1 : 1 + random.below(3);
      const choice = this.depth > 4 ? random.below(4) : random.below(16);
      switch (choice) {
        case 4: {
          const type = this.expressions.type();
          const name = this.expressions.fresh('v');
          const text = `${print(type)} ${name} = ${this.expressions.expression(type, scope, 2)};`;
          scope.push({ text: name, type, writable: true });
          return text;
        }
        case 5:
        case 6: {
          const condition = this.expressions.expression(BOOL, scope, 3);
          const then = this.block(scope, size, context, inLoop);
          const otherwise = random.chance(0.5) ? ` else ${this.block(scope, size, context, inLoop)}` : '';
          return `if (${condition}) ${then}${otherwise}`;
        }
        case 7: {
          const pool =
            context === 'apply' ? [...this.expressions.functions, ...this.actions] : this.expressions.functions;
          if (pool.length === 0) return this.assignment(scope);
          const callable = random.pick(pool);
          const call = this.expressions.call(callable, scope, 2);
          return call === undefined ? this.assignment(scope) : `${call};`;
        }
        case 8: {
          if (context !== 'apply' || inLoop) return this.assignment(scope);
          const table = this.tables.find((each) => !each.used);
          if (table === undefined) return this.assignment(scope);
          table.used = true;
          switch (random.below(3)) {
            case 0:
              return `${table.name}.apply();`;
            case 1: {
              const member = random.pick(['hit', 'miss']);
              return `if (${table.name}.apply().${member}) ${this.block(scope, size, context, false)} else ${this.block(scope, 1, context, false)}`;
            }
            default: {
              const cases = table.actions
                .filter(() => random.chance(0.7))
                .map((action) => `${action}: ${random.chance(0.2) ? '' : this.block(scope, 1, context, false)}`);
              if (cases.length > 0 && !cases[cases.length - 1]!.includes('{')) {
                cases[cases.length - 1] += this.block(scope, 1, context, false);
              }
              if (cases.length === 0 || random.chance(0.5))
                cases.push(`default: ${this.block(scope, 1, context, false)}`);
              return `switch (${table.name}.apply().action_run) {\n${cases.join('\n')}\n}`;
            }
          }
        }
        case 9: {
          // p4c refuses a switch inside an action.
          if (context !== 'apply') return this.assignment(scope);
          const of = random.pick([bits(8), bits(4)]);
          const labels = new Set<number>();
          for (let at = 0; at < 3; at++) labels.add(random.below(6));
          const cases = [...labels].map(
            (label) => `${print(of).includes('8') ? '8w' : '4w'}${label}: ${this.block(scope, 1, context, inLoop)}`,
          );
          if (random.chance(0.6)) cases.push(`default: ${this.block(scope, 1, context, inLoop)}`);
          return `switch (${this.expressions.expression(of, scope, 2)} & ${of.kind === 'bits' ? of.width : 8}w7) {\n${cases.join('\n')}\n}`;
        }
        case 10: {
          if (this.options.loops === false) return this.assignment(scope);
          if (inLoop)
            return random.chance(0.3)
              ? `if (${this.expressions.expression(BOOL, scope, 2)}) { ${random.pick(['break', 'continue'])}; }`
              : this.assignment(scope);
          const name = this.expressions.fresh('i');
          const counter: Variable = { text: name, type: bits(8), writable: false };
          return `for (bit<8> ${name} = 0; ${name} < ${1 + random.below(4)}; ${name} = ${name} + 1) ${this.block([...scope, counter], size, context, true)}`;
        }
        case 11: {
          if (context === 'function') return this.assignment(scope);
          if (random.chance(0.6))
            return `if (${this.expressions.expression(BOOL, scope, 2)}) { ${random.chance(0.5) ? 'exit' : 'return'}; }`;
          return this.assignment(scope);
        }
        case 12: {
          if (context === 'function') return this.assignment(scope);
          return random.pick([
            `if (hdr.k.isValid()) { hdr.k.v = hdr.k.v + 8w${random.below(200)}; }`,
            `hdr.k.setInvalid();`,
            `hdr.k.setValid(); hdr.k.v = ${this.expressions.expression(bits(8), scope, 2)}; hdr.k.u = ${this.expressions.expression(bits(16), scope, 2)};`,
            `hdr.s[${random.below(3)}] = hdr.s[${random.below(3)}];`,
            `hdr.s[${this.expressions.index(scope)}].v = ${this.expressions.expression(bits(8), scope, 2, true)};`,
          ]);
        }
        case 13: {
          const fitting = scope.filter(
            (each) => each.writable && each.type.kind === 'bits' && !each.type.signed && each.type.width >= 4,
          );
          if (fitting.length === 0) return this.assignment(scope);
          const target = random.pick(fitting);
          const width = target.type.kind === 'bits' ? target.type.width : 8;
          const low = random.below(width - 1);
          const high = low + random.below(Math.min(width - low, 16));
          return `${target.text}[${high}:${low}] = (bit<${high - low + 1}>)${this.expressions.expression(bits(32), scope, 2)};`;
        }
        default:
          return this.assignment(scope);
      }
    } finally {
      this.depth -= 1;
    }
  }

  private assignment(scope: readonly Variable[]): string {
    const targets = scope.filter((each) => each.writable);
    const target = this.random.pick(targets);
    if (target.type.kind === 'bits' && this.random.chance(0.2)) {
      const operator = this.random.pick(['+=', '-=', '&=', '|=', '^=', '|+|=', '|-|=']);
      return `${target.text} ${operator} ${this.expressions.expression(target.type, scope, 2)};`;
    }
    return `${target.text} = ${this.expressions.expression(target.type, scope, 3)};`;
  }

  private functionText(): string {
    const { random } = this;
    const name = this.expressions.fresh('fun');
    const result = random.chance(0.8) ? this.expressions.type() : undefined;
    const parameters = Array.from({ length: random.below(4) }, () => ({
      direction: random.pick(['in', 'inout', 'out'] as const),
      type: this.expressions.type(),
      name: this.expressions.fresh('p'),
    }));
    const scope: Variable[] = parameters.map((each) => ({
      text: each.name,
      type: each.type,
      writable: each.direction !== 'in',
    }));
    const first: string[] = parameters
      .filter((each) => each.direction === 'out')
      .map((each) => `${each.name} = ${this.expressions.constant(each.type)};`);
    const local = this.expressions.fresh('l');
    first.push(`bit<8> ${local} = 8w${random.below(256)};`);
    scope.push({ text: local, type: bits(8), writable: true });
    this.depth = 2;
    const lines = Array.from({ length: 1 + random.below(3) }, () => this.statement(scope, 'function', false));
    const early =
      result !== undefined && random.chance(0.4)
        ? `if (${this.expressions.expression(BOOL, scope, 2)}) { return ${this.expressions.expression(result, scope, 2)}; }`
        : '';
    const last = result === undefined ? '' : `return ${this.expressions.expression(result, scope, 2)};`;
    this.depth = 0;
    this.expressions.functions.push({ name, parameters, result });
    const list = parameters.map((each) => `${each.direction} ${print(each.type)} ${each.name}`).join(', ');
    return `${result === undefined ? 'void' : print(result)} ${name}(${list}) {\n${first.join('\n')}\n${early}\n${lines.join('\n')}\n${last}\n}`;
  }

  private actionText(scope: readonly Variable[], isForTables: boolean): { text: string; name: string; data: Type[] } {
    const { random } = this;
    const name = this.expressions.fresh('act');
    const inner = [...scope];
    const list: string[] = [];
    const data: Type[] = [];
    const parameters: { direction: 'in' | 'inout' | 'out'; type: Type }[] = [];
    const first: string[] = [];
    for (let at = random.below(3); at > 0; at--) {
      const parameter = this.expressions.fresh('p');
      if (isForTables) {
        const type = random.pick([bits(8), bits(16), bits(8, true)]);
        data.push(type);
        list.push(`${print(type)} ${parameter}`);
        inner.push({ text: parameter, type, writable: false });
        continue;
      }
      const type = this.expressions.type();
      const direction = random.pick(['in', 'inout', 'out'] as const);
      parameters.push({ direction, type });
      list.push(`${direction} ${print(type)} ${parameter}`);
      if (direction === 'out') first.push(`${parameter} = ${this.expressions.constant(type)};`);
      inner.push({ text: parameter, type, writable: direction !== 'in' });
    }
    this.depth = 1;
    const lines = Array.from({ length: 1 + random.below(4) }, () => this.statement(inner, 'action', false));
    this.depth = 0;
    if (!isForTables) this.actions.push({ name, parameters, result: undefined });
    return { text: `action ${name}(${list.join(', ')}) {\n${first.join('\n')}\n${lines.join('\n')}\n}`, name, data };
  }

  private tableText(actions: readonly { name: string; data: Type[] }[]): string {
    const { random } = this;
    const name = this.expressions.fresh('tbl');
    const chosen = actions.filter(() => random.chance(0.7));
    const used = chosen.length > 0 ? chosen : [actions[0]!];
    const call = (action: { name: string; data: Type[] }): string =>
      `${action.name}(${action.data.map((type) => this.expressions.constant(type)).join(', ')})`;
    const key = random.pick([
      'hdr.h.a',
      'hdr.h.b',
      'hdr.h.e',
      'meta.m',
      'hdr.h.a & 8w3',
      'hdr.h.c[3:0]',
      'hdr.h.a + hdr.h.b',
    ]);
    const width = key === 'hdr.h.e' || key.includes('[') ? 4 : 8;
    const kind = random.pick(['exact', 'ternary', 'lpm']);
    const values = new Set<number>();
    for (let at = 0; at < 4; at++) values.add(random.below(key.includes('&') ? 4 : 16));
    const entries = [...values].map((value) => {
      const mask =
        kind === 'ternary'
          ? ` &&& ${width}w${random.below(2 ** width)}`
          : kind === 'lpm'
            ? ` &&& ${width}w${(2 ** width - 1) & ~(2 ** random.below(width) - 1)}`
            : '';
      return `${width}w${value}${mask}: ${call(random.pick(used))};`;
    });
    this.tables.push({ name, actions: used.map((action) => action.name), used: false });
    return `table ${name} {
key = { ${key}: ${kind} @name("k"); }
actions = { ${used.map((action) => `${action.name};`).join(' ')} }
const entries = {
${entries.join('\n')}
}
${random.chance(0.8) ? 'const ' : ''}default_action = ${call(random.pick(used))};
}`;
  }

  program(): string {
    const { random } = this;
    const headerScope: Variable[] = FIELDS.map((field) => ({
      text: `hdr.h.${field.name}`,
      type: field.type,
      writable: true,
    }));
    const metadataScope: Variable[] = METADATA.map((field) => ({
      text: `meta.${field.name}`,
      type: field.type,
      writable: true,
    }));
    const stackScope: Variable[] = [0, 1, 2].map((at) => ({ text: `hdr.s[${at}].v`, type: bits(8), writable: true }));
    const functions = Array.from({ length: random.below(4) }, () => this.functionText());

    // A nested control that sees the headers and two values. They share no storage: p4c forgets to copy out on `exit` if they do.
    const nestedScope: Variable[] = [
      ...headerScope,
      { text: 'one', type: bits(8), writable: true },
      { text: 'two', type: bits(16, true), writable: true },
      { text: 'three', type: BOOL, writable: false },
    ];
    const nestedActions = [this.actionText(nestedScope, true), this.actionText(nestedScope, true)];
    const nestedTable = this.tableText(nestedActions).replace(/meta\.m/g, 'one');
    const nestedLines = [...nestedScope];
    const nestedBody = Array.from({ length: 2 + random.below(3) }, () => this.statement(nestedLines, 'apply', false));
    const nested = `control Nested(inout headers_t hdr, inout bit<8> one, inout int<16> two, in bool three) {
${nestedActions.map((action) => action.text).join('\n')}
${nestedTable}
apply {
${nestedBody.join('\n')}
}
}`;
    this.tables.length = 0;
    this.actions.length = 0;

    const scope = [...headerScope, ...metadataScope, ...stackScope];
    const direct = Array.from({ length: random.below(3) }, () => this.actionText(scope, false));
    const forTables = Array.from({ length: 2 + random.below(2) }, () => this.actionText(scope, true));
    const tables = Array.from({ length: 1 + random.below(3) }, () => this.tableText(forTables));
    const inner = [...scope];
    const before = Array.from({ length: 1 + random.below(4) }, () => this.statement(inner, 'apply', false));
    const useNested = random.chance(0.7);
    const nestedCall = useNested
      ? `nested.apply(hdr, meta.m, meta.r, ${this.expressions.expression(BOOL, scope, 2)});`
      : '';
    const after = Array.from({ length: 1 + random.below(5) }, () => this.statement(inner, 'apply', false));
    return `#include <core.p4>
#include <v1model.p4>
header h_t { ${FIELDS.map((field) => `${print(field.type)} ${field.name};`).join(' ')} }
header dump_t { bit<8> m; bit<16> n; bit<4> p; bit<12> q; bit<16> r; bit<8> pad; }
header k_t { bit<8> v; bit<16> u; }
header s_t { bit<8> v; }
struct headers_t { h_t h; dump_t dump; s_t[3] s; k_t k; }
struct metadata_t { ${METADATA.map((field) => `${print(field.type)} ${field.name};`).join(' ')} }
parser P(packet_in b, out headers_t hdr, inout metadata_t meta, inout standard_metadata_t sm) {
state start {
b.extract(hdr.h);
b.extract(hdr.dump);
meta.m = hdr.dump.m; meta.n = hdr.dump.n; meta.p = hdr.dump.p > 7; meta.q = (int<12>)hdr.dump.q; meta.r = (int<16>)hdr.dump.r;
b.extract(hdr.s.next); b.extract(hdr.s.next); b.extract(hdr.s.next);
transition select(hdr.h.g, hdr.h.e) {
(1w1, _): with_k;
(_, 4w3 &&& 4w3): with_k;
default: accept;
}
}
state with_k { b.extract(hdr.k); transition accept; }
}
${functions.join('\n')}
${nested}
control V(inout headers_t hdr, inout metadata_t meta) { apply {} }
control I(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t sm) {
${useNested ? 'Nested() nested;' : ''}
${[...direct, ...forTables].map((action) => action.text).join('\n')}
${tables.join('\n')}
apply {
sm.egress_spec = 1;
${before.join('\n')}
${nestedCall}
${after.join('\n')}
}
}
control E(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t sm) {
apply {
hdr.dump.m = meta.m; hdr.dump.n = meta.n; hdr.dump.p = (meta.p ? 4w9 : 4w1); hdr.dump.q = (bit<12>)meta.q; hdr.dump.r = (bit<16>)meta.r;
}
}
control C(inout headers_t hdr, inout metadata_t meta) { apply {} }
control D(packet_out b, in headers_t hdr) { apply { b.emit(hdr); } }
V1Switch(P(), V(), I(), E(), C(), D()) main;
`;
  }
}

/** What may occur in programs. */
export interface GenerateOptions {
  /** `for` loops; p4c 1.2.5 unrolls some of them wrongly, so they are left out when it is the peer. Default true. */
  readonly loops?: boolean;
}

/** The program of that seed. */
export function generateProgram(seed: number, options: GenerateOptions = {}): string {
  return new Generator(new Random(seed), options).program();
}

/** A packet that the programs parse, with some payload. */
export function generatePacket(random: Random): Uint8Array {
  const packet = Uint8Array.from({ length: PACKET_BYTES + random.below(6) }, () => random.below(256));
  // Small values often, so that table entries are hit.
  for (const at of [0, 1]) if (random.chance(0.6)) packet[at] = random.below(16);
  return packet;
}
