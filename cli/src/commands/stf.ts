/**
 * `mooring stf`: packet tests in p4c's STF format on any compiler and switch; the harness parses its arguments itself.
 */
import type { RawCommand } from '../command-line/command.ts';

export const stfCommand: RawCommand = {
  kind: 'raw',
  syntax: {
    name: 'stf',
    summary: 'run STF packet tests',
    description: 'Compiles programs, sends packets and compares what comes out.',
    arguments: [{ name: 'PROGRAM', description: 'program, or folder of programs with tests beside them' }],
    options: [],
    examples: [
      { command: 'mooring stf tests/', does: 'runs every test of the folder and closes with N passed, M failed' },
    ],
  },
  async run(context, argv) {
    const { runStf } = await import('@mooring/bmv2-harness/stf');
    return runStf(argv, {
      stdout: (text) => {
        context.stdout.write(text);
      },
      stderr: (text) => {
        context.stderr.write(text);
      },
      workingDirectory: context.workingDirectory,
      environment: context.environment,
    });
  },
};
