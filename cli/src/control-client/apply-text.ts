/**
 * What differs between a file and what runs, one line a difference: `+` comes, `-` goes, `~` changes, and what cannot
 * be followed says why.
 */
import type { Difference } from '@mooring/controller/control';

const SIGNS = { add: '+', remove: '-', change: '~' } as const;

/** The differences as text. */
export function differencesText(differences: readonly Difference[]): string {
  if (differences.length === 0) return 'no difference: what runs is what the file says';
  return differences
    .map(({ kind, what, detail, refused }) => {
      const line = `${SIGNS[kind]} ${what}: ${detail}`;
      return refused === undefined ? line : `${line}\n  cannot be applied: ${refused}`;
    })
    .join('\n');
}
