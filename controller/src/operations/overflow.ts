/**
 * Overflow: a server whose accept queue is nearly full keeps its connections and gets no new ones until it has caught up. It is a shift like
 * any other that is held where it is: the buckets' current server is another one, so that new connections are pinned there, their
 * base stays, and when the queue has drained they are pointed back at it, which is an abort and touches nobody. Nothing commits
 * meanwhile. Whoever else moves a bucket of it meanwhile takes that bucket over.
 */
import type { OverflowRule } from '../config/types.ts';
import type { AgentStatus } from '../control-api/types.ts';
import type { ServerRecord } from '../intent/types.ts';
import { bucketOf } from '../shift/state.ts';
import type { ServerId, VipId } from '../shift/types.ts';
import { inService, shareOf } from './catalogue.ts';
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

/** Looks at a server's queue. @returns what to do in a turn of the engine; undefined: nothing */
export function onQueue(
  operations: Operations,
  id: ServerId,
  status: AgentStatus,
  statusOf: StatusOf,
): (() => void) | undefined {
  const server = operations.server(id);
  const name = server === undefined ? undefined : operations.host.intent.vips.get(server.vip)?.name;
  const rule = operations.host.configuration.vips.find((vip) => vip.name === name)?.overflow;
  if (server === undefined || rule === undefined) return undefined;
  // Clients that come or go have its buckets in another VIP meanwhile.
  const isLeftOrJoined = ({ record }: Running): boolean =>
    concernedVips(operations.host.intent, record).includes(server.vip);
  if (reclassesOf(operations.running).some(isLeftOrJoined)) return undefined;
  const under = [...operations.running].find(
    ({ record }) => record.kind === 'overflow' && record.server === server.name && record.vip === server.vip,
  );
  if (under !== undefined) {
    if (under.record.aborting || fill(status) >= rule.below) return undefined;
    return () => relieve(operations, under);
  }
  if (fill(status) < rule.above || server.state !== 'active' || !shareOf(server).enabled) return undefined;
  return () => redirect(operations, server, status, rule, statusOf);
}

function relieve(operations: Operations, running: Running): void {
  if (operations.running.get(running.record.id) !== running || running.record.aborting) return;
  operations.rollBack(running, 'its accept queue has drained');
}

function redirect(
  operations: Operations,
  server: ServerRecord,
  status: AgentStatus,
  rule: OverflowRule,
  statusOf: StatusOf,
): void {
  const { host } = operations;
  const others = helpers(operations, server, rule, statusOf);
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
    why: `${status.acceptQueue} of ${status.acceptQueueLimit} connections wait to be accepted`,
    deadlineMs: 0,
  };
  const running = operations.running.begin(record);
  running.moved = moves.length;
  operations.save(running, { ...record, moves, ordered: moves.length, phase: 'shifting' });
  operations.audit(running, 'redirected');
  const names = others.map((other) => `\`${other.name}\``).join(', ');
  host.log('warning', `server \`${server.name}\` cannot keep up (${record.why}): new connections go to ${names}`);
  host.order({ kind: 'retarget', vip, moves: moves.map(([bucket, , to]) => [bucket, to]) });
  for (const [bucket, , to] of moves) operations.running.own(running, bucket, to);
  operations.running.hold(running, true);
}

/** Who takes the new connections, by the rule; none that cannot keep up itself. */
function helpers(
  operations: Operations,
  server: ServerRecord,
  { rule, below }: OverflowRule,
  statusOf: StatusOf,
): readonly ServerRecord[] {
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
      return !overflowing.has(`${vip}/${other.name}`) && (status === undefined || fill(status) < below);
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
