/**
 * Keeps the documentation true: the table of differences from simple_switch_grpc in docs/P4RUNTIME.md is what the checks declare, the table of
 * upstream tests in docs/CONFORMANCE.md is complete, and every upstream test is stood for or has its reason. UPDATE_GOLDEN=1 rewrites both.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { upstreamSuites } from './support/upstream.ts';
import { topics } from './topics/index.ts';

const DOCS = fileURLToPath(new URL('../../../docs/', import.meta.url));

const cell = (text: string) => text.replaceAll('|', '\\|');

function differences(): string {
  const rows = topics.flatMap(({ title, checks }) =>
    checks.flatMap(({ name, bmv2 }) => (bmv2 === undefined ? [] : [`| ${title} | ${cell(name)} | ${cell(bmv2)} |`])),
  );
  return ['| topic | here | simple_switch_grpc |', '|---|---|---|', ...rows].join('\n');
}

/** Names of upstream tests and the checks that stand for them. */
function standFor(): Map<string, string[]> {
  const result = new Map<string, string[]>();
  for (const { title, checks } of topics)
    for (const { name, covers } of checks)
      for (const upstream of covers ?? []) result.set(upstream, [...(result.get(upstream) ?? []), `${title}: ${name}`]);
  return result;
}

function coverage(): string {
  const covered = standFor();
  const rows = upstreamSuites.flatMap(({ origin, suite, tests, notPortable }) =>
    tests.split(' ').map((test) => {
      const checks = covered.get(`${suite}.${test}`);
      const answer = checks === undefined ? `not portable: ${notPortable?.[test] ?? ''}` : checks.join('; ');
      return `| ${origin} | ${suite}.${test} | ${cell(answer)} |`;
    }),
  );
  return ['| from | upstream test | check here |', '|---|---|---|', ...rows].join('\n');
}

function compare(file: string, name: string, table: string): void {
  const text = readFileSync(DOCS + file, 'utf8');
  const pattern = new RegExp(`(<!-- ${name} -->\n)[\\s\\S]*?(\n<!-- /${name} -->)`);
  expect(text).toMatch(pattern);
  const wanted = text.replace(pattern, (_, before: string, after: string) => before + table + after);
  if (process.env.UPDATE_GOLDEN !== undefined) writeFileSync(DOCS + file, wanted);
  else expect(text).toBe(wanted);
}

test('every upstream test is stood for by a check, or there is a reason why not', () => {
  const covered = standFor();
  const names = upstreamSuites.flatMap(({ suite, tests, notPortable }) =>
    tests.split(' ').map((test) => ({ name: `${suite}.${test}`, reason: notPortable?.[test] })),
  );
  expect(names.filter(({ name, reason }) => !covered.has(name) && reason === undefined)).toEqual([]);
  expect(names.filter(({ name, reason }) => covered.has(name) && reason !== undefined)).toEqual([]);
  const known = new Set(names.map(({ name }) => name));
  expect([...covered.keys()].filter((name) => !known.has(name))).toEqual([]);
});

test('names of checks are unique in their topic', () => {
  for (const { checks } of topics) expect(new Set(checks.map(({ name }) => name)).size).toBe(checks.length);
});

test('docs/P4RUNTIME.md has the differences that the checks declare', () => {
  compare('P4RUNTIME.md', 'differences', differences());
});

test('docs/CONFORMANCE.md has all upstream tests', () => {
  compare('CONFORMANCE.md', 'upstream', coverage());
});
