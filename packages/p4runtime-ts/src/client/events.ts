/**
 * Handlers and loops for what a switch tells on its own.
 *
 * A `Channel` hands each item to every handler and to every `for await` loop that is open. Handlers run one after the
 * other in the order of the items, and an asynchronous one is waited for before its next item, so that a handler never
 * runs twice at a time. What a handler throws goes to `onError`; it does not stop the others.
 */
import { BoundedQueue } from './queue.ts';

/** Items kept for a handler or loop that is slow; more are dropped and counted. */
const queueLimit = 10_000;

/** One kind of event. */
export class Channel<Item> {
  readonly #onError: (error: unknown) => void;
  readonly #queues = new Set<BoundedQueue<Item>>();
  #dropped = 0;

  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  /** Items dropped so far because somebody was too slow, or because nobody listened. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Hands an item to everybody; `false` if nobody took it. */
  emit(item: Item): boolean {
    let taken = false;
    for (const queue of this.#queues) taken = queue.push(item) || taken;
    if (!taken) this.#dropped++;
    return taken;
  }

  /**
   * A loop over items from now on. Ends when the client closes, or the loop is left.
   *
   * @param onNext called with the previous item when the next is asked for
   */
  iterate(onNext?: (previous: Item) => void): BoundedQueue<Item> {
    let previous: Item | undefined;
    const queue: BoundedQueue<Item> = new BoundedQueue<Item>(
      queueLimit,
      () => this.#queues.delete(queue),
      onNext &&
        (() => {
          const finished = previous;
          previous = undefined;
          if (finished !== undefined) onNext(finished);
        }),
    );
    if (onNext !== undefined) {
      const next = queue.next.bind(queue);
      queue.next = async () => {
        const result = await next();
        if (!result.done) previous = result.value;
        return result;
      };
    }
    this.#queues.add(queue);
    return queue;
  }

  /**
   * Calls `handler` with every item from now on; returns a function that stops it.
   *
   * @param finished called when the handler has come back without throwing
   */
  listen(handler: (item: Item) => void | Promise<void>, finished?: (item: Item) => void): () => void {
    const queue = this.iterate();
    const run = async () => {
      for await (const item of queue) {
        try {
          await handler(item);
          finished?.(item);
        } catch (error) {
          this.#onError(error);
        }
      }
    };
    void run();
    return () => queue.end();
  }

  /** Ends all loops and handlers. */
  close(): void {
    for (const queue of [...this.#queues]) queue.end();
  }
}
