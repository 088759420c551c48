/**
 * Golden cases of the configuration reader: `golden/<case>/mooring.yaml` in, `expected.txt` out (the messages, or the
 * configuration as JSON). UPDATE_GOLDEN=1 rewrites what is expected. Then a property: no text whatever makes it crash.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConfigurationError } from '../../src/config/diagnostics.ts';
import { readConfiguration } from '../../src/config/read.ts';

const golden = join(import.meta.dirname, 'golden');

function outcome(text: string): string {
  try {
    const configuration = readConfiguration('mooring.yaml', text);
    const json = JSON.stringify(configuration, (_, value) => (typeof value === 'bigint' ? Number(value) : value), 2);
    return `${json}\n`;
  } catch (error) {
    if (error instanceof ConfigurationError) return `${error.message}\n`;
    throw error;
  }
}

describe('configuration', () => {
  it.each(readdirSync(golden))('golden case %s', (name) => {
    const actual = outcome(readFileSync(join(golden, name, 'mooring.yaml'), 'utf8'));
    const expectedPath = join(golden, name, 'expected.txt');
    if (process.env.UPDATE_GOLDEN === '1') writeFileSync(expectedPath, actual);
    expect(existsSync(expectedPath), 'run with UPDATE_GOLDEN=1 once').toBe(true);
    expect(actual).toBe(readFileSync(expectedPath, 'utf8'));
  });

  it('never fails but with positions inside the file', () => {
    const complete = readFileSync(join(golden, 'complete', 'mooring.yaml'), 'utf8');
    const mutation = fc.tuple(fc.nat(complete.length), fc.nat(12), fc.string({ maxLength: 12 }));
    fc.assert(
      fc.property(mutation, ([start, deleted, inserted]) => {
        const text = complete.slice(0, start) + inserted + complete.slice(start + deleted);
        try {
          readConfiguration('mooring.yaml', text);
        } catch (error) {
          if (!(error instanceof ConfigurationError)) throw error;
          expect(error.diagnostics.length).toBeGreaterThan(0);
          const lines = text.split('\n').length;
          for (const { line, column } of error.diagnostics) {
            expect(line).toBeGreaterThan(0);
            expect(line).toBeLessThanOrEqual(lines + 1);
            expect(column).toBeGreaterThan(0);
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it('every key of the code is described in docs/CONFIGURATION.md, and no other', () => {
    const documentation = readFileSync(join(import.meta.dirname, '../../../docs/CONFIGURATION.md'), 'utf8');
    const documented = [...documentation.matchAll(/^\| (`[A-Za-z`, -]+`) \|/gm)].flatMap((match) =>
      match[1]!.split(', ').map((key) => key.replaceAll('`', '')),
    );
    const probe =
      'x1: 0\nswitch: {x1: 0}\ntimers: {x1: 0}\npolicy: {x1: 0}\nclasses: [{x1: 0}]\nagents: {x1: 0}\ngroups: [{x1: 0}]\n' +
      'vips: [{x1: 0, servers: [{x1: 0, links: [{x1: 0}]}], health: {x1: 0}, overflow: {x1: 0}}]\n';
    const known = [...outcome(probe).matchAll(/unknown key `x1`; known: (.*)/g)].flatMap((match) =>
      match[1]!.split(', '),
    );
    expect(new Set(documented)).toEqual(new Set(known));
  });
});
