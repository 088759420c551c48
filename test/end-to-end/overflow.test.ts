/**
 * Accept queues of the kernel that fill up, agents that report them over mutual TLS, and the commands as a user starts
 * them: new connections go around a server that has stopped accepting; when the other one has stopped as well they are
 * refused at once, and taken again when the first accepts. Whoever was connected before goes on all the while, and
 * whoever waited in a queue is served in the end.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect } from 'vitest';
import { makeCertificates } from '../agent/certificates.ts';
import { testStory } from './kernel/story.ts';

/** What `overflow/world.mjs` prints. */
interface Outcome {
  readonly begun: Seen;
  readonly redirected: Seen;
  readonly atLast: Seen;
  readonly full: Seen & { readonly refuses: string };
  readonly living: Seen;
  readonly drops: readonly { readonly reason: string; readonly packets: number }[];
  readonly relieved: Seen;
  readonly after: Seen;
}

/** Of the client. */
interface Seen {
  readonly opened: number;
  readonly refused: number;
  readonly broken: number;
  readonly mismatched: number;
}

const directory = mkdtempSync(join(tmpdir(), 'mooring-overflow-'));
afterAll(() => rmSync(directory, { recursive: true }));

testStory<Outcome>(
  'servers stop accepting one after the other',
  'overflow',
  () => {
    makeCertificates(directory, ['server', 'controller']);
    return [directory];
  },
  ({ begun, redirected, atLast, full, living, drops, relieved, after }) => {
    expect(begun).toMatchObject({ opened: 20, refused: 0 });
    expect(redirected).toMatchObject({ refused: 0 });
    expect(full).toMatchObject({ opened: atLast.opened, refused: atLast.refused + 10, refuses: 'reset' });
    expect(drops).toEqual([{ reason: 'SYN for which no server has room', packets: full.refused }]);
    expect(relieved.opened).toBeGreaterThanOrEqual(full.opened + 11);
    expect(after).toMatchObject({ opened: relieved.opened, refused: relieved.refused });
    for (const seen of [begun, redirected, full, living, relieved, after])
      expect(seen).toMatchObject({ broken: 0, mismatched: 0 });
  },
);
