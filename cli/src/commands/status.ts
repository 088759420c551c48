/** `mooring status`: what there is and what goes on, once as text or JSON, or live with `--watch`. */
import type { ServerStatus, Status, SwitchStatus } from '@mooring/controller/control';
import { type ParsedCommand, printResult } from '../command-line/command.ts';
import { absenceText } from '../control-client/absence-text.ts';
import { callController, STATE_DIRECTORY_OPTION } from '../control-client/connect.ts';
import { operationLine } from '../control-client/operation-command.ts';
import { endpointText, serverState } from '../control-client/view.ts';
import { formatCount, healthText } from '../ui/format.ts';
import { watchCommand } from './watch.ts';

function switchText({ connected, error, away }: SwitchStatus, nowMs: number): string {
  if (connected) return 'connected';
  const why = error === undefined ? '' : `: ${error}`;
  return `not connected${away === undefined ? '' : ` ${absenceText(away, nowMs)}`}${why}`;
}

/** The status as text. */
export function statusText(status: Status): string {
  const lines = [
    `controller  ${status.state}, pid ${status.pid}, version ${status.version}${status.pinning ? '' : ', PINNING OFF'}`,
    ...status.switches.map((one) => `switch      ${one.name} ${switchText(one, status.nowMs)}`),
    `pins        ${formatCount(status.counters.pinsExact)} exact (at most ${formatCount(status.counters.pinsExactPeak)}), ${formatCount(status.counters.registerPins)} in registers`,
  ];
  const addressOf = ({ address, port }: ServerStatus): string => endpointText(address, port);
  const nameWidth = Math.max(10, ...status.servers.map(({ name }) => name.length));
  const addressWidth = Math.max(21, ...status.servers.map((server) => addressOf(server).length));
  for (const { name, prefixes, synRate } of status.classes) {
    const rate = synRate === undefined ? '' : `, ${formatCount(synRate)} SYNs/s`;
    lines.push(`class       ${name}: ${prefixes.join(', ') || 'no clients'}${rate}`);
  }
  for (const vip of status.vips) {
    const shifting = vip.bucketMap.phase.filter((phase) => phase !== 'steady').length;
    lines.push(
      '',
      `${vip.name}  ${endpointText(vip.address, vip.port)} ${vip.protocol}, ${vip.buckets} buckets${shifting > 0 ? `, ${shifting} not settled` : ''}`,
    );
    if (vip.coming !== undefined) {
      const { buckets, hashSeed, affinity, ready } = vip.coming;
      const what = `${buckets} buckets, seed ${hashSeed}, affinity by ${affinity}`;
      lines.push(`  coming: ${what}; ${ready} of ${vip.buckets} buckets are ready for it`);
    }
    if (vip.refuses !== undefined) {
      const what = vip.refuses === 'drop' ? 'dropped' : 'reset';
      lines.push(`  full: no server has room, new connections are ${what}`);
    }
    for (const server of status.servers.filter((candidate) => candidate.vip === vip.name)) {
      const reason = server.healthReason === undefined ? '' : `: ${server.healthReason}`;
      lines.push(
        `  ${server.name.padEnd(nameWidth)} ${addressOf(server).padEnd(addressWidth)} ${serverState(server).padEnd(8)} ${String(server.buckets).padStart(5)} buckets ${String(server.pins).padStart(6)} pins  ${healthText(server.health)}${reason}`,
      );
    }
  }
  const operations = status.operations.slice(0, 5);
  if (operations.length > 0)
    lines.push('', 'operations', ...operations.map((operation) => `  ${operationLine(operation)}`));
  return `${lines.join('\n')}\n`;
}

export const statusCommand: ParsedCommand = {
  kind: 'parsed',
  syntax: {
    name: 'status',
    summary: 'show servers, virtual addresses and running operations',
    description: 'Shows what the controller knows. With --watch it shows it live until Ctrl-C or q.',
    arguments: [],
    options: [{ name: 'watch', short: 'w', kind: 'flag', description: 'live, full screen' }, STATE_DIRECTORY_OPTION],
    examples: [
      { command: 'mooring status', does: 'prints the state once' },
      { command: "mooring status --json | jq '.status.servers'", does: 'for programs' },
    ],
  },
  async run(context, parsed) {
    const status = await callController(context, parsed, (client) => client.status());
    if (parsed.flags.has('watch')) {
      return watchCommand.run(context, parsed);
    }
    printResult(context, parsed.flags.has('json'), { ok: true, status }, statusText(status));
    return 0;
  },
};
