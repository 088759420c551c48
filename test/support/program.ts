/** The load balancer's program for tests and simulations, compiled from source by our own compiler, by its command's front door. */
import { fileURLToPath } from 'node:url';
import { runCompile } from '@mooring/p4c-ts/command';
import { nodeCompileIo } from '@mooring/p4c-ts/node';

const SOURCE = fileURLToPath(new URL('../../p4/v1model/mooring.p4', import.meta.url));

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
