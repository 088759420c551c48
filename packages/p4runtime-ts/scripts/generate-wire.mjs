// Writes src/gen/wire.ts: straight-line encoders and decoders for the messages that carry traffic.
//
// protobuf-es walks descriptors at run time, which costs some 15 microseconds per table entry and direction and much
// garbage; a switch that takes 50,000 entries a second cannot afford it. The generated functions do the same for the
// messages reachable from the roots below, and produce and take the very same objects. What is not hot (P4Info,
// pipelines) stays with protobuf-es.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createFileRegistry, fromBinary, ScalarType } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';

const here = dirname(dirname(fileURLToPath(import.meta.url)));
const binaries = join(here, '..', '..', 'node_modules', '.bin');
const env = { ...process.env, PATH: `${binaries}${delimiter}${process.env.PATH}` };
const roots = ['WriteRequest', 'ReadRequest', 'ReadResponse', 'StreamMessageRequest', 'StreamMessageResponse'];

/** File of the generated messages -> where to import their types from. */
const modules = {
  'p4/v1/p4runtime': './p4/v1/p4runtime_pb.ts',
  'p4/v1/p4data': './p4/v1/p4data_pb.ts',
  'google/rpc/status': './google/rpc/status_pb.ts',
  'google/protobuf/any': '@bufbuild/protobuf/wkt',
};

const scalars = {
  [ScalarType.STRING]: { method: 'string', wire: 2, zero: "''", isSet: (value) => `${value} !== ''` },
  [ScalarType.BYTES]: { method: 'bytes', wire: 2, zero: 'empty', isSet: (value) => `${value}.length > 0` },
  [ScalarType.BOOL]: { method: 'bool', wire: 0, zero: 'false', isSet: (value) => value },
  [ScalarType.UINT32]: { method: 'uint32', wire: 0, zero: '0', isSet: (value) => `${value} !== 0` },
  [ScalarType.INT32]: { method: 'int32', wire: 0, zero: '0', isSet: (value) => `${value} !== 0` },
  [ScalarType.UINT64]: { method: 'uint64', wire: 0, zero: '0n', isSet: (value) => `${value} !== 0n` },
  [ScalarType.INT64]: { method: 'int64', wire: 0, zero: '0n', isSet: (value) => `${value} !== 0n` },
};
const enumeration = { method: 'int32', wire: 0, zero: '0', isSet: (value) => `${value} !== 0` };

function fieldName(message) {
  return message.typeName.slice(message.file.proto.package.length + 1).replaceAll('.', '_');
}

function kindOf(field) {
  if (field.fieldKind === 'list') return field.listKind;
  return field.fieldKind;
}

function scalarOf(field) {
  const found = kindOf(field) === 'enum' ? enumeration : scalars[field.scalar];
  if (found === undefined) throw new Error(`${field.parent.typeName}.${field.name}: type not supported here`);
  return found;
}

function encodeOne(field, value) {
  if (kindOf(field) === 'message')
    return `writer.tag(${field.number * 8 + 2}); const at = writer.begin(); encode${fieldName(field.message)}(${value}, writer); writer.end(at);`;
  const { method, wire } = scalarOf(field);
  return `writer.tag(${field.number * 8 + wire}); writer.${method}(${value});`;
}

function encoder(message) {
  const lines = [];
  for (const member of message.members) {
    if (member.kind === 'oneof') {
      lines.push(`  switch (message.${member.localName}.case) {`);
      for (const field of member.fields)
        lines.push(
          `    case '${field.localName}': { ${encodeOne(field, `message.${member.localName}.value`)} break; }`,
        );
      lines.push('    default: break;', '  }');
    } else if (member.fieldKind === 'list')
      lines.push(`  for (const item of message.${member.localName}) { ${encodeOne(member, 'item')} }`);
    else if (member.fieldKind === 'message')
      lines.push(
        `  if (message.${member.localName} !== undefined) { ${encodeOne(member, `message.${member.localName}`)} }`,
      );
    else
      lines.push(
        `  if (${scalarOf(member).isSet(`message.${member.localName}`)}) { ${encodeOne(member, `message.${member.localName}`)} }`,
      );
  }
  const name = fieldName(message);
  const used = lines.length > 0;
  return [
    `function encode${name}(${used ? 'message' : '_message'}: ${name}, ${used ? 'writer' : '_writer'}: WireWriter): void {`,
    ...lines,
    '}',
  ];
}

function decodeOne(field) {
  if (kindOf(field) !== 'message') {
    // A packet is its receiver's own; values are read only.
    const method =
      field.scalar === ScalarType.BYTES && field.localName !== 'payload' ? 'value' : scalarOf(field).method;
    return { before: '', value: `reader.${method}()`, after: '' };
  }
  return {
    before: 'const outer = reader.enter(); ',
    value: `decode${fieldName(field.message)}(reader)`,
    after: ' reader.leave(outer);',
  };
}

function decoder(message) {
  const name = fieldName(message);
  const initial = [`$typeName: '${message.typeName}'`];
  const cases = [];
  for (const member of message.members) {
    if (member.kind === 'oneof') initial.push(`${member.localName}: none`);
    else if (member.fieldKind === 'list') initial.push(`${member.localName}: []`);
    else if (member.fieldKind !== 'message') initial.push(`${member.localName}: ${scalarOf(member).zero}`);
    else initial.push(`${member.localName}: undefined`);
  }
  for (const field of message.fields) {
    const { before, value, after } = decodeOne(field);
    const wire = kindOf(field) === 'message' ? 2 : scalarOf(field).wire;
    const target = field.oneof
      ? `message.${field.oneof.localName} = { case: '${field.localName}', value: ${value} };`
      : field.fieldKind === 'list'
        ? `message.${field.localName}.push(${value});`
        : `message.${field.localName} = ${value};`;
    cases.push(`      case ${field.number * 8 + wire}: { ${before}${target}${after} break; }`);
  }
  return [
    `function decode${name}(reader: WireReader): ${name} {`,
    `  const message: ${name} = { ${initial.join(', ')} };`,
    '  while (reader.more) {',
    '    const tag = reader.uint32();',
    '    switch (tag) {',
    ...cases,
    '      default: reader.skip(tag);',
    '    }',
    '  }',
    '  return message;',
    '}',
  ];
}

const set = fromBinary(
  FileDescriptorSetSchema,
  execFileSync('buf', ['build', 'proto', '-o', '-'], { cwd: here, env, maxBuffer: 1 << 26 }),
);
const registry = createFileRegistry(set);
const messages = new Map();
function collect(message) {
  if (messages.has(message.typeName)) return;
  messages.set(message.typeName, message);
  for (const field of message.fields) if (field.message !== undefined) collect(field.message);
}
for (const root of roots) collect(registry.getMessage(`p4.v1.${root}`));

const imports = new Map();
for (const message of messages.values()) {
  const from = modules[message.file.name];
  if (from === undefined)
    throw new Error(`${message.typeName} comes from ${message.file.name}, which has no place here`);
  imports.set(from, [...(imports.get(from) ?? []), fieldName(message)]);
}
const lines = [
  '// Straight-line encoders and decoders of the messages that carry traffic.',
  '// @generated by scripts/generate-wire.mjs from proto/; do not edit.',
  '/* eslint-disable */',
  ...[...imports].sort().map(([from, names]) => `import type { ${names.sort().join(', ')} } from '${from}';`),
  "import { WireReader } from '../wire/reader.ts';",
  "import { WireWriter } from '../wire/writer.ts';",
  '',
  'const empty = new Uint8Array(0);',
  'const none = Object.freeze({ case: undefined });',
  'const shared = new WireWriter();',
  '',
  ...[...messages.values()].flatMap((message) => [...encoder(message), '', ...decoder(message), '']),
  ...roots.flatMap((root) => [
    `/** Bytes of a ${root}. */`,
    `export function ${root[0].toLowerCase()}${root.slice(1)}ToBytes(message: ${root}): Buffer {`,
    '  shared.reset();',
    `  encode${root}(message, shared);`,
    '  return shared.result();',
    '}',
    '',
    `/** A ${root} from its bytes; throws WireError when they are malformed. */`,
    `export function ${root[0].toLowerCase()}${root.slice(1)}FromBytes(bytes: Uint8Array): ${root} {`,
    `  return decode${root}(new WireReader(bytes));`,
    '}',
    '',
  ]),
  '/** An Update, from where the reader stands to the end that it has; throws WireError when it is malformed. */',
  'export const readUpdate: (reader: WireReader) => Update = decodeUpdate;',
  '',
  '/** A P4Data, likewise. */',
  'export const readP4Data: (reader: WireReader) => P4Data = decodeP4Data;',
  '',
];
writeFileSync(join(here, 'src', 'gen', 'wire.ts'), lines.join('\n'));
console.log(`generated packages/p4runtime-ts/src/gen/wire.ts (${messages.size} messages)`);
