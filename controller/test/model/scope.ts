/**
 * How large the world of the search is and what may go wrong in it. Every count is a bound: without them the search would not end; with
 * them each combination of so many mishaps is tried, in every order.
 */

/** How large the world is, what may go wrong in it, and which rules are taken away. */
export interface Scope {
  readonly flows: number;
  /** Connections a client port opens one after the other. */
  readonly incarnations: number;
  readonly slots: number;
  /** Times somebody points the bucket elsewhere (an abort is one). */
  readonly retargets: number;
  /** Server 2 leaves with the second retarget (having been current, slots may name it) and may be reported drained. */
  readonly leave: boolean;
  /** At the start a report and a release of a pin long gone are still under way. */
  readonly late: boolean;
  readonly crashes: number;
  /** Digests that may be lost or doubled, and orders that may be lost. */
  readonly losses: number;
  readonly duplicates: number;
  /** SYNs of live connections that an attacker (or a slow network) sends. */
  readonly spoofs: number;
  readonly learn: boolean;
  /** Servers that die, are declared dead at any time after, and (where a rule is taken away) come back. */
  readonly deaths: number;
  /** Times the bucket is held where it is, and let go. */
  readonly holds: number;
  /** The pin table may be full. */
  readonly refusals: number;
  readonly without: ReadonlySet<Mutation>;
}

/** A rule taken away. */
export type Mutation =
  | 'R1 closing pin drops SYNs'
  | 'R2 tentative slots'
  | 'R3 release names the generation'
  | 'R4 generation check'
  | 'R4 install before release'
  | 'R5 seal'
  | 'R5 check'
  | 'R6 wait before deleting a pin'
  | 'R6 delete only after release'
  | 'R7 settle by sweep'
  | 'R7 count what a sweep reports'
  | 'R7 write assignment before deleting pins'
  | 'R9 sweep before drained'
  | 'R9 new id for a server that returns'
  | 'R11 fence and barrier';
