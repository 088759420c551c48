/**
 * One step of the search, and how the rooms that know what may happen hand their steps in. Here and not in
 * `successors.ts`, which imports them.
 */
import type { World } from './world.ts';

/** What may happen, and what comes of it. */
export interface Transition {
  readonly label: string;
  readonly world: World;
  /** Set when the invariant is broken by it. */
  readonly violation: string | undefined;
}

/** Adds a transition: `act` changes a copy of the world. @returns of `act`: how the invariant is broken, if it is */
export type Add = (label: string, act: (next: World) => string | undefined) => void;
