/**
 * Lays a VIP's buckets out as cells of a map. When there are more buckets than cells, each cell stands for an equal
 * run of buckets and shows the most frequent server among them; a cell is in shift when any of its buckets is. Runs of equal cells are
 * then merged into segments, so that a row costs a few text elements rather than one per bucket.
 */
import type { VipView } from './model.ts';

/** A run of equal cells. */
export interface MapSegment {
  /** Server that new connections go to. */
  readonly current: number;
  /** Server that connections without a pin go to. */
  readonly base: number;
  readonly inShift: boolean;
  readonly length: number;
}

/** How many buckets a cell stands for. */
export function bucketsPerCell(buckets: number, columns: number, rows: number): number {
  return Math.max(1, Math.ceil(buckets / Math.max(1, columns * rows)));
}

function mostFrequent(values: readonly number[]): number {
  const counts = new Map<number, number>();
  let best = values[0] ?? 0;
  for (const value of values) {
    const count = (counts.get(value) ?? 0) + 1;
    counts.set(value, count);
    if (count > counts.get(best)!) best = value;
  }
  return best;
}

/** Rows of merged segments for a map of `columns` x at most `rows` cells. */
export function layOutBuckets(vip: VipView, columns: number, rows: number): MapSegment[][] {
  const perCell = bucketsPerCell(vip.current.length, columns, rows);
  const result: MapSegment[][] = [];
  for (let start = 0, cell = 0; start < vip.current.length; start += perCell, cell++) {
    const end = start + perCell;
    const next: MapSegment = {
      current: mostFrequent(vip.current.slice(start, end)),
      base: mostFrequent(vip.base.slice(start, end)),
      inShift: vip.inShift.slice(start, end).some(Boolean),
      length: 1,
    };
    if (cell % columns === 0) result.push([]);
    const row = result[result.length - 1]!;
    const last = row[row.length - 1];
    if (last && last.current === next.current && last.base === next.base && last.inShift === next.inShift) {
      row[row.length - 1] = { ...last, length: last.length + 1 };
    } else row.push(next);
  }
  return result;
}
