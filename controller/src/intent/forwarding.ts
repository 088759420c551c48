/**
 * How packets get to a server: as its VIP says, or in a way of its own while the VIP's way changes, for then the same
 * machine is two servers, each with its own id, connections and way.
 */
import type { Forwarding, VipConfiguration } from '../config/types.ts';
import type { VipId } from '../shift/types.ts';
import { isOneWay } from './mapping.ts';
import type { Intent, ServerRecord } from './types.ts';

/** Undefined: with addresses translated, both ways. */
export function forwardingOf(server: Pick<ServerRecord, 'forwarding'>, vip: VipConfiguration): Forwarding | undefined {
  if (server.forwarding === undefined) return vip.forwarding;
  return server.forwarding === 'nat' ? undefined : server.forwarding;
}

/**
 * Whether the switch cannot watch handshakes of all connections that the VIP has: also while some of its servers answer
 * past the switch.
 */
export function isOneWayNow({ servers }: Intent, id: VipId, vip: VipConfiguration): boolean {
  const answersPast = ({ vip: of, forwarding = 'nat' }: ServerRecord): boolean => of === id && forwarding !== 'nat';
  return isOneWay(vip) || [...servers.values()].some(answersPast);
}
