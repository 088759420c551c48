// Which files belong to the compiler or an architecture rather than to the program: those included with `<...>`, those
// named like an architecture (many programs include "psa.p4"), and what such files include themselves. Nothing in them
// is reported as unused, because a program uses but a part of them.

import type { FileId, SourceMap } from '../../diagnostics/span.ts';

const ARCHITECTURE = /(^|\/)(core|v1model|psa|pna|tna|t2na|ubpf_model|ebpf_model|xdp_model|portable_common)\.p4$/;

/** A predicate over the files of one compilation, for `CheckOptions.isSystemFile`. */
export function systemFiles(sourceMap: SourceMap): (file: FileId) => boolean {
  const known = new Map<FileId, boolean>();
  const isSystem = (id: FileId): boolean => {
    const answer = known.get(id);
    if (answer !== undefined) return answer;
    known.set(id, false);
    const { includedFrom, path } = sourceMap.file(id);
    const result =
      includedFrom !== undefined &&
      (ARCHITECTURE.test(path) || sourceMap.textOf(includedFrom).includes('<') || isSystem(includedFrom.file));
    known.set(id, result);
    return result;
  };
  return isSystem;
}
