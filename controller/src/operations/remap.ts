/**
 * A VIP's mapping changes while its connections live (shift/remap.ts). The coming mapping is recorded, and written
 * beside the present one by reconciling; then each bucket is pointed at it like at a server, so that pause, abort, a
 * crash and a server's death are what they are in any shift. When the protocol says that every bucket is ready, the
 * mapping is recorded as the present one and the switch is reconciled once more: that writes the buckets first and the
 * VIP's entry after them. From the record on there is no way back but to change the mapping again.
 */
import type { VipConfiguration } from '../config/types.ts';
import type { ComingRecord } from '../intent/types.ts';
import { isReady } from '../shift/remap.ts';
import { type BucketMove, BY_COMING_MAPPING, type ServerId, type VipId } from '../shift/types.ts';
import { findVip } from './catalogue.ts';
import { comingMapping, resolveMapping } from './mappings.ts';
import type { Operations } from './operations.ts';
import type { Running } from './running.ts';

/** From an accepted request to its first step: divides the buckets, or has the coming mapping written. */
export function launchRemap(operations: Operations, running: Running): void {
  const { host } = operations;
  const { record } = running;
  const vip = findVip(host.configuration, host.intent, host.intent.vips.get(record.vip)!.name);
  const change = resolveMapping(host.intent, vip, record.request!);
  operations.save(running, { ...record, mappingBefore: change.before });
  if (change.isDivision) {
    const { definition } = vip.record;
    const { buckets } = change.after;
    const divided = definition === undefined ? {} : { definition: { ...definition, buckets } };
    host.record({ kind: 'vip', vip: { ...vip.record, buckets, ...divided } });
    operations.finish(running, 'done', 'done');
    host.setVips(withMapping(host.configuration.vips, vip.record.name, change.after));
    return;
  }
  const coming = comingMapping(host.intent, vip.record, change);
  host.record({ kind: 'vip', vip: { ...vip.record, coming } });
  if (host.shift().settings.pins) {
    host.setVips(host.configuration.vips);
  } else {
    operations.save(running, { ...running.record, phase: 'shifting' });
    flip(operations, running, coming);
  }
}

/** The coming mapping is in the switch: all buckets go there. */
export function beginRemap(operations: Operations, running: Running): void {
  const { host } = operations;
  const { record } = running;
  const { current } = host.intent.assignments.get(record.vip)!;
  const moves = current.map((from, bucket) => [bucket, from, BY_COMING_MAPPING] as const);
  running.moved = moves.length;
  operations.save(running, { ...record, moves, ordered: moves.length, phase: 'shifting' });
  host.order({ kind: 'retarget', vip: record.vip, moves: moves.map(([bucket, , to]) => [bucket, to]) });
  for (const [bucket, , to] of moves) operations.running.own(running, bucket, to);
  operations.advance(running);
}

/** Every bucket of the VIP has come to its commit: if nothing stirs until we have a turn of our own, it is done. */
export function onMappingReady(operations: Operations, vip: VipId): void {
  const { host } = operations;
  host.later(() => {
    const coming = host.intent.vips.get(vip)?.coming;
    const running = remapOf(operations, vip);
    if (coming === undefined || running?.record.phase !== 'shifting' || !isReady(host.shift(), vip)) return;
    flip(operations, running, coming);
  });
}

/** Takes the buckets back to where they were; what is pinned stays where it is. */
export function rollBackRemap(operations: Operations, running: Running, message: string): void {
  const { host } = operations;
  const { record } = running;
  operations.save(running, { ...record, aborting: true, paused: false, phase: 'rolling-back', message });
  if (record.paused) operations.running.hold(running, false);
  const { base } = host.intent.assignments.get(record.vip)!;
  const back = base.map((server, bucket) => [bucket, server] as const);
  host.order({ kind: 'retarget', vip: record.vip, moves: back });
  for (const [bucket, to] of back) operations.running.own(running, bucket, to);
  operations.advance(running);
}

/** All buckets have settled: in the new mapping, or back in the old one, where the coming one goes. */
export function concludeRemap(operations: Operations, running: Running): void {
  const { host } = operations;
  const { record } = running;
  if (!record.aborting) {
    operations.finish(running, 'done', 'done');
    return;
  }
  const { coming: _, ...vip } = host.intent.vips.get(record.vip)!;
  host.record({ kind: 'vip', vip });
  operations.finish(running, 'aborted', record.message);
  host.setVips(host.configuration.vips);
}

/** Whether the operation's mapping is the VIP's by now. */
export function isRemapped({ record }: Running): boolean {
  return record.phase === 'settling';
}

/**
 * A server has died: what the coming mapping has given it goes to others, and so do buckets on their way there whose
 * base it was.
 * @param heirsOf an assignment in which its buckets are others'
 * @returns the buckets that get another base
 */
export function leaveDead(
  { host }: Operations,
  vip: VipId,
  dead: ServerId,
  heirsOf: (assignment: readonly ServerId[]) => readonly ServerId[],
): BucketMove[] {
  const record = host.intent.vips.get(vip)!;
  const { coming } = record;
  if (coming === undefined) return [];
  const inherit = (assignment: readonly ServerId[]): (readonly [bucket: number, heir: ServerId])[] => {
    const heirs = heirsOf(assignment);
    return assignment.flatMap((server, bucket) => (server === dead ? [[bucket, heirs[bucket]!] as const] : []));
  };
  const changes = inherit(coming.servers);
  const servers = [...coming.servers];
  for (const [bucket, server] of changes) servers[bucket] = server;
  host.record({ kind: 'vip', vip: { ...record, coming: { ...coming, servers } } });
  host.order({ kind: 'coming-servers', vip, changes });
  const { base, current } = host.intent.assignments.get(vip)!;
  const isOnItsWay = ([bucket]: readonly [bucket: number, heir: ServerId]): boolean =>
    current[bucket] === BY_COMING_MAPPING;
  return inherit(base)
    .filter(isOnItsWay)
    .map(([bucket, to]) => ({ vip, bucket, to }));
}

function remapOf(operations: Operations, vip: VipId): Running | undefined {
  const isIts = ({ record }: Running): boolean => record.vip === vip && record.phase === 'shifting';
  return [...operations.running].find((running) => isIts(running) && running.record.mappingBefore !== undefined);
}

function flip(operations: Operations, running: Running, coming: ComingRecord): void {
  const { host } = operations;
  const { record } = running;
  const { servers, firstBucket, ...mapping } = coming;
  const { coming: _, definition, ...vip } = host.intent.vips.get(record.vip)!;
  const defined = definition === undefined ? {} : { definition: { ...definition, ...mapping } };
  host.record({ kind: 'vip', vip: { ...vip, buckets: mapping.buckets, firstBucket, ...defined } });
  const changes = servers.map((server, bucket) => [bucket, server, server] as const);
  host.record({ kind: 'assignment', vip: record.vip, changes });
  running.moved = changes.length;
  operations.save(running, { ...record, moves: changes, ordered: changes.length, phase: 'settling' });
  host.log('info', `operation ${record.id}: every bucket is ready, the new mapping takes its place`);
  host.setVips(withMapping(host.configuration.vips, vip.name, mapping));
}

function withMapping(
  vips: readonly VipConfiguration[],
  name: string,
  mapping: Pick<VipConfiguration, 'buckets' | 'hashSeed' | 'affinity'>,
): VipConfiguration[] {
  return vips.map((vip) => (vip.name === name ? { ...vip, ...mapping } : vip));
}
