/** A keyboard as Ink reads one: a terminal's input in raw mode, filled by tests and measurements instead of fingers. */
import { EventEmitter } from 'node:events';

/** Pretended keys, whole sequences at once. */
export class Keyboard extends EventEmitter {
  readonly isTTY = true;
  private readonly queue: string[] = [];

  /** Presses keys: what the terminal would send for them. */
  press(keys: string): void {
    this.queue.push(keys);
    this.emit('readable');
  }

  /** What Ink calls when it is told that there is something. */
  read(): string | null {
    return this.queue.shift() ?? null;
  }

  setRawMode(): void {}
  setEncoding(): void {}
  ref(): void {}
  unref(): void {}
}
