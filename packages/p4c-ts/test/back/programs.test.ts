/**
 * The project's own P4 programs: each compiles, keeps the invariants after every pass, and gives exactly its golden
 * JSON.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { compileBack, PROGRAMS } from './support.ts';

const cases = readdirSync(PROGRAMS).filter((name) => existsSync(join(PROGRAMS, name, 'program.p4')));

describe('programs', () => {
  test.each(cases)('%s', (name) => {
    const { json, errors, broken } = compileBack(`${name}/program.p4`);
    expect(errors).toEqual([]);
    expect(broken).toEqual([]);
    const golden = join(PROGRAMS, name, 'golden', 'program.json');
    const text = `${JSON.stringify(json, null, 1)}\n`;
    if (process.env.UPDATE_GOLDEN === '1') writeFileSync(golden, text);
    expect(text).toBe(readFileSync(golden, 'utf8'));
  });

  test('compiling twice gives the same text', () => {
    const once = JSON.stringify(compileBack('loops/program.p4').json);
    expect(JSON.stringify(compileBack('loops/program.p4').json)).toBe(once);
  });
});
