/**
 * The map of a VIP's buckets: one cell per bucket (or per run of buckets), coloured and lettered by the server that
 * takes its new connections. A bucket in shift is a lower-case letter on the colour of its base, so that one sees where
 * the old connections still are; where each new connection has a server of its own, by a coming mapping, the letter is
 * the base's as well. Cells that look alike are merged, so that a row costs a few spans rather than one per bucket.
 */
import { layOutBuckets, type MapCell, type MappedBuckets } from './bucket-cells.ts';
import type { ServerView } from './model.ts';
import { serverColour, serverLetter } from './palette.ts';
import { type Row, type Span, span } from './rows.ts';

/** How the map is to be drawn. */
export interface BucketMapProps {
  readonly vip: MappedBuckets;
  readonly servers: readonly ServerView[];
  /** Cells. */
  readonly columns: number;
  readonly rows: number;
  /** Shown inverted. */
  readonly cursorBucket?: number | undefined;
  /** Only this server's buckets get their letter; the others are dots. */
  readonly onlyServer?: number | undefined;
}

/** The map, with a blank column to its left. */
export function bucketMap(props: BucketMapProps): Row[] {
  const indexOf = new Map(props.servers.map((server, index) => [server.id, index]));
  const cells = layOutBuckets(props.vip, props.columns, props.rows, props.onlyServer);
  const perCell = (cells[0]?.[1]?.first ?? Number.POSITIVE_INFINITY) - (cells[0]?.[0]?.first ?? 0);
  const looks = new Map<string, Span>();
  return cells.map((line) => {
    const spans: { text: string; look: Span }[] = [];
    for (const cell of line) {
      const hasCursor =
        props.cursorBucket !== undefined &&
        props.cursorBucket >= cell.first &&
        props.cursorBucket < cell.first + perCell;
      const name = `${cell.current} ${cell.base} ${cell.inShift} ${hasCursor}`;
      let look = looks.get(name);
      if (look === undefined) looks.set(name, (look = lookOf(cell, hasCursor, indexOf, props.onlyServer)));
      const last = spans[spans.length - 1];
      if (last?.look === look) last.text += look.text;
      else spans.push({ text: look.text, look });
    }
    return [span(' '), ...spans.map(({ text, look }) => ({ ...look, text }))];
  });
}

function lookOf(
  cell: MapCell,
  hasCursor: boolean,
  indexOf: ReadonlyMap<number, number>,
  onlyServer: number | undefined,
): Span {
  const inverse = hasCursor ? { inverse: true } : {};
  if (onlyServer !== undefined && cell.current !== onlyServer && cell.base !== onlyServer) {
    return span('·', { dim: true, ...inverse });
  }
  const index = indexOf.get(cell.current || cell.base) ?? -1;
  const letter = serverLetter(index);
  if (!cell.inShift) return span(letter, { colour: serverColour(index), ...inverse });
  const back = serverColour(indexOf.get(cell.base) ?? -1);
  return span(letter.toLowerCase(), { colour: 'black', back, ...inverse });
}
