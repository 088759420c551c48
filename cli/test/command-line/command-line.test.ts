/** The command's front: help, unknown words, options, and how errors are printed and end. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { didYouMean, editDistance } from '../../src/command-line/did-you-mean.ts';
import { UsageError } from '../../src/command-line/errors.ts';
import { type CommandSyntax, helpText, parseArguments } from '../../src/command-line/options.ts';
import { COMMANDS } from '../../src/commands/registry.ts';
import { runCommand } from './run.ts';

const SYNTAX: CommandSyntax = {
  name: 'try',
  summary: 'tries',
  description: 'Tries.',
  arguments: [
    { name: 'ONE', description: 'the first' },
    { name: 'TWO', description: 'the second', optional: true },
  ],
  options: [
    { name: 'name', short: 'n', kind: 'text', description: 'a name' },
    { name: 'times', kind: 'count', description: 'how often' },
    { name: 'loud', kind: 'flag', description: 'louder' },
    { name: 'port', short: 'p', kind: 'list', description: 'ports' },
  ],
  examples: [{ command: 'mooring try 1', does: 'tries one' }],
};

describe('options', () => {
  test('every form of every kind', () => {
    const parsed = parseArguments(SYNTAX, [
      '-n',
      'x',
      'a',
      '--times=2.5',
      '--loud',
      '-p',
      '1',
      '--port',
      '2',
      '--',
      '-b',
    ]);
    expect(parsed.texts.get('name')).toBe('x');
    expect(parsed.counts.get('times')).toBe(2.5);
    expect([...parsed.flags]).toEqual(['loud']);
    expect(parsed.lists.get('port')).toEqual(['1', '2']);
    expect(parsed.positional).toEqual(['a', '-b']);
  });

  test('a count may have a meaning without its value', () => {
    const syntax: CommandSyntax = {
      ...SYNTAX,
      arguments: [],
      options: [...SYNTAX.options, { name: 'dice', kind: 'count', bare: 6, description: 'faces' }],
    };
    const dice = (...argv: string[]): number | undefined => parseArguments(syntax, argv).counts.get('dice');
    expect([dice('--dice'), dice('--dice', '--loud'), dice('--dice', '8'), dice('--dice=20')]).toEqual([6, 6, 8, 20]);
    expect(dice('--loud')).toBeUndefined();
  });

  test.each([
    [['a', '--nam', 'x'], /unknown option --nam/, 'Did you mean --name?'],
    [['a', '--name'], /--name needs a value/, undefined],
    [['a', '--times', 'often'], /--times expects a number/, undefined],
    [['a', '--times', '-1'], /--times expects a number/, undefined],
    [['a', '--loud=yes'], /--loud takes no value/, undefined],
    [[], /needs ONE: the first/, 'Usage: mooring try [options] ONE [TWO]'],
    [['a', 'b', 'c'], /unexpected argument 'c'/, 'Usage: mooring try [options] ONE [TWO]'],
  ])('%j is refused', (argv, message, hint) => {
    let error: unknown;
    try {
      parseArguments(SYNTAX, argv);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(UsageError);
    expect((error as UsageError).message).toMatch(message);
    expect((error as UsageError).details.hint).toBe(hint);
  });

  test('help shows usage, arguments, options and examples', () => {
    expect(helpText(SYNTAX)).toMatchInlineSnapshot(`
      "Usage: mooring try [options] ONE [TWO]

      Tries.

      Arguments:
        ONE              the first
        TWO              the second

      Options:
        -n, --name TEXT  a name
            --times N    how often
            --loud       louder
        -p, --port TEXT  ports
            --json       print the result as JSON on standard output
        -h, --help       show this help

      Examples:
        mooring try 1
            tries one
      "
    `);
  });
});

describe('did you mean', () => {
  test('near words only', () => {
    expect(editDistance('kitten', 'sitting')).toBe(3);
    expect(didYouMean('drian', ['drain', 'add'])).toBe('drain');
    expect(didYouMean('statsu', ['status', 'stf'])).toBe('status');
    expect(didYouMean('xyz', ['drain', 'add'])).toBeUndefined();
  });
});

describe('mooring', () => {
  test('without a command it lists them and ends with 2', async () => {
    const { status, stdout } = await runCommand([]);
    expect(status).toBe(2);
    for (const command of COMMANDS) expect(stdout).toContain(`  ${command.name} `);
    expect((await runCommand(['--help'])).status).toBe(0);
  });

  test('an unknown command is answered by the nearest', async () => {
    const { status, stderr } = await runCommand(['drian']);
    expect(status).toBe(2);
    expect(stderr).toContain("unknown command 'drian'");
    expect(stderr).toContain('Did you mean mooring drain?');
  });

  test('every command has help with an example, and its summary is the overview’s', async () => {
    for (const entry of COMMANDS) {
      const command = await entry.load();
      expect(command.syntax.name).toBe(entry.name);
      expect(command.syntax.summary).toBe(entry.summary);
      expect(command.syntax.examples.length).toBeGreaterThan(0);
      const { status, stdout } = await runCommand([entry.name, '--help']);
      expect(status, entry.name).toBe(0);
      expect(stdout.length).toBeGreaterThan(200);
    }
  });

  test('--json prints errors as JSON', async () => {
    const { status, stdout, stderr } = await runCommand(['swap', 's1', '--json']);
    expect(status).toBe(2);
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual({
      ok: false,
      error: {
        code: 'USAGE',
        message: 'mooring swap needs NEW: name of the server that takes its place',
        field: 'NEW',
        hint: 'Usage: mooring swap [options] OLD NEW',
      },
    });
  });
});

describe('operating a controller', () => {
  let directory: string;
  let server: Server | undefined;
  let asked: { method: string; url: string; body: unknown }[] = [];

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'mooring-test-'));
    asked = [];
  });
  afterEach(async () => {
    await new Promise<void>((resolve) => (server ? server.close(() => resolve()) : resolve()));
    server = undefined;
    rmSync(directory, { recursive: true, force: true });
  });

  /** A controller that answers everything alike and notes what it was asked. */
  async function listen(status: number, answer: unknown): Promise<void> {
    server = createServer((request, response) => {
      let text = '';
      request.on('data', (chunk) => {
        text += chunk;
      });
      request.on('end', () => {
        asked.push({ method: request.method!, url: request.url!, body: text === '' ? undefined : JSON.parse(text) });
        response.writeHead(status, { 'content-type': 'application/json', connection: 'close' });
        response.end(JSON.stringify(answer));
      });
    });
    await new Promise<void>((resolve) => server!.listen(join(directory, 'control.sock'), () => resolve()));
  }

  const operation = {
    id: 4,
    kind: 'swap',
    vip: 'web',
    server: 's2',
    replacement: 's5',
    phase: 'shifting',
    progress: { buckets: 64, committed: 3, settled: 1, pinsLeft: 2, baseBucketsLeft: 61 },
    startedAtMs: 1,
    message: 'waiting',
  };

  test('nobody there: what to do is said, and nothing else happens', async () => {
    const { status, stderr } = await runCommand(['status', '--state-dir', directory]);
    expect(status).toBe(1);
    expect(stderr).toContain(`no controller answers at ${directory}/control.sock: there is no such socket`);
    expect(stderr).toContain('mooring up -c mooring.yaml');
  });

  test('a refusal is shown with its choices', async () => {
    const error = { code: 'not-found', message: 'there is no server s7', field: 'server', choices: ['s1', 's2'] };
    await listen(404, { error });
    const { status, stderr } = await runCommand(['drain', 's7'], { environment: { MOORING_STATE_DIR: directory } });
    expect(status).toBe(1);
    expect(stderr).toBe('mooring: error: there is no server s7\n  valid: s1, s2\n');
    const json = await runCommand(['drain', 's7', '--json', '--state-dir', directory]);
    expect(JSON.parse(json.stdout)).toEqual({ ok: false, error: { ...error, code: 'NOT_FOUND' } });
  });

  test('swap sends all it was told', async () => {
    await listen(202, { operation });
    const argv = ['swap', 's2', 's5', '--address', '10.0.0.15', '--port', '8080', '--deadline', '1.5', '--vip', 'web'];
    const { status, stdout } = await runCommand([...argv, '--detach', '--state-dir', directory]);
    expect(status).toBe(0);
    expect(stdout).toBe('#4 swap s2 by s5 shifting, 3 of 64 buckets, 2 pinned connections left: waiting\n');
    expect(asked).toEqual([
      {
        method: 'POST',
        url: '/v1/operations',
        body: {
          kind: 'swap',
          server: 's2',
          replacement: 's5',
          vip: 'web',
          deadlineMs: 1_500,
          definition: { address: '10.0.0.15', port: 8080 },
        },
      },
    ]);
  });

  test('a new server’s port without its address is a usage error', async () => {
    const { status, stderr } = await runCommand(['add', 's9', '--port', '80', '--state-dir', directory]);
    expect(status).toBe(2);
    expect(stderr).toContain('need its --address');
  });

  test('abort names the operation by number, and only by number', async () => {
    await listen(202, { operation: { ...operation, phase: 'rolling-back' } });
    expect((await runCommand(['abort', '#4', '--state-dir', directory])).status).toBe(0);
    expect(asked.map(({ method, url }) => `${method} ${url}`)).toEqual(['POST /v1/operations/4/abort']);
    expect((await runCommand(['abort', 'all', '--state-dir', directory])).status).toBe(2);
  });

  test('abort without a number needs exactly one running operation', async () => {
    await listen(200, { operations: [operation, { ...operation, id: 5 }] });
    const several = await runCommand(['abort', '--state-dir', directory]);
    expect(several.status).toBe(1);
    expect(several.stderr).toContain('valid: 4, 5');
  });
});
