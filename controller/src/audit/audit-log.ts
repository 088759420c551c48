/**
 * The audit log: who asked for what, when, why, and what came of it. One line of JSON an entry, only ever appended,
 * written and synced before the answer goes out, apart from the journal: the journal says how things are and is
 * shortened, this says how they came to be and is not. A line that a crash tore is left behind as it is and skipped.
 */
import type { AuditEntry } from '../control-api/types.ts';
import type { AppendFile, JournalFiles } from '../journal/files.ts';

/** See the file's comment. */
export class AuditLog {
  private readonly files: JournalFiles;
  private readonly path: string;
  private readonly file: AppendFile;
  private readonly wallMs: () => number;
  private sequence: number;
  private pending: AuditEntry[] = [];
  private written: Promise<void> = Promise.resolve();

  private constructor(
    files: JournalFiles,
    path: string,
    file: AppendFile,
    wallMs: () => number,
    sequence: number,
    isTorn: boolean,
  ) {
    this.files = files;
    this.path = path;
    this.file = file;
    this.wallMs = wallMs;
    this.sequence = sequence;
    if (isTorn) this.written = file.append('\n');
  }

  /** Opens the log at `path`; a new one where there is none. */
  static async open(path: string, files: JournalFiles, wallMs: () => number): Promise<AuditLog> {
    const content = (await files.read(path))?.toString('utf8') ?? '';
    if (content === '') await files.replace(path, '');
    const last = parseLines(content).at(-1)?.sequence ?? 0;
    const isTorn = content !== '' && !content.endsWith('\n');
    return new AuditLog(files, path, await files.openForAppend(path), wallMs, last, isTorn);
  }

  /** Adds an entry to those that the next flush writes. */
  add(note: Omit<AuditEntry, 'sequence' | 'at'>): void {
    this.pending.push({ sequence: ++this.sequence, at: new Date(this.wallMs()).toISOString(), ...note });
  }

  /** Returns once everything that was added is on the disk. */
  async flush(): Promise<void> {
    if (this.pending.length > 0) {
      const text = this.pending.map((entry) => `${JSON.stringify(entry)}\n`).join('');
      this.pending = [];
      this.written = this.written.then(() => this.file.append(text));
    }
    await this.written;
  }

  /** The last entries, oldest first. */
  async read(count: number): Promise<readonly AuditEntry[]> {
    await this.flush();
    const content = (await this.files.read(this.path))?.toString('utf8') ?? '';
    return count === 0 ? [] : parseLines(content).slice(-count);
  }

  async close(): Promise<void> {
    await this.flush();
    await this.file.close();
  }
}

function parseLines(content: string): AuditEntry[] {
  return content.split('\n').flatMap((line) => {
    try {
      const entry = JSON.parse(line) as AuditEntry;
      return Number.isInteger(entry.sequence) ? [entry] : [];
    } catch {
      return [];
    }
  });
}
