/**
 * The opposite of an operation that is over, as a request like any other: planned, approved, carried out and journaled
 * in the same way. What has no opposite says so.
 */
import type { Change, OperationRequest } from '../control-api/types.ts';
import type { Intent, OperationRecord } from '../intent/types.ts';
import { OperationRefusedError } from './errors.ts';

/** @throws OperationRefusedError */
export function inverseOf(record: OperationRecord, intent: Intent): OperationRequest {
  const refuse = (why: string): never => {
    throw new OperationRefusedError({
      code: 'conflict',
      message: `operation ${record.id} cannot be rolled back: ${why}`,
    });
  };
  if (record.outcome !== 'done') refuse(`it was ${record.outcome ?? 'not done'}, so there is nothing to take back`);
  const vip = intent.vips.get(record.vip)?.name;
  const common = vip === undefined ? {} : { vip };
  const { kind, server, request } = record;
  switch (kind) {
    case 'add':
      return { kind: 'drain', ...common, server };
    case 'drain':
    case 'remove':
      return { kind: 'add', ...common, server };
    case 'swap':
      return { kind: 'swap', ...common, server: record.replacement!, replacement: server };
    case 'enable':
      return { kind: 'disable', ...common, server };
    case 'disable':
      return { kind: 'enable', ...common, server };
    case 'weight':
      return { kind: 'weight', ...common, server, weight: record.shares[0]!.before.weight };
    case 'change':
      return {
        kind: 'change',
        ...common,
        changes: (request?.changes ?? []).map((change) => opposite(change, record, intent)),
      };
    case 'add-vip':
      return { kind: 'remove-vip', vip: server };
    case 'remove-vip':
      return request?.vipDefinition === undefined
        ? refuse('what the VIP was is not known')
        : { kind: 'add-vip', vip: server, vipDefinition: request.vipDefinition };
    case 'buckets':
    case 'remap':
      return record.mappingBefore === undefined
        ? refuse('what the mapping was is not known')
        : { kind: 'remap', ...common, ...record.mappingBefore };
    case 'forwarding': {
      const { forwardingBefore: before = 'nat' } = record;
      return { kind, ...common, forwarding: before === 'nat' ? { kind: before } : before };
    }
    case 'reclass':
      return record.classesBefore === undefined
        ? refuse('what the classes were is not known')
        : { kind, classes: record.classesBefore };
    case 'failover':
      return refuse('a server that died comes back by `mooring add`');
    case 'overflow':
      return refuse('a redirection ends by itself');
    default:
      throw new Error(`unexpected kind ${kind satisfies never}`);
  }
}

function opposite(change: Change, record: OperationRecord, intent: Intent): Change {
  const { server } = change;
  switch (change.change) {
    case 'add':
      return { change: 'drain', server };
    case 'drain':
    case 'remove':
      return { change: 'add', server };
    case 'enable':
      return { change: 'disable', server };
    case 'disable':
      return { change: 'enable', server };
    case 'weight': {
      const before = record.shares.find((share) => intent.servers.get(share.server)?.name === server)?.before;
      return { change: 'weight', server, weight: before?.weight ?? change.weight };
    }
    default:
      throw new Error(`unexpected change ${JSON.stringify(change satisfies never)}`);
  }
}
