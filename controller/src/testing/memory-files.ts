/** The journal's files in memory: what has been appended is durable, a crash may tear what has not. */
import type { AppendFile, JournalFiles } from '../journal/files.ts';

/** See the file's comment. */
export class MemoryFiles implements JournalFiles {
  readonly contents = new Map<string, Buffer>();
  private readonly rooms = new Map<string, Buffer>();
  /** Called before every write; throws to crash there. `torn` bytes of the text are written all the same. */
  onWrite: (text: string) => void = () => undefined;
  torn = 0;

  async read(path: string): Promise<Buffer | undefined> {
    return this.contents.get(path);
  }

  async replace(path: string, text: string | Buffer): Promise<void> {
    this.onWrite(String(text));
    this.contents.set(path, Buffer.from(text));
  }

  async openForAppend(path: string): Promise<AppendFile> {
    if (!this.contents.has(path)) this.contents.set(path, Buffer.alloc(0));
    return {
      append: async (text) => {
        const before = this.contents.get(path)!;
        try {
          this.onWrite(text);
        } catch (error) {
          this.contents.set(path, Buffer.concat([before, Buffer.from(text).subarray(0, this.torn)]));
          throw error;
        }
        this.contents.set(path, this.extended(path, before, Buffer.from(text)));
      },
      close: async () => undefined,
    };
  }

  /** The bytes with more behind them: in place while the file's room lasts, so that a long journal costs no copies. */
  private extended(path: string, before: Buffer, added: Buffer): Buffer {
    const length = before.length + added.length;
    let room = this.rooms.get(path);
    if (room === undefined || room.buffer !== before.buffer || length > room.length) {
      room = Buffer.from(new ArrayBuffer(2 * length + 1024));
      before.copy(room);
      this.rooms.set(path, room);
    }
    added.copy(room, before.length);
    return room.subarray(0, length);
  }
}
