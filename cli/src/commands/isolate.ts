/**
 * `mooring isolate`: says of a switch that is away that it does not forward. Only a person can know: a controller that
 * has lost a switch cannot tell one that is off from one that it cannot reach, and so has everything wait that the
 * switch would have to be told.
 */
import { type ParsedCommand, printResult } from '../command-line/command.ts';
import { callController, STATE_DIRECTORY_OPTION } from '../control-client/connect.ts';

export const isolateCommand: ParsedCommand = {
  kind: 'parsed',
  syntax: {
    name: 'isolate',
    summary: 'say that a switch that is away does not forward',
    description:
      'While one of several switches is away, changes wait: it may be forwarding, and would not know of them. Say that it\n' +
      'does not, because it is off or out of the way of packets, and they go on without it. When it can be reached\n' +
      'again it is emptied, filled, and one of the switches again.',
    arguments: [{ name: 'SWITCH', description: 'its name, as mooring status shows it' }],
    options: [STATE_DIRECTORY_OPTION],
    examples: [{ command: 'mooring isolate 192.0.2.2:9559', does: 'has nothing wait for that switch' }],
  },
  async run(context, parsed) {
    const isolated = await callController(context, parsed, (client) => client.isolate(parsed.positional[0]!));
    const text = `switch ${isolated.name} is isolated: nothing waits for it`;
    printResult(context, parsed.flags.has('json'), { ok: true, switch: isolated }, text);
    return 0;
  },
};
