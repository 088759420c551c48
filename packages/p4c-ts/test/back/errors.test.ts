/** What the target cannot do is said with position and reason, never written wrongly. */
import { describe, expect, test } from 'vitest';
import { compileBack, programAround } from './support.ts';

const table = (key: string, rest = ''): string => `
action a(bit<8> x) { hdr.data.a = x; }
table t { key = { ${key} } actions = { a; NoAction; } ${rest} }
`;

const CASES: readonly [name: string, program: string, message: RegExp][] = [
  [
    'several lpm keys',
    programAround('t.apply();', table('hdr.data.c : lpm; hdr.data.d : lpm;')),
    /^5:1 unsupported: table TestIngress\.work\.t has 2 keys of kind lpm/,
  ],
  [
    'a register of booleans',
    programAround('r.write(0, true);', 'register<bool>(4) r;'),
    /target-error: registers of a type other than bit<W> or int<W>/,
  ],
  [
    'a direct register',
    programAround('r.write(0, 1);', 'register<bit<8>>(0) r;'),
    /target-error: direct registers are not supported by BMv2/,
  ],
  [
    'a clone of the wrong kind',
    programAround('clone(CloneType.E2E, 1);'),
    /target-error: 'clone\(E2E, \.\.\.\)' not invoked in egress/,
  ],
  [
    'recirculation from ingress',
    programAround('recirculate_preserving_field_list(1);'),
    /target-error: 'recirculate' can only be invoked in egress/,
  ],
  [
    'a direct meter that nothing reads',
    programAround(
      't.apply();',
      `direct_meter<bit<2>>(MeterType.bytes) m;${table('hdr.data.a : exact;', 'meters = m;')}`,
    ),
    /invalid: .*m: the direct meter of table .* is never read/,
  ],
  [
    'a hash algorithm that BMv2 lacks',
    programAround('hash(meta.n, HashAlgorithm.random, 16w0, { hdr.data.a }, 16w4);'),
    /target-error: BMv2 has no hash algorithm "random"/,
  ],
  [
    'an extern that the switch does not know',
    `extern void f(in bit<8> x);\n${programAround('f(hdr.data.a);')}`,
    /target-error: BMv2 does not know the extern function f/,
  ],
];

describe('errors of the back end', () => {
  test.each(CASES)('%s', (_, program, message) => {
    const { errors, json } = compileBack('main.p4', program);
    expect(json).toBeUndefined();
    expect(errors.join('\n')).toMatch(message);
  });
});
