#!/usr/bin/env node
// The `mooring` command's first file: makes sure that the bundle in `cli/dist` is newer than every source, builds it
// if not (esbuild, some 50 ms), and runs it. So a fresh clone needs no build step and a developer never runs stale
// code. It is plain JavaScript because it runs before anything is built, and it is the only file outside the bundle
// that a user starts. Where the sources or esbuild are missing (an installed copy), the bundle is run as it is.
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Script } from 'node:vm';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const bundle = join(root, 'cli', 'dist', 'index.js');
const stamp = join(root, 'cli', 'dist', '.built');

/** The newest modification time under a directory, in milliseconds; 0 when there is none. */
function newestMs(path) {
  let newest = 0;
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    const child = join(path, entry.name);
    const timeMs = entry.isDirectory() ? newestMs(child) : statSync(child).mtimeMs;
    if (timeMs > newest) newest = timeMs;
  }
  return Math.max(newest, statSync(path).mtimeMs);
}

function sourceDirectories() {
  const packages = join(root, 'packages');
  const names = existsSync(packages) ? readdirSync(packages).map((name) => join(packages, name)) : [];
  return [...names, join(root, 'controller'), join(root, 'cli')]
    .flatMap((path) => [join(path, 'src'), join(path, 'package.json')])
    .filter((path) => existsSync(path));
}

function isFresh() {
  if (!existsSync(bundle) || !existsSync(stamp)) return false;
  const builtMs = Number(readFileSync(stamp, 'utf8'));
  return sourceDirectories().every((path) => {
    const newest = path.endsWith('.json') ? statSync(path).mtimeMs : newestMs(path);
    return newest <= builtMs;
  });
}

if (process.env.MOORING_NO_BUILD !== '1' && existsSync(join(root, 'scripts', 'build.mjs')) && !isFresh()) {
  // Loaded only when needed: it costs several milliseconds at each start.
  const { spawnSync } = await import('node:child_process');
  const startedMs = Date.now();
  const built = spawnSync(process.execPath, [join(root, 'scripts', 'build.mjs'), '--quiet'], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (built.status === 0) writeFileSync(stamp, String(startedMs));
  else if (!existsSync(bundle)) {
    process.stderr.write('mooring: the sources could not be built (see above); run `npm ci` first.\n');
    process.exit(1);
  }
}

/**
 * Runs the compiler from its own CommonJS bundle through V8's code cache, which saves a third of the time of a short
 * compilation. The cache lies beside the bundle and is named after its time stamp; V8 itself refuses one that another
 * version of Node.js made. False if there is no such bundle: then the ordinary way is taken.
 */
async function compileWithCodeCache(argv) {
  const path = join(root, 'packages', 'p4c-ts', 'dist', 'process.cjs');
  if (!existsSync(path)) return false;
  const cachePath = `${path}.${Math.round(statSync(path).mtimeMs)}.${process.version}.cache`;
  const cachedData = existsSync(cachePath) ? readFileSync(cachePath) : undefined;
  const source = `(function (exports, require, module, __filename, __dirname) { ${readFileSync(path, 'utf8')}\n})`;
  const script = new Script(source, { filename: path, cachedData });
  const module = { exports: {} };
  script.runInThisContext()(module.exports, createRequire(path), module, path, dirname(path));
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  process.exitCode = await module.exports.compileProcess(argv, version);
  if (cachedData === undefined || script.cachedDataRejected) {
    try {
      // Made after the run, so that it holds the functions that were needed. Renamed, so that nobody reads half of it.
      const temporary = `${cachePath}.${process.pid}`;
      writeFileSync(temporary, script.createCachedData());
      for (const name of readdirSync(dirname(path))) {
        if (/^process\.cjs\..*\.cache$/.test(name)) rmSync(join(dirname(path), name), { force: true });
      }
      renameSync(temporary, cachePath);
    } catch {
      // A read-only installation: it works without.
    }
  }
  return true;
}

if (process.argv[2] !== 'compile' || !(await compileWithCodeCache(process.argv.slice(3)))) {
  const { main } = await import(pathToFileURL(bundle).href);
  await main(process.argv.slice(2));
}
