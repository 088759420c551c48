/** `mooring watch`: the terminal UI on a running controller. Without a terminal it tells what happens, line by line. */
import { ControlClient } from '@mooring/controller/control';
import type { ParsedCommand } from '../command-line/command.ts';
import {
  callController,
  controllerFailure,
  STATE_DIRECTORY_OPTION,
  stateDirectory,
} from '../control-client/connect.ts';
import { showLive } from '../control-client/live-view.ts';

export const watchCommand: ParsedCommand = {
  kind: 'parsed',
  syntax: {
    name: 'watch',
    summary: 'the terminal UI: watch and steer a running controller',
    description:
      'Opens the full-screen view of a running controller: overview, bucket map, operations, servers, search for\n' +
      'connections, events, switch, packet trace. Keys are shown at the bottom, ? explains them, : takes any command.\n' +
      'Leaving it changes nothing. Without a terminal, or with --plain, it prints a line for each thing that happens;\n' +
      'with --json each event of the control socket as a line of JSON.',
    arguments: [],
    options: [
      { name: 'plain', kind: 'flag', description: 'plain lines instead of the full-screen view' },
      STATE_DIRECTORY_OPTION,
    ],
    examples: [
      { command: 'mooring watch', does: 'the controller of this directory' },
      { command: 'mooring watch --state-dir /var/lib/mooring', does: 'another one' },
      { command: 'mooring watch --json | jq .kind', does: 'for programs' },
    ],
  },
  async run(context, parsed) {
    // Whether anybody is there is said before the screen is taken.
    await callController(context, parsed, (client) => client.status());
    const directory = stateDirectory(context, parsed);
    const client = ControlClient.inStateDir(directory);
    if (parsed.flags.has('json')) {
      try {
        for await (const event of client.events({ signal: context.signal })) {
          context.stdout.write(`${JSON.stringify(event)}\n`);
        }
      } catch (error) {
        if (!context.signal.aborted) throw controllerFailure(error);
      }
      return 0;
    }
    const quit = new AbortController();
    await showLive(context, {
      title: 'mooring',
      subtitle: client.socketPath,
      stateDirectory: directory,
      signal: AbortSignal.any([context.signal, quit.signal]),
      onQuit: () => quit.abort(),
      plain: parsed.flags.has('plain'),
    });
    return 0;
  },
};
