/**
 * Finds the name that somebody probably meant.
 *
 * Names in P4 are dotted (`MyIngress.ipv4_lpm`), and people mistype, drop or add a level, or use the wrong case. So
 * candidates are compared in lower case, both whole and by their last part, by Damerau-Levenshtein distance; a third of
 * the length may be wrong. Called on errors only, hence simple rather than fast.
 */

/** Edits (insert, delete, replace, swap neighbours) that turn one text into the other. */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let best = Math.min(row[j - 1]! + 1, last[j]! + 1, last[j - 1]! + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        best = Math.min(best, beforeLast[j - 2]! + 1);
      row.push(best);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length]!;
}

/** The candidates near to `wanted`, best first. */
export function nearest(wanted: string, candidates: Iterable<string>, limit = 3): string[] {
  const lower = wanted.toLowerCase();
  const scored: { name: string; score: number }[] = [];
  for (const name of candidates) {
    const whole = name.toLowerCase();
    const tail = whole.slice(whole.lastIndexOf('.') + 1);
    const wantedTail = lower.slice(lower.lastIndexOf('.') + 1);
    let score = Math.min(editDistance(lower, whole), editDistance(wantedTail, tail) + (whole === tail ? 0 : 0.5));
    if (tail.length > 2 && wantedTail.length > 2 && (tail.includes(wantedTail) || wantedTail.includes(tail)))
      score = Math.min(score, 1.5);
    if (score <= Math.max(1.5, lower.length / 3)) scored.push({ name, score });
  }
  scored.sort((a, b) => a.score - b.score);
  return scored.slice(0, limit).map((entry) => entry.name);
}

/** ` Did you mean 'x' or 'y'?` with a leading space; else the list of what there is if it is short; else nothing. */
export function didYouMean(wanted: string, candidates: Iterable<string>): string {
  const all = [...candidates];
  const near = nearest(wanted, all);
  if (near.length > 0) return ` Did you mean ${near.map((name) => `'${name}'`).join(' or ')}?`;
  if (all.length === 0) return ' There is none.';
  const shown = all.slice(0, 12).join(', ');
  return ` There is: ${shown}${all.length > 12 ? `, ... (${all.length} in all)` : ''}.`;
}
