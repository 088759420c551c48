/**
 * What the switch reports of pins, as events of the bucket protocol. It names the bucket in which a pin was made by its
 * number in the switch; after a change of mapping that is no bucket of the VIP any more, after a division it was
 * another, and its client may be in another class by now. So the bucket is found anew by the connection.
 */
import type { PinEvent, ReportedPin, ShiftEvent } from '../shift/types.ts';
import { type Locate, locator } from './locate.ts';
import type { EngineOptions } from './options.ts';
import { vipsOf } from './reconcile.ts';

/** See the file's comment. */
export function pinEvents(
  { configuration, journal }: Pick<EngineOptions, 'configuration' | 'journal'>,
  events: readonly PinEvent[],
): ShiftEvent[] {
  // Half of all lists are answers to releases, for which it is not needed.
  let locate: Locate | undefined;
  const atPresent = (pin: ReportedPin): ReportedPin => {
    locate ??= locator(vipsOf(configuration, journal.state), journal.state);
    return { ...pin, ...locate(pin.key) };
  };
  return events.map((event) => ({
    kind: 'pin-event',
    event: 'pin' in event ? { ...event, pin: atPresent(event.pin) } : event,
  }));
}
