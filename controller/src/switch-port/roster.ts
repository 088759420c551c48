/**
 * Which of several switches are there, from one session to the next. A session is over whenever one of its switches
 * goes or one that was away can be reached again; the next is opened with those that are there, and reads and writes
 * all of them. So everything that a controller does after a crash is done then, and nothing else need be right.
 *
 * Whoever is away is knocked at. One that is lost again soon after it returned is knocked at later each time, for every
 * return costs the others a moment in which they are not driven.
 */
import type { Clock } from '../clock.ts';
import type { SwitchConfiguration } from '../config/types.ts';
import { type SwitchConnector, SwitchLostError, SwitchRefusedError, type SwitchSession } from './port.ts';

/**
 * What is known of a switch from earlier sessions. `new`: it has never been there, so it forwards nothing of ours.
 * `joined`: it may forward even while it is away. `isolated`: an operator says that it does not, and what it holds is
 * of no use when it returns.
 */
export type SwitchStanding = 'new' | 'joined' | 'isolated';

/** What is known of those that have been there, by name. */
export type KnownSwitches = ReadonlyMap<string, Exclude<SwitchStanding, 'new'>>;

/** A switch and the way to it. */
export interface SwitchMember {
  readonly name: string;
  readonly configuration: SwitchConfiguration;
  readonly connect: SwitchConnector;
}

/** Why a switch is not there. */
export interface Absence {
  readonly sinceMs: number;
  readonly reason: string;
}

/** A switch's place among the others. */
export interface Place extends SwitchMember {
  /** From 0, in the order of the configuration. */
  readonly index: number;
  absence: Absence | undefined;
  /** While it is away: it has answered a knock, and may be in the next session. */
  answers: boolean;
  /** It has been given the program since it was last in a session that began: its registers are empty. */
  emptied: boolean;
  /** Before the next knock. */
  pauseMs: number;
  joinedAtMs: number;
}

const LEAST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 30_000;
/** There for so long: whatever was wrong is over. */
const SOUND_AFTER_MS = 60_000;

/** See the file's comment. */
export class Roster {
  readonly places: readonly Place[];
  private readonly clock: Clock;
  private readonly known: () => KnownSwitches;

  constructor(members: readonly SwitchMember[], clock: Clock, known: () => KnownSwitches) {
    this.clock = clock;
    this.known = known;
    this.places = members.map((member, index) => {
      return {
        ...member,
        index,
        absence: undefined,
        answers: false,
        emptied: false,
        pauseMs: LEAST_PAUSE_MS,
        joinedAtMs: 0,
      };
    });
  }

  standing({ name }: Place): SwitchStanding {
    return this.known().get(name) ?? 'new';
  }

  /** Who is to be in the next session: all but those that are away and do not answer; all, where none is there. */
  expected(): readonly Place[] {
    const there = this.places.filter(({ absence, answers }) => absence === undefined || answers);
    return there.length > 0 ? there : this.places;
  }

  /** It is there. */
  joined(place: Place, session: SwitchSession): void {
    if (session.pipeline === 'pushed') place.emptied = true;
    place.absence = undefined;
    place.answers = false;
    place.joinedAtMs = this.clock.monotonicMs();
  }

  /** It is away. */
  lost(place: Place, reason: string): void {
    if (place.absence === undefined || place.answers) {
      const soon = this.clock.monotonicMs() - place.joinedAtMs < SOUND_AFTER_MS;
      place.pauseMs = soon ? Math.min(2 * place.pauseMs, LONGEST_PAUSE_MS) : LEAST_PAUSE_MS;
    }
    place.answers = false;
    place.absence = { sinceMs: place.absence?.sinceMs ?? this.clock.wallMs(), reason };
  }

  /** Knocks until it answers, so that it is expected in the next session. @returns whether it did before `isOver` */
  async knock(place: Place, electionId: number, isOver: () => boolean): Promise<boolean> {
    for (;;) {
      await new Promise<void>((resolve) => this.clock.after(place.pauseMs, resolve));
      if (isOver()) return false;
      try {
        const session = await place.connect(electionId, SILENT);
        if (session.pipeline === 'pushed') place.emptied = true;
        session.close();
        if (isOver()) return false;
        place.answers = true;
        place.joinedAtMs = this.clock.monotonicMs();
        return true;
      } catch (error) {
        if (!isAway(error)) throw error;
        if (!isOver()) this.lost(place, error.message);
      }
    }
  }
}

/** Whether an error says that a switch is not there, for us at least. */
export function isAway(error: unknown): error is SwitchLostError | SwitchRefusedError {
  return error instanceof SwitchLostError || error instanceof SwitchRefusedError;
}

/** Whoever knocks does not listen. */
const SILENT = {
  onPinEvents: () => undefined,
  onMacEvents: () => undefined,
  onIdle: () => undefined,
  onPacketIn: () => undefined,
  onLost: () => undefined,
  onMembership: () => undefined,
};
