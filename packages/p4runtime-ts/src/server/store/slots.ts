/**
 * Hands out slots: small, dense integers, reused.
 *
 * A freed slot must not be given away before the switch has confirmed the deletion (an event about its old owner may
 * still be on its way), so freeing has two steps: the owner leaves at once, the slot returns with `release`.
 */
export class Slots {
  #free: number[] = [];
  #next = 0;

  /** The lowest slots first, as far as that is cheap: released ones, latest first, then new ones. */
  take(): number {
    return this.#free.pop() ?? this.#next++;
  }

  /** Gives a slot back for reuse. */
  release(slot: number): void {
    this.#free.push(slot);
  }

  /** Takes particular slots 0 ... count-1, at the beginning. */
  reserve(count: number): void {
    this.#next = Math.max(this.#next, count);
  }
}
