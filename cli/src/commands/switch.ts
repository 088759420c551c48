/**
 * `mooring switch`: the embedded switch as a program of its own, behind simple_switch_grpc's command line, so that a
 * script that starts BMv2 starts this one unchanged. The switch's package parses its arguments itself. Runs until it is
 * stopped, or, with `--use-files`, until the files are read.
 */
import { existsSync } from 'node:fs';
import type { RawCommand } from '../command-line/command.ts';
import { CommandFailure, UsageError } from '../command-line/errors.ts';
import { mooringVersion } from '../command-line/version.ts';

/** Version of BMv2's JSON format that the switch reads. */
const JSON_VERSION = '2.23';

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
  async run(context, argv) {
    const softswitch = await import('@mooring/softswitch');
    const parsed = (() => {
      try {
        return softswitch.parseSwitchArguments(argv);
      } catch (error) {
        if (error instanceof softswitch.UsageError)
          throw new UsageError(error.message, { hint: 'See mooring switch --help.' });
        throw error;
      }
    })();
    switch (parsed.only) {
      case 'help':
        context.stdout.write(softswitch.switchHelp);
        return 0;
      case 'version':
        context.stdout.write(`${mooringVersion()}\n`);
        return 0;
      case 'json-version':
        context.stdout.write(`${JSON_VERSION}\n`);
        return 0;
      case undefined:
        break;
    }
    if (parsed.programFile !== undefined && !existsSync(parsed.programFile)) {
      throw new CommandFailure(`there is no program ${parsed.programFile}`, {
        code: 'NO_PROGRAM',
        hint: 'mooring compile -o program.json program.p4 makes one; --no-p4 waits for one by P4Runtime.',
      });
    }
    for (const warning of parsed.warnings) context.stderr.write(`mooring: warning: ${warning}\n`);
    const running = await softswitch.startSwitch(parsed).catch((error: unknown) => {
      throw new CommandFailure(error instanceof Error ? error.message : String(error), { code: 'SWITCH_FAILED' });
    });
    try {
      const stopped = new Promise<void>((resolve) => {
        if (context.signal.aborted) resolve();
        else context.signal.addEventListener('abort', () => resolve(), { once: true });
      });
      await Promise.race([running.finished, stopped]);
    } finally {
      await running.close();
    }
    return 0;
  },
};
