/**
 * What the journal needs of a file system, small enough that a test can stop it after any single act or tear a write in
 * two. The real one waits for the disk: an append counts once `fdatasync` has returned, a replacement once the
 * directory has been synced as well.
 */
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/** A file that grows at its end. */
export interface AppendFile {
  /** Appends and waits until it would survive a power cut. */
  append(text: string): Promise<void>;
  close(): Promise<void>;
}

/** The file system, as far as the journal goes. */
export interface JournalFiles {
  /** The content, or undefined when there is no such file. */
  read(path: string): Promise<Buffer | undefined>;
  /** Puts `text` in the file's place, whole or not at all. */
  replace(path: string, text: string | Buffer): Promise<void>;
  openForAppend(path: string): Promise<AppendFile>;
}

/** The machine's own files; mode 0600, directories are made as needed. */
export const nodeFiles: JournalFiles = {
  async read(path) {
    try {
      return await readFile(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  },
  async replace(path, text) {
    await mkdir(dirname(path), { recursive: true });
    const temporary = `${path}.new`;
    await rm(temporary, { force: true });
    const handle = await open(temporary, 'wx', 0o600);
    try {
      await handle.writeFile(text);
      await handle.datasync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
    const directory = await open(dirname(path), 'r');
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
  },
  async openForAppend(path) {
    const handle = await open(path, 'a', 0o600);
    return {
      async append(text) {
        await handle.appendFile(text);
        await handle.datasync();
      },
      close: () => handle.close(),
    };
  },
};
