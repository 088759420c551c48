// Which files belong to the compiler or an architecture rather than to the program: those included with `<...>`, and
// what those include themselves. Nothing in them is reported as unused, because a program uses but a part of them.

import type { FileId, SourceMap } from '../../diagnostics/span.ts';

/** A predicate over the files of one compilation, for `CheckOptions.isSystemFile`. */
export function systemFiles(sourceMap: SourceMap): (file: FileId) => boolean {
  const known = new Map<FileId, boolean>();
  const isSystem = (id: FileId): boolean => {
    const answer = known.get(id);
    if (answer !== undefined) return answer;
    known.set(id, false);
    const { includedFrom } = sourceMap.file(id);
    const result =
      includedFrom !== undefined && (isSystem(includedFrom.file) || sourceMap.textOf(includedFrom).includes('<'));
    known.set(id, result);
    return result;
  };
  return isSystem;
}
