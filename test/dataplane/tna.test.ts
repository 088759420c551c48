/**
 * The shell for the Tofino Native Architecture, as far as it can be judged without one: it passes the front end, shows
 * a controller the same tables, actions, digests, counters and packet headers as the v1model shell, and its resource
 * table in the documentation is the one that follows from it.
 *
 * Other compilers are asked where they are named: `MOORING_P4TEST` p4c's p4test, `MOORING_TOFINO_INCLUDE` the folder
 * with the makers' own `tna.p4` and `t2na.p4` (it takes the place of ours), `MOORING_P4C_TOFINO` p4c's back end for
 * Tofino.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { P4Info } from '@mooring/p4runtime-ts/p4info';
import { describe, expect, test } from 'vitest';
import { p4infoOf } from '../support/program.ts';
import { type CompilerReport, reportedTable, resourceTables } from './tofino-resources.ts';

/** Other compilers may take minutes, in which the test's own process has to answer. */
const run = promisify(execFile);
const root = fileURLToPath(new URL('../../', import.meta.url));
const includes = join(root, 'p4', 'include');

/** On a busy machine; a back end tries one placement of tables after the other. */
const FRONT_END_TIMEOUT_MS = 300_000;
const BACK_END_TIMEOUT_MS = 3_600_000;

/**
 * What is compiled to the end: a Tofino 2, a search for containers that comes to one, and the features that find room
 * (docs/tofino.md).
 */
const BACK_END_OPTIONS = [
  ...['--target', 'tofino2', '--arch', 't2na', '--quick-phv-alloc', '--disable-dark-allocation'],
  '-DMOORING_NO_IPV6',
];
/** How large a table of pins it is asked about. */
const REPORTED_PINS = [524_288];

const tna = p4infoOf('tna');
const v1model = p4infoOf('v1model');

/**
 * Of a server's links, which need an action selector that the P4Info of this architecture does not know; of coming
 * mappings, which would need stages that there are not; of VIPs for all ports; and of refusals.
 */
const ONLY_ON_V1MODEL = /^links$|^coming_|^refusals$|_all_ports(_v6)?$|^vip_port$/;

/** What a controller sees of a program, by names and widths, but for what is only on v1model. */
function controllersView(p4info: P4Info) {
  const nameOf = (object: { preamble?: { name: string } | undefined }) => object.preamble?.name ?? '';
  const actions = new Map(p4info.actions.map((action) => [action.preamble!.id, action]));
  return {
    tables: p4info.tables
      .filter((table) => !ONLY_ON_V1MODEL.test(nameOf(table)))
      .map((table) => ({
        name: nameOf(table),
        key: table.matchFields
          .filter(({ name }) => !ONLY_ON_V1MODEL.test(name))
          .map(({ name, bitwidth, match }) => [name, bitwidth, match]),
        actions: table.actionRefs
          .map(({ id }) => actions.get(id)!)
          .filter((action) => !ONLY_ON_V1MODEL.test(nameOf(action)))
          .map((action) => [nameOf(action), action.params.map(({ name, bitwidth }) => [name, bitwidth])]),
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
    expect(controls.length).toBe(6);
    for (const control of controls) expect(control.match(/\btable \w+/g)).toHaveLength(1);
  });

  const program = join(root, 'p4', 'tna', 'mooring.p4');
  const { MOORING_P4TEST, MOORING_TOFINO_INCLUDE, MOORING_P4C_TOFINO } = process.env;

  test(
    MOORING_P4TEST === undefined ? "p4c's opinion: not run because MOORING_P4TEST names no p4test" : 'passes p4test',
    () => {
      if (MOORING_P4TEST === undefined) return expect(MOORING_P4TEST).toBeUndefined();
      return run(MOORING_P4TEST, ['--std', 'p4-16', '-I', includes, program]);
    },
    FRONT_END_TIMEOUT_MS,
  );

  describe.each([
    { architecture: 'tna', generation: 1 },
    { architecture: 't2na', generation: 2 },
  ])('Tofino $generation', ({ architecture, generation }) => {
    const areDeclarationsThere = MOORING_P4TEST !== undefined && MOORING_TOFINO_INCLUDE !== undefined;
    test(
      areDeclarationsThere
        ? `passes p4test with the makers' ${architecture}.p4`
        : `the makers' ${architecture}.p4: not run because MOORING_P4TEST and MOORING_TOFINO_INCLUDE do not name p4test and its folder`,
      () => {
        if (!areDeclarationsThere) return expect(areDeclarationsThere).toBe(false);
        const version = ['-D__p4c_major__=1', '-D__p4c_minor__=2', '-D__p4c_patchlevel__=0'];
        const options = [
          '--std',
          'p4-16',
          '-I',
          MOORING_TOFINO_INCLUDE,
          `-D__TARGET_TOFINO__=${generation}`,
          ...version,
        ];
        return run(MOORING_P4TEST, [...options, program]);
      },
      FRONT_END_TIMEOUT_MS,
    );
  });

  test(
    MOORING_P4C_TOFINO === undefined
      ? 'the back end: not run because MOORING_P4C_TOFINO names no p4c for Tofino'
      : 'is compiled by the back end for a Tofino 2, in the documented figures',
    async () => {
      if (MOORING_P4C_TOFINO === undefined) return expect(MOORING_P4C_TOFINO).toBeUndefined();
      const reports = new Map<string, CompilerReport>();
      for (const pins of REPORTED_PINS) {
        const folder = mkdtempSync(join(tmpdir(), 'mooring-tofino-'));
        try {
          const include = MOORING_TOFINO_INCLUDE === undefined ? [] : ['-I', MOORING_TOFINO_INCLUDE];
          const options = [...BACK_END_OPTIONS, `-DMOORING_PINS=${pins}`, ...include, '-g', '-o', folder];
          // It warns by the thousand lines.
          await run(MOORING_P4C_TOFINO, [...options, program], { maxBuffer: 256 << 20 });
          const report = readFileSync(join(folder, 'pipe', 'logs', 'resources.json'), 'utf8');
          reports.set(`used with ${pins.toLocaleString('en-US')} pins`, JSON.parse(report));
        } finally {
          rmSync(folder, { recursive: true });
        }
      }
      expectDocumented('reported', reportedTable(reports));
    },
    BACK_END_TIMEOUT_MS,
  );
});

test('the resource table of docs/tofino.md is up to date', () => {
  expectDocumented('derived', resourceTables(tna));
});

/** `docs/tofino.md` has `table` between its marks; with `UPDATE_GOLDEN` it gets it. */
function expectDocumented(mark: string, table: string): void {
  const page = join(root, 'docs', 'tofino.md');
  const text = readFileSync(page, 'utf8');
  const marked = new RegExp(`(<!-- ${mark} -->\\n)[\\s\\S]*?(\\n<!-- end -->)`);
  const wanted = text.replace(marked, (_, before: string, after: string) => `${before}${table}${after}`);
  if (process.env.UPDATE_GOLDEN) writeFileSync(page, wanted);
  else expect(text).toBe(wanted);
  expect(text).toMatch(marked);
}

test('the lines of core and shells in docs/tofino.md are about right', () => {
  const page = join(root, 'docs', 'tofino.md');
  const text = readFileSync(page, 'utf8');
  const actual = ['core', 'v1model', 'tna'].map((folder) => {
    const files = readdirSync(join(root, 'p4', folder));
    const lines = files.map((name) => readFileSync(join(root, 'p4', folder, name), 'utf8').split('\n').length - 1);
    return { folder, files: files.length, lines: lines.reduce((all, each) => all + each, 0) };
  });
  if (process.env.UPDATE_GOLDEN) {
    const rows = actual.map(({ folder, files, lines }) => `| \`p4/${folder}\` | ${files} | ${lines} |\n`).join('');
    const marked = /(<!-- lines -->\n)[\s\S]*?(<!-- end of lines -->)/;
    const table = `| | files | lines |\n|---|---|---|\n${rows}`;
    writeFileSync(
      page,
      text.replace(marked, (_, before: string, after: string) => `${before}${table}${after}`),
    );
    return;
  }
  for (const { folder, files, lines } of actual) {
    const row = new RegExp(`\\| \`p4/${folder}\` \\| (\\d+) \\| (\\d+) \\|`).exec(text);
    expect(Number(row?.[1]), folder).toBe(files);
    expect(Math.abs(Number(row?.[2]) - lines), `${folder}: it has ${lines} lines`).toBeLessThan(lines / 20);
  }
});

/** For sorting: bigints have no JSON. */
function plain(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}
