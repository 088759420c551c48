/** `mooring inspect`: the switch in detail, as the controller knows it. */
import type { SwitchDetails } from '@mooring/controller/control';
import { type ParsedCommand, printResult } from '../command-line/command.ts';
import { callController, STATE_DIRECTORY_OPTION } from '../control-client/connect.ts';
import { formatCount, formatShare } from '../ui/format.ts';

/** The details as text. */
export function inspectText(details: SwitchDetails): string {
  const width = Math.max(...details.tables.map(({ name }) => name.length));
  return [
    `switch   ${details.address} ${details.connected ? 'connected' : 'not connected'}`,
    `program  ${details.pipelineId ?? 'unknown'}`,
    '',
    'tables',
    ...details.tables.map(({ name, entries, size }) => {
      const room = size === 0 ? '' : ` of ${formatCount(size)}, ${formatShare(entries / size)}`;
      return `  ${name.padEnd(width)} ${formatCount(entries).padStart(9)}${room}`;
    }),
    '',
    'ports',
    ...details.ports.map(
      ({ port, state, servers, addresses }) =>
        `  ${String(port).padEnd(4)} ${state.padEnd(8)} ${formatCount(addresses)} addresses seen${servers.length === 0 ? '' : `, servers ${servers.join(' ')}`}`,
    ),
    ...(details.drops.length === 0
      ? []
      : [
          '',
          'packets dropped',
          ...details.drops.map(({ reason, packets }) => `  ${formatCount(packets).padStart(9)} ${reason}`),
        ]),
  ].join('\n');
}

export const inspectCommand: ParsedCommand = {
  kind: 'parsed',
  syntax: {
    name: 'inspect',
    summary: 'show the switch: program, tables and their room, ports, drops',
    description:
      'Shows the switch in detail: which program it runs, how full its tables are, what is behind its ports, and how\n' +
      'many packets its program dropped for which reason.',
    arguments: [],
    options: [STATE_DIRECTORY_OPTION],
    examples: [
      { command: 'mooring inspect', does: 'the switch of the controller of this directory' },
      { command: "mooring inspect --json | jq '.switch.tables'", does: 'for programs' },
    ],
  },
  async run(context, parsed) {
    const details = await callController(context, parsed, (client) => client.switchDetails());
    printResult(context, parsed.flags.has('json'), { ok: true, switch: details }, inspectText(details));
    return 0;
  },
};
