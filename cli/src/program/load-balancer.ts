/**
 * Gets the load balancer's program: compiled from the P4 sources by our own compiler, in memory, or read from files
 * that any P4 compiler has made. The compiler is used by its command's front door, so that what `mooring up` runs is
 * what `mooring compile` prints.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CommandFailure } from '../command-line/errors.ts';
import { repositoryRoot } from '../command-line/repository.ts';
import { mooringVersion } from '../command-line/version.ts';

/** A compiled program. */
export interface LoadBalancerProgram {
  /** BMv2 JSON. */
  readonly deviceConfig: string;
  /** P4Info as protobuf text. */
  readonly p4info: string;
}

/** Where the load balancer's source is. */
export function loadBalancerSource(): string {
  return join(repositoryRoot(), 'p4', 'v1model', 'mooring.p4');
}

/**
 * Compiles the load balancer.
 * @param defines macros as `NAME=VALUE`, e.g. the size of the pin registers, `MOORING_SLOTS`
 * @throws CommandFailure with the compiler's diagnostics
 */
export async function compileLoadBalancer(
  source = loadBalancerSource(),
  defines: readonly string[] = [],
): Promise<LoadBalancerProgram> {
  const [{ runCompile }, { nodeCompileIo }] = await Promise.all([
    import('@mooring/p4c-ts/command'),
    import('@mooring/p4c-ts/node'),
  ]);
  const written = new Map<string, string>();
  let diagnostics = '';
  const macros = defines.flatMap((define) => ['-D', define]);
  const argv = ['-o', 'program.json', '--p4runtime-files', 'program.p4info.txtpb', ...macros, source];
  const status = await runCompile(argv, {
    ...nodeCompileIo(mooringVersion()),
    writeFile: (path, content) => {
      written.set(path, typeof content === 'string' ? content : Buffer.from(content).toString('utf8'));
    },
    stdout: (text) => {
      diagnostics += text;
    },
    stderr: (text) => {
      diagnostics += text;
    },
  });
  const deviceConfig = written.get('program.json');
  const p4info = written.get('program.p4info.txtpb');
  if (status !== 0 || deviceConfig === undefined || p4info === undefined) {
    throw new CommandFailure(`the program ${source} could not be compiled`, {
      code: 'COMPILE_FAILED',
      hint: diagnostics.trim(),
    });
  }
  return { deviceConfig, p4info };
}

/**
 * Reads a compiled program.
 * @throws CommandFailure naming the file that cannot be read
 */
export function readProgram(deviceConfigFile: string, p4infoFile: string): LoadBalancerProgram {
  const read = (path: string): string => {
    try {
      return readFileSync(path, 'utf8');
    } catch (error) {
      throw new CommandFailure(`the compiled program ${path} cannot be read: ${(error as Error).message}`, {
        code: 'NO_PROGRAM',
      });
    }
  };
  return { deviceConfig: read(deviceConfigFile), p4info: read(p4infoFile) };
}
