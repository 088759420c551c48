/**
 * Requests that wait for a turn of their own. Each is answered once: when its records are durable, or when it is known
 * that they will not be.
 */

/** A request with the way to answer it. */
export interface Command {
  readonly run: () => void;
  readonly done: (error?: unknown) => void;
}

/** See the file's comment. */
export class Commands {
  private waiting: Command[] = [];

  get isEmpty(): boolean {
    return this.waiting.length === 0;
  }

  /** Puts a request in line. @param added told at once */
  submit<T>(run: () => T, added: () => void): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      let result: T;
      this.waiting.push({
        run: () => {
          result = run();
        },
        done: (error) => (error === undefined ? resolve(result) : reject(error)),
      });
      added();
    });
  }

  /** The next one's turn. */
  next(): Command | undefined {
    return this.waiting.shift();
  }

  /** None will have a turn. */
  fail(error: unknown): void {
    for (const command of this.waiting.splice(0)) command.done(error);
  }
}
