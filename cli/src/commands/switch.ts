/**
 * `mooring switch`: the embedded switch as a program of its own, behind simple_switch_grpc's command line, so that a script that
 * starts BMv2 starts this one unchanged. The switch's package parses its arguments itself. Runs until it is stopped, or,
 * with `--use-files`, until the files are read.
 */
import type { RawCommand } from '../command-line/command.ts';

export const switchCommand: RawCommand = {
  kind: 'raw',
  syntax: {
    name: 'switch',
    summary: 'run the software switch (options of simple_switch_grpc)',
    description: 'Runs BMv2 JSON and speaks P4Runtime.',
    arguments: [{ name: 'PROGRAM', description: 'BMv2 JSON', optional: true }],
    options: [],
    examples: [
      {
        command: 'mooring switch --no-p4 -i 1@veth1 -i 2@veth2 -- --grpc-server-addr 127.0.0.1:9559 --cpu-port 510',
        does: 'waits for its program by P4Runtime',
      },
    ],
  },
  run: async () => 1,
};
