/**
 * Lays a VIP's buckets out as cells of a map. When there are more buckets than cells, each cell stands for an equal run
 * of buckets and shows one of them: one that is in shift if any is, and otherwise any, chosen by the cell's number
 * alone. So over the whole map each server has about its share, and a cell's letter and colour are those of one bucket.
 * (The most frequent server of each cell would be the same one all over where servers take turns, and the others
 * nowhere.)
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

/**
 * A bucket of those that a cell stands for: ever the same for one cell, and unrelated from cell to cell, as a hash of
 * the cell's number is.
 */
function sample(candidates: readonly number[], cell: number): number {
  let hash = cell + 1;
  for (let round = 0; round < 2; round++) hash = Math.imul(hash ^ (hash >>> 16), 0x45d9_f3b);
  return candidates[((hash ^ (hash >>> 16)) >>> 0) % candidates.length]!;
}

/**
 * Rows of cells for a map of `columns` x at most `rows` cells.
 *
 * @param onlyServer a cell with a bucket of this server shows such a one
 */
export function layOutBuckets(vip: MappedBuckets, columns: number, rows: number, onlyServer?: number): MapCell[][] {
  const buckets = vip.current.length;
  const perCell = bucketsPerCell(buckets, columns, rows);
  const isWanted = (bucket: number): boolean =>
    onlyServer === undefined || vip.current[bucket] === onlyServer || vip.base[bucket] === onlyServer;
  const isMoving = (bucket: number): boolean => isInShift(vip.phase[bucket] ?? 'steady');
  const result: MapCell[][] = [];
  for (let first = 0, cell = 0; first < buckets; first += perCell, cell++) {
    if (cell % columns === 0) result.push([]);
    let candidates = [first];
    if (perCell > 1) {
      const all = Array.from({ length: Math.min(perCell, buckets - first) }, (_, index) => first + index);
      const wanted = all.filter(isWanted);
      const shown = wanted.length > 0 ? wanted : all;
      const moving = shown.filter(isMoving);
      candidates = moving.length > 0 ? moving : shown;
    }
    const bucket = sample(candidates, cell);
    const current = vip.current[bucket] ?? 0;
    const base = vip.base[bucket] ?? 0;
    result[result.length - 1]!.push({ first, current, base, inShift: isMoving(bucket) });
  }
  return result;
}
