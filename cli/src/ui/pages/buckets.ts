/**
 * The bucket map, as large as the screen allows, with a cursor that tells what it stands on. `f` leaves only the buckets of the
 * server under the cursor, which is how one finds a server's buckets among a hundred servers without colour.
 */
import { bucketMap } from '../bucket-map.ts';
import { formatCount, formatShare } from '../format.ts';
import { heading } from '../heading.ts';
import { isInShift, type ServerView, type VipView } from '../model.ts';
import { serverColour, serverLetter } from '../palette.ts';
import { exactly, type Row, row, span } from '../rows.ts';
import { bodyRows, frameWidth, mapSize, selectedVip } from '../selectors.ts';
import type { UiState } from '../state.ts';
import { vipText } from './overview.ts';

/** How many buckets are in each phase, in words; phases without any are left out. */
export function phasesText(vip: VipView): string {
  const counts = new Map<string, number>();
  for (const phase of vip.phase) counts.set(phase, (counts.get(phase) ?? 0) + 1);
  return [...counts].map(([phase, count]) => `${formatCount(count)} ${phase}`).join(', ');
}

function serverSpans(servers: readonly ServerView[], id: number | undefined): Row {
  const index = servers.findIndex((server) => server.id === id);
  const server = servers[index];
  if (server === undefined) return row(`server ${id ?? '?'}`);
  return row(
    span(serverLetter(index), { colour: serverColour(index), bold: true }),
    ` ${server.name} ${server.address}`,
  );
}

/** The page. */
export function bucketsPage(state: UiState): Row[] {
  const width = frameWidth(state);
  const vip = selectedVip(state);
  if (vip === undefined) return exactly([row('no virtual address is known yet')], width, bodyRows(state));
  const servers = state.view.controller?.servers ?? [];
  const { columns, rows: mapRows, perCell } = mapSize(state);
  const bucket = Math.min(state.bucket, vip.current.length - 1);
  const phase = vip.phase[bucket] ?? 'steady';
  const shown = state.onlyServer === undefined ? undefined : servers.find((server) => server.id === state.onlyServer);
  const map = bucketMap({ vip, servers, columns, rows: mapRows, cursorBucket: bucket, onlyServer: state.onlyServer });
  const last = Math.min(vip.current.length, bucket - (bucket % perCell) + perCell) - 1;
  const share = vip.current.filter((id) => id === vip.current[bucket]).length / vip.current.length;
  return exactly(
    [
      heading(`${vipText(vip, perCell)}${shown ? `, only ${shown.name}` : ''}`, width),
      ...exactly(map, width, mapRows),
      row(span(` ${phasesText(vip)}`, { dim: true })),
      row(
        ` bucket ${bucket}${perCell > 1 ? ` (cell of ${bucket - (bucket % perCell)} to ${last})` : ''}: `,
        span(phase, isInShift(phase) ? { bold: true, colour: 'yellow' } : {}),
      ),
      row(
        '   new connections to ',
        ...serverSpans(servers, vip.current[bucket]),
        `, which has ${formatShare(share)} of the buckets`,
      ),
      vip.base[bucket] === vip.current[bucket]
        ? row(span('   connections without a pin as well', { dim: true }))
        : row('   connections without a pin to ', ...serverSpans(servers, vip.base[bucket])),
      row(span(' UPPER case: settled · lower case on the colour of the old server: in shift', { dim: true })),
    ],
    width,
    bodyRows(state),
  );
}
