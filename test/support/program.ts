/**
 * The load balancer's program for tests and simulations, compiled from source by our own compiler, by its command's
 * front door.
 */
import { fileURLToPath } from 'node:url';
import { compile, formatDiagnostic } from '@mooring/p4c-ts';
import { runCompile } from '@mooring/p4c-ts/command';
import { nodeCompileIo, nodeFileSystem } from '@mooring/p4c-ts/node';
import { p4infoMessage } from '@mooring/p4c-ts/p4info';
import type { P4Info } from '@mooring/p4runtime-ts/p4info';

const P4 = fileURLToPath(new URL('../../p4/', import.meta.url));
const SOURCE = sourceOf('v1model');

/** A compiled program, as the controller takes it. */
export interface Program {
  readonly p4info: string;
  readonly deviceConfig: Uint8Array;
}

/** Compiles the program. @param defines macros as `NAME=VALUE` @throws Error with the compiler's diagnostics */
export async function compileProgram(defines: readonly string[] = []): Promise<Program> {
  const written = new Map<string, string>();
  let said = '';
  const hear = (text: string) => {
    said += text;
  };
  const macros = defines.flatMap((define) => ['-D', define]);
  const outputs = ['-o', 'program.json', '--p4runtime-files', 'program.p4info.txtpb'];
  const status = await runCompile([...outputs, ...macros, SOURCE], {
    ...nodeCompileIo('0'),
    writeFile: (path, content) => {
      written.set(path, typeof content === 'string' ? content : Buffer.from(content).toString('utf8'));
    },
    stdout: hear,
    stderr: hear,
  });
  if (status !== 0) throw new Error(said);
  return { p4info: written.get('program.p4info.txtpb')!, deviceConfig: Buffer.from(written.get('program.json')!) };
}

/**
 * A shell as it is seen by a controller, without a program for a switch. @param shell folder of `p4` @param defines
 * macros, as `NAME=VALUE` @throws Error with the compiler's diagnostics
 */
export function p4infoOf(shell: string, defines: readonly string[] = []): P4Info {
  const result = compile(sourceOf(shell), {
    files: nodeFileSystem(),
    includePaths: [`${P4}include`],
    defines,
    checkOnly: true,
    p4info: true,
  });
  if (!result.ok || result.controlPlane === undefined) {
    throw new Error(result.diagnostics.map((each) => formatDiagnostic(each, result.sourceMap)).join('\n'));
  }
  return p4infoMessage(result.controlPlane);
}

function sourceOf(shell: string): string {
  return `${P4}${shell}/mooring.p4`;
}
