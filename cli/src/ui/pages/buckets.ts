/**
 * The bucket map, as large as the screen allows, with a cursor that tells what it stands on. `f` leaves only the
 * buckets of the server under the cursor, which is how one finds a server's buckets among a hundred servers without
 * colour. While the mapping changes the coming one stands below the present one, with its servers.
 */
import { bucketsPerCell } from '../bucket-cells.ts';
import { bucketMap } from '../bucket-map.ts';
import { formatCount, formatShare } from '../format.ts';
import { heading } from '../heading.ts';
import { type ComingView, isInShift, type ServerView, type VipView } from '../model.ts';
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

/** The coming mapping: what it will be, and who will have how much of it. */
function comingRows(
  coming: ComingView,
  vip: VipView,
  servers: readonly ServerView[],
  size: { readonly columns: number; readonly rows: number },
  onlyServer: number | undefined,
): Row[] {
  const { servers: current } = coming;
  const width = size.columns + 2;
  const perCell = bucketsPerCell(current.length, size.columns, size.rows);
  const cells = perCell > 1 ? `, ${perCell} a cell` : '';
  const title = `coming: ${current.length} buckets${cells}, ${coming.hash}, ${coming.ready} of ${vip.current.length} ready for it`;
  const counts = new Map<number, number>();
  for (const id of current) counts.set(id, (counts.get(id) ?? 0) + 1);
  const shares = servers.flatMap((server, index): Row => {
    const count = counts.get(server.id);
    const letter = span(serverLetter(index), { colour: serverColour(index), bold: true });
    return count === undefined ? [] : [letter, span(` ${server.name} ${formatCount(count)}  `)];
  });
  const map = bucketMap({ vip: { base: current, current, phase: [] }, servers, ...size, onlyServer });
  return [heading(title, width), ...exactly(map, width, size.rows), row(' ', ...shares)];
}

/** The page. */
export function bucketsPage(state: UiState): Row[] {
  const width = frameWidth(state);
  const vip = selectedVip(state);
  if (vip === undefined) return exactly([row('no virtual address is known yet')], width, bodyRows(state));
  const servers = state.view.controller?.servers ?? [];
  const { columns, rows: mapRows, perCell, comingRows: below } = mapSize(state);
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
      ...(vip.coming === undefined
        ? []
        : comingRows(vip.coming, vip, servers, { columns, rows: below }, state.onlyServer)),
      row(span(` ${phasesText(vip)}`, { dim: true })),
      row(
        ` bucket ${bucket}${perCell > 1 ? ` (cell of ${bucket - (bucket % perCell)} to ${last})` : ''}: `,
        span(phase, isInShift(phase) ? { bold: true, colour: 'yellow' } : {}),
      ),
      vip.current[bucket] === 0
        ? row('   new connections each to its server in the coming mapping')
        : row(
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
