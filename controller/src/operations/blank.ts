/** The record of an operation that has not begun: what was asked for and by whom, and nothing done yet. */
import type { OperationRequest } from '../control-api/types.ts';
import type { OperationRecord } from '../intent/types.ts';
import type { VipId } from '../shift/types.ts';
import type { Actor, OperationHost } from './host.ts';
import { rampOf } from './preparation.ts';

/** See the file's comment. */
export function blankRecord(host: OperationHost, request: OperationRequest, vip: VipId, actor: Actor): OperationRecord {
  const { intent, configuration } = host;
  return {
    id: intent.nextOperation,
    kind: request.kind,
    vip,
    server: request.server ?? request.vip ?? intent.vips.get(vip)?.name ?? '',
    replacement: request.replacement,
    request,
    leaving: [],
    forgets: [],
    coming: [],
    shares: [],
    moves: [],
    ordered: 0,
    rampMs: rampOf(host, request),
    phase: 'preparing',
    paused: false,
    aborting: false,
    startedAtMs: host.wallMs(),
    deadlineMs: request.deadlineMs ?? configuration.timers.drainDeadlineMs,
    deadlineAtMs: undefined,
    finishedAtMs: undefined,
    outcome: undefined,
    message: '',
    ended: [],
    astray: 0,
    who: actor.who,
    why: request.reason,
    plan: undefined,
    rollsBack: undefined,
  };
}
