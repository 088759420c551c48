/**
 * One Write on its way: what the switch shall do, and how to take back what the stores already remember.
 *
 * Writers validate first, then change the stores and add switch updates; each change brings its own undo. Undoing in
 * reverse order restores exactly what was, whether for a single failed update or for a whole batch. What may only
 * happen once the switch has agreed (slots returned for reuse) waits in `settled`. Entries that come straight from
 * bytes are gathered in blocks (`block-builder.ts`), each of which stands for many updates; anything else closes the
 * block, so that all stays in order.
 */
import type { EntryBlock } from '../entry-block.ts';
import type { SwitchUpdate } from '../switch.ts';
import { BlockBuilder } from './block-builder.ts';

/** Takes back a change; with `failed`, as far as it belongs to these updates. */
type Undo = (failed: ReadonlySet<number> | undefined) => void;

/** Collects the effects of a Write. */
export class Batch {
  readonly #updates: (SwitchUpdate | BlockBuilder)[] = [];
  /** For each switch update, the index of the P4Runtime update it serves; blocks know theirs. */
  readonly #owners: number[] = [];
  readonly #undos: Undo[] = [];
  readonly #settled: ((failed: ReadonlySet<number>) => void)[] = [];
  #openBlock: BlockBuilder | undefined;
  #owner = 0;
  #updatesBefore = 0;
  #undosBefore = 0;
  #settledBefore = 0;

  /** Whether the switch has nothing to do. */
  get isEmpty(): boolean {
    return this.#updates.length === 0;
  }

  /** The P4Runtime update that following calls belong to. */
  begin(owner: number): void {
    this.#owner = owner;
    this.#updatesBefore = this.#updates.length;
    this.#undosBefore = this.#undos.length;
    this.#settledBefore = this.#settled.length;
  }

  /** The switch shall do this. */
  push(update: SwitchUpdate): void {
    this.#openBlock = undefined;
    this.#updates.push(update);
    this.#owners.push(this.#owner);
  }

  /** How to take back the change just made to a store. */
  onUndo(undo: () => void): void {
    this.#openBlock = undefined;
    const owner = this.#owner;
    this.#undos.push((failed) => {
      if (failed === undefined || failed.has(owner)) undo();
    });
  }

  /** To be done once the switch has agreed. */
  onSettled(done: () => void): void {
    this.#openBlock = undefined;
    const owner = this.#owner;
    this.#settled.push((failed) => {
      if (!failed.has(owner)) done();
    });
  }

  /** The block that entries may be added to now. */
  block(expected: number): BlockBuilder {
    if (this.#openBlock !== undefined) return this.#openBlock;
    const block = new BlockBuilder(expected);
    this.#updates.push(block);
    this.#owners.push(-1);
    this.#undos.push((failed) => block.undo(failed));
    this.#settled.push((failed) => block.settle(failed));
    this.#openBlock = block;
    return block;
  }

  /** Takes back and forgets everything since `begin`: an update that was refused half-way leaves nothing behind. */
  rollBack(): void {
    for (let index = this.#undos.length - 1; index >= this.#undosBefore; index--) this.#undos[index]!(undefined);
    this.#updates.length = this.#owners.length = this.#updatesBefore;
    this.#undos.length = this.#undosBefore;
    this.#settled.length = this.#settledBefore;
  }

  /** Takes everything back. */
  undoAll(): void {
    for (let index = this.#undos.length - 1; index >= 0; index--) this.#undos[index]!(undefined);
  }

  /** Takes back what these updates did; the others are settled. */
  settle(failed: ReadonlySet<number>): void {
    if (failed.size > 0) for (let index = this.#undos.length - 1; index >= 0; index--) this.#undos[index]!(failed);
    for (const done of this.#settled) done(failed);
  }

  /** What the switch shall do, for one that takes blocks. */
  withBlocks(): (SwitchUpdate | EntryBlock)[] {
    return this.#updates.map((update) => (update instanceof BlockBuilder ? update.finish() : update));
  }

  /** What the switch shall do, one by one. */
  unpacked(): SwitchUpdate[] {
    return this.#updates.flatMap((update) => (update instanceof BlockBuilder ? update.unpacked() : update));
  }

  /** The P4Runtime update that an element of `withBlocks` serves, or an entry in it. */
  ownerWithBlocks(index: number, item: number | undefined): number {
    const update = this.#updates[index];
    return update instanceof BlockBuilder ? update.owner(item ?? 0) : (this.#owners[index] ?? 0);
  }

  /** The P4Runtime updates that the elements of `unpacked` serve. */
  owners(): number[] {
    return this.#updates.flatMap((update, index) =>
      update instanceof BlockBuilder
        ? Array.from({ length: update.count }, (_, item) => update.owner(item))
        : this.#owners[index]!,
    );
  }
}
