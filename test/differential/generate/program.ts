/**
 * Random P4 programs for v1model: well-typed, with one meaning, and with everything that can be seen from outside
 * written into the packet.
 *
 * At the end of ingress and egress all metadata goes into a header of its own that is sent with the packet, so a
 * difference anywhere shows in the output.
 */
import type { Random } from '../random.ts';
import { expression, literal, randomScalar, randomWidth } from './expressions.ts';
import { EXTRA_TYPES, structureMembers, VARIABLE_LENGTH_TYPE } from './extras.ts';
import {
  bit,
  type FunctionSignature,
  type HeaderInstance,
  type HeaderType,
  type Parameter,
  type Scalar,
  Scope,
  typeText,
  type Variable,
  type World,
} from './scope.ts';
import { ALWAYS_VALID, type Callables, statements } from './statements.ts';
import { type TableText, tableText } from './tables.ts';

const CONTROL_PARAMETERS = 'inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t smeta';

const LOOKAHEADS = ['bit<8>>()', 'bit<40>>()[20:13]', 'h1_t>().tag'].map(
  (end) => `    meta.s.x = packet.lookahead<${end};`,
);

const indent = (lines: readonly string[]) => lines.map((line) => `  ${line}`);

/** The text of a program. The same random source gives the same text. */
export function generateProgram(random: Random): string {
  return new ProgramGenerator(random).generate();
}

class ProgramGenerator {
  readonly #random: Random;
  /** 1 to 3; small programs are quick to compile and to understand. */
  readonly #size: number;
  readonly #world: World;
  readonly #types: HeaderType[];
  readonly #metadata: Variable[] = [];
  readonly #fields: Variable[] = [];
  readonly #observed: HeaderType;
  readonly #hasUnion: boolean;
  readonly #checksums: boolean;
  /**
   * Whether the packets that the parser gives up are seen. Where they are, the parser assigns nothing: p4c leaves out
   * what a later state overwrites, though an extraction before that may fail.
   */
  readonly #seesParserErrors: boolean;
  /** Metadata of field list 1, where packets may go round once more. */
  readonly #kept: ReadonlySet<string> | undefined;

  constructor(random: Random) {
    this.#random = random;
    this.#size = random.weighted([
      [5, 1],
      [2, 2],
      [1, 3],
    ]);
    this.#checksums = random.chance(0.35);
    this.#seesParserErrors = random.chance(0.3);
    this.#types = Array.from({ length: 3 }, (_, i) => this.#headerType(`h${i}_t`));
    this.#hasUnion = random.chance(0.4);
    const stackSize = random.chance(0.6) ? random.between(2, 4) : 0;
    const [first, second, third] = this.#types as [HeaderType, HeaderType, HeaderType];
    const headers: HeaderInstance[] = [
      { text: 'hdr.h0', type: first, kind: 'plain' },
      { text: 'hdr.h1', type: second, kind: 'plain' },
      { text: 'hdr.h2', type: second, kind: 'plain' },
    ];
    for (let i = 0; i < stackSize; i++) headers.push({ text: `hdr.st[${i}]`, type: third, kind: 'element' });
    if (this.#hasUnion) {
      headers.push({ text: 'hdr.u.a', type: second, kind: 'member' });
      headers.push({ text: 'hdr.u.b', type: third, kind: 'member' });
    }
    this.#world = {
      random,
      functions: [],
      structureFunctions: [],
      variableLength: random.chance(0.3),
      union: this.#hasUnion,
      headers,
      stack: stackSize > 0 ? { text: 'hdr.st', size: stackSize } : undefined,
      nextName: 0,
    };
    for (const header of headers) {
      for (const field of header.type.fields)
        this.#fields.push({
          text: `${header.text}.${field.name}`,
          type: field.type,
          writable: true,
          header: header.text,
        });
    }
    const members = Array.from({ length: random.between(3, 6) }, (_, i) => ({
      name: `m${i}`,
      type: randomScalar(random),
    }));
    for (const { name, type } of members) this.#metadata.push({ text: `meta.${name}`, type, writable: true });
    this.#metadata.push({ text: 'meta.s.x', type: bit(8), writable: true });
    this.#metadata.push({ text: 'meta.s.y', type: { kind: 'int', width: 16 }, writable: true });
    const kept = members.filter(() => random.chance(0.5)).map(({ name }) => name);
    this.#kept = random.chance(0.15) ? new Set(kept) : undefined;
    this.#observed = {
      name: 'observed_t',
      fields: padded(this.#metadata.map(({ type }, i) => ({ name: `o${i}`, type: asBits(type) }))),
    };
  }

  #headerType(name: string): HeaderType {
    const random = this.#random;
    const fields = Array.from({ length: random.between(2, 4) }, (_, i) => {
      const width = randomWidth(random);
      const type: Scalar = width > 1 && random.chance(0.25) ? { kind: 'int', width } : bit(width);
      return { name: `f${i}`, type };
    });
    if (this.#checksums) fields.unshift({ name: 'sum', type: bit(16) });
    fields.unshift({ name: 'tag', type: bit(8) });
    return { name, fields: padded(fields) };
  }

  generate(): string {
    const functions = Array.from({ length: this.#random.below(1 + this.#size) }, () => this.#function());
    if (this.#random.chance(0.4)) functions.push(this.#structureFunction());
    const parser = this.#parser();
    const ingress = this.#control('ingress', true);
    const egress = this.#control('egress', false);
    return [
      '#include <core.p4>',
      '#include <v1model.p4>',
      'error { Custom }',
      ...EXTRA_TYPES,
      ...(this.#world.variableLength ? VARIABLE_LENGTH_TYPE : []),
      ...(this.#checksums ? ['header ck_t { bit<16> sum; bit<16> other; }'] : []),
      ...[...this.#types, this.#observed].flatMap((type) => [
        `header ${type.name} {`,
        ...type.fields.map((field) => `  ${typeText(field.type)} ${field.name};`),
        '}',
      ]),
      ...(this.#hasUnion ? ['header_union u_t { h1_t a; h2_t b; }'] : []),
      'struct headers_t {',
      '  h0_t h0; h1_t h1; h1_t h2;',
      ...(this.#world.stack === undefined ? [] : [`  h2_t[${this.#world.stack.size}] st;`]),
      ...(this.#hasUnion ? ['  u_t u;'] : []),
      ...(this.#world.variableLength ? ['  hv_t v;'] : []),
      ...(this.#checksums ? ['  ck_t ck;'] : []),
      '  observed_t observed;',
      '}',
      'struct inner_t { bit<8> x; int<16> y; }',
      'struct metadata_t {',
      ...this.#metadata
        .filter(({ text }) => /^meta\.m/.test(text))
        .map(({ text, type }) => {
          const name = text.slice(5);
          return `  ${this.#kept?.has(name) ? '@field_list(1) ' : ''}${typeText(type)} ${name};`;
        }),
      '  inner_t s;',
      ...(this.#kept === undefined ? [] : ['  bit<1> again;']),
      '}',
      ...functions.flat(),
      ...parser,
      `control verify_it(inout headers_t hdr, inout metadata_t meta) { apply { ${this.#checksum('verify')} } }`,
      ...ingress,
      ...egress,
      `control update_it(inout headers_t hdr, inout metadata_t meta) { apply { ${this.#checksum('update')} } }`,
      'control deparse(packet_out packet, in headers_t hdr) {',
      '  apply { packet.emit(hdr); }',
      '}',
      'V1Switch(parse(), verify_it(), ingress(), egress(), update_it(), deparse()) main;',
      '',
    ].join('\n');
  }

  #parameters(directions: readonly Parameter['direction'][], most: number): Parameter[] {
    return Array.from({ length: this.#random.below(most + 1) }, () => ({
      name: `p${this.#world.nextName++}`,
      direction: this.#random.pick(directions),
      type: randomScalar(this.#random),
    }));
  }

  #parameterVariables(parameters: readonly Parameter[]): Variable[] {
    return parameters.map(({ name, direction, type }) => ({
      text: name,
      type,
      writable: direction === 'inout' || direction === 'out',
    }));
  }

  /** Values for `out` parameters, so that nothing undefined is copied out. */
  #initialise(parameters: readonly Parameter[]): string[] {
    return parameters
      .filter(({ direction }) => direction === 'out')
      .map(({ name, type }) => `  ${name} = ${literal(type, this.#random)};`);
  }

  #function(): string[] {
    const random = this.#random;
    const parameters = this.#parameters(['in', 'in', 'inout', 'inout', 'out'], 3);
    const signature: FunctionSignature = {
      name: `fn${this.#world.nextName++}`,
      result: randomScalar(random),
      parameters,
    };
    const scope = new Scope(this.#world, 'function', this.#parameterVariables(parameters), []);
    const body = indent(statements(scope, random.below(3), 1));
    if (random.chance(0.3))
      body.push(
        `  if (${expression(scope, { kind: 'bool' }, 1)}) { return ${expression(scope, signature.result, 1)}; }`,
      );
    body.push(...indent(statements(scope, random.below(2), 0)));
    const lines = [
      `${typeText(signature.result)} ${signature.name}(${parameterText(parameters)}) {`,
      ...this.#initialise(parameters),
      ...body,
      `  return ${expression(scope, signature.result, 2)};`,
      '}',
    ];
    this.#world.functions.push(signature);
    return lines;
  }

  #structureFunction(): string[] {
    const name = `fs${this.#world.nextName++}`;
    const variables = [...structureMembers('a', false), ...structureMembers('b', true)];
    const scope = new Scope(this.#world, 'function', variables, []);
    const lines = [
      `inner_t ${name}(in inner_t a, inout inner_t b) {`,
      ...indent(statements(scope, this.#random.between(1, 2), 1)),
      `  return { ${expression(scope, bit(8), 1)}, ${expression(scope, { kind: 'int', width: 16 }, 1)} };`,
      '}',
    ];
    this.#world.structureFunctions.push(name);
    return lines;
  }

  /** A checksum over fields of the header that is always there, filled up to whole bytes. */
  #checksum(what: 'verify' | 'update'): string {
    if (!this.#checksums) return '';
    const random = this.#random;
    const fields = random.shuffle(this.#types[0]!.fields).slice(0, random.between(1, 3));
    const bits = fields.reduce((sum, { type }) => sum + (type.kind === 'bool' ? 1 : type.width), 0);
    const values = fields.map(({ name }) => `${ALWAYS_VALID}.${name}`);
    // p4c and BMv2 fill up to 16 bits in their own ways.
    values.push(`${16 - (bits % 16)}w${random.below(2)}`);
    const algorithm = random.pick(['csum16', 'csum16', 'crc16', 'xor16']);
    const payload = random.chance(0.3) ? '_with_payload' : '';
    const target = what === 'verify' ? `${ALWAYS_VALID}.sum` : 'hdr.ck.sum';
    const condition = `${ALWAYS_VALID}.isValid()`;
    if (what === 'verify')
      return `verify_checksum${payload}(${condition}, { ${values.join(', ')} }, ${target}, HashAlgorithm.${algorithm});`;
    return `update_checksum${payload}(${condition}, { ${values.join(', ')} }, ${target}, HashAlgorithm.${algorithm});`;
  }

  #parser(): string[] {
    const random = this.#random;
    const { stack } = this.#world;
    const valid = new Set<string>([ALWAYS_VALID]);
    const scope = () => new Scope(this.#world, 'parser', [...this.#metadata, ...this.#fields], valid);
    const next = random.shuffle([
      'parse_h1',
      ...(stack === undefined ? [] : ['parse_st']),
      ...(this.#hasUnion ? ['parse_u'] : []),
      ...(this.#world.variableLength ? ['parse_v'] : []),
    ]);
    const valueSet = random.chance(0.15);
    const assigns = !this.#seesParserErrors;
    const code = (count: number) => indent(indent(statements(scope(), assigns ? count : 0, 0)));
    const select = (targets: readonly string[]) => {
      const tag = 'hdr.h0.tag';
      // p4c makes a constant of some expressions, which BMv2 does not load as a key.
      const second = random.pick(scope().readable(({ type }) => type.kind === 'bit' && type.width >= 4)).text;
      const cases = targets.map((target, i) => {
        const mask = random.chance(0.3) ? ` &&& ${random.pick(['0x3', '0x7', '0xf0'])}` : '';
        return `      (8w${i + 1}${mask}, _): ${target};`;
      });
      return [
        `    transition select(${tag}, ${second}[3:0]) {`,
        ...random.shuffle(cases),
        random.chance(0.9) ? '      default: accept;' : `      (8w0 .. 8w9, 4w3): reject;\n      default: accept;`,
        '    }',
      ];
    };
    const lines = [
      'parser parse(packet_in packet, out headers_t hdr, inout metadata_t meta, inout standard_metadata_t smeta) {',
      ...(valueSet ? ['  value_set<bit<8>>(4) pvs;'] : []),
      '  state start {',
      '    packet.extract(hdr.h0);',
      ...code(random.below(3)),
      ...(random.chance(0.3)
        ? [`    verify(${expression(pureScope(scope()), { kind: 'bool' }, 1)}, error.Custom);`]
        : []),
      ...select([...next, 'skip']),
      '  }',
      '  state skip {',
      random.pick(['    packet.advance(8);', ...(assigns ? LOOKAHEADS : [])]),
      `    transition ${random.pick(['parse_h1', 'accept'])};`,
      '  }',
      '  state parse_h1 {',
      '    packet.extract(hdr.h1);',
    ];
    valid.add('hdr.h1');
    const afterH1 = stack !== undefined && random.chance(0.5) ? 'parse_st' : 'parse_h2';
    lines.push(
      ...code(random.below(2)),
      `    transition select(hdr.h1.tag) {${valueSet ? ' pvs: accept;' : ''} 8w1: ${afterH1}; 8w2 &&& 8w6: parse_h2; _: accept; }`,
      '  }',
    );
    lines.push('  state parse_h2 {', '    packet.extract(hdr.h2);', '    transition accept;', '  }');
    if (stack !== undefined) {
      lines.push(
        '  state parse_st {',
        '    packet.extract(hdr.st.next);',
        ...(assigns ? ['    meta.s.x = meta.s.x + hdr.st.last.tag;'] : []),
      );
      lines.push(
        '    transition select(hdr.st.last.tag[1:0]) { 2w1: parse_st; 2w2: parse_h2_too; default: accept; }',
        '  }',
      );
      lines.push('  state parse_h2_too {', '    packet.extract(hdr.h2);', '    transition accept;', '  }');
    }
    if (this.#world.variableLength)
      lines.push(
        '  state parse_v {',
        '    packet.extract(hdr.v, ((bit<32>)hdr.h0.tag[1:0]) << 3);',
        `    transition ${random.pick(['accept', 'parse_h1'])};`,
        '  }',
      );
    if (this.#hasUnion) {
      lines.push(
        '  state parse_u {',
        '    transition select(packet.lookahead<bit<8>>()) { 8w1: parse_ua; default: parse_ub; }',
        '  }',
      );
      lines.push('  state parse_ua {', '    packet.extract(hdr.u.a);', '    transition accept;', '  }');
      lines.push('  state parse_ub {', '    packet.extract(hdr.u.b);', '    transition accept;', '  }');
    }
    return [...lines, '}'];
  }

  #control(name: string, ingress: boolean): string[] {
    const random = this.#random;
    const sub = random.chance(0.4) ? this.#subControl(`${name}_part`) : undefined;
    const { lines, callables } = this.#locals();
    const body: string[] = [];
    const gaveUp = this.#seesParserErrors ? '' : ' || smeta.parser_error != error.NoError';
    if (ingress) body.push(`if (!${ALWAYS_VALID}.isValid()${gaveUp}) {`, '  mark_to_drop(smeta);', '  exit;', '}');
    if (sub !== undefined) {
      lines.push(`  ${sub.name}() part;`);
      const exits = sub.lines.some((line) => /\bexit;/.test(line));
      callables.controls.push({ name: 'part', parameters: sub.parameters, exits });
      if (random.chance(0.3)) {
        lines.push(`  ${sub.name}() again;`);
        callables.controls.push({ name: 'again', parameters: sub.parameters, exits });
      }
    }
    const scope = this.#scope('control', []);
    scope.variables.push({ text: 'smeta.ingress_port', type: bit(9), writable: false });
    // In egress it depends on how headers became valid: simple_switch counts added and removed headers, but not
    // assigned ones.
    if (ingress) scope.variables.push({ text: 'smeta.packet_length', type: bit(32), writable: false });
    const content = statements(scope, random.between(1, 3 * this.#size), this.#size, callables);
    while (callables.tables.length > 0) content.push(`${callables.tables.shift()!.name}.apply();`);
    const end = ingress
      ? [`smeta.egress_spec = (bit<9>)${expression(this.#scope('control', []), bit(3), 2)};`]
      : this.#observe();
    if (ingress && random.chance(0.2))
      end.push(`if (${expression(this.#scope('control', []), { kind: 'bool' }, 1)}) { mark_to_drop(smeta); }`);
    if (ingress && random.chance(0.3))
      end.push(`if (smeta.parser_error != error.NoError) { meta.s.x = meta.s.x ^ 8w${random.below(256)}; }`);
    if (ingress && random.chance(0.2)) end.push('if (smeta.parser_error == error.Custom) { meta.s.y = 16s77; }');
    if (ingress && this.#checksums) end.push('if (smeta.checksum_error == 1w1) { meta.s.y = meta.s.y + 16s5; }');
    if (this.#kept !== undefined) {
      const again = ingress ? 'resubmit_preserving_field_list' : 'recirculate_preserving_field_list';
      const condition = expression(this.#scope('control', []), { kind: 'bool' }, 1);
      // In egress BMv2 shows recirculated packets as normal ones.
      if (ingress) body.push('meta.again = smeta.instance_type == 0 ? 1w0 : 1w1;');
      end.push(`if (meta.again == 0 && ${condition}) { ${again}(8w1); }`);
    }
    if (!ingress && this.#checksums) end.push('hdr.ck.setValid();', 'hdr.ck.sum = 0;', 'hdr.ck.other = 16w0xabcd;');
    // simple_switch sends a truncated packet round again with all its bytes.
    if (this.#kept === undefined && random.chance(0.06)) end.push(`truncate(32w${random.between(14, 60)});`);
    return [
      ...(sub?.lines ?? []),
      `control ${name}(${CONTROL_PARAMETERS}) {`,
      ...lines,
      '  apply {',
      ...indent(
        indent([...body, ...(ingress ? [...end.slice(0, 1), ...content, ...end.slice(1)] : [...content, ...end])]),
      ),
      '  }',
      '}',
    ];
  }

  /** All metadata into the header that is sent for it. */
  #observe(): string[] {
    const values = this.#metadata.map(({ text, type }) =>
      type.kind === 'bool' ? `(bit<1>)${text}` : type.kind === 'int' ? `(bit<${type.width}>)${text}` : text,
    );
    while (values.length < this.#observed.fields.length) values.push('0');
    return [`hdr.observed = { ${values.join(', ')} };`];
  }

  #scope(place: 'control' | 'action', extra: readonly Variable[]): Scope {
    return new Scope(this.#world, place, [...this.#metadata, ...this.#fields, ...extra], [ALWAYS_VALID]);
  }

  #subControl(name: string): { name: string; parameters: Parameter[]; lines: string[] } {
    const random = this.#random;
    const parameters = this.#parameters(['in', 'inout', 'out'], 2);
    const { lines, callables } = this.#locals(1);
    const scope = this.#scope('control', this.#parameterVariables(parameters));
    const content = statements(scope, random.between(1, 1 + this.#size), Math.min(2, this.#size), callables);
    while (callables.tables.length > 0) content.push(`${callables.tables.shift()!.name}.apply();`);
    const text = [CONTROL_PARAMETERS, ...(parameters.length > 0 ? [parameterText(parameters)] : [])].join(', ');
    return {
      name,
      parameters,
      lines: [
        `control ${name}(${text}) {`,
        ...lines,
        '  apply {',
        ...indent(this.#initialise(parameters)),
        ...indent(indent(content)),
        '  }',
        '}',
      ],
    };
  }

  /** Registers, actions and tables of a control. */
  #locals(most = 3): { lines: string[]; callables: Callables } {
    const random = this.#random;
    const lines: string[] = [];
    const registers: { name: string; width: number; size: number }[] = [];
    // Packets that go round would find them in another state on each switch.
    if (this.#kept === undefined && random.chance(0.3)) {
      const register = { name: `reg${this.#world.nextName++}`, width: random.pick([1, 8, 16, 32, 48]), size: 4 };
      registers.push(register);
      lines.push(`  register<bit<${register.width}>>(4) ${register.name};`);
    }
    const actions: { name: string; parameters: Parameter[] }[] = [];
    for (let i = random.between(1, 1 + this.#size); i > 0; i--) {
      const name = `act${this.#world.nextName++}`;
      const directed = random.chance(0.35) ? this.#parameters(['in', 'inout', 'inout', 'out'], 2) : [];
      // p4c passes signed data of entries on without extending the sign.
      const data = this.#parameters([''], 2).filter(({ type }) => type.kind === 'bit');
      const parameters = [...directed, ...data];
      const scope = this.#scope('action', this.#parameterVariables(parameters));
      const callables = { actions: [...actions], tables: [], controls: [], registers };
      lines.push(`  action ${name}(${parameterText(parameters)}) {`, ...indent(this.#initialise(parameters)));
      lines.push(
        ...indent(
          indent(statements(scope, random.between(1, 1 + this.#size), random.below(this.#size + 1), callables)),
        ),
        '  }',
      );
      actions.push({ name, parameters });
    }
    const tables: TableText[] = [];
    for (let i = random.below(most + 1); i > 0; i--) {
      const table = tableText(`tab${this.#world.nextName++}`, actions, this.#scope('control', []));
      tables.push(table);
      lines.push(...indent(table.lines));
    }
    return { lines, callables: { actions, tables: [...tables], controls: [], registers } };
  }
}

function pureScope(scope: Scope): Scope {
  scope.pure = true;
  return scope;
}

function parameterText(parameters: readonly Parameter[]): string {
  return parameters.map(({ name, direction, type }) => `${direction} ${typeText(type)} ${name}`.trim()).join(', ');
}

function asBits(type: Scalar): Scalar {
  return type.kind === 'bool' ? bit(1) : bit(type.width);
}

/** Adds a field so that the header ends on a byte. */
function padded(fields: { name: string; type: Scalar }[]): { name: string; type: Scalar }[] {
  const total = fields.reduce((sum, { type }) => sum + (type.kind === 'bool' ? 1 : type.width), 0);
  return total % 8 === 0 ? fields : [...fields, { name: 'padding', type: bit(8 - (total % 8)) }];
}
