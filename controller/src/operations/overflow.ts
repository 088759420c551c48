/**
 * Overflow: a server whose accept queue is nearly full, that has as many connections as it may have, or that answers no
 * SYNs (these are resent, and so reach another server) keeps its connections and gets no new ones until it has caught
 * up. It is a shift like any other that is held where it is: the buckets' current server is another one, so that new
 * connections are pinned there, their base stays, and when the queue has drained they are pointed back at it, which is
 * an abort and touches nobody. Nothing commits meanwhile. Whoever else moves a bucket of it meanwhile takes that bucket
 * over. A server that becomes full by what it takes for others passes that on as well.
 */
import type { AgentStatus } from '../control-api/types.ts';
import type { ServerRecord } from '../intent/types.ts';
import { bucketOf } from '../shift/state.ts';
import type { ServerId, VipId } from '../shift/types.ts';
import { inService, recordsOf, shareOf } from './catalogue.ts';
import { concernedVips } from './concerned.ts';
import { fallbackOf } from './fallback.ts';
import { fill, isRelieved, mostConnections, overflowRule, type StatusOf, whyFull } from './fullness.ts';
import type { Operations } from './operations.ts';
import { reclassesOf } from './reclass.ts';
import type { Running } from './running.ts';

/** Why new connections go around a server. */
interface Reason {
  readonly text: string;
  readonly cause?: 'syns';
}

/** What a server takes for another one and is to go on to others. */
interface Passing {
  readonly running: Running;
  readonly buckets: readonly number[];
  readonly others: readonly ServerRecord[];
}

/** Looks at a server's queue and connections. @returns what to do in a turn of the engine; undefined: nothing */
export function onQueue(
  operations: Operations,
  id: ServerId,
  status: AgentStatus,
  statusOf: StatusOf,
): (() => void) | undefined {
  const server = operations.server(id);
  if (server === undefined) return undefined;
  const own = ownStep(operations, server, status, statusOf);
  if (passings(operations, server, status, statusOf).length === 0) return own;
  return () => {
    own?.();
    for (const passing of passings(operations, server, status, statusOf)) passOn(operations, server, passing);
  };
}

/** What the server's own buckets need: as `onQueue`. */
function ownStep(
  operations: Operations,
  server: ServerRecord,
  status: AgentStatus,
  statusOf: StatusOf,
): (() => void) | undefined {
  const rule = overflowRule(operations.host, server.vip);
  const most = mostConnections(operations.host, server);
  const under = underWay(operations, server);
  if (under !== undefined) {
    const { aborting, cause } = under.record;
    if (aborting || cause === 'syns' || !isRelieved(rule, most, status)) return undefined;
    return () => relieve(operations, under, 'it has caught up');
  }
  const text = whyFull(rule, most, status);
  if (text === undefined || !mayBeRelieved(operations, server)) return undefined;
  return () => redirect(operations, server, { text }, statusOf);
}

/** SYNs to a server have no answer, or, without a reason, it is to be tried. @returns as `onQueue` */
export function onDitched(
  operations: Operations,
  vipName: string,
  name: string,
  reason: string | undefined,
  statusOf: StatusOf,
): (() => void) | undefined {
  const { intent } = operations.host;
  const vip = [...intent.vips.values()].find((candidate) => candidate.name === vipName);
  const server = vip && recordsOf(intent, vip.id).get(name);
  if (server === undefined) return undefined;
  const under = underWay(operations, server);
  if (under !== undefined) {
    const isOver = reason === undefined && under.record.cause === 'syns' && !under.record.aborting;
    return isOver ? () => relieve(operations, under, 'it is tried again') : undefined;
  }
  if (reason === undefined || !mayBeRelieved(operations, server)) return undefined;
  return () => redirect(operations, server, { text: reason, cause: 'syns' }, statusOf);
}

function underWay(operations: Operations, { name, vip }: ServerRecord): Running | undefined {
  const isIts = ({ record }: Running): boolean => record.server === name && record.vip === vip;
  return [...operations.running].find((running) => running.record.kind === 'overflow' && isIts(running));
}

function mayBeRelieved(operations: Operations, server: ServerRecord): boolean {
  if (server.state !== 'active' || !shareOf(server).enabled) return false;
  // Clients that come or go have its buckets in another VIP meanwhile.
  const isLeftOrJoined = ({ record }: Running): boolean => concernedVips(record).includes(server.vip);
  return !reclassesOf(operations.running).some(isLeftOrJoined);
}

function relieve(operations: Operations, running: Running, message: string): void {
  if (operations.running.get(running.record.id) !== running || running.record.aborting) return;
  operations.rollBack(running, message);
}

function redirect(operations: Operations, server: ServerRecord, { text, cause }: Reason, statusOf: StatusOf): void {
  const { host } = operations;
  const others = helpers(operations, server, statusOf);
  if (others.length === 0) return;
  const { vip } = server;
  const { current, base } = host.intent.assignments.get(vip)!;
  const moves: [number, ServerId, ServerId][] = [];
  current.forEach((its, bucket) => {
    const steady = bucketOf(host.shift(), { vip, bucket })?.phase === 'steady';
    if (its === server.id && base[bucket] === server.id && steady) {
      moves.push([bucket, server.id, others[moves.length % others.length]!.id]);
    }
  });
  if (moves.length === 0) return;
  const name = host.intent.vips.get(vip)!.name;
  const record = {
    ...operations.blank({ kind: 'disable', vip: name, server: server.name }, vip, { who: 'controller' }),
    kind: 'overflow' as const,
    request: undefined,
    why: text,
    deadlineMs: 0,
    ...(cause === undefined ? {} : { cause }),
  };
  const running = operations.running.begin(record);
  running.moved = moves.length;
  operations.save(running, { ...record, moves, ordered: moves.length, phase: 'shifting' });
  operations.audit(running, 'redirected');
  const names = others.map((other) => `\`${other.name}\``).join(', ');
  host.log('warning', `server \`${server.name}\` cannot keep up (${text}): new connections go to ${names}`);
  host.order({ kind: 'retarget', vip, moves: moves.map(([bucket, , to]) => [bucket, to]) });
  for (const [bucket, , to] of moves) operations.running.own(running, bucket, to);
  operations.running.hold(running, true);
}

/** Of a server that is full: the buckets that it has taken over, and who has room for them. */
function passings(
  operations: Operations,
  helper: ServerRecord,
  status: AgentStatus,
  statusOf: StatusOf,
): readonly Passing[] {
  const { host, running: all } = operations;
  return [...all].flatMap((running): Passing[] => {
    const { kind, aborting, vip, server, moves } = running.record;
    if (kind !== 'overflow' || aborting) return [];
    const isIts = ([bucket, , to]: (typeof moves)[number]): boolean =>
      to === helper.id && all.ownerOf({ vip, bucket }) === running;
    const buckets = moves.filter(isIts).map(([bucket]) => bucket);
    const helped = recordsOf(host.intent, vip).get(server!);
    if (buckets.length === 0 || helped === undefined) return [];
    if (whyFull(overflowRule(host, vip), mostConnections(host, helper), status) === undefined) return [];
    const others = helpers(operations, helped, statusOf);
    return others.length === 0 ? [] : [{ running, buckets, others }];
  });
}

function passOn(operations: Operations, helper: ServerRecord, { running, buckets, others }: Passing): void {
  const { host } = operations;
  const { record } = running;
  const to = new Map(buckets.map((bucket, index) => [bucket, others[index % others.length]!.id]));
  const moves = record.moves.map(([bucket, from, before]) => [bucket, from, to.get(bucket) ?? before] as const);
  operations.save(running, { ...record, moves });
  const names = others.map((other) => `\`${other.name}\``).join(', ');
  host.log(
    'warning',
    `server \`${helper.name}\` cannot keep up either: what it takes for \`${record.server}\` goes to ${names}`,
  );
  host.order({ kind: 'retarget', vip: record.vip, moves: [...to] });
}

/** Who takes the new connections, by the rule; none that cannot keep up itself. */
function helpers(operations: Operations, server: ServerRecord, statusOf: StatusOf): readonly ServerRecord[] {
  const { rule, below } = overflowRule(operations.host, server.vip);
  const overflowing = new Set(
    [...operations.running]
      .filter(({ record }) => record.kind === 'overflow')
      .map(({ record }) => `${record.vip}/${record.server}`),
  );
  const { configuration, intent } = operations.host;
  const ableOf = (vip: VipId): readonly ServerRecord[] =>
    inService(intent, vip).filter((other) => {
      if (other.id === server.id || other.state !== 'active' || !shareOf(other).enabled) return false;
      const status = statusOf(other.id);
      const hasRoom = (its: AgentStatus): boolean =>
        fill(its) < below && its.connections < mostConnections(operations.host, other);
      return !overflowing.has(`${vip}/${other.name}`) && (status === undefined || hasRoom(status));
    });
  const own = ableOf(server.vip);
  const fallback = fallbackOf(configuration, intent, server.vip);
  const isFurther = fallback?.when === 'always' || (fallback?.when === 'busy' && own.length === 0);
  const able = isFurther ? [...own, ...ableOf(fallback.general.id)] : own;
  if (rule === 'round-robin' || able.length === 0) return able;
  if (rule === 'next') return [able.find(({ id }) => id > server.id) ?? able[0]!];
  const emptiness = (other: ServerRecord): number => {
    const status = statusOf(other.id);
    return status === undefined ? Number.POSITIVE_INFINITY : fill(status);
  };
  return [[...able].sort((a, b) => emptiness(a) - emptiness(b) || a.id - b.id)[0]!];
}
