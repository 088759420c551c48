/**
 * What earlier shifts have shown of the connections: while a bucket is in shift every new connection of it is reported,
 * so the reports over the time that buckets spent in shift are the rate at which connections begin; and a pin that is
 * deleted after its connection has fallen silent tells how long that lived. Nothing is measured for its own sake, and a
 * controller that has seen no shift yet says that it does not know.
 */
import type { ConnectionKey, Effect, Notice, PinEvent } from '../shift/types.ts';

/** Lifetimes that are remembered: the last so many. */
const LIFETIMES_KEPT = 4096;
/** Beginnings that are remembered while their connections live. */
const BIRTHS_KEPT = 65_536;
/** Fewer than this say nothing. */
const LEAST = 16;
/** All but one in a hundred. */
const MOST_QUANTILE = 0.99;

/** See the file's comment. */
export class Observations {
  private readonly inShift = new Set<string>();
  private readonly births = new Map<ConnectionKey, number>();
  private readonly lifetimes: number[] = [];
  private next = 0;
  private bucketSeconds = 0;
  private begun = 0;
  private lastMs: number | undefined;
  private readonly silentMs: number;

  /** @param silentMs how long a connection has been silent when its pin goes */
  constructor(silentMs: number) {
    this.silentMs = silentMs;
  }

  /** Time passes. */
  tick(nowMs: number): void {
    if (this.lastMs !== undefined) this.bucketSeconds += (this.inShift.size * (nowMs - this.lastMs)) / 1000;
    this.lastMs = nowMs;
  }

  /** A new session: what is in shift is told anew. */
  restart(inShift: Iterable<string>): void {
    this.inShift.clear();
    for (const bucket of inShift) this.inShift.add(bucket);
    this.lastMs = undefined;
  }

  onPinEvents(events: readonly PinEvent[], nowMs: number): void {
    for (const event of events) {
      if (event.kind !== 'confirmed' || this.births.has(event.pin.key)) continue;
      this.begun++;
      if (this.births.size < BIRTHS_KEPT) this.births.set(event.pin.key, nowMs);
    }
  }

  onNotice(notice: Notice): void {
    if (notice.kind === 'flipped') this.inShift.add(`${notice.name.vip}/${notice.name.bucket}`);
    else if (notice.kind === 'committed' || notice.kind === 'aborted') {
      this.inShift.delete(`${notice.name.vip}/${notice.name.bucket}`);
    }
  }

  /** @param ended whether pins that go now go because their connections have ended */
  onEffect(effect: Effect, ended: boolean, nowMs: number): void {
    if (effect.kind !== 'delete-pin') return;
    const bornMs = this.births.get(effect.key);
    if (bornMs === undefined) return;
    this.births.delete(effect.key);
    if (!ended) return;
    this.lifetimes[this.next] = Math.max(0, nowMs - bornMs - this.silentMs);
    this.next = (this.next + 1) % LIFETIMES_KEPT;
  }

  /** New connections a bucket gets in a second; undefined when too little was seen. */
  get arrivalsPerBucketSecond(): number | undefined {
    return this.begun < LEAST || this.bucketSeconds <= 0 ? undefined : this.begun / this.bucketSeconds;
  }

  /** How long connections live, in milliseconds. */
  get lifetimeMs(): { readonly mean: number; readonly most: number } | undefined {
    const { lifetimes } = this;
    if (lifetimes.length < LEAST) return undefined;
    const sorted = [...lifetimes].sort((a, b) => a - b);
    const mean = sorted.reduce((sum, value) => sum + value, 0) / sorted.length;
    return { mean, most: sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * MOST_QUANTILE))]! };
  }
}
