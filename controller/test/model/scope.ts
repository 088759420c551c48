/**
 * How large the world of the search is and what may go wrong in it. Every count is a bound: without them the search
 * would not end; with them each combination of so many mishaps is tried, in every order.
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
  /** Crashes of the controller; another that takes over is the same to the switch. */
  readonly crashes: number;
  /** Digests that may be lost or doubled, and orders that may be lost. */
  readonly losses: number;
  readonly duplicates: number;
  /** SYNs of live connections that an attacker (or a slow network) sends. */
  readonly spoofs: number;
  readonly learn: boolean;
  /** Servers that die, and are declared dead at any time after. */
  readonly deaths: number;
  /** A dead server comes back, as server 4, and may be pointed at. */
  readonly returns: boolean;
  /** Times the bucket is held where it is, and let go. */
  readonly holds: number;
  /** The pin table may be full. */
  readonly refusals: number;
  /** Servers have agents; packets take time from the switch to them. */
  readonly agents: boolean;
  /** Reports of agents by themselves that arrive late. */
  readonly lateReports: number;
  /** Connections that live and say nothing for as long as they please. */
  readonly silences: number;
  /** Times the switch starts anew, empty. */
  readonly restarts: number;
  /** UDP: any packet may be a connection's first. */
  readonly oneWay: boolean;
  /** Connections are opened by servers, not by clients. */
  readonly outgoing: boolean;
  /** The bucket is pointed at a coming mapping, in which each flow has a server of its own, and the mapping changes. */
  readonly remap: boolean;
  readonly without: ReadonlySet<Mutation>;
  /** States that differ in nothing that matters are one (`reductions.ts`). */
  readonly reduced: boolean;
}

/** The smallest world, in which nothing goes wrong. */
export const NOTHING: Scope = {
  flows: 1,
  incarnations: 1,
  slots: 1,
  retargets: 1,
  leave: false,
  late: false,
  crashes: 0,
  losses: 0,
  duplicates: 0,
  spoofs: 0,
  learn: false,
  deaths: 0,
  returns: false,
  holds: 0,
  refusals: 0,
  agents: false,
  lateReports: 0,
  silences: 0,
  restarts: 0,
  oneWay: false,
  outgoing: false,
  remap: false,
  without: new Set(),
  reduced: true,
};

/** A rule taken away. */
export type Mutation =
  | 'R1 closing pin drops SYNs'
  | 'R1 pins to the dead are ignored'
  | 'R2 tentative slots'
  | 'R2 sequence number'
  | 'R2 refused SYN goes to the base'
  | 'R2 tentative slot outlives its handshake'
  | 'R2 learn before a flip (one-way)'
  | 'R3 release names the generation'
  | 'R3 a freed slot has another generation'
  | 'R3 a slot reports again'
  | 'R4 generation check'
  | 'R4 install before release'
  | 'R5 seal'
  | 'R5 check'
  | 'R5 wait the in-flight time'
  | 'R6 wait before deleting a pin'
  | 'R6 delete only after release'
  | 'R7 settle by sweep'
  | 'R7 count what a sweep reports'
  | 'R7 write assignment before deleting pins'
  | 'R7 a mapping changes when its buckets are ready'
  | 'R8 look for lost pins'
  | 'R8 look for as long as they may be silent'
  | 'R9 sweep before drained'
  | 'R9 new id for a server that returns'
  | 'R10 a connection of a server is pinned to it'
  | 'R10 refused is dropped'
  | 'R11 fence and barrier'
  | 'R11 fence writes'
  | 'R11 journal first'
  | 'R12 a silent connection is waited for';
