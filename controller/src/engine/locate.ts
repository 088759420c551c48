/**
 * Which bucket a connection is in: its service, by its key; of the service's VIPs the one for its client's class; and
 * there the bucket that its hash says. Needed wherever the switch names a connection, because what it says of buckets
 * may be of another time or another class.
 */
import type { VipConfiguration } from '../config/types.ts';
import { classFinder, EVERYBODY } from '../intent/classes.ts';
import { hashOf } from '../intent/mapping.ts';
import { serviceOf } from '../intent/services.ts';
import type { Intent } from '../intent/types.ts';
import { bucketOfConnection, type HashParameters } from '../shift/bucket-hash.ts';
import { connectionParts } from '../shift/connection-key.ts';
import type { BucketName, ConnectionKey, VipId } from '../shift/types.ts';

/** Finds a connection's bucket; undefined where no VIP is for it. */
export type Locate = (key: ConnectionKey) => BucketName | undefined;

/** @param vips as `vipsOf` */
export function locator(
  vips: readonly { readonly id: VipId; readonly vip: VipConfiguration }[],
  intent: Intent,
): Locate {
  const services = new Map<
    VipId,
    { readonly id: VipId; readonly clientClass: string | undefined; readonly hash: HashParameters }[]
  >();
  for (const { id, vip } of vips) {
    const service = serviceOf(intent, id);
    const members = services.get(service) ?? [];
    services.set(service, [...members, { id, clientClass: vip.class, hash: hashOf(vip) }]);
  }
  const classOf = classFinder(intent.classes);
  return (key) => {
    const [service, ...ends] = connectionParts(key);
    const members = services.get(service) ?? [];
    const whose = members.length > 1 ? classOf(ends[0]) : EVERYBODY;
    const ofClass = (wanted: string | undefined) => members.find(({ clientClass }) => clientClass === wanted);
    const member = members.length > 1 ? (ofClass(whose) ?? ofClass(EVERYBODY)) : members[0];
    return member && { vip: member.id, bucket: bucketOfConnection(member.hash, ...ends) };
  };
}
