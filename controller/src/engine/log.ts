/** What happened, for people: the last lines are kept for the status, and each goes to whoever listens. */
import type { LogLine } from '../control-api/types.ts';

const KEPT = 200;

/** See the file's comment. */
export class Log {
  readonly lines: LogLine[] = [];
  private sequence = 0;
  private readonly wallMs: () => number;
  private readonly listeners = new Set<(line: LogLine) => void>();

  constructor(wallMs: () => number) {
    this.wallMs = wallMs;
  }

  write(level: LogLine['level'], text: string): void {
    const line: LogLine = { sequence: ++this.sequence, timeMs: this.wallMs(), level, text };
    this.lines.push(line);
    if (this.lines.length > KEPT) this.lines.shift();
    for (const listener of this.listeners) listener(line);
  }

  /** Calls `listener` with every line from now on; returns a function that stops it. */
  listen(listener: (line: LogLine) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}
