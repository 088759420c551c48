/**
 * The suite's P4 programs, compiled by the project's own compiler, once each. What the tests need of P4Info is found by
 * name, because messages carry numbers and tests shall be readable.
 */
import { fileURLToPath } from 'node:url';
import { compile, formatDiagnostic } from '@mooring/p4c-ts';
import { nodeFileSystem } from '@mooring/p4c-ts/node';
import { p4infoMessage } from '@mooring/p4c-ts/p4info';
import type { P4Info } from '@mooring/p4runtime-ts/p4info';

const FOLDER = fileURLToPath(new URL('../programs/', import.meta.url));
const INCLUDES = fileURLToPath(new URL('../../../../p4/include/', import.meta.url));

/** A program of `programs/`. */
export type ProgramName = 'keys' | 'resources' | 'selectors' | 'redirect' | 'controller';

/** A compiled program. */
export interface CompiledProgram {
  readonly p4info: P4Info;
  readonly deviceConfig: Uint8Array;
}

const compiled = new Map<ProgramName, CompiledProgram>();

/** The program, compiled when it is first asked for. */
export function program(name: ProgramName): CompiledProgram {
  const known = compiled.get(name);
  if (known !== undefined) return known;
  const fresh = compileFile(`${FOLDER}${name}.p4`);
  compiled.set(name, fresh);
  return fresh;
}

/** Compiles any program. @throws Error with the compiler's messages */
export function compileFile(path: string): CompiledProgram {
  const result = compile(path, { files: nodeFileSystem(), includePaths: [INCLUDES] });
  if (!result.ok || result.bmv2 === undefined || result.controlPlane === undefined) {
    const errors = result.diagnostics.filter(({ severity }) => severity === 'error');
    throw new Error(errors.map((each) => formatDiagnostic(each, result.sourceMap)).join('\n'));
  }
  return { p4info: p4infoMessage(result.controlPlane), deviceConfig: Buffer.from(JSON.stringify(result.bmv2)) };
}

type Kind =
  | 'tables'
  | 'actions'
  | 'actionProfiles'
  | 'counters'
  | 'meters'
  | 'directCounters'
  | 'directMeters'
  | 'valueSets'
  | 'registers'
  | 'digests'
  | 'controllerPacketMetadata';

/** The object of a kind whose alias is `alias`. */
export function object<K extends Kind>(p4info: P4Info, kind: K, alias: string): P4Info[K][number] {
  const found = p4info[kind].find((each) => each.preamble?.alias === alias);
  if (found === undefined) throw new Error(`no ${kind} '${alias}'`);
  return found;
}

/** The id of the object of a kind whose alias is `alias`. */
export function idOf(p4info: P4Info, kind: Kind, alias: string): number {
  return object(p4info, kind, alias).preamble!.id;
}
