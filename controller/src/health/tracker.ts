/**
 * Whether a server is up, from the results of its checks: a pure count of successes or failures in a row, with
 * thresholds for each, so that one lost packet kills nobody and one lucky answer raises nobody. The first verdict takes
 * as many checks as any other.
 */

/** Thresholds. */
export interface Thresholds {
  readonly rise: number;
  readonly fall: number;
}

/** What is known of a server. */
export interface HealthState {
  readonly health: 'unknown' | 'up' | 'down';
  /** Results in a row that speak against `health`. */
  readonly against: number;
  /** What the last failure said. */
  readonly reason: string | undefined;
}

/** Before any check. */
export const UNCHECKED: HealthState = { health: 'unknown', against: 0, reason: undefined };

/** A check's result. */
export type CheckResult =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: string }
  /** There was nothing to judge by. `isNew`: nor does it count what was said of whoever had the name before. */
  | { readonly ok: undefined; readonly isNew?: boolean };

/**
 * The state after one more check. A verdict that has not been reached is `unknown`; results of both kinds start the
 * count anew.
 */
export function observe(state: HealthState, result: CheckResult, { rise, fall }: Thresholds): HealthState {
  if (result.ok === undefined) return result.isNew === true ? UNCHECKED : state;
  const reason = result.ok ? undefined : result.reason;
  if (state.health === 'up' && result.ok) return { health: 'up', against: 0, reason: undefined };
  if (state.health === 'down' && !result.ok) return { health: 'down', against: 0, reason };
  if (state.health === 'unknown') {
    // Successes count upwards, failures downwards.
    const count = result.ok ? Math.max(0, state.against) + 1 : Math.min(0, state.against) - 1;
    if (count >= rise) return { health: 'up', against: 0, reason: undefined };
    if (-count >= fall) return { health: 'down', against: 0, reason };
    return { health: 'unknown', against: count, reason };
  }
  const against = state.against + 1;
  const needed = state.health === 'up' ? fall : rise;
  if (against < needed) return { ...state, against, ...(result.ok ? {} : { reason }) };
  return { health: state.health === 'up' ? 'down' : 'up', against: 0, reason };
}
