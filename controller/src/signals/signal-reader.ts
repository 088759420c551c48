/**
 * Reads what the switch has counted of servers, once for all who ask at the same time: each server's check asks by
 * itself, and one answer of the switch has all of them.
 */
import type { Clock } from '../clock.ts';
import type { SwitchSession } from '../switch-port/port.ts';
import { type ServerSignals, signalsByServer } from './signals.ts';

/** A reading serves whoever asks within this time. */
const FRESH_MS = 50;

/** What was counted until a moment, by server: `service/server`. */
export interface SignalReading {
  readonly atMs: number;
  /** Which switches have counted, where there are several: the counts of others cannot be compared with these. */
  readonly countedBy: string;
  readonly servers: ReadonlyMap<string, ServerSignals>;
}

/** Reads the counters; undefined while no switch answers. */
export type SignalReader = () => Promise<SignalReading | undefined>;

/** @param session the present one; undefined while the switch is away */
export function signalReader(clock: Clock, session: () => SwitchSession | undefined): SignalReader {
  let last: { readonly startedMs: number; readonly reading: Promise<SignalReading | undefined> } | undefined;
  const read = async (): Promise<SignalReading | undefined> => {
    try {
      const asked = session();
      const counts = await asked?.readCounts?.('signals');
      const there = asked?.switches.filter(({ absence }) => absence === undefined).map(({ name }) => name) ?? [];
      return counts && { atMs: clock.monotonicMs(), countedBy: there.join(), servers: signalsByServer(counts) };
    } catch {
      // The switch went away; its loss is told elsewhere.
      return undefined;
    }
  };
  return () => {
    const startedMs = clock.monotonicMs();
    if (last === undefined || startedMs - last.startedMs > FRESH_MS) last = { startedMs, reading: read() };
    return last.reading;
  };
}
