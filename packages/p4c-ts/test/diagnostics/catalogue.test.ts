/** The catalogue keeps its promises: each example gets its class, and docs/ERRORS.md is what the catalogue says. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { layeredFileSystem, memoryFileSystem } from '../../src/1-preprocess/file-system.ts';
import { compile } from '../../src/api/compile.ts';
import { type CatalogueEntry, ERROR_CATALOGUE, WARNING_CATALOGUE } from '../../src/diagnostics/catalogue.ts';
import { ERROR_CLASSES, type Severity, WARNING_CLASSES } from '../../src/diagnostics/diagnostic.ts';
import { errorsDocument } from '../../src/diagnostics/document.ts';
import { formatDiagnostic } from '../../src/diagnostics/format.ts';
import { nodeFileSystem, systemIncludePaths } from '../../src/node.ts';

function check(program: string) {
  return compile('example.p4', {
    files: layeredFileSystem(memoryFileSystem({ 'example.p4': program }), nodeFileSystem()),
    includePaths: systemIncludePaths(),
    checkOnly: true,
  });
}

const examples = (catalogue: Readonly<Record<string, CatalogueEntry>>, severity: Severity) =>
  Object.entries(catalogue).flatMap(([name, { example }]) =>
    example === undefined ? [] : [[severity, name, example] as const],
  );

describe('catalogue', () => {
  test('has an entry for every class', () => {
    expect(Object.keys(ERROR_CATALOGUE).sort()).toEqual([...ERROR_CLASSES].sort());
    expect(Object.keys(WARNING_CATALOGUE).sort()).toEqual([...WARNING_CLASSES].sort());
  });

  test.each([...examples(ERROR_CATALOGUE, 'error'), ...examples(WARNING_CATALOGUE, 'warning')])(
    '%s %s: its example gets it',
    (severity, name, example) => {
      const found = check(example).diagnostics.map((item) => `${item.severity} ${item.class}`);
      expect(found).toContain(`${severity} ${name}`);
    },
  );

  test('docs/ERRORS.md is up to date', () => {
    const document = errorsDocument((program) => {
      const result = check(program);
      return result.diagnostics.map((item) => formatDiagnostic(item, result.sourceMap)).join('\n');
    });
    const path = join(import.meta.dirname, '../../../../docs/ERRORS.md');
    if (process.env.UPDATE_GOLDEN === '1') writeFileSync(path, document);
    expect(readFileSync(path, 'utf8')).toBe(document);
  });
});

describe('warnings', () => {
  // Without `main`, which is a warning of its own ('missing').
  const unused = 'const bit<8> x = 1;';
  const run = (options: Partial<Parameters<typeof compile>[1]>) =>
    compile('example.p4', {
      files: memoryFileSystem({ 'example.p4': unused }),
      checkOnly: true,
      p4info: false,
      ...options,
    });

  test('are shown by default and do not fail', () => {
    const { ok, diagnostics } = run({});
    expect(ok).toBe(true);
    expect(diagnostics.map((item) => item.class)).toContain('unused');
  });

  test('can be hidden by class and all at once', () => {
    const left = run({ warningActions: new Map([['unused', 'ignore']]) }).diagnostics;
    expect(left.map((item) => item.class)).toEqual(['missing']);
    expect(run({ defaultWarningAction: 'ignore' }).diagnostics).toEqual([]);
  });

  test('can be made errors', () => {
    expect(run({ warningActions: new Map([['unused', 'error']]) }).ok).toBe(false);
    expect(run({ defaultWarningAction: 'error' }).ok).toBe(false);
    const spared = new Map([
      ['unused', 'warn'],
      ['missing', 'ignore'],
    ] as const);
    expect(run({ defaultWarningAction: 'error', warningActions: spared }).ok).toBe(true);
  });

  test('beyond the limit are counted, not kept', () => {
    const many = Array.from({ length: 30 }, (_, i) => `const bit<8> x${i} = true;`).join('\n');
    const result = compile('example.p4', { files: memoryFileSystem({ 'example.p4': many }), maxErrors: 5 });
    expect(result.errorCount).toBeGreaterThan(5);
    expect(result.diagnostics.filter((item) => item.severity === 'error')).toHaveLength(5);
  });
});
