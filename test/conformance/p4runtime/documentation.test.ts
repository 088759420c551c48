/**
 * Keeps the documentation true: the table of differences from simple_switch_grpc in docs/P4RUNTIME.md is what the
 * checks declare, the table of upstream tests in docs/CONFORMANCE.md is complete, and every upstream test is stood for
 * or has its reason. UPDATE_GOLDEN=1 rewrites both. And each requirement listed in docs/P4RUNTIME.md names tests that
 * there are.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { upstreamSuites } from './support/upstream.ts';
import { topics } from './topics/index.ts';

const DOCS = fileURLToPath(new URL('../../../docs/', import.meta.url));

const PACKAGES = fileURLToPath(new URL('../../../packages/', import.meta.url));

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

/**
 * References of the table of requirements that lead nowhere. A reference is `file > text` (`room/file` for tests of
 * another package than p4runtime-ts) or `test/conformance: topics > text`; those after it, separated by semicolons, may
 * leave the file, `test/conformance:` or the topics out. The text is part of a test's name.
 */
function brokenReferences(): string[] {
  const docs = readFileSync(`${DOCS}P4RUNTIME.md`, 'utf8');
  const [, table = ''] = /<!-- requirements -->\n([\s\S]*?)\n<!-- \/requirements -->/.exec(docs) ?? [];
  const rows = table.split('\n').slice(2);
  expect(rows.length).toBeGreaterThan(60);
  const broken: string[] = [];
  for (const row of rows) {
    const references = row.split(' | ').at(-1)!.replace(/ \|$/, '').split('; ');
    let names: readonly string[] = [];
    let isConformance = false;
    for (const reference of references) {
      const [, prefix, rest] = /^(test\/conformance: )?(.*)$/.exec(reference)!;
      isConformance ||= prefix !== undefined;
      const [head, text] = rest!.includes(' > ') ? rest!.split(' > ') : [rest!, undefined];
      const place = isConformance ? checksOf(head!) : unitTestsOf(head!);
      if (place !== undefined) names = place;
      const wanted = place === undefined ? head! : (text ?? '');
      if (!names.some((name) => name.includes(wanted))) broken.push(`${row.split(' | ')[1]}: ${reference}`);
    }
  }
  return broken;
}

function checksOf(titles: string): string[] | undefined {
  const found = titles.split(', ').map((title) => topics.find((topic) => topic.title === title));
  if (found.some((topic) => topic === undefined)) return undefined;
  return found.flatMap((topic) => topic!.checks.map(({ name }) => name));
}

function unitTestsOf(file: string): string[] | undefined {
  const [name, room] = file.split('/').toReversed();
  const path = `${PACKAGES}${room ?? 'p4runtime-ts'}/test/${name}.test.ts`;
  return existsSync(path) ? [readFileSync(path, 'utf8')] : undefined;
}

test('every requirement in docs/P4RUNTIME.md names tests that there are', () => {
  expect(brokenReferences()).toEqual([]);
});
