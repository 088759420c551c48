/**
 * What the switch counts of servers (p4/core/signals.p4), by their names there and here. SYNs and their answers say
 * whether a server takes connections; its resets, whether it got packets of connections that it does not have. Pure:
 * numbers in, numbers out.
 */
import type { CountedTraffic } from '../switch-port/port.ts';

/** What has been counted of one server. */
export interface ServerSignals {
  /** SYNs that went to it, resent ones included. */
  readonly syns: number;
  /** SYN-ACKs that came from it. */
  readonly synAcks: number;
  /** Resets by which it refuses or ends a connection. */
  readonly resets: number;
  /** Resets that say "no such connection". */
  readonly noConnection: number;
}

const NUMBERS: Readonly<Record<keyof ServerSignals, number>> = { syns: 1, synAcks: 2, resets: 3, noConnection: 4 };

/** All that is counted of a server whose answers pass the switch. */
export const ALL_SIGNALS: readonly number[] = Object.values(NUMBERS);

/** What is counted where servers answer past the switch, which sees a reset now and then, and not whose it is. */
export const RESET_SIGNALS: readonly number[] = [NUMBERS.resets, NUMBERS.noConnection];

const NOTHING: ServerSignals = { syns: 0, synAcks: 0, resets: 0, noConnection: 0 };

/** Counts of the table `signals` by server: `service/server`. */
export function signalsByServer(counts: ReadonlyMap<string, CountedTraffic>): Map<string, ServerSignals> {
  const byServer = new Map<string, ServerSignals>();
  for (const [key, { packets }] of counts) {
    const [vip, server, number] = key.split('/') as [string, string, string];
    const name = (Object.keys(NUMBERS) as (keyof ServerSignals)[]).find((each) => NUMBERS[each] === Number(number));
    if (name === undefined) continue;
    const known = byServer.get(`${vip}/${server}`) ?? NOTHING;
    byServer.set(`${vip}/${server}`, { ...known, [name]: packets });
  }
  return byServer;
}

/**
 * What was counted between two readings; undefined where a counter went backwards, because the switch or the entry is
 * new.
 */
export function signalsBetween(before: ServerSignals, now: ServerSignals): ServerSignals | undefined {
  const names = Object.keys(NUMBERS) as (keyof ServerSignals)[];
  if (names.some((name) => now[name] < before[name])) return undefined;
  return {
    syns: now.syns - before.syns,
    synAcks: now.synAcks - before.synAcks,
    resets: now.resets - before.resets,
    noConnection: now.noConnection - before.noConnection,
  };
}
