/**
 * The bucket protocol, searched completely within small scopes: the invariant (every packet of a live connection goes to its
 * server; nobody sends to a drained one) holds in every state, and from every state the shift can still finish. Then each rule
 * is taken away in turn, and the search must find what that breaks: a check that cannot fail proves nothing.
 *
 * MOORING_MODEL=full searches larger scopes as well (minutes).
 */
import { afterEach, describe, expect, it } from 'vitest';
import type { Mutation, Scope } from './scope.ts';
import { search } from './search.ts';

const NOTHING: Scope = {
  flows: 1,
  incarnations: 1,
  slots: 1,
  retargets: 1,
  leave: false,
  late: false,
  crashes: 0,
  losses: 0,
  duplicates: 0,
  spoofs: 0,
  learn: false,
  deaths: 0,
  holds: 0,
  refusals: 0,
  without: new Set(),
};

const QUICK: Readonly<Record<string, Partial<Scope>>> = {
  'a shift': {},
  'a shift that learns': { learn: true },
  'a lost digest or release': { losses: 1 },
  'a doubled digest': { duplicates: 1 },
  'a late or spoofed SYN of a live connection': { spoofs: 1 },
  'no room for a pin': { refusals: 1 },
  'a crash of the controller': { crashes: 1 },
  'a pause': { holds: 1 },
  'a server that dies': { deaths: 1 },
};

const FULL: Readonly<Record<string, Partial<Scope>>> = {
  'a port used twice': { incarnations: 2 },
  'two overlapping shifts, or an abort': { retargets: 2 },
  'an abort, and a lost digest': { retargets: 2, losses: 1 },
  'two clients, one slot': { flows: 2 },
  'a server that leaves': { leave: true, retargets: 2 },
  'late messages and a crash': { late: true, crashes: 1 },
  'a server that dies, and a port used twice': { deaths: 1, incarnations: 2 },
  'a server that dies, and a crash of the controller': { deaths: 1, crashes: 1 },
  'a pause and learning': { holds: 1, learn: true },
  'learning, loss and a spoofed SYN': { learn: true, losses: 1, spoofs: 1 },
};

/** Where the want of each rule shows soonest. */
const MUTATIONS: readonly (readonly [Mutation, Partial<Scope>])[] = [
  ['R1 closing pin drops SYNs', { incarnations: 2 }],
  ['R2 tentative slots', { spoofs: 1 }],
  ['R3 release names the generation', { late: true }],
  ['R4 generation check', { late: true }],
  ['R4 install before release', {}],
  ['R5 seal', { flows: 2 }],
  ['R5 check', { flows: 2 }],
  ['R6 wait before deleting a pin', { incarnations: 2 }],
  ['R6 delete only after release', { losses: 1 }],
  ['R7 settle by sweep', { losses: 1 }],
  ['R7 count what a sweep reports', { losses: 1, retargets: 2 }],
  ['R7 write assignment before deleting pins', {}],
  ['R9 sweep before drained', { leave: true, retargets: 2 }],
  ['R9 new id for a server that returns', { deaths: 1, incarnations: 2 }],
  ['R11 fence and barrier', { late: true, crashes: 1 }],
];

const TIMEOUT_MS = 600_000;
const scopes = Object.entries(process.env.MOORING_MODEL === 'full' ? { ...QUICK, ...FULL } : QUICK);

// Searches never wait; without a break between them the test runner would hear nothing for so long that it gives up on a slow machine.
afterEach(() => new Promise<void>((resolve) => setImmediate(resolve)));

describe('the bucket protocol', () => {
  it.each(scopes)(
    'holds: %s',
    (_, scope) => {
      const result = search({ ...NOTHING, ...scope }, 3_000_000);
      expect(result.violation).toBeUndefined();
      expect(result.stuck).toBeUndefined();
      expect(result.complete).toBe(true);
    },
    TIMEOUT_MS,
  );

  it.each(MUTATIONS)(
    'is broken without %s',
    (mutation, scope) => {
      const result = search({ ...NOTHING, ...scope, without: new Set([mutation]) }, 150_000);
      expect(result.violation ?? result.stuck, 'nothing was found').toBeDefined();
    },
    TIMEOUT_MS,
  );
});
