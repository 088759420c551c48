/**
 * Operations that wait for others. Each is looked at anew whenever an operation has ended, after a restart, and when a
 * switch is back: it begins if nothing is in its way any more, goes on waiting (and says for what) if something is,
 * waits for consent if it was never given any, and fails if it has become impossible. They begin in the order in which
 * they were asked for; none keeps a later one from beginning that is not in its way.
 */
import type { Plan } from '../control-api/types.ts';
import type { OperationRecord } from '../intent/types.ts';
import { OperationRefusedError } from './errors.ts';
import type { Operations } from './operations.ts';
import { prepareRequest } from './preparation.ts';
import type { Running } from './running.ts';

/** Begins those in the queue that nothing is in the way of any more. */
export function tryQueued(operations: Operations): void {
  for (const running of operations.running) {
    if (running.record.phase !== 'queued' || operations.running.get(running.record.id) !== running) continue;
    try {
      tryOne(operations, running);
    } catch (error) {
      if (!(error instanceof OperationRefusedError)) throw error;
      operations.finish(running, 'failed', error.message);
    }
  }
}

function tryOne(operations: Operations, running: Running): void {
  const { record } = running;
  const { start, plan, resolved } = prepareRequest(operations.host, operations.running, record.request!);
  const next = phaseAt(start, plan);
  if (next.phase === 'queued' && next.message === record.message) return;
  operations.save(running, { ...record, plan, ...next });
  if (start === 'now') operations.launch(running, resolved);
}

/** Where an operation begins, and what it waits for. */
export function phaseAt(start: Plan['start'], plan: Plan): Pick<OperationRecord, 'phase' | 'message'> {
  const phase = ({ now: 'preparing', queue: 'queued', approval: 'awaiting-approval' } as const)[start];
  return { phase, message: start === 'queue' ? plan.remarks[0]! : '' };
}

/** The operation in the queue that adds this server, if there is one. */
export function queuedAdd(operations: Operations, vip: number, server: string): Running | undefined {
  const adds = ({ record }: Running): boolean => record.kind === 'add' && record.phase === 'queued';
  return [...operations.running].find(
    (running) => adds(running) && running.record.vip === vip && running.record.server === server,
  );
}
