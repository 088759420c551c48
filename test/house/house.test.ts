/**
 * Keeps the house in order: layout, who imports whom, that packages are entered by their front door only, that every
 * file says at its top how it works and why, that files stay short, and that the target-free data plane names no
 * architecture. Each test lists all offenders with what is wrong, so that one run is enough to mend them.
 */
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ARCHITECTURE_WORDS, LAYOUT, LONG_FILES, LONGEST_FILE_LINES, MAY_IMPORT, ONLY_IN } from './rules.ts';
import { importedModules, repository, sourceFiles, workspaceOf } from './source-files.ts';

const ROOMS = ['packages', 'controller', 'cli'];
const code = ROOMS.flatMap((room) => sourceFiles(room, ['.ts', '.tsx', '.mjs']));
const inSource = code.filter((file) => /^(packages\/[^/]+|controller|cli)\/(src|bin)\//.test(file.path));
const tests = sourceFiles('test', ['.ts', '.tsx']);
const p4 = sourceFiles('p4', ['.p4']);

interface Manifest {
  readonly name: string;
  readonly exports: Readonly<Record<string, unknown>>;
  readonly dependencies?: Readonly<Record<string, string>>;
}

const manifests = new Map<string, Manifest>(
  Object.keys(MAY_IMPORT).map((workspace) => [
    workspace,
    JSON.parse(readFileSync(join(repository, workspace, 'package.json'), 'utf8')) as Manifest,
  ]),
);

/** `@scope/name` or `name` of a module specifier. */
function packageName(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

describe('layout', () => {
  test('what npx runs may be executed', () => {
    const root = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as { bin: Record<string, string> };
    const programs = Object.values(root.bin);
    expect(programs).not.toEqual([]);
    for (const program of programs) accessSync(join(repository, program), constants.X_OK);
  });

  test('what the documentation promises exists', () => {
    expect(LAYOUT.filter((path) => !existsSync(join(repository, path)))).toEqual([]);
  });

  test('every workspace has its import rule', () => {
    const found = new Set(code.map((file) => workspaceOf(file.path)));
    expect([...found].filter((workspace) => workspace && !(workspace in MAY_IMPORT))).toEqual([]);
  });
});

describe('imports', () => {
  test('a room imports only the rooms it may know', () => {
    const offences = inSource.flatMap((file) => {
      const workspace = workspaceOf(file.path)!;
      const own = manifests.get(workspace)!.name;
      return importedModules(file.text)
        .filter((name) => name.startsWith('@mooring/'))
        .map(packageName)
        .filter((name) => name !== own && !MAY_IMPORT[workspace]!.includes(name))
        .map((name) => `${file.path} imports ${name}`);
    });
    expect(offences).toEqual([]);
  });

  test('a package is entered through its exports only', () => {
    const byName = new Map([...manifests.values()].map((manifest) => [manifest.name, manifest]));
    const offences = [...code, ...tests].flatMap((file) =>
      importedModules(file.text)
        .filter((name) => name.startsWith('@mooring/'))
        .filter((name) => {
          const manifest = byName.get(packageName(name));
          return !manifest || !(`.${name.slice(packageName(name).length)}` in manifest.exports);
        })
        .map((name) => `${file.path} imports ${name}`),
    );
    expect(offences).toEqual([]);
  });

  test('a relative import stays in its workspace', () => {
    const offences = code.flatMap((file) =>
      importedModules(file.text)
        .filter((name) => name.startsWith('.'))
        .filter((name) => workspaceOf(normalize(join(dirname(file.path), name))) !== workspaceOf(file.path))
        .map((name) => `${file.path} imports ${name}`),
    );
    expect(offences).toEqual([]);
  });

  test('npm packages are declared where they are used, and Ink stays in the command', () => {
    const offences = inSource.flatMap((file) => {
      const workspace = workspaceOf(file.path)!;
      if (file.path.startsWith('cli/bin/')) return [];
      return importedModules(file.text)
        .filter((name) => !name.startsWith('.') && !name.startsWith('node:'))
        .map(packageName)
        .filter(
          (name) =>
            (name !== manifests.get(workspace)!.name && !(name in (manifests.get(workspace)!.dependencies ?? {}))) ||
            (ONLY_IN[name] !== undefined && ONLY_IN[name] !== workspace),
        )
        .map((name) => `${file.path} imports ${name}`);
    });
    expect(offences).toEqual([]);
  });

  test('only the command ends the process', () => {
    const offences = inSource
      .filter((file) => workspaceOf(file.path) !== 'cli' && /\bprocess\.(exit\(|exitCode\s*=)/.test(file.text))
      .map((file) => file.path);
    expect(offences).toEqual([]);
  });
});

describe('files', () => {
  test('every file says at its top how it works and why', () => {
    const offences = [...code, ...tests, ...p4]
      .filter((file) => {
        const header = /^(?:#!.*\n)?\s*(\/\*[\s\S]*?\*\/|(?:\/\/.*\n)+)/.exec(file.text)?.[1] ?? '';
        // A test's name says much already; a source file owes how and why.
        return header.replace(/[/*\s]+/g, ' ').trim().length < (file.path.includes('/test/') ? 15 : 40);
      })
      .map((file) => file.path);
    expect(offences).toEqual([]);
  });

  test(`no file has more than ${LONGEST_FILE_LINES} lines without a reason`, () => {
    const offences = [...code, ...tests, ...p4]
      .map((file) => ({ path: file.path, lines: file.text.split('\n').length - 1 }))
      .filter((file) => file.lines > LONGEST_FILE_LINES && !(file.path in LONG_FILES))
      .map((file) => `${file.path} has ${file.lines} lines`);
    expect(offences).toEqual([]);
  });

  test('comments end where code does, at column 120', () => {
    const offences = [...code, ...tests, ...p4].flatMap(({ path, text }) =>
      text
        .split('\n')
        .map((line, index) => ({ line, number: index + 1 }))
        // A row of a table, or what a command looks like, is one line.
        .filter(({ line }) => line.length > 120 && /^\s*(\*|\/\/|\/\*)/.test(line) && !/^\s*\* [|`]/.test(line))
        .map(({ number }) => `${path}:${number}`),
    );
    expect(offences).toEqual([]);
  });

  test('the list of long files is not out of date', () => {
    const stale = Object.keys(LONG_FILES).filter((path) => {
      if (!existsSync(join(repository, path))) return true;
      return readFileSync(join(repository, path), 'utf8').split('\n').length - 1 <= LONGEST_FILE_LINES;
    });
    expect(stale).toEqual([]);
  });

  test('no test is skipped, focused or only promised', () => {
    const offences = [...code, ...tests]
      .filter((file) => /\.test\.tsx?$/.test(file.path) && file.path !== 'test/house/house.test.ts')
      .filter((file) => /\b(it|test|describe)\.(skip|only|todo|skipIf|runIf|fails)\b/.test(file.text))
      .map((file) => file.path);
    expect(offences).toEqual([]);
  });
});

describe('data plane', () => {
  test('p4/core names no architecture and includes no architecture', () => {
    const offences = p4
      .filter((file) => file.path.startsWith('p4/core/'))
      .flatMap((file) =>
        file.text
          .split('\n')
          .map((line, index) => ({ line, number: index + 1 }))
          .filter(({ line }) => ARCHITECTURE_WORDS.test(line))
          .map(({ line, number }) => `${file.path}:${number}: ${line.trim()}`),
      );
    expect(offences).toEqual([]);
  });

  test('p4/core uses nothing that an architecture declares', () => {
    const code = (text: string) => text.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');
    const declaration =
      /^\s*(?:extern\s+(?:[\w<>]+\s+)?|enum\s+(?:bit<\d+>\s+)?|typedef\s+\S+\s+|(?:struct|header|package|parser|control)\s+)(\w+)\s*[<({;]/gm;
    const declared = new Set(
      p4
        .filter(({ path }) => /^p4\/include\/(?!core)/.test(path))
        .flatMap(({ text }) => [...code(text).matchAll(declaration)].map((match) => match[1]!)),
    );
    expect([...declared]).toEqual(
      expect.arrayContaining(['register', 'digest', 'RegisterAction', 'Checksum', 'PortId_t']),
    );
    const offences = p4
      .filter(({ path }) => path.startsWith('p4/core/'))
      .flatMap(({ path, text }) =>
        [...new Set(code(text).match(/\w+/g))].filter((word) => declared.has(word)).map((word) => `${path}: ${word}`),
      );
    expect(offences).toEqual([]);
  });
});
