/**
 * `mooring stf`: runs STF tests with a compiler and a switch of one's choice.
 *
 * By default both run in this process, which takes milliseconds a test. `--compiler CMD` starts another compiler with
 * p4c-bm2-ss's options, `--switch CMD` another switch with simple_switch's. So each half can be checked against its
 * peer, and p4c's tests run on any combination of the two.
 */
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { promisify } from 'node:util';
import { compile, formatDiagnostic } from '@mooring/p4c-ts';
import { nodeFileSystem, systemIncludePaths } from '@mooring/p4c-ts/node';
import { freePort } from '../switch/child-process.ts';
import { EmbeddedSwitch } from './embedded-switch.ts';
import { parseStf } from './parse.ts';
import { packetsByPort, runStatements } from './run-test.ts';
import { SimpleSwitch } from './simple-switch.ts';
import type { StfStatement } from './statements.ts';
import type { StfSwitch } from './stf-switch.ts';

/** What the command needs of the world. */
export interface StfIo {
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  /** Relative paths are relative to it. */
  readonly workingDirectory: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** One test: a program and its statements. */
export interface StfCase {
  readonly name: string;
  readonly program: string;
  readonly test: string;
}

/** What came of one test; `reason` undefined when it passed. */
export interface StfResult {
  readonly name: string;
  readonly reason: string | undefined;
  readonly durationMs: number;
}

interface Settings {
  compiler: string | undefined;
  device: string | undefined;
  includePaths: string[];
  emitExterns: boolean;
  json: boolean;
  paths: string[];
}

const USAGE = `usage: mooring stf [--compiler CMD] [--switch CMD] [-I DIR] [--emit-externs] [--json] PROGRAM.p4 [TEST.stf] | DIR...

Runs STF tests: a program and a file of packets to send and to expect. A folder is searched
for programs with a test of the same name beside them.

  --compiler CMD    compile with this command, which takes p4c-bm2-ss's options (default: the built-in compiler)
  --switch CMD      run on this switch, which takes simple_switch's options; simple_switch_CLI is
                    looked for beside it (default: the built-in switch)
  -I DIR            folder of include files; may be repeated
  --emit-externs    keep calls of externs that the architecture does not define
  --json            print one JSON document instead of lines
`;

/** Runs the command; the result is the exit status: 0 all passed, 1 some failed, 2 usage. */
export async function runStf(argv: readonly string[], io: StfIo): Promise<number> {
  const settings = parseArguments(argv, io);
  if (typeof settings === 'number') return settings;
  let cases: StfCase[];
  try {
    cases = findCases(settings.paths, io.workingDirectory);
  } catch (error) {
    io.stderr(`error: ${messageOf(error)}\n`);
    return 2;
  }
  const results: StfResult[] = [];
  for (const each of cases) {
    const result = await runCase(each, settings, io);
    results.push(result);
    if (!settings.json) {
      io.stdout(result.reason === undefined ? `PASS ${result.name}\n` : `FAIL ${result.name}: ${result.reason}\n`);
    }
  }
  const failed = results.filter((result) => result.reason !== undefined).length;
  if (settings.json) {
    io.stdout(`${JSON.stringify({ passed: results.length - failed, failed, results }, null, 2)}\n`);
  } else {
    io.stdout(`${results.length - failed} passed, ${failed} failed\n`);
  }
  return failed === 0 ? 0 : 1;
}

function parseArguments(argv: readonly string[], io: StfIo): Settings | number {
  const settings: Settings = {
    compiler: undefined,
    device: undefined,
    includePaths: [],
    emitExterns: false,
    json: false,
    paths: [],
  };
  const usage = (message: string): number => {
    io.stderr(`error: ${message}\n\n${USAGE}`);
    return 2;
  };
  for (let at = 0; at < argv.length; at++) {
    const argument = argv[at]!;
    const [option, attached] = argument.startsWith('--') ? splitOption(argument) : [argument, undefined];
    const value = (): string | undefined => attached ?? argv[++at];
    switch (option) {
      case '-h':
      case '--help':
        io.stdout(USAGE);
        return 0;
      case '--compiler':
      case '--switch': {
        const command = value();
        if (command === undefined) return usage(`${option} needs a command`);
        if (option === '--compiler') settings.compiler = command;
        else settings.device = command;
        break;
      }
      case '-I': {
        const folder = argv[++at];
        if (folder === undefined) return usage('-I needs a folder');
        settings.includePaths.push(resolve(io.workingDirectory, folder));
        break;
      }
      case '--emit-externs':
        settings.emitExterns = true;
        break;
      case '--json':
        settings.json = true;
        break;
      default:
        if (argument.startsWith('-I')) settings.includePaths.push(resolve(io.workingDirectory, argument.slice(2)));
        else if (argument.startsWith('-')) return usage(`unknown option ${argument}`);
        else settings.paths.push(argument);
    }
  }
  if (settings.paths.length === 0) return usage('a program or a folder expected');
  return settings;
}

function splitOption(argument: string): [string, string | undefined] {
  const equals = argument.indexOf('=');
  return equals === -1 ? [argument, undefined] : [argument.slice(0, equals), argument.slice(equals + 1)];
}

/** The tests that the paths name: programs, each perhaps followed by its test, and folders. */
export function findCases(paths: readonly string[], workingDirectory: string): StfCase[] {
  const cases: StfCase[] = [];
  for (let at = 0; at < paths.length; at++) {
    const path = resolve(workingDirectory, paths[at]!);
    if (!existsSync(path)) throw new Error(`no such file or folder: ${paths[at]}`);
    if (statSync(path).isDirectory()) {
      for (const test of stfFilesIn(path)) {
        const program = test.replace(/\.stf$/, '.p4');
        if (existsSync(program)) cases.push({ name: relative(path, program), program, test });
      }
      continue;
    }
    if (!path.endsWith('.p4')) throw new Error(`a program (.p4) or a folder expected, not ${paths[at]}`);
    let test = path.replace(/\.p4$/, '.stf');
    if (paths[at + 1]?.endsWith('.stf') === true) {
      at += 1;
      test = resolve(workingDirectory, paths[at]!);
    }
    if (!existsSync(test)) throw new Error(`no test for ${path}: ${test} does not exist`);
    cases.push({ name: basename(path), program: path, test });
  }
  return cases;
}

function stfFilesIn(folder: string): string[] {
  const found: string[] = [];
  for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) found.push(...stfFilesIn(path));
    else if (entry.name.endsWith('.stf')) found.push(path);
  }
  return found;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function runCase(each: StfCase, settings: Settings, io: StfIo): Promise<StfResult> {
  const started = performance.now();
  let reason: string | undefined;
  const folder = mkdtempSync(join(tmpdir(), 'mooring-stf-'));
  try {
    const statements = parseStf(readFileSync(each.test, 'utf8'));
    const json = await compileProgram(each.program, settings, folder, io);
    const device = await startSwitch(json, statements, settings, folder, io);
    try {
      await runStatements(statements, json, device);
    } finally {
      await device.close();
    }
  } catch (error) {
    reason = messageOf(error).replace(/\s*\n\s*/g, ' | ');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return { name: each.name, reason, durationMs: performance.now() - started };
}

async function compileProgram(program: string, settings: Settings, folder: string, io: StfIo): Promise<object> {
  if (settings.compiler !== undefined) {
    const [command, ...fixed] = settings.compiler.split(/\s+/);
    const output = join(folder, 'program.json');
    const args = [...fixed, ...settings.includePaths.flatMap((path) => ['-I', path])];
    if (settings.emitExterns) args.push('--emit-externs');
    try {
      await promisify(execFile)(command!, [...args, '-o', output, program], { cwd: io.workingDirectory });
    } catch (error) {
      const { stderr } = error as { stderr?: string };
      throw new Error(`the compiler failed: ${stderr?.trim().split('\n')[0] ?? messageOf(error)}`);
    }
    return JSON.parse(readFileSync(output, 'utf8')) as object;
  }
  const result = compile(program, {
    files: nodeFileSystem(),
    includePaths: [...settings.includePaths, ...systemIncludePaths(io.environment)],
    emitExterns: settings.emitExterns,
    p4info: false,
  });
  const error = result.diagnostics.find((diagnostic) => diagnostic.severity === 'error');
  if (error !== undefined) throw new Error(formatDiagnostic(error, result.sourceMap).split('\n')[0]!);
  if (result.bmv2 === undefined) throw new Error('the program has no main');
  return result.bmv2;
}

async function startSwitch(
  json: object,
  statements: readonly StfStatement[],
  settings: Settings,
  folder: string,
  io: StfIo,
): Promise<StfSwitch> {
  if (settings.device === undefined) return new EmbeddedSwitch(json);
  const file = join(folder, 'switch.json');
  writeFileSync(file, JSON.stringify(json));
  const [name, ...fixed] = settings.device.split(/\s+/);
  // A name without a folder is looked for on the search path.
  const command = name!.includes('/') ? resolve(io.workingDirectory, name!) : name!;
  const besides = join(dirname(command), 'simple_switch_CLI');
  return SimpleSwitch.start(
    {
      command: [command, ...fixed],
      cliCommand: command.includes('/') && existsSync(besides) ? besides : 'simple_switch_CLI',
      folder,
      thriftPort: await freePort(),
      ports: packetsByPort(statements),
      patienceMs: 3000,
      quietMs: 100,
    },
    file,
  );
}
