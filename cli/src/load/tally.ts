/**
 * What the load counts. Plain data, so that it crosses process boundaries as JSON and the tallies of several client
 * processes add up. Every way a connection can go wrong has a counter of its own; `faultless` is the demo's verdict.
 */

/** A connection that suffered what nothing explains; told one by one, so that its cause can be looked for. */
export interface Fault {
  readonly what: 'reset' | 'refused' | 'failed' | 'endedEarly' | 'stalled';
  readonly server: string | undefined;
  readonly phase: string;
  /** Unix milliseconds. */
  readonly atMs: number;
  /** How long before it was begun, and how long its answer had been awaited. */
  readonly ageMs: number;
  readonly awaitedMs: number | undefined;
  readonly port: number | undefined;
}

/** How many faults a client tells one by one: as many as there may be where the machine stops for a moment. */
const MOST_FAULTS = 5_000;

/** Notes a fault, the first few of a run. */
export function noteFault(tally: ClientTally, fault: Fault): void {
  if (tally.faults.length < MOST_FAULTS) tally.faults.push(fault);
}

/** Counters of one client process since its start. */
export interface ClientTally {
  /** Connections that were begun (SYN sent). */
  opened: number;
  /** Connections that ended as they should: every byte answered, closed from both sides. */
  finished: number;
  /** Connections cut by a reset after they were established. */
  reset: number;
  /** Connection attempts answered by a reset. */
  refused: number;
  /** Connection attempts or connections the kernel gave up (time-out, unreachable). */
  failed: number;
  /** Connections that the server's side ended before the client had. */
  endedEarly: number;
  /** Connections on which an answer, the handshake or the end took more than a second. */
  stalled: number;
  /** Bytes received that were not the expected ones. */
  mismatchedBytes: number;
  /** Bytes received and compared. */
  checkedBytes: number;
  /** Established connections now. */
  alive: number;
  /** Fewest established connections since the target was first reached; null before that. */
  fewestAlive: number | null;
  /** Connections now that stay for the whole run. */
  marathons: number;
  /** Of those, ended as they should. */
  marathonsFinished: number;
  /** Established connections now by the server that greeted. */
  aliveByServer: Record<string, number>;
  /** Greatest time from a record to its whole answer, in milliseconds. */
  longestAnswerMs: number;
  /** Connections lost with the server that had greeted, by server: it was made to crash. */
  lostByServer: Record<string, number>;
  /** Attempts that failed or were late because they met a crashed server that had not been given up yet. */
  attemptsAtCrash: number;
  /** Answers that took over a second because the switch was restarted, and came within the time for that. */
  heldUpByRestart: number;
  /** Greatest time from the end of the switch to such an answer, in milliseconds. */
  longestRecoveryMs: number;
  /** The first faults, one by one. */
  faults: Fault[];
  /** Time this process was not run by the machine (not counted as a stall), in milliseconds. */
  pausedMs: number;
}

/** A tally with nothing counted. */
export function emptyTally(): ClientTally {
  return {
    opened: 0,
    finished: 0,
    reset: 0,
    refused: 0,
    failed: 0,
    endedEarly: 0,
    stalled: 0,
    mismatchedBytes: 0,
    checkedBytes: 0,
    alive: 0,
    fewestAlive: null,
    marathons: 0,
    marathonsFinished: 0,
    aliveByServer: {},
    longestAnswerMs: 0,
    lostByServer: {},
    attemptsAtCrash: 0,
    heldUpByRestart: 0,
    longestRecoveryMs: 0,
    faults: [],
    pausedMs: 0,
  };
}

/**
 * The sum of several processes' tallies. `fewestAlive` is a lower bound (the sum of each process's lowest), and only
 * known once every process has reached its target; the longest answer and pause are the greatest.
 */
export function sumTallies(tallies: readonly ClientTally[]): ClientTally {
  const sum = emptyTally();
  let fewest: number | null = 0;
  for (const tally of tallies) {
    sum.opened += tally.opened;
    sum.finished += tally.finished;
    sum.reset += tally.reset;
    sum.refused += tally.refused;
    sum.failed += tally.failed;
    sum.endedEarly += tally.endedEarly;
    sum.stalled += tally.stalled;
    sum.mismatchedBytes += tally.mismatchedBytes;
    sum.checkedBytes += tally.checkedBytes;
    sum.alive += tally.alive;
    sum.marathons += tally.marathons;
    sum.marathonsFinished += tally.marathonsFinished;
    sum.longestAnswerMs = Math.max(sum.longestAnswerMs, tally.longestAnswerMs);
    sum.faults.push(...tally.faults);
    sum.attemptsAtCrash += tally.attemptsAtCrash;
    sum.heldUpByRestart += tally.heldUpByRestart;
    sum.longestRecoveryMs = Math.max(sum.longestRecoveryMs, tally.longestRecoveryMs);
    for (const [server, lost] of Object.entries(tally.lostByServer)) {
      sum.lostByServer[server] = (sum.lostByServer[server] ?? 0) + lost;
    }
    sum.pausedMs = Math.max(sum.pausedMs, tally.pausedMs);
    fewest = fewest === null || tally.fewestAlive === null ? null : fewest + tally.fewestAlive;
    for (const [server, alive] of Object.entries(tally.aliveByServer)) {
      sum.aliveByServer[server] = (sum.aliveByServer[server] ?? 0) + alive;
    }
  }
  sum.fewestAlive = tallies.length === 0 ? null : fewest;
  return sum;
}

/** Whether no connection suffered anything but what an incident made on purpose explains. */
export function isFaultless(tally: ClientTally): boolean {
  return tally.reset + tally.refused + tally.failed + tally.endedEarly + tally.stalled + tally.mismatchedBytes === 0;
}

/** Counters of one server process. */
export interface ServerTally {
  accepted: number;
  open: number;
  reset: number;
  mismatchedBytes: number;
}
