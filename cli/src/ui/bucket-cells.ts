/**
 * Lays a VIP's buckets out as cells of a map. When there are more buckets than cells, each cell stands for an equal
 * run of buckets and shows the most frequent server among them; a cell is in shift when any of its buckets is.
 */
import { isInShift, type VipView } from './model.ts';

/** What the map is made of; a bucket without a phase is steady. */
export type MappedBuckets = Pick<VipView, 'base' | 'current' | 'phase'>;

/** A cell of the map. */
export interface MapCell {
  /** Its first bucket. */
  readonly first: number;
  /** Server that new connections go to; 0: each to its own. */
  readonly current: number;
  /** Server that connections without a pin go to. */
  readonly base: number;
  readonly inShift: boolean;
}

/** How many buckets a cell stands for. */
export function bucketsPerCell(buckets: number, columns: number, rows: number): number {
  return Math.max(1, Math.ceil(buckets / Math.max(1, columns * rows)));
}

function mostFrequent(values: readonly number[], start: number, end: number): number {
  const first = values[start] ?? 0;
  // Nearly every cell is one bucket, or of one server.
  if (end - start === 1) return first;
  const counts = new Map<number, number>();
  let best = first;
  for (let index = start; index < end && index < values.length; index++) {
    const value = values[index]!;
    const count = (counts.get(value) ?? 0) + 1;
    counts.set(value, count);
    if (count > counts.get(best)!) best = value;
  }
  return best;
}

/** Rows of cells for a map of `columns` x at most `rows` cells. */
export function layOutBuckets(vip: MappedBuckets, columns: number, rows: number): MapCell[][] {
  const buckets = vip.current.length;
  const perCell = bucketsPerCell(buckets, columns, rows);
  const result: MapCell[][] = [];
  for (let first = 0, cell = 0; first < buckets; first += perCell, cell++) {
    const end = Math.min(buckets, first + perCell);
    let inShift = false;
    for (let bucket = first; bucket < end && !inShift; bucket++) inShift = isInShift(vip.phase[bucket] ?? 'steady');
    if (cell % columns === 0) result.push([]);
    result[result.length - 1]!.push({
      first,
      current: mostFrequent(vip.current, first, end),
      base: mostFrequent(vip.base, first, end),
      inShift,
    });
  }
  return result;
}
