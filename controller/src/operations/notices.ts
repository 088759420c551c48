/**
 * What operations make of the bucket protocol's news: buckets that have committed or settled, connections that were
 * ended or lost, servers that are drained, mappings that
 * may change. Each only brings an operation closer to its end; nothing is ordered here.
 */
import type { ConnectionKey, Notice, ServerId, VipId } from '../shift/types.ts';
import { concernedVips } from './concerned.ts';
import { endedConnection } from './ended.ts';
import type { Operations } from './operations.ts';
import { tryQueued } from './queue.ts';
import { reclassesOf } from './reclass.ts';
import { onMappingReady } from './remap.ts';

/** Something the bucket protocol says. */
export function hearNotice(operations: Operations, notice: Notice): void {
  switch (notice.kind) {
    case 'committed':
    case 'aborted':
      operations.running.ownerOf(notice.name)?.uncommitted.delete(notice.name.bucket);
      break;
    case 'settled': {
      const owner = operations.running.ownerOf(notice.name);
      owner?.unsettled.delete(notice.name.bucket);
      if (owner !== undefined) operations.advance(owner);
      comeToRest(operations, notice.name.vip);
      break;
    }
    case 'doubt-over':
      comeToRest(operations, notice.vip);
      break;
    case 'ended':
      hearEnd(operations, notice.server, notice.keys, 'were ended at the deadline');
      break;
    case 'died':
      hearEnd(operations, notice.server, notice.keys, 'were pinned to the dead server and are lost');
      for (const running of operations.running) {
        const { leaving, coming } = running.record;
        if (leaving.includes(notice.server) || coming.includes(notice.server)) operations.advance(running);
      }
      break;
    case 'astray': {
      const owner = operations.running.ownerOf(notice.name);
      operations.host.log('error', `a connection of ${notice.key} went from server ${notice.from} to ${notice.to}`);
      if (owner !== undefined) operations.save(owner, { ...owner.record, astray: owner.record.astray + 1 });
      break;
    }
    case 'mapping-ready':
      onMappingReady(operations, notice.vip);
      break;
    case 'drained':
      hearDrained(operations, notice.server);
      break;
    case 'flipped':
    case 'unsealed':
    case 'doubt':
      break;
    default:
      throw new Error(`unexpected notice ${JSON.stringify(notice satisfies never)}`);
  }
}

/** Whoever waits for a VIP's buckets to be steady looks again. */
function comeToRest(operations: Operations, vip: VipId): void {
  const { host } = operations;
  const shift = host.shift();
  if (shift.doubts.has(vip) || !shift.vips.get(vip)?.every(({ phase }) => phase === 'steady')) return;
  for (const running of reclassesOf(operations.running)) {
    if (concernedVips(running.record).includes(vip)) operations.advance(running);
  }
  tryQueued(operations);
}

function hearEnd(operations: Operations, server: ServerId, keys: readonly ConnectionKey[], what: string): void {
  for (const running of operations.running) {
    if (!running.record.leaving.includes(server) || keys.length === 0) continue;
    const ended = [...running.record.ended, ...keys.map(endedConnection)];
    operations.save(running, { ...running.record, ended });
    operations.host.log('warning', `operation ${running.record.id}: ${keys.length} connections ${what}`);
  }
}

function hearDrained(operations: Operations, id: ServerId): void {
  const server = operations.server(id);
  if (server === undefined || server.state === 'dead') return;
  for (const running of operations.running) {
    const { record } = running;
    const goes = record.aborting ? record.coming : record.leaving;
    if (!goes.includes(id)) continue;
    if (record.aborting || record.forgets.includes(id)) {
      operations.forget(server);
    } else {
      operations.setState(server, 'drained');
      operations.host.serverGone(server);
    }
    operations.host.log('info', `server \`${server.name}\` is drained: safe to power off`);
    operations.advance(running);
  }
}
