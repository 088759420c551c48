/** `mooring connections`: where a client's connections go, and why. */
import type { ConnectionsAnswer } from '@mooring/controller/control';
import { type ParsedCommand, printResult } from '../command-line/command.ts';
import { callController, SERVICE_PORT_OPTION, STATE_DIRECTORY_OPTION } from '../control-client/connect.ts';
import { connectionView } from '../control-client/query-views.ts';

/** The answer as text. */
export function connectionsText({ connections, omitted }: ConnectionsAnswer): string {
  if (connections.length === 0) return 'nothing to tell: without a port, only pinned connections can be named';
  const lines = connections
    .map(connectionView)
    .flatMap((found) => [
      `${found.client} to ${found.endpoint} (${found.vip}) goes to ${found.server}, decided by ${found.decidedBy}`,
      `  bucket ${found.bucket}, ${found.phase}: base ${found.base}, current ${found.current}; a new one would go to ${found.newConnection}`,
      `  ${found.reason}`,
    ]);
  return [...lines, ...(omitted > 0 ? [`and ${omitted} more`] : [])].join('\n');
}

export const connectionsCommand: ParsedCommand = {
  kind: 'parsed',
  syntax: {
    name: 'connections',
    summary: 'show where the connections of a client go, and why',
    description:
      'With a port, explains the connection from there: its bucket, whether a pin or the base decides, and which\n' +
      'server it goes to. Without one, the pinned connections of the address, which are all that can be named. So it is\n' +
      'with a virtual address for all ports where --service-port does not say which.',
    arguments: [{ name: 'CLIENT', description: 'ADDRESS or ADDRESS:PORT; IPv6 with a port in brackets' }],
    options: [
      { name: 'vip', kind: 'text', value: 'NAME', description: 'of this virtual address only' },
      SERVICE_PORT_OPTION,
      STATE_DIRECTORY_OPTION,
    ],
    examples: [
      { command: 'mooring connections 192.0.2.7:51514', does: 'which server, and why' },
      { command: 'mooring connections 192.0.2.7:51514 --service-port 443', does: 'its connection to port 443 alone' },
      { command: 'mooring connections 2001:db8::7 --vip web6', does: 'what is pinned of this client' },
    ],
  },
  async run(context, parsed) {
    const answer = await callController(context, parsed, (client) =>
      client.connections(parsed.positional[0]!, parsed.texts.get('vip'), parsed.counts.get(SERVICE_PORT_OPTION.name)),
    );
    printResult(context, parsed.flags.has('json'), { ok: true, ...answer }, connectionsText(answer));
    return 0;
  },
};
