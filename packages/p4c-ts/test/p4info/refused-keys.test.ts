/** Keys of entries that P4Runtime has no value for are refused by name, not as if they were no constants. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { layeredFileSystem, memoryFileSystem } from '../../src/1-preprocess/file-system.ts';
import { compile } from '../../src/api/compile.ts';
import { nodeFileSystem, systemIncludePaths } from '../../src/node.ts';
import { PROGRAMS, programAround } from '../back/support.ts';

const table = (kind: string): string => `
action a(bit<8> x) { hdr.data.a = x; }
table t {
  key = { sm.parser_error : ${kind}; }
  actions = { a; NoAction; }
  const entries = { error.NoMatch : a(1); error.NoError : a(2); }
}`;

test.each(['exact', 'ternary'])('a member of error as the key of kind %s', (kind) => {
  const main = join(PROGRAMS, 'main.p4');
  const own = memoryFileSystem({ [main]: programAround('t.apply();', table(kind)) });
  const { ok, diagnostics } = compile(main, {
    files: layeredFileSystem(own, nodeFileSystem()),
    includePaths: systemIncludePaths(),
  });
  expect(ok).toBe(false);
  expect(diagnostics.map((each) => `${each.class}: ${each.message}`)).toEqual([
    'unsupported: a member of error cannot be the key of an entry: P4Runtime has no number for it',
    'unsupported: a member of error cannot be the key of an entry: P4Runtime has no number for it',
  ]);
});
