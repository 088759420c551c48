/**
 * The less common parts of the language, each as a statement that fits anywhere its scope allows: structures and
 * functions over them, enumerations, headers of a stack chosen at run time, headers with a variable length, divisions.
 * They keep to values that the specification defines, as all generated code does: an element or header is read only
 * behind a test of its validity.
 */
import { expression } from './expressions.ts';
import { bit, bool, int, type Scope, typeText, type Variable } from './scope.ts';

/** Declarations that the statements below need, once for a program. */
export const EXTRA_TYPES = [
  'enum kind_t { A, B, C }',
  'enum bit<8> code_t { X = 1, Y = 5, Z = 250 }',
  'type bit<16> label_t;',
];

/** The header with a variable length, where a program has one. */
export const VARIABLE_LENGTH_TYPE = ['header hv_t { bit<8> tag; varbit<32> more; bit<8> last; }'];

const indent = (lines: readonly string[]) => lines.map((line) => `  ${line}`);

/** The members of a structure of type `inner_t` as variables. */
export function structureMembers(name: string, writable: boolean): Variable[] {
  return [
    { text: `${name}.x`, type: bit(8), writable },
    { text: `${name}.y`, type: int(16), writable },
  ];
}

const structureValue = (scope: Scope) => `{ ${expression(scope, bit(8), 1)}, ${expression(scope, int(16), 1)} }`;

/** A local structure, a copy, or a call that takes and returns structures. */
export function structureStatement(scope: Scope): string[] {
  const { random, structureFunctions } = scope.world;
  const known = scope.variables.filter(({ text, type }) => text.endsWith('.x') && type.kind === 'bit');
  const writable = known.filter((each) => each.writable).map(({ text }) => text.slice(0, -2));
  const readable = known.map(({ text }) => text.slice(0, -2));
  const declare = () => {
    const name = scope.freshName('s');
    const value = readable.length > 0 && random.chance(0.4) ? random.pick(readable) : structureValue(scope);
    scope.variables.push(...structureMembers(name, true));
    return [`inner_t ${name} = ${value};`];
  };
  if (writable.length === 0) return declare();
  const target = random.pick(writable);
  return random.weighted<() => string[]>([
    [2, declare],
    [1, () => [`${target} = ${random.pick(readable)};`]],
    // p4c copies a structure made of its own members in two steps, like everybody else.
    [2, () => [`${target} = ${structureValue(scope)};`]],
    [1, () => [`if (${random.pick(readable)} == ${random.pick(readable)}) {`, `  ${target}.x = 8w3;`, '}']],
    [
      structureFunctions.length > 0 && !scope.pure ? 3 : 0,
      () => {
        const other = writable.filter((each) => each !== target);
        if (other.length === 0) return declare();
        return [`${target} = ${random.pick(structureFunctions)}(${random.pick(readable)}, ${random.pick(other)});`];
      },
    ],
  ])();
}

/** A variable of an enumeration and a choice by it. */
export function enumStatement(scope: Scope, block: (inner: Scope, size?: number) => string[]): string[] {
  const { random } = scope.world;
  const name = scope.freshName('e');
  const members = random.chance(0.5) ? ['kind_t.A', 'kind_t.B', 'kind_t.C'] : ['code_t.X', 'code_t.Y', 'code_t.Z'];
  const type = members[0]!.slice(0, 6);
  const value =
    type === 'code_t' && random.chance(0.6)
      ? `(code_t)${expression(scope, bit(8), 1)}`
      : `${expression(scope, bool, 1)} ? ${random.pick(members)} : ${random.pick(members)}`;
  const lines = [`${type} ${name} = ${value};`];
  const yes = scope.nested();
  const no = scope.nested();
  const labels = random.shuffle(members);
  if (scope.place !== 'control' || random.chance(0.4))
    lines.push(`if (${name} == ${labels[0]}) {`, ...indent(block(yes, 1)), '} else {', ...indent(block(no, 1)), '}');
  else {
    lines.push(`switch (${name}) {`, `  ${labels[0]}: {`, ...indent(block(yes, 1)), '  }');
    lines.push(`  default: {`, ...indent(block(no, 1)), '  }', '}');
  }
  scope.join([yes, no]);
  return lines;
}

/** A newtype: there and back. */
export function newtypeStatement(scope: Scope): string[] {
  const name = scope.freshName('l');
  const lines = [`label_t ${name} = (label_t)${expression(scope, bit(16), 1)};`];
  scope.variables.push({ text: `((bit<16>)${name})`, type: bit(16), writable: false });
  return lines;
}

/**
 * An element of the stack that is chosen at run time. Only sizes that are powers of two, so that the index stays in
 * bounds.
 */
export function elementStatement(scope: Scope): string[] {
  const { random, stack, headers } = scope.world;
  const element = headers.find(({ kind }) => kind === 'element')!;
  const name = scope.freshName('x');
  const index = bit(stack!.size === 4 ? 2 : 1);
  const lines = [`${typeText(index)} ${name} = ${expression(scope, index, 1)};`];
  const place = `${stack!.text}[${name}]`;
  const inner = scope.nested();
  const [read, write] = [random.pick(element.type.fields), random.pick(element.type.fields)];
  const target = random.pick(scope.writable(({ type }) => type.kind === read.type.kind));
  const value = expression(inner, write.type, 1);
  const body = [`${place}.${write.name} = ${value};`];
  if (target !== undefined && target.header === undefined && read.type.kind !== 'bool' && target.type.kind !== 'bool')
    body.push(`${target.text} = (${target.type.kind}<${target.type.width}>)${place}.${read.name};`);
  if (random.chance(0.2)) body.push(`${place}.setInvalid();`);
  for (const header of headers) if (header.kind === 'element') scope.valid.delete(header.text);
  const elements = headers.filter(({ kind }) => kind === 'element').map(({ text }) => `${text}.isValid()`);
  // p4c has no `isValid()` of an element chosen at run time.
  return [...lines, `if (${elements.join(' && ')}) {`, ...indent(body), '}'];
}

/** The header with a variable length: its fixed fields, its validity. */
export function variableLengthStatement(scope: Scope): string[] {
  const { random } = scope.world;
  return random.weighted<() => string[]>([
    [1, () => ['hdr.v.setInvalid();']],
    [
      3,
      () => [
        'if (hdr.v.isValid()) {',
        `  hdr.v.${random.pick(['tag', 'last'])} = ${expression(scope, bit(8), 1)};`,
        '}',
      ],
    ],
    [1, () => ['if (hdr.v.isValid()) {', '  meta.s.x = hdr.v.last;', '}']],
  ])();
}
