/**
 * How much goes to each server, from the switch's own counters: the difference of two readings over the time between
 * them. The switch is asked only while somebody looks, once a second, and never by two at a time. A counter that goes
 * backwards (the switch was restarted, or the entry written anew) begins again.
 */
import type { Clock } from '../clock.ts';
import type { ServerTraffic } from '../control-api/types.ts';
import type { SignalReader, SignalReading } from '../signals/signal-reader.ts';
import { type ServerSignals, signalsBetween } from '../signals/signals.ts';
import type { CountedTraffic } from '../switch-port/port.ts';
import type { Engine } from './engine.ts';

const INTERVAL_MS = 1_000;

/** Where the readings come from. */
export interface TrafficMeterOptions {
  readonly clock: Clock;
  readonly engine: Engine;
  readonly readSignals: SignalReader;
  /** Whether anybody looks. */
  readonly isWatched: () => boolean;
  /** Told when there are new rates. */
  readonly onChange: () => void;
}

interface Reading {
  readonly atMs: number;
  readonly counts: ReadonlyMap<string, CountedTraffic>;
  readonly signals?: SignalReading | undefined;
}

/** See the file's comment. */
export class TrafficMeter {
  private readonly options: TrafficMeterOptions;
  private last: Reading | undefined;
  private rates = new Map<string, ServerTraffic>();
  private isRunning = false;

  constructor(options: TrafficMeterOptions) {
    this.options = options;
  }

  /** What goes to a server of a service, as far as it is known. */
  of(service: number, server: number): ServerTraffic | undefined {
    return this.rates.get(`${service}/${server}`);
  }

  /** Begins to ask, for as long as somebody looks. */
  wake(): void {
    if (this.isRunning) return;
    this.isRunning = true;
    void this.read();
  }

  private async read(): Promise<void> {
    const { clock, engine, readSignals, isWatched, onChange } = this.options;
    const { session } = engine;
    if (session !== undefined && session.readCounts === undefined) {
      // A switch without counters: there is nothing to ask for.
      this.isRunning = false;
      return;
    }
    try {
      const counts = await session?.readCounts?.('servers');
      if (counts !== undefined) this.take({ atMs: clock.monotonicMs(), counts, signals: await readSignals() });
    } catch {
      // The switch went away; its loss is told elsewhere.
      this.last = undefined;
      this.rates.clear();
    }
    if (!isWatched()) {
      this.isRunning = false;
      this.last = undefined;
      this.rates.clear();
      return;
    }
    onChange();
    clock.after(INTERVAL_MS, () => void this.read());
  }

  private take(reading: Reading): void {
    this.rates = ratesBetween(this.last, reading);
    this.last = reading;
  }
}

/** Rates from two readings; totals alone where there is no earlier one. */
export function ratesBetween(before: Reading | undefined, now: Reading): Map<string, ServerTraffic> {
  const seconds = before === undefined ? 0 : (now.atMs - before.atMs) / 1000;
  const rates = new Map<string, ServerTraffic>();
  for (const [key, { packets, bytes }] of now.counts) {
    const earlier = before?.counts.get(key);
    const isComparable = earlier !== undefined && seconds > 0 && packets >= earlier.packets && bytes >= earlier.bytes;
    rates.set(key, {
      packets,
      bytes,
      packetsPerSecond: isComparable ? (packets - earlier.packets) / seconds : 0,
      bytesPerSecond: isComparable ? (bytes - earlier.bytes) / seconds : 0,
      ...synRates(before?.signals?.servers.get(key), now.signals?.servers.get(key), seconds),
    });
  }
  return rates;
}

/** What becomes of SYNs; nothing where they are not counted. */
function synRates(
  before: ServerSignals | undefined,
  now: ServerSignals | undefined,
  seconds: number,
): Partial<ServerTraffic> {
  const more = before === undefined || now === undefined || seconds === 0 ? undefined : signalsBetween(before, now);
  if (more === undefined) return {};
  const { syns, synAcks } = more;
  return { synsPerSecond: syns / seconds, unansweredPerSecond: Math.max(0, syns - synAcks) / seconds };
}
