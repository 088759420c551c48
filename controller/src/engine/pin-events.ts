/**
 * What the switch reports of pins, as events of the bucket protocol. It names the bucket in which a pin was made by its number in the switch; after a
 * change of mapping that is no bucket of the VIP any more, and after a division it was another. So the bucket is found anew by the connection.
 */

import { hashOf } from '../intent/mapping.ts';
import { bucketOfKey } from '../shift/bucket-hash.ts';
import type { PinEvent, ReportedPin, ShiftEvent } from '../shift/types.ts';
import type { EngineOptions } from './options.ts';
import { vipsOf } from './reconcile.ts';

/** See the file's comment. */
export function pinEvents(
  { configuration, journal }: Pick<EngineOptions, 'configuration' | 'journal'>,
  events: readonly PinEvent[],
): ShiftEvent[] {
  const hashes = new Map(vipsOf(configuration, journal.state).map(({ id, vip }) => [id, hashOf(vip)]));
  const atPresent = (pin: ReportedPin): ReportedPin => {
    const hash = hashes.get(pin.vip);
    return hash === undefined ? pin : { ...pin, bucket: bucketOfKey(hash, pin.key) };
  };
  return events.map((event) => ({
    kind: 'pin-event',
    event: 'pin' in event ? { ...event, pin: atPresent(event.pin) } : event,
  }));
}
