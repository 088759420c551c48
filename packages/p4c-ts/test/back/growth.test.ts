/**
 * Programs of a page that are enormous when written out: calls of calls, structures of structures, squares of squares.
 * Each must end soon, with a diagnostic of class `overlimit` or `unsupported` that names the limit. Without the limits
 * they end after hours, or with the memory.
 */
import { describe, expect, test } from 'vitest';
import { layeredFileSystem, memoryFileSystem } from '../../src/1-preprocess/file-system.ts';
import { compile } from '../../src/api/compile.ts';
import type { CompileResult } from '../../src/api/options.ts';
import { nodeFileSystem, systemIncludePaths } from '../../src/node.ts';

/** Parts of a program: declarations, the ingress control's locals and statements, and the parser's transition. */
interface Parts {
  readonly declarations?: string;
  readonly locals?: string;
  readonly body?: string;
  readonly transition?: string;
}

function compileParts({ declarations = '', locals = '', body = '', transition = 'accept;' }: Parts): CompileResult {
  const source = `#include <core.p4>
#include <v1model.p4>
header h_t { bit<8> a; }
struct headers_t { h_t h; }
struct meta_t { bit<8> x; bit<48> t; }
${declarations}
parser P(packet_in packet, out headers_t hdr, inout meta_t m, inout standard_metadata_t sm) {
  state start { packet.extract(hdr.h); transition ${transition} }
}
control V(inout headers_t hdr, inout meta_t m) { apply {} }
control I(inout headers_t hdr, inout meta_t m, inout standard_metadata_t sm) { ${locals} apply { ${body} } }
control E(inout headers_t hdr, inout meta_t m, inout standard_metadata_t sm) { apply {} }
control D(packet_out packet, in headers_t hdr) { apply { packet.emit(hdr); } }
V1Switch(P(), V(), I(), E(), V(), D()) main;
`;
  const files = layeredFileSystem(memoryFileSystem({ 'main.p4': source }), nodeFileSystem());
  return compile('main.p4', { files, includePaths: systemIncludePaths({}) });
}

/** `first`, then `more` with the numbers 1 to `count`. */
function series(count: number, first: string, more: (n: number) => string): string {
  return [first, ...Array.from({ length: count }, (_, index) => more(index + 1))].join('\n');
}

const TOO_LARGE: readonly [name: string, parts: Parts, message: RegExp][] = [
  [
    'actions that call actions twice',
    {
      locals: series(30, 'action a0() { m.x = m.x + 1; }', (n) => `action a${n}() { a${n - 1}(); a${n - 1}(); }`),
      body: 'a30();',
    },
    /too large when its calls are inlined/,
  ],
  [
    'functions that call functions twice',
    {
      declarations: series(
        30,
        'bit<8> f0(in bit<8> x) { return x + 1; }',
        (n) => `bit<8> f${n}(in bit<8> x) { bit<8> y = f${n - 1}(x); return f${n - 1}(y); }`,
      ),
      body: 'm.x = f30(m.x);',
    },
    /more than 50000 variables/,
  ],
  [
    'structures of two structures',
    {
      declarations: series(
        40,
        'struct s0 { bit<8> a; bit<8> b; }',
        (n) => `struct s${n} { s${n - 1} a; s${n - 1} b; }`,
      ),
      body: 's40 first; s40 second; first = second;',
    },
    /types of more than 50000 scalars/,
  ],
  [
    'tuples of two tuples',
    {
      declarations: series(
        40,
        'typedef tuple<bit<8>, bit<8>> t0;',
        (n) => `typedef tuple<t${n - 1}, t${n - 1}> t${n};`,
      ),
    },
    /types of more than 50000 scalars/,
  ],
  [
    'squares of squares',
    { declarations: series(60, 'const int c0 = 3;', (n) => `const int c${n} = c${n - 1} * c${n - 1};`) },
    /numbers of more than 65536 bits/,
  ],
  [
    'strings of two strings',
    { declarations: series(60, 'const string s0 = "twice";', (n) => `const string s${n} = s${n - 1} ++ s${n - 1};`) },
    /strings of more than 1000000 characters/,
  ],
  [
    'combinations of ranges',
    {
      transition: `select(m.t, m.t, m.t) {
        (1 .. 0xfffffffffffe, 1 .. 0xfffffffffffe, 1 .. 0xfffffffffffe): accept; default: reject; }`,
    },
    /would become 830584 cases/,
  ],
  [
    'a stack with a default value',
    { body: 'bit<8>[2147483647] x = { ... }; m.x = x[0];' },
    /2147483647 elements is too large/,
  ],
];

describe('growth', () => {
  test.each(TOO_LARGE)('%s', (_, parts, message) => {
    const { diagnostics, ok } = compileParts(parts);
    const errors = diagnostics.filter((item) => item.severity === 'error');
    expect(ok).toBe(false);
    expect(errors.map((item) => item.class).filter((each) => each !== 'overlimit' && each !== 'unsupported')).toEqual(
      [],
    );
    expect(errors[0]?.message).toMatch(message);
  });

  test('a list that does not fill a huge stack', () => {
    const { diagnostics } = compileParts({ body: 'h_t[2147483647] x = { { 1 }, { 2 } };' });
    expect(diagnostics.find((item) => item.severity === 'error')?.message).toMatch(
      /cannot be converted to h_t\[2147483647\]/,
    );
  });

  test('loops in loops in loops', () => {
    const body = `${series(24, '', (n) => `for (bit<32> i${n} = 0; i${n} < 10; i${n} = i${n} + 1) {`)} m.x = m.x + 1; ${'}'.repeat(24)}`;
    expect(compileParts({ body }).ok).toBe(true);
  });
});
