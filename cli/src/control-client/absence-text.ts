/** In words: since when a switch is away, and what waits for it. The status and the terminal UI say the same. */
import type { SwitchAbsence } from '@mooring/controller/control';
import { formatSeconds } from '../ui/format.ts';

/** For example `for 12 s; 40 buckets and operation 3 wait for it`. @param nowMs by the controller's clock */
export function absenceText(away: SwitchAbsence, nowMs: number): string {
  const { sinceMs, isolated, waitingBuckets, waitingOperations } = away;
  const since = `for ${formatSeconds(Math.max(0, nowMs - sinceMs))}`;
  if (isolated) return `${since}, isolated`;
  const waiting = [
    ...(waitingBuckets === 0 ? [] : [`${waitingBuckets} buckets`]),
    ...(waitingOperations.length === 0 ? [] : [`operation ${waitingOperations.join(', ')}`]),
  ];
  return `${since}; ${waiting.length === 0 ? 'nothing waits for it' : `${waiting.join(' and ')} wait for it`}`;
}
