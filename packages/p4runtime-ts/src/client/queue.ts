/**
 * A bounded queue between a handler that must not wait and a `for await` loop that may.
 *
 * When full it drops the newest and counts: for packets and notifications that is what a network would do, and memory
 * stays bounded however slow the loop is.
 */

/** An async iterator fed from outside. */
export class BoundedQueue<Item> implements AsyncIterableIterator<Item> {
  readonly #limit: number;
  readonly #onEnd: () => void;
  readonly #onNext: (() => void) | undefined;
  #items: Item[] = [];
  #head = 0;
  #waiting: ((result: IteratorResult<Item>) => void)[] = [];
  #ended = false;
  #dropped = 0;

  /**
   * @param limit items kept at most
   * @param onEnd called once, when the loop ends
   * @param onNext called whenever the loop asks for another item
   */
  constructor(limit: number, onEnd: () => void, onNext?: () => void) {
    this.#limit = limit;
    this.#onEnd = onEnd;
    this.#onNext = onNext;
  }

  /** Items that were dropped because the loop was too slow. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Adds an item; `false` if it was dropped. */
  push(item: Item): boolean {
    if (this.#ended) return false;
    const waiting = this.#waiting.shift();
    if (waiting !== undefined) {
      waiting({ value: item, done: false });
      return true;
    }
    if (this.#items.length - this.#head >= this.#limit) {
      this.#dropped++;
      return false;
    }
    this.#items.push(item);
    return true;
  }

  /** No more items; those that are queued are still delivered. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const waiting of this.#waiting) waiting({ value: undefined, done: true });
    this.#waiting = [];
    this.#onEnd();
  }

  next(): Promise<IteratorResult<Item>> {
    this.#onNext?.();
    if (this.#head < this.#items.length) {
      const value = this.#items[this.#head++]!;
      if (this.#head > 1024 && this.#head * 2 > this.#items.length) {
        this.#items = this.#items.slice(this.#head);
        this.#head = 0;
      }
      return Promise.resolve({ value, done: false });
    }
    if (this.#ended) return Promise.resolve({ value: undefined, done: true });
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  return(): Promise<IteratorResult<Item>> {
    this.#items = [];
    this.#head = 0;
    this.end();
    return Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
