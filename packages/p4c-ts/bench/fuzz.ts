/**
 * A fuzzer for the compiler: takes programs from folders, damages them by seeded edits, compiles each result through
 * all phases, and reports every input that makes the compiler throw, fail with a `bug` diagnostic, or take more than 5
 * seconds of processor time. The edits are those that find trouble in compilers: characters and whole tokens deleted,
 * doubled, swapped, replaced, and pieces of other programs put in, so that most results are wrong in interesting ways
 * and some are still correct.
 *
 * Usage: npm run fuzz -w packages/p4c-ts -- COUNT SEED FOLDER... Exit status 1 if anything was found; each finding
 * names its seed.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { layeredFileSystem, memoryFileSystem } from '../src/1-preprocess/file-system.ts';
import { compile } from '../src/api/compile.ts';
import { nodeFileSystem, systemIncludePaths } from '../src/node.ts';

const SLOW_MS = 5000;

/** A small, fast generator of numbers (mulberry32); the same seed gives the same numbers for ever. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** The text of all P4 programs in a folder and its sub-folders. */
export function programsIn(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) return programsIn(path);
    return name.endsWith('.p4') ? [readFileSync(path, 'utf8')] : [];
  });
}

const TOKEN = /[A-Za-z_]\w*|\d\w*|"[^"\n]*"|\s+|&&&|\|\+\||[^\s]/g;

/** Damages a program with 1 to 6 edits. */
export function mutate(program: string, corpus: readonly string[], random: () => number): string {
  const tokens = program.match(TOKEN) ?? [];
  const pick = (length: number) => Math.floor(random() * length);
  for (let edits = 1 + pick(6); edits > 0; edits -= 1) {
    const at = pick(tokens.length);
    switch (pick(8)) {
      case 0:
        tokens.splice(at, 1 + pick(4));
        break;
      case 1:
        tokens.splice(at, 0, tokens[at] ?? ';');
        break;
      case 2:
        tokens.splice(at, 1, tokens[pick(tokens.length)] ?? '}');
        break;
      case 3: {
        const other = pick(tokens.length);
        [tokens[at], tokens[other]] = [tokens[other] ?? '', tokens[at] ?? ''];
        break;
      }
      case 4:
        tokens.splice(
          at,
          0,
          ['{', '}', '(', ')', '<', '>', ';', '@', '#', '"', '/*', '0', '8w', '-', '...'][pick(15)] ?? '',
        );
        break;
      case 5: {
        const donor = (corpus[pick(corpus.length)] ?? '').match(TOKEN) ?? [];
        const from = pick(donor.length);
        tokens.splice(at, 0, ...donor.slice(from, from + 1 + pick(40)));
        break;
      }
      case 6: {
        const number = String(2n ** BigInt(pick(70)) - BigInt(pick(3)));
        const places = tokens.flatMap((token, index) => (/^\d/.test(token) ? [index] : []));
        if (places.length > 0) tokens[places[pick(places.length)] ?? 0] = number;
        break;
      }
      default:
        tokens.splice(at, 0, ...tokens.slice(at, at + 1 + pick(60)));
    }
  }
  return tokens.join('');
}

/** Runs the fuzzer; returns the number of inputs that found something. */
export function fuzz(count: number, seed: number, corpus: readonly string[], print: (text: string) => void): number {
  const disk = nodeFileSystem();
  const includePaths = systemIncludePaths();
  let found = 0;
  let accepted = 0;
  let slowest = 0;
  for (let i = 0; i < count; i += 1) {
    const random = generator(seed + i);
    const source = mutate(corpus[Math.floor(random() * corpus.length)] ?? '', corpus, random);
    const files = layeredFileSystem(memoryFileSystem({ 'fuzz.p4': source }), disk);
    const start = process.cpuUsage();
    let problem: string | undefined;
    try {
      const result = compile('fuzz.p4', { files, includePaths });
      if (result.ok) accepted += 1;
      problem = result.diagnostics.find((item) => item.class === 'bug')?.message;
    } catch (error) {
      problem = `thrown: ${error instanceof Error ? error.stack : String(error)}`;
    }
    const { user, system } = process.cpuUsage(start);
    const spentMs = (user + system) / 1000;
    slowest = Math.max(slowest, spentMs);
    if (spentMs > SLOW_MS) problem ??= `slow: ${Math.round(spentMs)} ms`;
    if (problem !== undefined) {
      found += 1;
      print(`seed ${seed + i}: ${problem}`);
    }
    if ((i + 1) % 10_000 === 0) print(`${i + 1} inputs, ${found} findings`);
  }
  const memoryMB = Math.round(process.memoryUsage().rss / 1e6);
  print(
    `${count} inputs, ${accepted} accepted, ${found} findings, slowest ${Math.round(slowest)} ms, memory ${memoryMB} MB`,
  );
  return found;
}

const [countText, seedText, ...folders] = process.argv.slice(2);
if (process.argv[1]?.endsWith('fuzz.js') && countText !== undefined && seedText !== undefined && folders.length > 0) {
  const corpus = folders.flatMap(programsIn);
  process.exitCode = fuzz(Number(countText), Number(seedText), corpus, console.log) === 0 ? 0 : 1;
}
