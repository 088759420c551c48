/**
 * The journal: what the controller intends, written down before it acts (rule R11). One line a batch of records: eight
 * hex digits of CRC-32, a space, the records as a JSON array. A batch is there whole or not at all, so records that
 * only make sense together (an operation and the buckets it moves) go into one.
 *
 * A process that dies while writing leaves a torn last line: it was never acted upon, and is cut off at the next start.
 * A bad line that others follow is no torn tail but damage, and refused: going on with half of the truth could break
 * connections. Compaction puts one line with the whole state in the file's place; the file is replaced, never
 * rewritten.
 */
import { crc32 } from './crc32.ts';
import type { AppendFile, JournalFiles } from './files.ts';

/** The journal's file is damaged in a way no crash explains. */
export class JournalDamagedError extends Error {
  constructor(path: string, line: number) {
    super(
      `the journal ${path} is damaged at line ${line}: its checksum is wrong and valid lines follow. ` +
        'Restore it from a copy, or move it away to begin anew with an empty switch',
    );
    this.name = 'JournalDamagedError';
  }
}

/** What a journal is made of. @typeParam R a record @typeParam S the state that records add up to */
export interface JournalFormat<R, S> {
  /** Everything `state` says, as records. */
  snapshot(state: S): readonly R[];
  empty(): S;
  /** Adds a record to the state. */
  apply(state: S, record: R): void;
}

/** An open journal and the state it adds up to. */
export class Journal<R, S> {
  readonly path: string;
  readonly state: S;
  private readonly files: JournalFiles;
  private readonly format: JournalFormat<R, S>;
  private file: AppendFile;
  private batches: number;
  private pending: R[] = [];
  private readonly compactAfter: number;

  private constructor(
    path: string,
    files: JournalFiles,
    format: JournalFormat<R, S>,
    state: S,
    file: AppendFile,
    batches: number,
    compactAfter: number,
  ) {
    this.path = path;
    this.files = files;
    this.format = format;
    this.state = state;
    this.file = file;
    this.batches = batches;
    this.compactAfter = compactAfter;
  }

  /**
   * Reads the journal at `path` (none: an empty one), cuts off a torn tail and opens it for appending.
   * @param compactAfter batches after which a snapshot takes the file's place
   * @throws JournalDamagedError
   */
  static async open<R, S>(
    path: string,
    files: JournalFiles,
    format: JournalFormat<R, S>,
    compactAfter = 4096,
  ): Promise<Journal<R, S>> {
    const content = await files.read(path);
    const { batches, intact } = decode<R>(path, content ?? Buffer.alloc(0));
    const state = format.empty();
    for (const batch of batches) for (const record of batch) format.apply(state, record);
    if (content === undefined || intact.length < content.length) await files.replace(path, intact);
    return new Journal(path, files, format, state, await files.openForAppend(path), batches.length, compactAfter);
  }

  /** Adds a record to the state and to the next batch. */
  add(record: R): void {
    this.format.apply(this.state, record);
    this.pending.push(record);
  }

  /**
   * Writes what was added since the last flush as one batch; returns once it is durable. Nothing may be acted upon
   * before.
   */
  async flush(): Promise<void> {
    if (this.pending.length === 0) return;
    const batch = this.pending;
    this.pending = [];
    await this.file.append(encode(batch));
    this.batches++;
    if (this.batches >= this.compactAfter) await this.compact();
  }

  /** Puts a snapshot in the file's place. */
  async compact(): Promise<void> {
    await this.file.close();
    await this.files.replace(this.path, encode(this.format.snapshot(this.state)));
    this.file = await this.files.openForAppend(this.path);
    this.batches = 1;
  }

  async close(): Promise<void> {
    await this.file.close();
  }
}

function encode(records: readonly unknown[]): string {
  const json = JSON.stringify(records);
  return `${crc32(Buffer.from(json)).toString(16).padStart(8, '0')} ${json}\n`;
}

function decode<R>(path: string, content: Buffer): { batches: R[][]; intact: Buffer } {
  const batches: R[][] = [];
  let start = 0;
  let bad: { readonly line: number; readonly at: number } | undefined;
  for (let line = 1; start < content.length; line++) {
    const newline = content.indexOf(0x0a, start);
    const end = newline < 0 ? content.length : newline;
    const batch = newline < 0 ? undefined : decodeLine<R>(content.subarray(start, end));
    if (batch === undefined) bad ??= { line, at: start };
    else if (bad !== undefined) throw new JournalDamagedError(path, bad.line);
    else batches.push(batch);
    start = end + 1;
  }
  return { batches, intact: bad === undefined ? content : content.subarray(0, bad.at) };
}

function decodeLine<R>(line: Buffer): R[] | undefined {
  const json = line.subarray(9);
  if (line.length < 11 || line[8] !== 0x20) return undefined;
  if (line.toString('latin1', 0, 8) !== crc32(json).toString(16).padStart(8, '0')) return undefined;
  try {
    const parsed: unknown = JSON.parse(json.toString('utf8'));
    return Array.isArray(parsed) ? (parsed as R[]) : undefined;
  } catch {
    return undefined;
  }
}
