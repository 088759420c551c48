/**
 * Operations as people see them: phase, progress in buckets and connections, and a sentence that says what is being
 * waited for.
 *
 * Everything is computed from the record and the protocol's state whenever somebody asks. Nothing of it is stored, so
 * what is shown after a crash cannot differ from what is true. Records know fewer phases than people want to see: a
 * shift whose buckets have all committed is shown as draining while connections are left on the server that goes, and
 * as settling after that.
 */
import type { OperationPhase, OperationStatus } from '../control-api/types.ts';
import type { Intent, OperationRecord } from '../intent/types.ts';
import type { ShiftState } from '../shift/state.ts';
import { titleOf } from './resolve.ts';

/** What is under way of a running operation. */
export interface UnderWay {
  /** Buckets that it has moved. */
  readonly moved: number;
  /** Of those, the ones whose base is still another server. */
  readonly uncommitted: ReadonlySet<number>;
  /** Of those, the ones that may still have pins in registers. */
  readonly unsettled: ReadonlySet<number>;
}

/**
 * An operation as `status` and `operate` show it.
 * @param running what is still under way of it; undefined once it has finished
 */
export function statusOf(
  record: OperationRecord,
  running: UnderWay | undefined,
  intent: Intent,
  shift: ShiftState,
): OperationStatus {
  const goes = record.aborting ? record.coming : record.leaving;
  const views = goes.flatMap((id) => shift.servers.get(id) ?? []);
  const pins = views.reduce((sum, view) => sum + view.pins.size, 0);
  const bases = views.reduce((sum, view) => sum + view.bases, 0);
  const buckets = running?.moved ?? record.moves.length;
  const finished = record.phase === 'finished';
  // Those that could commit to a coming mapping wait for the last one.
  const isRemapping = record.mappingBefore !== undefined && record.phase === 'shifting';
  const ready = isRemapping ? (shift.vips.get(record.vip) ?? []).filter((bucket) => bucket.ready).length : 0;
  const progress = {
    buckets,
    committed: buckets - (finished ? 0 : (running?.uncommitted.size ?? 0)) + ready,
    settled: buckets - (finished ? 0 : (running?.unsettled.size ?? 0)),
    pinsLeft: finished ? 0 : pins,
    baseBucketsLeft: finished ? 0 : bases,
  };
  let phase: OperationPhase = record.phase;
  if (record.paused) phase = 'paused';
  else if (phase === 'shifting' && running !== undefined && running.uncommitted.size === 0) {
    if (record.ordered === record.moves.length) phase = pins > 0 || bases > 0 ? 'draining' : 'settling';
  }
  return {
    id: record.id,
    kind: record.kind,
    vip: intent.vips.get(record.vip)?.name ?? '',
    server: record.server,
    ...(record.replacement === undefined ? {} : { replacement: record.replacement }),
    phase,
    progress,
    startedAtMs: record.startedAtMs,
    ...(record.finishedAtMs === undefined ? {} : { finishedAtMs: record.finishedAtMs }),
    ...(record.deadlineAtMs === undefined ? {} : { deadlineAtMs: record.deadlineAtMs }),
    ...(record.outcome === undefined ? {} : { outcome: record.outcome }),
    message: record.message === '' || !finished ? explain(phase, progress, record) : record.message,
    ...(record.ended.length === 0 ? {} : { ended: record.ended }),
    astray: record.astray,
    who: record.who,
    ...(record.why === undefined ? {} : { why: record.why }),
    ...(record.plan === undefined || record.phase !== 'awaiting-approval' ? {} : { plan: record.plan }),
    ...(record.rollsBack === undefined ? {} : { rollsBack: record.rollsBack }),
  };
}

/** What was asked for, in a few words. */
export function describe(record: OperationRecord): string {
  if (record.request !== undefined) return titleOf({ ...record.request, vip: record.request.vip ?? record.server });
  return `${record.kind} ${record.server}`;
}

function explain(phase: OperationPhase, progress: OperationStatus['progress'], record: OperationRecord): string {
  switch (phase) {
    case 'awaiting-approval':
      return `waits for approval: mooring approve ${record.id}`;
    case 'queued':
      return `waits: ${record.message}`;
    case 'paused':
      return `paused, ${progress.committed} of ${progress.buckets} buckets committed`;
    case 'preparing':
      return record.mappingBefore === undefined
        ? 'finding out where the server is'
        : 'telling the switch of the coming mapping';
    case 'shifting':
      return `${progress.committed} of ${progress.buckets} buckets committed`;
    case 'draining':
      return `waiting for ${progress.pinsLeft} pinned connections of \`${record.server}\` to end`;
    case 'settling':
      return 'clearing the pin registers';
    case 'rolling-back':
      return `${record.message}: ${progress.committed} of ${progress.buckets} buckets back`;
    case 'finished':
      return record.message;
    default:
      throw new Error(`unexpected phase ${phase satisfies never}`);
  }
}
