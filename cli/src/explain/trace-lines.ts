/** A trace as lines for people, ending with a word about packets of which nothing came. */
import type { TraceEvent } from '@mooring/softswitch';

/** @param format `formatTrace` of softswitch, which is loaded only where something is traced */
export function traceLines(
  events: readonly TraceEvent[],
  format: (events: readonly TraceEvent[]) => string,
): readonly string[] {
  // A multicast group without members, for instance, is neither sent nor dropped.
  const isSilent = !events.some((event) => event.kind === 'sent' || event.kind === 'drop');
  return [...format(events).split('\n'), ...(isSilent ? ['nothing was sent'] : [])];
}
