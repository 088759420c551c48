/**
 * What becomes of a server that its checks declare dead, and of one that is there again. Its buckets go to the others
 * at once, with no shift: there is nothing to wait for. Where a standby is known whose way is known, it gets them all,
 * so that nobody else's share changes; otherwise they are spread as the weights say (over servers of everybody, where
 * none of a class is left and its VIP says so), and a standby is added as gently as by an operator. An operation that
 * was bringing the dead server in is taken back; one that was taking it out has less to wait for.
 *
 * When every server of a VIP fails at once, the checker's own network is the likelier cause: nothing is changed, and it
 * is said.
 */
import { assign, type Share } from '../assignment/assign.ts';
import { serviceOf, vipsOfService } from '../intent/services.ts';
import type { Intent, ServerRecord, VipRecord } from '../intent/types.ts';
import type { BucketMove, ServerId, VipId } from '../shift/types.ts';
import { findSpare, inService, recordsOf, shareOf } from './catalogue.ts';
import { OperationRefusedError } from './errors.ts';
import { fallbackOf } from './fallback.ts';
import type { OperationHost } from './host.ts';
import type { Operations } from './operations.ts';
import { queuedAdd } from './queue.ts';
import { leaveDead } from './remap.ts';

const CONTROLLER = { who: 'controller' };

/** Whether a server's checks are good, as far as anybody knows. */
export type IsDown = (vip: string, server: string) => boolean;

/** A server is down. @returns whether it was given up */
export function onServerDown(
  operations: Operations,
  vipName: string,
  name: string,
  reason: string,
  isDown: IsDown,
): boolean {
  const { host } = operations;
  const { intent } = host;
  const vip = [...intent.vips.values()].find((candidate) => candidate.name === vipName);
  const dead = vip === undefined ? undefined : recordsOf(intent, vip.id).get(name);
  if (vip === undefined || dead === undefined) return false;
  const back = queuedAdd(operations, vip.id, name);
  if (back?.record.who === CONTROLLER.who) operations.rollBack(back, `server \`${name}\` is down again: ${reason}`);
  if (dead.state === 'drained' || dead.state === 'dead') return false;
  for (const running of operations.running) {
    const { record } = running;
    const isNew = record.coming.includes(dead.id) && record.kind !== 'forwarding';
    const comes = isNew && !record.aborting && record.phase !== 'finished';
    if (comes) operations.rollBack(running, `server \`${name}\` is down: ${reason}`);
  }
  // It may have gone with the operation that brought it.
  const record = intent.servers.get(dead.id);
  if (record === undefined) return true;
  const standby = findStandby(operations, vip, name, isDown);
  const shares = heirsWithout(host, vip.id, dead.id, isDown);
  if (shares.length === 0 && standby?.ready !== true) {
    const state = host.shift().servers.get(dead.id);
    if ((state?.bases ?? 0) + (state?.currents ?? 0) > 0) return false;
  }
  giveUp(operations, vip.id, record, reason, standby, shares);
  // While packets get to it in another way than to its older connections it is two.
  for (const { id } of operations.host.intent.servers.values()) {
    const twin = intent.servers.get(id)!;
    if (twin.vip !== vip.id || twin.name !== name || twin.state === 'dead') continue;
    giveUp(operations, vip.id, twin, reason, undefined, heirsWithout(host, vip.id, id, isDown));
  }
  return true;
}

function giveUp(
  operations: Operations,
  vip: number,
  dead: ServerRecord,
  reason: string,
  standby: { readonly name: string; readonly ready: boolean } | undefined,
  shares: readonly { readonly server: ServerId; readonly weight: number }[],
): void {
  const { host } = operations;
  const { intent } = host;
  const known = intent.vips.get(vip)!;
  const vipName = known.name;
  const configuration = host.configuration.vips.find(({ name }) => name === vipName)!;
  operations.setState(dead, 'dead');
  host.serverGone(dead);
  const record = {
    ...operations.blank({ kind: 'drain', vip: vipName, server: dead.name }, vip, CONTROLLER),
    kind: 'failover' as const,
    server: dead.name,
    request: undefined,
    leaving: [dead.id],
    why: reason,
    deadlineMs: 0,
  };
  /** Who gets what is the dead server's. */
  let heirsOf: (assignment: readonly ServerId[], bases: readonly ServerId[]) => readonly ServerId[];
  let coming: ServerRecord | undefined;
  if (standby?.ready) {
    coming = operations.enlist(
      vip,
      findSpare(intent, { record: known, configuration }, standby.name, 'server', undefined),
    );
    operations.setState(coming, 'active');
    host.serverChanged(coming);
    const to = coming.id;
    heirsOf = (assignment) => assignment.map(() => to);
  } else {
    heirsOf = (assignment, bases) => assign(assignment, bases, shares);
  }
  const movesOf = (vip: VipId): BucketMove[] => {
    const { current, base } = intent.assignments.get(vip)!;
    const target = heirsOf(current, base);
    return current.flatMap((from, bucket) => (from === dead.id ? [{ vip, bucket, to: target[bucket]! }] : []));
  };
  const moves = movesOf(vip);
  const running = operations.running.begin(record);
  running.moved = moves.length;
  operations.save(running, {
    ...record,
    replacement: coming?.name,
    coming: coming === undefined ? [] : [coming.id],
    moves: moves.map(({ bucket, to }) => [bucket, dead.id, to]),
    ordered: moves.length,
    phase: 'shifting',
  });
  operations.audit(running, `given up: ${reason}`);
  const to = coming === undefined ? 'the others' : `standby \`${coming.name}\``;
  host.log('error', `server \`${dead.name}\` is down (${reason}): its ${moves.length} buckets go to ${to}`);
  // It may have buckets of others: of clients that move, or of VIPs whose servers it stands in for.
  const others = vipsOfService(intent, serviceOf(intent, vip)).filter(({ id }) => id !== vip);
  const more = others.flatMap(({ id }) => movesOf(id));
  const rebased = [vip, ...others.map(({ id }) => id)].flatMap((each) =>
    leaveDead(operations, each, dead.id, (assignment) => heirsOf(assignment, assignment)),
  );
  host.order({ kind: 'server-died', server: dead.id, moves: [...moves, ...more, ...rebased] });
  // It ends, at the earliest, with the notice of the death, which lists what was lost.
  for (const { bucket, to: server } of moves) operations.running.own(running, bucket, server);
  if (standby !== undefined && !standby.ready) addByItself(operations, known, standby.name, 'standby');
}

/** A server that had been given up answers again. */
export function onServerUp(operations: Operations, vipName: string, name: string): void {
  const { host } = operations;
  const vip = [...host.intent.vips.values()].find((candidate) => candidate.name === vipName);
  const server = vip === undefined ? undefined : recordsOf(host.intent, vip.id).get(name);
  if (vip === undefined || server?.state !== 'dead') return;
  const check = host.configuration.vips.find((candidate) => candidate.name === vipName)?.health;
  // Whose place a standby has taken is a spare from now on.
  const replaced = [...host.intent.operations.values()].some(
    ({ kind, leaving, replacement }) => kind === 'failover' && leaving.includes(server.id) && replacement !== undefined,
  );
  if (check?.comeback !== 'add' || replaced) {
    operations.setState(server, 'drained');
    host.log('info', `server \`${name}\` answers again: mooring add ${name} brings it back`);
    return;
  }
  addByItself(operations, vip, name, 'comeback');
}

/** Has a server added as soon as nothing is in the way. */
function addByItself(operations: Operations, vip: VipRecord, server: string, reason: string): void {
  if (queuedAdd(operations, vip.id, server) !== undefined) return;
  try {
    operations.request({ kind: 'add', vip: vip.name, server, approve: true, queue: true, reason }, CONTROLLER);
  } catch (error) {
    if (!(error instanceof OperationRefusedError)) throw error;
    operations.host.log('warning', `server \`${server}\` is not added (${reason}): ${error.message}`);
  }
}

/** A spare that may take over for the dead one: `ready` when it can be sent packets at once. */
function findStandby(
  operations: Operations,
  { id, name: vipName }: VipRecord,
  dead: string,
  isDown: IsDown,
): { readonly name: string; readonly ready: boolean } | undefined {
  const { intent, configuration } = operations.host;
  const records = recordsOf(intent, id);
  const { servers } = configuration.vips.find(({ name }) => name === vipName)!;
  const able = servers.filter(
    (server) =>
      server.standby &&
      !isDown(vipName, server.name) &&
      queuedAdd(operations, id, server.name) === undefined &&
      ['drained', undefined].includes(records.get(server.name)?.state),
  );
  // Its own first, then one that is for any.
  const standbyOf = (whose: string | undefined) => able.find(({ standbyFor }) => standbyFor === whose);
  const standby = standbyOf(dead) ?? standbyOf(undefined);
  return standby === undefined ? undefined : { name: standby.name, ready: standby.mac !== undefined };
}

/** Who takes over: the VIP's others, or if there are none, where it says so, servers of everybody. */
function heirsWithout({ configuration, intent }: OperationHost, vip: VipId, dead: ServerId, isDown: IsDown): Share[] {
  const sharesOf = ({ id, name }: VipRecord): Share[] =>
    sharesWithout(intent, id, dead, (server) => isDown(name, server));
  const own = sharesOf(intent.vips.get(vip)!);
  const general = fallbackOf(configuration, intent, vip)?.general;
  return own.length > 0 || general === undefined ? own : sharesOf(general);
}

/** Who takes over, by weight: those that are up and enabled; if there is none, those that are disabled. */
function sharesWithout(intent: Intent, vip: number, dead: ServerId, isDown: (server: string) => boolean): Share[] {
  const others = inService(intent, vip).filter((server) => server.id !== dead && server.state === 'active');
  const up = others.filter(({ name }) => !isDown(name));
  const enabled = up.filter((server) => shareOf(server).enabled);
  return (enabled.length > 0 ? enabled : up).map(({ id, weight }) => ({ server: id, weight }));
}
