/** What is remembered of a server when it comes: all that its connections depend on, as configured at that time. */
import type { ServerConfiguration } from '../config/types.ts';
import type { ServerId, VipId } from '../shift/types.ts';
import type { ServerRecord } from './types.ts';

/** The record of a configured server, under an id that was never used. */
export function serverRecord(
  id: ServerId,
  vip: VipId,
  { name, address, port, weight, mac, switchPort, links }: ServerConfiguration,
  state: ServerRecord['state'],
): ServerRecord {
  return { id, name, vip, address, port, weight, mac, switchPort, links, state };
}
