/**
 * Refused connections: where a VIP's operator wants it, the switch refuses new ones while no server that would get them
 * has room. Those are the current servers of its buckets as they stand, redirections included, and each has to say so
 * itself: with one whose agent is silent nobody is refused. When the first has room again (a server that new
 * connections went around gets them back then) all are welcome again.
 *
 * Nothing of it is journaled. What is refused follows from what the agents say next, a reconnect begins with nothing,
 * and the switch refuses nobody by itself while it does not hear of the controller.
 */
import type { Refused } from '../config/types.ts';
import type { Intent } from '../intent/types.ts';
import { BY_COMING_MAPPING, type ServerId, type VipId } from '../shift/types.ts';
import { isRelieved, mostConnections, overflowRule, type StatusOf, whyFull } from './fullness.ts';
import type { OperationHost } from './host.ts';
import type { Operations } from './operations.ts';

/** Which VIPs refuse new connections, and how. */
export class Refusals {
  private readonly host: OperationHost;
  private readonly refusing = new Map<VipId, Refused>();

  constructor(host: OperationHost) {
    this.host = host;
  }

  /** How a VIP's new connections are refused; undefined: they are welcome. */
  of(vip: VipId): Refused | undefined {
    return this.refusing.get(vip);
  }

  /** Begins to refuse a VIP's new connections, or ends it. */
  set(vip: VipId, how: Refused | undefined): void {
    if (how === this.refusing.get(vip)) return;
    if (how === undefined) this.refusing.delete(vip);
    else this.refusing.set(vip, how);
    const { name } = this.host.intent.vips.get(vip)!;
    this.host.refuse(vip, how);
    const [level, text] =
      how === undefined
        ? (['info', `VIP \`${name}\` takes new connections again`] as const)
        : (['warning', `no server of VIP \`${name}\` has room: new connections are ${IN_WORDS[how]}`] as const);
    this.host.log(level, text);
    this.host.audit({ who: 'controller', what: `refuse new connections of VIP ${name}`, result: how ?? 'over' });
  }

  /** The switch has been read and written anew, without them. */
  forget(): void {
    this.refusing.clear();
  }
}

const IN_WORDS: Readonly<Record<Refused, string>> = { drop: 'dropped', reset: 'reset' };

/** Looks at all VIPs. @returns what to do in a turn of the engine; undefined: nothing */
export function onRoom(operations: Operations, statusOf: StatusOf): (() => void) | undefined {
  const { refusals, host } = operations;
  const changed = [...host.intent.vips.keys()].filter((vip) => {
    return refusalOf(operations, vip, statusOf) !== refusals.of(vip);
  });
  if (changed.length === 0) return undefined;
  return () => {
    // Other commands may have come before.
    for (const vip of changed) {
      if (host.intent.vips.has(vip)) refusals.set(vip, refusalOf(operations, vip, statusOf));
    }
  };
}

/** How the VIP's new connections are to be refused now. */
function refusalOf({ host, refusals }: Operations, vip: VipId, statusOf: StatusOf): Refused | undefined {
  const rule = overflowRule(host, vip);
  const { whenFull } = rule;
  if (whenFull !== 'drop' && whenFull !== 'reset') return undefined;
  const isRefusing = refusals.of(vip) !== undefined;
  const hasRoom = (id: ServerId): boolean => {
    const [server, status] = [host.intent.servers.get(id), statusOf(id)];
    if (server === undefined || status === undefined) return true;
    const most = mostConnections(host, server);
    return isRefusing ? isRelieved(rule, most, status) : whyFull(rule, most, status) === undefined;
  };
  const asked = new Set<ServerId>();
  for (const id of takers(host.intent, vip)) {
    if (asked.has(id)) continue;
    if (hasRoom(id)) return undefined;
    asked.add(id);
  }
  return asked.size > 0 ? whenFull : undefined;
}

/** Who gets a VIP's new connections, bucket by bucket. */
function* takers(intent: Intent, vip: VipId): Generator<ServerId> {
  for (const server of intent.assignments.get(vip)?.current ?? []) {
    // A bucket that goes by the coming mapping has all of that one's servers.
    if (server === BY_COMING_MAPPING) yield* intent.vips.get(vip)?.coming?.servers ?? [];
    else yield server;
  }
}
