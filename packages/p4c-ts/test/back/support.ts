/**
 * What the tests of the back half share: a program's way through all phases, its invariants checked after each pass.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { layeredFileSystem, memoryFileSystem } from '../../src/1-preprocess/file-system.ts';
import { preprocess } from '../../src/1-preprocess/preprocess.ts';
import { parseProgram } from '../../src/2-parse/parse.ts';
import { checkProgram } from '../../src/3-types/check-program.ts';
import { elaborate } from '../../src/4-elaborate/elaborate.ts';
import { checkInvariants } from '../../src/5-lower/check.ts';
import type { Program } from '../../src/5-lower/ir.ts';
import { lower } from '../../src/5-lower/lower.ts';
import { emitBmv2 } from '../../src/6-emit-bmv2/emit.ts';
import type { JsonObject } from '../../src/6-emit-bmv2/json.ts';
import { Reporter } from '../../src/diagnostics/diagnostic.ts';
import { SourceMap } from '../../src/diagnostics/span.ts';
import { messagesOf } from '../front/support.ts';

const here = dirname(fileURLToPath(import.meta.url));
/** Folder of the test programs. */
export const PROGRAMS = join(here, '..', 'programs');
const INCLUDE = join(here, '..', '..', '..', '..', 'p4', 'include');

const disk = {
  read: (path: string): string | undefined => {
    // Programs see the test folder as the root, so that no path of this machine gets into golden files.
    for (const root of [PROGRAMS, INCLUDE]) {
      const file = join(root, path);
      if (existsSync(file)) return readFileSync(file, 'utf8');
    }
    return undefined;
  },
};

/** What came of a compilation. */
export interface BackResult {
  readonly ir: Program | undefined;
  readonly json: JsonObject | undefined;
  /** `line:column class: message` of errors. */
  readonly errors: string[];
  /** Broken invariants, with the pass after which they were found. */
  readonly broken: string[];
}

/** Compiles a program of `test/programs` by path, or the given text. */
export function compileBack(path: string, text?: string): BackResult {
  const files = text === undefined ? disk : layeredFileSystem(memoryFileSystem({ [path]: text }), disk);
  const sources = new SourceMap();
  const reporter = new Reporter();
  const broken: string[] = [];
  let ir: Program | undefined;
  let json: JsonObject | undefined;
  const preprocessed = preprocess(path, { files, includePaths: ['.'], sourceMap: sources, reporter });
  const tree = preprocessed && !reporter.hasErrors() ? parseProgram(preprocessed, reporter) : undefined;
  const typed = tree && !reporter.hasErrors() ? checkProgram(tree, reporter) : undefined;
  if (typed !== undefined && !reporter.hasErrors()) {
    ir = elaborate(typed, reporter, { sourceName: path, emitExterns: false, ndebug: false });
    if (ir !== undefined && !reporter.hasErrors()) {
      const program = ir;
      const check = (pass: string): void => {
        for (const problem of checkInvariants(program, pass)) broken.push(`${pass}: ${problem}`);
      };
      check('elaborate');
      lower(program, reporter, sources, check);
      if (!reporter.hasErrors()) json = emitBmv2(program, sources, reporter);
    }
  }
  const errors = messagesOf(reporter, sources).filter(
    (_, index) => reporter.diagnostics()[index]?.severity === 'error',
  );
  return { ir, json: errors.length === 0 ? json : undefined, errors, broken };
}

/** A program around the body of `Work`'s apply block, from the pieces that the test programs share. */
export function programAround(body: string, locals = ''): string {
  return `#include "include/head.p4"
control Work(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t sm) {
${locals}
apply {
${body}
}
}
#include "include/tail.p4"
`;
}
