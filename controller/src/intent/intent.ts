/**
 * How records add up to an intent, and an intent to records again: the journal's format. Each record holds the new
 * value of one thing and not a difference, so applying one twice does no harm; turning the intent back into records is
 * how the journal is shortened.
 */
import type { JournalFormat } from '../journal/journal.ts';
import type { ServerId } from '../shift/types.ts';
import type { Intent, IntentRecord } from './types.ts';

/** Finished operations that are remembered. */
export const FINISHED_KEPT = 20;

export const intentFormat: JournalFormat<IntentRecord, Intent> = {
  empty: () => ({
    epoch: 0,
    nextServer: 1,
    nextVip: 1,
    nextOperation: 1,
    vips: new Map(),
    classes: [],
    switches: new Map(),
    removedVips: new Set(),
    servers: new Map(),
    assignments: new Map(),
    operations: new Map(),
  }),

  apply(intent, record) {
    switch (record.kind) {
      case 'start':
        intent.epoch = record.epoch;
        break;
      case 'classes':
        intent.classes = record.classes;
        break;
      case 'vip':
        intent.vips.set(record.vip.id, record.vip);
        intent.removedVips.delete(record.vip.name);
        intent.nextVip = Math.max(intent.nextVip, record.vip.id + 1);
        setBuckets(intent, record.vip.id, record.vip.buckets);
        break;
      case 'vip-forgotten': {
        const name = intent.vips.get(record.id)?.name;
        if (name !== undefined) intent.removedVips.add(name);
        intent.vips.delete(record.id);
        intent.assignments.delete(record.id);
        break;
      }
      case 'server':
        intent.servers.set(record.server.id, record.server);
        intent.nextServer = Math.max(intent.nextServer, record.server.id + 1);
        break;
      case 'server-forgotten':
        intent.servers.delete(record.id);
        break;
      case 'assignment': {
        const assignment = intent.assignments.get(record.vip);
        if (assignment === undefined) break;
        for (const [bucket, base, current] of record.changes) {
          assignment.base[bucket] = base;
          assignment.current[bucket] = current;
        }
        break;
      }
      case 'operation':
        intent.operations.set(record.operation.id, record.operation);
        intent.nextOperation = Math.max(intent.nextOperation, record.operation.id + 1);
        forgetOldOperations(intent);
        break;
      case 'switch':
        intent.switches.set(record.name, record.standing);
        break;
      case 'ids':
        intent.nextServer = Math.max(intent.nextServer, record.nextServer);
        intent.nextVip = Math.max(intent.nextVip, record.nextVip);
        intent.nextOperation = Math.max(intent.nextOperation, record.nextOperation);
        for (const name of record.removedVips ?? []) intent.removedVips.add(name);
        break;
      default:
        throw new Error(`the journal holds a record of an unknown kind: ${JSON.stringify(record satisfies never)}`);
    }
  },

  snapshot(intent) {
    const { nextServer, nextVip, nextOperation } = intent;
    const records: IntentRecord[] = [
      { kind: 'ids', nextServer, nextVip, nextOperation, removedVips: [...intent.removedVips] },
      { kind: 'start', epoch: intent.epoch, atMs: 0 },
    ];
    if (intent.classes.length > 0) records.push({ kind: 'classes', classes: intent.classes });
    for (const vip of intent.vips.values()) records.push({ kind: 'vip', vip });
    for (const server of intent.servers.values()) records.push({ kind: 'server', server });
    for (const [vip, { base, current }] of intent.assignments) {
      const changes = base.map((server, bucket) => [bucket, server, current[bucket]!] as const);
      records.push({ kind: 'assignment', vip, changes });
    }
    for (const [name, standing] of intent.switches) records.push({ kind: 'switch', name, standing });
    for (const operation of intent.operations.values()) records.push({ kind: 'operation', operation });
    return records;
  },
};

/**
 * A VIP's buckets, in multiples: the new ones are what the old ones were, for the hash is taken modulo their number.
 */
function setBuckets(intent: Intent, vip: number, buckets: number): void {
  const { base = [], current = [] } = intent.assignments.get(vip) ?? {};
  const grown = (servers: readonly ServerId[]): ServerId[] =>
    Array.from({ length: buckets }, (_, bucket) => servers[bucket % servers.length] ?? 0);
  if (base.length !== buckets) intent.assignments.set(vip, { base: grown(base), current: grown(current) });
}

function forgetOldOperations(intent: Intent): void {
  const finished = [...intent.operations.values()].filter((operation) => operation.phase === 'finished');
  for (const operation of finished.slice(0, -FINISHED_KEPT)) intent.operations.delete(operation.id);
}
