/**
 * The shell for the Tofino Native Architecture, as far as it can be judged without one: it passes the front end, shows a controller
 * the same tables, actions, digests, counters and packet headers as the v1model shell, and its resource table in the documentation is the one
 * that follows from it. `MOORING_P4TEST` may name p4c's p4test, which is then asked as well.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compile, formatDiagnostic } from '@mooring/p4c-ts';
import { nodeFileSystem } from '@mooring/p4c-ts/node';
import { p4infoMessage } from '@mooring/p4c-ts/p4info';
import type { P4Info } from '@mooring/p4runtime-ts/p4info';
import { describe, expect, test } from 'vitest';
import { resourceTables } from './tofino-resources.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const includes = join(root, 'p4', 'include');

function checked(shell: string): { p4info: P4Info; warnings: string[] } {
  const path = join(root, 'p4', shell, 'mooring.p4');
  const result = compile(path, { files: nodeFileSystem(), includePaths: [includes], checkOnly: true, p4info: true });
  const told = result.diagnostics.map((each) => formatDiagnostic(each, result.sourceMap));
  if (!result.ok || result.controlPlane === undefined) throw new Error(told.join('\n'));
  return { p4info: p4infoMessage(result.controlPlane), warnings: told };
}

const tna = checked('tna').p4info;
const v1model = checked('v1model').p4info;

/** What a controller sees of a program, by names and widths. */
function controllersView(p4info: P4Info) {
  const nameOf = (object: { preamble?: { name: string } | undefined }) => object.preamble?.name ?? '';
  const actions = new Map(p4info.actions.map((action) => [action.preamble!.id, action]));
  return {
    // A server's links need an action selector, which the P4Info of this architecture does not know.
    tables: p4info.tables
      .filter((table) => nameOf(table) !== 'links')
      .map((table) => ({
        name: nameOf(table),
        key: table.matchFields.map(({ name, bitwidth, match }) => [name, bitwidth, match]),
        actions: table.actionRefs.map(({ id }) => {
          const action = actions.get(id)!;
          return [nameOf(action), action.params.map(({ name, bitwidth }) => [name, bitwidth])];
        }),
        size: table.size,
        hasIdleTimeout: table.idleTimeoutBehavior !== 0,
        hasCounter: p4info.directCounters.some((counter) => counter.directTableId === table.preamble?.id),
      })),
    digests: p4info.digests.map((digest) => [nameOf(digest), digest.typeSpec]),
    counters: p4info.counters.map((counter) => [nameOf(counter), counter.size]),
    packets: p4info.controllerPacketMetadata.map((header) => [
      nameOf(header),
      header.metadata.map(({ name, bitwidth }) => [name, bitwidth]),
    ]),
  };
}

describe('the shell for Tofino', () => {
  test('shows a controller what the v1model shell shows', () => {
    const [seen, expected] = [controllersView(tna), controllersView(v1model)];
    for (const view of [seen, expected])
      for (const list of Object.values(view))
        list.sort((a, b) => (JSON.stringify(a, plain) < JSON.stringify(b, plain) ? -1 : 1));
    expect(seen).toEqual(expected);
    expect(seen.tables.length).toBeGreaterThan(12);
    expect(seen.digests.length).toBe(2);
  });

  test('takes every feature of core that the v1model shell takes', () => {
    const featuresOf = (shell: string) =>
      readdirSync(join(root, 'p4', shell))
        .flatMap((name) => [
          ...readFileSync(join(root, 'p4', shell, name), 'utf8').matchAll(/"\.\.\/core\/(\w+)\.p4"/g),
        ])
        .map((match) => match[1]!);
    expect([...new Set(featuresOf('tna'))].sort()).toEqual([...new Set(featuresOf('v1model'))].sort());
  });

  test('keeps each register behind one table', () => {
    const slots = readFileSync(join(root, 'p4', 'tna', 'slots.p4'), 'utf8');
    const controls = slots
      .split(/^control /m)
      .slice(1)
      .filter((control) => control.includes('Register<'));
    expect(controls.length).toBe(2);
    for (const control of controls) expect(control.match(/\btable \w+/g)).toHaveLength(1);
  });

  const p4test = process.env.MOORING_P4TEST;
  test(p4test === undefined ? "p4c's opinion: not run because MOORING_P4TEST names no p4test" : 'passes p4test', () => {
    if (p4test === undefined) return expect(p4test).toBeUndefined();
    return execFileSync(p4test, ['--std', 'p4-16', '-I', includes, join(root, 'p4', 'tna', 'mooring.p4')], {
      stdio: 'pipe',
    });
  });
});

test('the resource table of docs/tofino.md is up to date', () => {
  const page = join(root, 'docs', 'tofino.md');
  const text = readFileSync(page, 'utf8');
  const marked = /(<!-- derived -->\n)[\s\S]*?(\n<!-- end -->)/;
  const wanted = text.replace(marked, (_, before: string, after: string) => `${before}${resourceTables(tna)}${after}`);
  if (process.env.UPDATE_GOLDEN) writeFileSync(page, wanted);
  else expect(text).toBe(wanted);
  expect(text).toMatch(marked);
});

/** For sorting: bigints have no JSON. */
function plain(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}
