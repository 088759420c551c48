/**
 * One Write on its way: what the switch shall do, and how to take back what the stores already remember.
 *
 * Writers validate first, then change the stores and add switch updates; each change brings its own undo. Undoing in reverse
 * order restores exactly what was, whether for a single failed update or for a whole batch. What may only
 * happen once the switch has agreed (slots returned for reuse) waits in `settled`.
 */
import type { SwitchUpdate } from '../switch.ts';

/** Collects the effects of a Write. */
export class Batch {
  readonly updates: SwitchUpdate[] = [];
  /** For each switch update, the index of the P4Runtime update it serves. */
  readonly owners: number[] = [];
  readonly #undos: (() => void)[] = [];
  readonly #undoOwners: number[] = [];
  readonly #settled: (() => void)[] = [];
  readonly #settledOwners: number[] = [];
  #owner = 0;
  #updatesBefore = 0;
  #undosBefore = 0;
  #settledBefore = 0;

  /** The P4Runtime update that following calls belong to. */
  begin(owner: number): void {
    this.#owner = owner;
    this.#updatesBefore = this.updates.length;
    this.#undosBefore = this.#undos.length;
    this.#settledBefore = this.#settled.length;
  }

  /** The switch shall do this. */
  push(update: SwitchUpdate): void {
    this.updates.push(update);
    this.owners.push(this.#owner);
  }

  /** How to take back the change just made to a store. */
  onUndo(undo: () => void): void {
    this.#undos.push(undo);
    this.#undoOwners.push(this.#owner);
  }

  /** To be done once the switch has agreed. */
  onSettled(done: () => void): void {
    this.#settled.push(done);
    this.#settledOwners.push(this.#owner);
  }

  /** Takes back and forgets everything since `begin`: an update that was refused half-way leaves nothing behind. */
  rollBack(): void {
    for (let index = this.#undos.length - 1; index >= this.#undosBefore; index--) this.#undos[index]!();
    this.updates.length = this.owners.length = this.#updatesBefore;
    this.#undos.length = this.#undoOwners.length = this.#undosBefore;
    this.#settled.length = this.#settledOwners.length = this.#settledBefore;
  }

  /** Takes everything back. */
  undoAll(): void {
    for (let index = this.#undos.length - 1; index >= 0; index--) this.#undos[index]!();
  }

  /** Takes back what these updates did; the others are settled. */
  settle(failed: ReadonlySet<number>): void {
    if (failed.size > 0)
      for (let index = this.#undos.length - 1; index >= 0; index--)
        if (failed.has(this.#undoOwners[index]!)) this.#undos[index]!();
    for (let index = 0; index < this.#settled.length; index++)
      if (!failed.has(this.#settledOwners[index]!)) this.#settled[index]!();
  }
}
