/**
 * The operations under way and the buckets they have moved. A bucket belongs to the operation that moved it last; one
 * that is moved again is no longer the earlier one's business. Kept apart from what operations decide, because
 * everything that moves buckets (a request, an abort, a server's death, a redirection) needs just this book-keeping.
 */
import type { OperationRecord } from '../intent/types.ts';
import { bucketOf } from '../shift/state.ts';
import type { BucketName, ServerId } from '../shift/types.ts';
import type { OperationHost } from './host.ts';
import type { UnderWay } from './status.ts';

/** A running operation. */
export interface Running extends UnderWay {
  record: OperationRecord;
  readonly uncommitted: Set<number>;
  readonly unsettled: Set<number>;
  moved: number;
}

/** See the file's comment. */
export class RunningOperations {
  private readonly host: OperationHost;
  private readonly running = new Map<number, Running>();
  /** Who moved a bucket last, by `vip/bucket`. */
  private readonly owners = new Map<string, Running>();
  /** Operations that lost a bucket to another one: perhaps it was the last they waited for. */
  private readonly bereft = new Set<Running>();

  constructor(host: OperationHost) {
    this.host = host;
  }

  [Symbol.iterator](): IterableIterator<Running> {
    return [...this.running.values()][Symbol.iterator]();
  }

  get(id: number): Running | undefined {
    return this.running.get(id);
  }

  begin(record: OperationRecord): Running {
    const running = {
      record,
      uncommitted: new Set<number>(),
      unsettled: new Set<number>(),
      moved: record.moves.length,
    };
    this.running.set(record.id, running);
    return running;
  }

  end(running: Running): void {
    this.running.delete(running.record.id);
    for (const [key, owner] of this.owners) if (owner === running) this.owners.delete(key);
  }

  /** The operations that lost a bucket since the last call. */
  takeBereft(): Running[] {
    const bereft = [...this.bereft].filter(({ record }) => this.running.has(record.id));
    this.bereft.clear();
    return bereft;
  }

  clear(): void {
    this.running.clear();
    this.bereft.clear();
    this.owners.clear();
  }

  ownerOf({ vip, bucket }: BucketName): Running | undefined {
    return this.owners.get(`${vip}/${bucket}`);
  }

  /** Makes a bucket this operation's, as far as it still has to come to `to`. */
  own(running: Running, bucket: number, to: ServerId): void {
    const { vip } = running.record;
    const state = bucketOf(this.host.shift(), { vip, bucket });
    const key = `${vip}/${bucket}`;
    const before = this.owners.get(key);
    if (before !== undefined && before !== running) {
      before.uncommitted.delete(bucket);
      before.unsettled.delete(bucket);
      this.bereft.add(before);
    }
    this.owners.delete(key);
    if (state === undefined || state.current !== to || state.phase === 'steady') return;
    // Whoever held it where it was has lost it.
    if (before !== undefined && before !== running && state.held) {
      this.host.order({ kind: 'hold', vip, buckets: [bucket], held: false });
    }
    this.owners.set(key, running);
    if (state.base !== to) running.uncommitted.add(bucket);
    running.unsettled.add(bucket);
  }

  /** Its buckets that are in shift stand still, or go on. */
  hold(running: Running, held: boolean): void {
    const buckets = [...running.unsettled];
    this.host.order({ kind: 'hold', vip: running.record.vip, buckets, held });
  }
}
