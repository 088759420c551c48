/**
 * Gets the program under test: P4 source compiled by our compiler in memory, or what any compiler has written (BMv2
 * JSON with its P4Info). A test file starts one switch a test, so a program is compiled once a process and kept.
 */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { compile, formatDiagnostic } from '@mooring/p4c-ts';
import { nodeFileSystem, systemIncludePaths } from '@mooring/p4c-ts/node';
import { p4infoMessage } from '@mooring/p4c-ts/p4info';
import { type P4Info, readP4Info } from '@mooring/p4runtime-ts/p4info';

/** A program for a switch. */
export interface CompiledProgram {
  /** BMv2 JSON. */
  readonly deviceConfig: string;
  readonly p4info: P4Info;
}

/** Where the program is and how to compile it. */
export interface ProgramSource {
  /** P4_16 source, or BMv2 JSON if the name ends in `.json`. Relative to the working directory. */
  readonly program: string;
  /** P4Info file of a program in BMv2 JSON. */
  readonly p4info?: string;
  readonly includePaths?: readonly string[];
  /** Macros by name. */
  readonly defines?: Readonly<Record<string, string | number>>;
}

const compiled = new Map<string, CompiledProgram>();

/**
 * Compiles or reads a program.
 *
 * @throws Error with the compiler's diagnostics, or saying which file is missing
 */
export function compileProgram(source: ProgramSource): CompiledProgram {
  const path = resolve(source.program);
  if (path.endsWith('.json')) {
    if (source.p4info === undefined)
      throw new Error(`${source.program} is BMv2 JSON, which lacks P4Runtime's names: give its P4Info as 'p4info'`);
    return {
      deviceConfig: readFileSync(path, 'utf8'),
      p4info: readP4Info(new Uint8Array(readFileSync(source.p4info))),
    };
  }
  const key = JSON.stringify([path, source.includePaths, source.defines]);
  let result = compiled.get(key);
  if (result === undefined) compiled.set(key, (result = compileSource(path, source)));
  return result;
}

function compileSource(path: string, { includePaths = [], defines = {} }: ProgramSource): CompiledProgram {
  const result = compile(path, {
    files: nodeFileSystem(),
    includePaths: [...includePaths, ...systemIncludePaths()],
    defines: Object.entries(defines).map(([name, text]) => `${name}=${text}`),
  });
  if (!result.ok || result.bmv2 === undefined || result.controlPlane === undefined) {
    const errors = result.diagnostics.map((each) => formatDiagnostic(each, result.sourceMap));
    throw new Error(`the program does not compile:\n${errors.join('\n')}`);
  }
  return { deviceConfig: JSON.stringify(result.bmv2), p4info: p4infoMessage(result.controlPlane) };
}
