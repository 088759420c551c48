/**
 * P4Info and entries against golden files: one folder a case, `program.p4` beside what it must give. The expected files
 * were compared with p4c's output for the same programs. `UPDATE_GOLDEN=1` rewrites them.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { layeredFileSystem, memoryFileSystem } from '../../src/1-preprocess/file-system.ts';
import { jenkinsHash, Symbols } from '../../src/7-emit-p4info/symbols.ts';
import { entriesText, p4infoText } from '../../src/7-emit-p4info/text.ts';
import { compile } from '../../src/api/compile.ts';
import { nodeFileSystem, systemIncludePaths } from '../../src/node.ts';
import { entriesFile, p4infoFile, p4infoMessage } from '../../src/p4info.ts';

const golden = join(import.meta.dirname, 'golden');

function controlPlaneOf(path: string, files = nodeFileSystem()) {
  const result = compile(path, { files, includePaths: systemIncludePaths(), checkOnly: true });
  const errors = result.diagnostics
    .filter((item) => item.severity === 'error')
    .map((item) => `${item.class}: ${item.message}`);
  return { controlPlane: result.controlPlane, errors };
}

describe('golden cases', () => {
  test.each(readdirSync(golden))('%s', (name) => {
    const { controlPlane, errors } = controlPlaneOf(join(golden, name, 'program.p4'));
    expect(errors).toEqual([]);
    if (controlPlane === undefined) throw new Error('no P4Info');
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    const made = {
      'p4info.txtpb': p4infoText(controlPlane),
      'entries.txtpb': entriesText(controlPlane),
    };
    // Our own writer of text and the protobuf runtime's must agree.
    expect(text(p4infoFile(controlPlane, 'text'))).toBe(made['p4info.txtpb']);
    expect(text(entriesFile(controlPlane, 'text'))).toBe(made['entries.txtpb']);
    for (const [file, content] of Object.entries(made)) {
      const path = join(golden, name, file);
      if (process.env.UPDATE_GOLDEN === '1') writeFileSync(path, content);
      expect(content).toBe(readFileSync(path, 'utf8'));
    }
  });

  test('the other formats hold the same message', () => {
    const { controlPlane } = controlPlaneOf(join(golden, 'everything', 'program.p4'));
    if (controlPlane === undefined) throw new Error('no P4Info');
    const json = JSON.parse(new TextDecoder().decode(p4infoFile(controlPlane, 'json')));
    expect(json.tables.map((table: { preamble: { name: string } }) => table.preamble.name)).toEqual(
      p4infoMessage(controlPlane).tables.map((table) => table.preamble?.name),
    );
    expect(p4infoFile(controlPlane, 'binary').length).toBeGreaterThan(1000);
  });
});

describe('ids and aliases', () => {
  test('the hash is the one that P4Info ids are made of', () => {
    // Known from every P4Info there is: NoAction is 0x01444d17 & 0xffffff under the prefix of actions.
    const symbols = new Symbols();
    symbols.add('action', 'NoAction');
    symbols.assign();
    expect(symbols.id('action', 'NoAction')).toBe(21257015);
    expect(jenkinsHash('')).toBe(0);
  });

  test('a taken id moves on to the next, in alphabetical order', () => {
    const symbols = new Symbols();
    symbols.add('table', 'b');
    symbols.add('table', 'a', 0x02000000 | (jenkinsHash('b') & 0xffffff));
    symbols.assign();
    expect(symbols.id('table', 'b')).toBe((0x02000000 | ((jenkinsHash('b') + 1) & 0xffffff)) >>> 0);
  });

  test('@id without its prefix gets it', () => {
    const symbols = new Symbols();
    expect(symbols.add('table', 'a', 7)).toBe(true);
    expect(symbols.add('table', 'b', 0x02000007)).toBe(false);
    symbols.assign();
    expect(symbols.id('table', 'a')).toBe(0x02000007);
  });

  test('aliases are as short as they can be', () => {
    const symbols = new Symbols();
    for (const name of ['x.a.t', 'x.b.t', 'y.u', 't2', 'c.t2']) symbols.add('table', name);
    expect(['x.a.t', 'x.b.t', 'y.u', 't2', 'c.t2'].map((name) => symbols.alias(name))).toEqual([
      'a.t',
      'b.t',
      'u',
      't2',
      'c.t2',
    ]);
  });
});

/** A program with something inside its ingress control. */
function around(locals: string, apply: string, before = ''): string {
  return `#include <core.p4>
#include <v1model.p4>
header h_t { bit<8> a; }
struct headers_t { h_t h; }
struct metadata_t { }
${before}
parser P(packet_in p, out headers_t hdr, inout metadata_t m, inout standard_metadata_t s) { state start { transition accept; } }
control V(inout headers_t hdr, inout metadata_t m) { apply { } }
control I(inout headers_t hdr, inout metadata_t m, inout standard_metadata_t s) { ${locals} apply { ${apply} } }
control E(inout headers_t hdr, inout metadata_t m, inout standard_metadata_t s) { apply { } }
control D(packet_out p, in headers_t hdr) { apply { } }
V1Switch(P(), V(), I(), E(), V(), D()) main;
`;
}

describe('mistakes', () => {
  const table = (properties: string) =>
    `action a(bit<8> x) { } table t { key = { hdr.h.a: exact; } actions = { a; } ${properties} }`;
  const cases: [name: string, program: string, error: RegExp][] = [
    [
      'an id of another kind',
      around('@id(0x01000001) counter(1, CounterType.bytes) c;', ''),
      /^invalid: the upper 8 bits/,
    ],
    [
      'the same id twice',
      around('@id(5) counter(1, CounterType.bytes) c; @id(5) counter(1, CounterType.bytes) d;', ''),
      /^invalid: @id 5 is given to several/,
    ],
    [
      '@id 0 of a field',
      around('action a(@id(0) bit<8> x) { } table t { actions = { a; } }', 't.apply();'),
      /^invalid: 0 is not a valid @id/,
    ],
    [
      'the same @id of two fields',
      around('action a(@id(3) bit<8> x, @id(3) bit<8> y) { } table t { actions = { a; } }', 't.apply();'),
      /^duplicate: @id 3/,
    ],
    [
      'two counters with one name',
      around('@name(".c") counter(1, CounterType.bytes) c1; @name(".c") counter(1, CounterType.bytes) c2;', ''),
      /^duplicate: the name 'c'/,
    ],
    [
      'an action parameter that is a header',
      around('action a(h_t x) { } table t { actions = { a; } }', 't.apply();'),
      /^type-error: parameter 'x'/,
    ],
    [
      'an anonymous implementation',
      around(table('implementation = action_profile(3);'), 't.apply();'),
      /^unsupported: the implementation of table 'I.t' is made in place/,
    ],
  ];
  test.each(cases)('%s', (_name, program, error) => {
    const files = layeredFileSystem(memoryFileSystem({ 'case.p4': program }), nodeFileSystem());
    const { errors } = controlPlaneOf('case.p4', files);
    expect(
      errors.some((message) => error.test(message)),
      errors.join('\n'),
    ).toBe(true);
  });
});
