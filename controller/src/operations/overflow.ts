/**
 * Overflow: a server whose accept queue is nearly full, that has as many connections as it may have, or that answers no SYNs (these are resent, and so reach
 * another server) keeps its connections and gets no new ones until it has caught up. It is a shift like
 * any other that is held where it is: the buckets' current server is another one, so that new connections are pinned there, their
 * base stays, and when the queue has drained they are pointed back at it, which is an abort and touches nobody. Nothing commits
 * meanwhile. Whoever else moves a bucket of it meanwhile takes that bucket over.
 */
import type { OverflowRule, VipConfiguration } from '../config/types.ts';
import type { AgentStatus } from '../control-api/types.ts';
import type { ServerRecord } from '../intent/types.ts';
import { bucketOf } from '../shift/state.ts';
import type { ServerId, VipId } from '../shift/types.ts';
import { inService, recordsOf, shareOf } from './catalogue.ts';
import { concernedVips } from './concerned.ts';
import { fallbackOf } from './fallback.ts';
import type { Operations } from './operations.ts';
import { reclassesOf } from './reclass.ts';
import type { Running } from './running.ts';

const CONTROLLER = { who: 'controller' };

/** What is known of a server's queue. */
export type StatusOf = (server: ServerId) => AgentStatus | undefined;

/** How full a queue is, from 0 to 1 and above. */
export function fill({ acceptQueue, acceptQueueLimit }: AgentStatus): number {
  return acceptQueueLimit === 0 ? 0 : acceptQueue / acceptQueueLimit;
}

/** For a VIP that says nothing about queues. */
const NO_QUEUES: OverflowRule = { rule: 'next', above: Number.POSITIVE_INFINITY, below: Number.POSITIVE_INFINITY };

/** Share of the connections that it may have at which a server gets new ones again. */
const RELIEVED_SHARE = 0.9;

/** Why new connections go around a server. */
interface Reason {
  readonly text: string;
  readonly cause?: 'syns';
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
  const rule = ruleOf(operations, server);
  const most = mostConnections(operations, server);
  const under = underWay(operations, server);
  if (under !== undefined) {
    const isRelieved = fill(status) < rule.below && status.connections <= most * RELIEVED_SHARE;
    if (under.record.aborting || under.record.cause === 'syns' || !isRelieved) return undefined;
    return () => relieve(operations, under, 'it has caught up');
  }
  const isQueueFull = fill(status) >= rule.above;
  if ((!isQueueFull && status.connections < most) || !mayBeRelieved(operations, server)) return undefined;
  const text = isQueueFull
    ? `${status.acceptQueue} of ${status.acceptQueueLimit} connections wait to be accepted`
    : `it has ${status.connections} connections, and may have ${most}`;
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

function configurationOf({ host }: Operations, { vip }: ServerRecord): VipConfiguration | undefined {
  return host.configuration.vips.find(({ name }) => name === host.intent.vips.get(vip)?.name);
}

function ruleOf(operations: Operations, server: ServerRecord): OverflowRule {
  return configurationOf(operations, server)?.overflow ?? NO_QUEUES;
}

function mostConnections(operations: Operations, server: ServerRecord): number {
  const listed = configurationOf(operations, server)?.servers.find(({ name }) => name === server.name);
  return listed?.maxConnections ?? Number.POSITIVE_INFINITY;
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
    ...operations.blank({ kind: 'disable', vip: name, server: server.name }, vip, CONTROLLER),
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

/** Who takes the new connections, by the rule; none that cannot keep up itself. */
function helpers(operations: Operations, server: ServerRecord, statusOf: StatusOf): readonly ServerRecord[] {
  const { rule, below } = ruleOf(operations, server);
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
        fill(its) < below && its.connections < mostConnections(operations, other);
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
