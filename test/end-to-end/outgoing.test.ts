/**
 * Connections that servers open (rule R10), on the kernel's TCP at both ends and through the commands as a user starts
 * them: two servers behind a VIP for all ports connect to a client; while they talk a third server takes a share of the
 * buckets, and all three open more. The client sees the VIP, each byte comes back, and no connection breaks, whichever
 * server its bucket belongs to before, during and after the shift.
 */
import { expect } from 'vitest';
import { testStory } from './kernel/story.ts';

/** What `outgoing/world.mjs` prints. */
interface Outcome {
  readonly settled: { readonly servers: Readonly<Record<string, Seen>>; readonly standing: Standing };
  readonly during: { readonly servers: Readonly<Record<string, Seen>>; readonly isOver: boolean };
  readonly after: {
    readonly servers: Readonly<Record<string, Seen>>;
    readonly client: Seen;
    readonly standing: Standing;
  };
}

interface Seen {
  readonly opened: number;
  readonly accepted: number;
  readonly broken: number;
  readonly mismatched: number;
  readonly peers: readonly string[];
}

type Standing = Readonly<Record<string, { readonly buckets: number; readonly pins: number }>>;

const opened = (count: number) => ({ opened: count, broken: 0, mismatched: 0 });

testStory<Outcome>(
  'servers connect to a client before, during and after a shift',
  'outgoing',
  () => [],
  ({ settled, during, after }) => {
    expect(settled.servers).toMatchObject({ 1: opened(20), 2: opened(20) });
    // Whichever of two servers a bucket belongs to: about half of the connections are from the other one.
    for (const name of ['s1', 's2']) {
      const { buckets, pins } = settled.standing[name]!;
      expect(buckets).toBe(16);
      expect(pins).toBeGreaterThan(0);
      expect(pins).toBeLessThan(20);
    }
    expect(during.isOver).toBe(false);
    for (const { servers } of [during, after])
      expect(servers).toMatchObject({ 1: opened(40), 2: opened(40), 3: opened(20) });
    expect(after.client).toMatchObject({ accepted: 100, broken: 0, peers: ['::ffff:10.0.0.100'] });
    expect(after.standing.s3!.buckets).toBeGreaterThan(0);
  },
);
