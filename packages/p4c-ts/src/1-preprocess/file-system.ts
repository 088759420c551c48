/**
 * Where source text comes from. The compiler's core never touches a disk: it asks a `SourceFileSystem`, so the same
 * code runs in a browser (files in memory), in an editor (unsaved buffers over files) and on the command line (the
 * disk). Paths use `/`; they are joined but not otherwise interpreted, so that messages show them as the author wrote
 * them.
 */

/** Read access to source files. */
export interface SourceFileSystem {
  /** The file's text, or `undefined` if there is no such readable file. Must not throw. */
  read(path: string): string | undefined;
}

/** A file system made of a map from path to text. */
export function memoryFileSystem(files: Readonly<Record<string, string>>): SourceFileSystem {
  const map = new Map(Object.entries(files));
  return { read: (path) => map.get(normalizePath(path)) ?? map.get(path) };
}

/** The first file system that has the file wins: unsaved buffers over the disk, the program over bundled includes. */
export function layeredFileSystem(...layers: readonly SourceFileSystem[]): SourceFileSystem {
  return {
    read(path) {
      for (const layer of layers) {
        const text = layer.read(path);
        if (text !== undefined) return text;
      }
      return undefined;
    },
  };
}

/** The folder part of a path, `.` if it has none. */
export function folderOf(path: string): string {
  const slash = path.lastIndexOf('/');
  if (slash < 0) return '.';
  return slash === 0 ? '/' : path.slice(0, slash);
}

/** `folder/name`; `name` alone if it is absolute or the folder is `.`. */
export function joinPath(folder: string, name: string): string {
  if (name.startsWith('/') || folder === '.' || folder === '') return name;
  return folder.endsWith('/') ? folder + name : `${folder}/${name}`;
}

/** Resolves `.` and `..` parts textually. */
export function normalizePath(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '.' || (part === '' && parts.length > 0)) continue;
    if (part === '..' && parts.length > 0 && parts.at(-1) !== '..' && parts.at(-1) !== '') parts.pop();
    else parts.push(part);
  }
  return parts.join('/');
}
