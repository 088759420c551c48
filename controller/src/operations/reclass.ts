/**
 * Clients come into another class while their connections live, and find another VIP there, with other buckets and
 * servers. For as long as they move they are in a class of their own, with a VIP of its own at the same service, and
 * three simple steps make one hard one:
 *
 * 1. That VIP begins as the one that they leave: the same hash, each bucket on the same server. When the switch has it,
 *    the clients' prefixes are given to the class; no packet goes elsewhere by that, for nothing is in shift and pins
 *    are the service's.
 * 2. Its mapping changes into the mapping of the VIP that they come to. That is a change of mapping like any other
 *    (`remap.ts`), with all that belongs to one: who lives is waited for, learned or pinned, it can be paused and
 *    aborted, and survives crashes and deaths.
 * 3. When it has settled, it and the VIP that they come to forward alike; the prefixes are given to that one's class,
 *    and the VIP goes. After an abort it has come back to be like the first one, and they are given back to that.
 *
 * Each step is recorded before it is written, and the next begins when the switch has it: from the record it is clear
 * where to go on. Where clients find another VIP at several services, each has such a VIP and an operation of its own,
 * and the prefixes wait for all of them.
 */
import { type ClassConfiguration, MOST_CLASSES, type VipConfiguration } from '../config/types.ts';
import { NO_CLASS, numberClasses } from '../intent/classes.ts';
import { freeNumbers, serviceOf } from '../intent/services.ts';
import type { ClientsMoving, OperationRecord, VipRecord } from '../intent/types.ts';
import type { ShiftState } from '../shift/state.ts';
import type { VipId } from '../shift/types.ts';
import { blankRecord } from './blank.ts';
import { type ClientMove, resolveClientMove, type VipChange, withoutPrefixes } from './client-moves.ts';
import { OperationRefusedError } from './errors.ts';
import type { OperationHost } from './host.ts';
import { mappingOf } from './mappings.ts';
import type { Operations } from './operations.ts';
import { isWaiting } from './preparation.ts';
import { beginRemap, isRemapped, rollBackRemap } from './remap.ts';
import type { Running, RunningOperations } from './running.ts';

/** The operations of clients that move just now. */
export function reclassesOf(running: RunningOperations): Running[] {
  return [...running].filter(({ record }) => record.kind === 'reclass' && !isWaiting(record.phase));
}

/** @throws OperationRefusedError where there is no room for what a move needs meanwhile */
export function checkRoom({ intent }: OperationHost, { classes, vips }: ClientMove): void {
  const refuse = (message: string, hint: string): never => {
    throw new OperationRefusedError({ code: 'conflict', field: 'classes', message, hint });
  };
  if (together(intent.classes, classes).length + Math.sign(vips.length) > MOST_CLASSES) {
    refuse(`the switch has room for ${MOST_CLASSES} classes, and clients that move need one meanwhile`, 'take one out');
  }
  for (const { from, to } of vips) {
    const count = from.record.buckets + to.record.buckets;
    if (freeNumbers(intent, serviceOf(intent, from.record.id), count) !== undefined) continue;
    refuse(`the service of VIP \`${from.record.name}\` has no ${count} bucket numbers left`, 'give it fewer buckets');
  }
}

/**
 * From an accepted request to its first step: the switch is told of the VIPs that the clients are at while they move.
 */
export function launchReclass(operations: Operations, running: Running): void {
  const { host } = operations;
  const { intent } = host;
  const move = resolveClientMove(host.configuration, intent, running.record.request!);
  const request = { ...running.record.request!, classes: move.classes };
  operations.save(running, { ...running.record, request, classesBefore: host.configuration.classes });
  if (move.vips.length === 0) {
    recordClasses(host, move.classes);
    host.setClasses(move.classes);
    host.setVips(host.configuration.vips);
    operations.finish(running, 'done', 'done');
    return;
  }
  const [from, to] = [move.from ?? NO_CLASS, move.to ?? NO_CLASS];
  const { synRate } = move.classes.find(({ name }) => name === to) ?? {};
  const moving = { name: `${from}>${to}`, prefixes: [], synRate };
  const fresh = move.classes.filter(({ name }) => intent.classes.every((known) => known.name !== name));
  recordClasses(host, [...intent.classes, ...withoutPrefixes(fresh, move.prefixes), moving]);
  const added = move.vips.map((change, index) => {
    const mapping = mappingOf(change.from);
    const definition = addMovingVip(host, change, moving.name, move.prefixes);
    const its = index === 0 ? running : follow(operations, running);
    const route = { from: change.from.record.id, to: change.to.record.id };
    operations.save(its, { ...its.record, vip: intent.nextVip - 1, mappingBefore: mapping, route });
    return definition;
  });
  host.setVips([...host.configuration.vips, ...added]);
}

/** The switch holds what has been recorded: takes the step that waited for that. */
export function resumeReclass(operations: Operations): void {
  const { host } = operations;
  const all = reclassesOf(operations.running);
  const [first] = all;
  if (first === undefined) return;
  const { moving } = host.intent.vips.get(first.record.vip) ?? {};
  if (moving === undefined) {
    for (const running of all) finish(operations, running);
    return;
  }
  if (host.shift().awaiting) return;
  const isAmong = clientsOf(host, moving.class).length > 0;
  if (all.every(({ record }) => record.phase === 'preparing')) {
    if (isAmong) for (const running of all) beginRemap(operations, running);
    else giveClients(host, withoutPrefixes(first.record.request!.classes!, moving.prefixes), moving);
  } else if (!isAmong && all.every((running) => isAlike(operations, running))) {
    end(operations, all);
  } else {
    for (const running of all) operations.advance(running);
  }
}

/** Takes all of it back. */
export function rollBackReclass(operations: Operations, message: string): void {
  for (const running of reclassesOf(operations.running)) {
    if (!running.record.aborting) rollBackRemap(operations, running, message);
  }
}

/**
 * One of the VIPs has settled: when all have, and forward as the VIPs do whose clients these are from now on, the
 * clients are given to them.
 */
export function concludeReclass(operations: Operations): void {
  const { host } = operations;
  const all = reclassesOf(operations.running);
  const [{ record }] = all as [Running];
  const { moving } = host.intent.vips.get(record.vip) ?? {};
  if (moving === undefined || !all.every((running) => isAlike(operations, running))) return;
  giveClients(host, classesAfter(record), { ...moving, prefixes: [] });
}

/** Nobody is at the VIPs any more: they go, and their class. */
function end(operations: Operations, all: readonly Running[]): void {
  const { host } = operations;
  const classes = classesAfter(all[0]!.record);
  const names = all.map(({ record }) => host.intent.vips.get(record.vip)!.name);
  for (const { record } of all) host.record({ kind: 'vip-forgotten', id: record.vip });
  recordClasses(host, classes);
  host.setClasses(classes);
  host.setVips(host.configuration.vips.filter(({ name }) => !names.includes(name)));
}

/**
 * The end, when the switch has forgotten the VIPs: whoever has waited for it begins at once, and is given numbers (of
 * classes, of buckets) under which the switch must not hold anything.
 */
function finish(operations: Operations, running: Running): void {
  const { aborting, message, route } = running.record;
  operations.save(running, { ...running.record, vip: aborting ? route!.from : route!.to });
  if (aborting) operations.finish(running, 'aborted', message);
  else operations.finish(running, 'done', 'done');
}

function classesAfter({ aborting, classesBefore, request }: OperationRecord): readonly ClassConfiguration[] {
  return aborting ? classesBefore! : request!.classes!;
}

/** Has classes and their clients written; classes that are no more lose theirs. */
function giveClients(
  host: OperationHost,
  classes: readonly ClassConfiguration[],
  moving: Pick<ClientsMoving, 'class' | 'prefixes'> | undefined,
): void {
  recordClasses(host, together(host.intent.classes, classes), moving);
  host.setVips(host.configuration.vips);
}

/**
 * Whether the VIP of clients that move and the one that gets them forward every packet alike. If they do not, because a
 * server has died since, the first follows.
 */
function isAlike(operations: Operations, running: Running): boolean {
  const { host } = operations;
  const { record } = running;
  const shift = host.shift();
  const next = record.aborting ? record.route!.from : record.route!.to;
  const isOver = record.phase === 'rolling-back' || isRemapped(running);
  if (!isOver || [record.vip, next].some((vip) => shift.doubts.has(vip) || !isSteady(shift, vip))) return false;
  const { current } = host.intent.assignments.get(record.vip)!;
  const wanted = host.intent.assignments.get(next)!.current;
  const moves = wanted.flatMap((to, bucket) => (to === current[bucket] ? [] : [[bucket, to] as const]));
  if (moves.length === 0) return true;
  host.order({ kind: 'retarget', vip: record.vip, moves });
  for (const [bucket, to] of moves) operations.running.own(running, bucket, to);
  return false;
}

/** Records a VIP that begins as the one that clients leave. @returns it */
function addMovingVip(
  host: OperationHost,
  { from, to }: VipChange,
  className: string,
  prefixes: readonly string[],
): VipConfiguration {
  const { intent } = host;
  const service = serviceOf(intent, from.record.id);
  const definition: VipConfiguration = {
    ...from.configuration,
    ...mappingOf(from),
    name: `${from.record.name}>${to.record.name}`,
    class: className,
    servers: [],
    health: undefined,
    overflow: undefined,
    fallback: undefined,
  };
  const id = intent.nextVip;
  const { name, buckets } = definition;
  const moving = { class: className, prefixes };
  const record: VipRecord = { id, name, buckets, service, definition, moving };
  host.record({ kind: 'vip', vip: { ...record, firstBucket: freeNumbers(intent, service, buckets)! } });
  const { current } = intent.assignments.get(from.record.id)!;
  host.record({ kind: 'assignment', vip: id, changes: current.map((server, bucket) => [bucket, server, server]) });
  const mapping = mappingOf(to);
  const servers = [...intent.assignments.get(to.record.id)!.current];
  const coming = { ...mapping, servers, firstBucket: freeNumbers(intent, service, mapping.buckets)! };
  host.record({ kind: 'vip', vip: { ...intent.vips.get(id)!, coming } });
  return definition;
}

/** An operation for another service whose VIP clients leave. */
function follow(operations: Operations, { record }: Running): Running {
  const { id } = blankRecord(operations.host, record.request!, record.vip, record);
  const running = operations.running.begin({ ...record, id });
  operations.audit(running, `accepted, with operation ${record.id}`);
  return running;
}

/** Gives classes to the journal, with their numbers. @param moving whose clients are in the class of those who move */
function recordClasses(
  { intent, record }: OperationHost,
  classes: readonly ClassConfiguration[],
  moving?: Pick<ClientsMoving, 'class' | 'prefixes'>,
): void {
  const wanted = classes.map((one) => (one.name === moving?.class ? { ...one, prefixes: moving.prefixes } : one));
  record({ kind: 'classes', classes: numberClasses(intent.classes, wanted) });
}

/** Classes as wanted, and without clients those that are known besides. */
function together(
  known: readonly ClassConfiguration[],
  wanted: readonly ClassConfiguration[],
): readonly ClassConfiguration[] {
  const others = known.filter(({ name }) => wanted.every((one) => one.name !== name));
  return [...wanted, ...others.map((one) => ({ ...one, prefixes: [] }))];
}

function clientsOf({ intent }: OperationHost, className: string): readonly string[] {
  return intent.classes.find(({ name }) => name === className)?.prefixes ?? [];
}

function isSteady(shift: ShiftState, vip: VipId): boolean {
  return shift.vips.get(vip)!.every(({ phase }) => phase === 'steady');
}
