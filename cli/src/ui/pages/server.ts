/** The servers as a list, found by text and put in order, and the selected one in detail. */
import { bucketsPerCell } from '../bucket-cells.ts';
import { bucketMap } from '../bucket-map.ts';
import { formatCount, formatRate, formatShare, healthText } from '../format.ts';
import { heading } from '../heading.ts';
import type { ServerView } from '../model.ts';
import { serverColour, serverLetter } from '../palette.ts';
import { exactly, type Row, row, selected, span } from '../rows.ts';
import {
  bodyRows,
  frameWidth,
  listedServers,
  type PlacedServer,
  placeOf,
  serverKey,
  windowStart,
} from '../selectors.ts';
import { serverRow, tableOf, troubleText } from '../server-table.ts';
import type { UiState } from '../state.ts';
import { textRows } from '../text-pane.ts';
import { trafficText } from './overview.ts';

/** Lines of the details without the map. */
const DETAIL_ROWS = 8;
const MAP_ROWS_WANTED = 2;

/** What a state means for whoever wants to switch the machine off. */
const STATE_TEXTS: Readonly<Record<ServerView['state'], string>> = {
  active: 'takes new connections',
  draining: 'takes no new connections; old ones live on',
  drained: 'nothing names it any more: safe to power off',
  removed: 'not in the configuration any more',
  joining: 'on its way in',
  spare: 'known, serves nothing',
  dead: 'failed its health checks and was given up',
  disabled: 'switched off by an operator',
};

function detailRows(state: UiState, { server, index }: PlacedServer, width: number): Row[] {
  const controller = state.view.controller!;
  const vip = controller.vips.find((candidate) => candidate.name === server.vip);
  const share = vip === undefined ? 0 : server.buckets / vip.current.length;
  const alive = state.view.tally?.aliveByServer[server.name];
  const connections = alive ?? server.agent?.connections;
  return [
    heading(`${server.name} of ${server.vip}`, width),
    row(
      ' ',
      span(serverLetter(index), { colour: serverColour(index), bold: true }),
      ` ${server.address}  `,
      span(server.state, { bold: true }),
      `: ${STATE_TEXTS[server.state]}`,
    ),
    row(
      ' health ',
      span(healthText(server.health), {
        bold: true,
        colour: server.health === 'up' ? 'green' : server.health === 'down' ? 'red' : undefined,
      }),
      server.healthReason === '' ? '' : `: ${server.healthReason}`,
      `   weight ${server.weight}${server.isStandby ? '   standby' : ''}   known to the switch as ${server.id === 0 ? 'nothing yet' : server.id}`,
    ),
    ...textRows(
      `${formatCount(server.buckets)} buckets send it new connections (${formatShare(share)}), of ${formatCount(server.baseBuckets)} it is the base`,
      width,
    ),
    ...textRows(
      `${formatCount(server.pins)} connections are pinned to it${connections === undefined ? '' : `, ${formatCount(connections)} live in all`}`,
      width,
    ),
    ...(server.agent === undefined
      ? []
      : [
          ...textRows(
            `its agent: ${formatCount(server.agent.connections)} connections, ${formatCount(server.agent.halfOpen)} half open, ${formatCount(server.agent.acceptQueue)} of ${formatCount(server.agent.acceptQueueLimit)} wait to be accepted`,
            width,
          ),
        ]),
    ...(server.traffic
      ? textRows(`${trafficText(server.traffic)} sent to it${synsText(server.traffic)}`, width)
      : textRows('the switch has not told how many packets it gets', width, { dim: true })),
  ];
}

/** New connections that it is sent, and how many it does not answer. */
function synsText({ synsPerSecond, unansweredPerSecond = 0 }: NonNullable<ServerView['traffic']>): string {
  if (synsPerSecond === undefined) return '';
  return `, ${formatRate(synsPerSecond)} SYN/s of which ${formatRate(unansweredPerSecond)} unanswered`;
}

/** The page. */
export function serverPage(state: UiState): Row[] {
  const width = frameWidth(state);
  const height = bodyRows(state);
  const list = listedServers(state);
  const all = state.view.controller?.servers ?? [];
  const filter = state.serverFilter === '' ? '' : ` with "${state.serverFilter}"`;
  const order = state.serverOrder === 'place' ? '' : `, by ${state.serverOrder}`;
  const top = heading(`${list.length} of ${all.length} servers${filter}${order}${troubleText(all)}`, width);
  const place = placeOf(list, ({ server }) => serverKey(server) === state.server);
  const chosen = list[place];
  if (chosen === undefined) {
    return exactly(
      [top, row(filter === '' ? ' no server is known yet' : ' none; esc in the field clears it')],
      width,
      height,
    );
  }
  const listRows = Math.max(3, Math.min(list.length, height - 1 - DETAIL_ROWS - MAP_ROWS_WANTED));
  const first = windowStart(list.length, place, listRows);
  const table = tableOf(all, state.view.tally?.aliveByServer, width);
  const rows = [top];
  list.slice(first, first + listRows).forEach(({ server, index }, line) => {
    const text = serverRow(server, index, table);
    rows.push(first + line === place ? selected(text, width) : text);
  });
  const padding = Math.max(0, Math.min(listRows, list.length) - (rows.length - 1));
  for (let line = 0; line < padding; line++) rows.push([]);
  rows.push(...detailRows(state, chosen, width));
  const vip = state.view.controller!.vips.find((candidate) => candidate.name === chosen.server.vip);
  const left = height - rows.length;
  if (vip && left > 0) {
    const columns = width - 2;
    // Where buckets share cells a line is for saying so: else a server of every second bucket looks like the only one.
    const isShared = bucketsPerCell(vip.current.length, columns, left) > 1;
    const mapRows = Math.max(1, isShared ? left - 1 : left);
    if (isShared && left > 1) {
      const perCell = bucketsPerCell(vip.current.length, columns, mapRows);
      rows.push(row(span(` ${perCell} buckets a cell: its letter where any of them is its`, { dim: true })));
    }
    rows.push(...bucketMap({ vip, servers: all, columns, onlyServer: chosen.server.id, rows: mapRows }));
  }
  return exactly(rows, width, height);
}
