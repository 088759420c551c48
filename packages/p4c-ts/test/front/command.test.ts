/** The command: options as p4c spells them, exit status, messages, and that nothing is written after an error. */
import { describe, expect, test } from 'vitest';
import { memoryFileSystem } from '../../src/1-preprocess/file-system.ts';
import { guard } from '../../src/api/compile.ts';
import { parseCompileArguments } from '../../src/command/arguments.ts';
import { type CompileIo, runCompile } from '../../src/command/run-compile.ts';
import { InternalError, Reporter } from '../../src/diagnostics/diagnostic.ts';

async function run(argv: string[], files: Record<string, string>) {
  const written = new Map<string, string | Uint8Array>();
  let out = '';
  let err = '';
  const io: CompileIo = {
    files: memoryFileSystem(files),
    systemIncludePaths: ['sys'],
    writeFile: (path, content) => {
      written.set(path, content);
    },
    stdout: (text) => {
      out += text;
    },
    stderr: (text) => {
      err += text;
    },
    version: '1.2.3',
  };
  const status = await runCompile(argv, io);
  return { status, out, err, written };
}

describe('arguments', () => {
  test('everything that p4c-bm2-ss takes', () => {
    const parsed = parseCompileArguments([
      ...['-o', 'out.json', '--p4runtime-files', 'a.txtpb,b.bin', '--p4runtime-entries-files=e.txtpb'],
      ...['-Iinc', '-I', 'more', '-DA=1', '-D', 'B', '-UC', '--arch', 'v1model', '--std=p4-16', '--target', 'bmv2'],
      ...['--Werror', '--Wdisable=unused', '--Wwarn=shadow', '--maxErrorCount', '5', '--emit-externs', '-v', '-g'],
      ...['-T', 'x:3', '--check', '--dump-after=parse', 'prog.p4'],
    ]);
    if (parsed.kind !== 'compile') throw new Error('not accepted');
    const { warningActions, ...rest } = parsed.arguments;
    expect(rest).toMatchObject({
      program: 'prog.p4',
      outputFile: 'out.json',
      p4infoFiles: ['a.txtpb', 'b.bin'],
      entriesFiles: ['e.txtpb'],
      includePaths: ['inc', 'more'],
      defines: ['A=1', 'B'],
      undefines: ['C'],
      checkOnly: true,
      emitExterns: true,
      maxErrors: 5,
      defaultWarningAction: 'error',
      dumpAfter: ['parse'],
    });
    expect([...warningActions]).toEqual([
      ['unused', 'ignore'],
      ['shadow', 'warn'],
    ]);
  });

  const refused: [argv: string[], message: RegExp][] = [
    [[], /no program is named/],
    [['a.p4', 'b.p4'], /only one program/],
    [['--nonsense', 'a.p4'], /unknown option --nonsense/],
    [['--p4runtime-fles', 'x', 'a.p4'], /did you mean --p4runtime-files\?/],
    [['--arch', 'tna', 'a.p4'], /architecture 'tna' is not supported; choose v1model/],
    [['--std', 'p4-14', 'a.p4'], /language version 'p4-14'/],
    [['--Wdisable=type-error', 'a.p4'], /cannot be demoted/],
    [['--Werror=nothing', 'a.p4'], /is no class of messages/],
    [['a.p4', '-o'], /option -o needs a value/],
    [['--check=1', 'a.p4'], /takes no value/],
  ];
  test.each(refused)('%j', (argv, message) => {
    const parsed = parseCompileArguments(argv);
    expect(parsed).toMatchObject({ kind: 'error', message: expect.stringMatching(message) });
  });
});

describe('running', () => {
  test('a syntax error: message, excerpt, caret, status 1, nothing written', async () => {
    const { status, err, written } = await run(['-o', 'x.json', 'a.p4'], {
      'a.p4': '#include <inc.p4>\n',
      'sys/inc.p4': 'const bit<8>\n\tx = 1 1;\n',
    });
    expect(status).toBe(1);
    expect(written.size).toBe(0);
    expect(err).toBe(
      "sys/inc.p4(2:8): error[syntax]: syntax error, unexpected number '1', expected ';'\n" +
        '     x = 1 1;\n' +
        '           ^\n' +
        'a.p4(1:1): note: included from here\n' +
        '    #include <inc.p4>\n' +
        '    ^^^^^^^^^^^^^^^^^\n',
    );
  });

  test('a missing program', async () => {
    const { status, err } = await run(['a.p4'], {});
    expect(status).toBe(1);
    expect(err).toBe('error[I/O error]: a.p4: there is no such file, or it cannot be read\n');
  });

  test('-E prints the preprocessed program', async () => {
    const { status, out } = await run(['-E', '-DN=8', 'a.p4'], { 'a.p4': 'bit<N>' });
    expect(status).toBe(0);
    expect(out).toBe('bit<8>');
  });

  test('--dump-after=parse prints the program', async () => {
    const { out } = await run(['--dump-after', 'parse', 'a.p4'], { 'a.p4': 'const   bit < 8 > x=1 ;' });
    expect(out).toBe('// after parse\nconst bit<8> x = 1;\n');
  });

  test('a phase that does not exist', async () => {
    const { status, err } = await run(['--dump-after', 'magic', 'a.p4'], { 'a.p4': '' });
    expect(status).toBe(1);
    expect(err).toMatch(/there is no phase 'magic'; choose from preprocess, parse, types/);
  });

  test('--json: diagnostics as data', async () => {
    const { out, status } = await run(['--json', 'a.p4'], { 'a.p4': 'x' });
    expect(status).toBe(1);
    expect(JSON.parse(out)).toMatchObject({
      ok: false,
      errors: 1,
      diagnostics: [{ severity: 'error', class: 'syntax', at: { file: 'a.p4', line: 1, column: 2 } }],
    });
  });

  test('--version and --help', async () => {
    expect((await run(['--version'], {})).out).toContain('Version 1.2.3');
    expect((await run(['--help'], {})).out).toContain('--p4runtime-files FILES');
  });

  test('a program that was preprocessed elsewhere keeps its positions', async () => {
    const { err } = await run(['--nocpp', 'a.p4'], { 'a.p4': '# 1 "b.p4"\n# 41 "c.p4" 2\n\nx\n' });
    expect(err).toMatch(/^c\.p4\(42:2\): error\[syntax\]/);
  });
});

describe('crash handler', () => {
  test('our own failures become a diagnostic that says so', () => {
    const reporter = new Reporter();
    guard(reporter, () => {
      throw new InternalError('no type', { file: 0, start: 1, end: 2 });
    });
    expect(reporter.diagnostics()).toMatchObject([
      { class: 'bug', message: 'the compiler itself failed: no type', suggestion: expect.stringContaining('our bug') },
    ]);
    expect(reporter.diagnostics()[0]?.notes.length).toBeGreaterThan(0);
  });

  test('running out of stack is a limit', () => {
    const reporter = new Reporter();
    const forever = (n: number): number => 1 + forever(n + 1);
    guard(reporter, () => {
      forever(0);
    });
    expect(reporter.diagnostics()).toMatchObject([{ class: 'overlimit' }]);
  });

  test('anything else that is thrown', () => {
    const reporter = new Reporter();
    guard(reporter, () => {
      throw 'a string';
    });
    expect(reporter.diagnostics()).toMatchObject([{ class: 'bug', message: 'the compiler itself failed: a string' }]);
  });
});
