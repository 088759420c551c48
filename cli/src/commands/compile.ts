/**
 * `mooring compile`: the P4 compiler behind p4c-bm2-ss's command line; the compiler's package parses its arguments
 * itself.
 */
import type { RawCommand } from '../command-line/command.ts';
import { mooringVersion } from '../command-line/version.ts';

export const compileCommand: RawCommand = {
  kind: 'raw',
  syntax: {
    name: 'compile',
    summary: 'compile a P4_16 program (options of p4c-bm2-ss)',
    description: 'Compiles a P4_16 program for v1model to BMv2 JSON and P4Info.',
    arguments: [{ name: 'PROGRAM', description: 'the P4 source' }],
    options: [],
    examples: [
      {
        command: 'mooring compile -o lb.json --p4runtime-files lb.p4info.txtpb p4/v1model/mooring.p4',
        does: 'compiles the load balancer',
      },
    ],
  },
  async run(context, argv) {
    const [{ runCompile }, { nodeCompileIo }] = await Promise.all([
      import('@mooring/p4c-ts/command'),
      import('@mooring/p4c-ts/node'),
    ]);
    return runCompile(argv.length === 0 ? ['--help'] : argv, {
      ...nodeCompileIo(mooringVersion()),
      stdout: (text) => {
        context.stdout.write(text);
      },
      stderr: (text) => {
        context.stderr.write(text);
      },
    });
  },
};
