/**
 * The bucket protocol, searched completely within small scopes: the invariant (every packet of a live connection goes to its
 * server; nobody sends to a drained or dead one; no reset is passed on to a connection that lives) holds in every state, and from every
 * state the shift can still finish. Then each rule is taken away in turn, and the search must find what that breaks: a check that
 * cannot fail proves nothing.
 *
 * MOORING_MODEL=full searches larger scopes as well: up to fourteen million states each, an hour in all, with 13 GB of memory
 * (`NODE_OPTIONS=--max-old-space-size=13000`).
 */
import { describe, expect, it } from 'vitest';
import { type Mutation, NOTHING, type Scope } from './scope.ts';
import { search } from './search.ts';

const QUICK: Readonly<Record<string, Partial<Scope>>> = {
  'a shift': {},
  'a shift that learns': { learn: true },
  'a lost digest or release': { losses: 1 },
  'a doubled digest': { duplicates: 1 },
  'a late or spoofed SYN of a live connection': { spoofs: 1 },
  'no room for a pin': { refusals: 1 },
  'a pause': { holds: 1 },
  'two overlapping shifts, or an abort': { retargets: 2 },
  'a crash of the controller, or another that takes over': { crashes: 1 },
  'late messages and a crash': { late: true, crashes: 1 },
  'a server that dies': { deaths: 1 },
  'a server that dies, and a crash of the controller': { deaths: 1, crashes: 1 },
  'a server that dies and comes back': { deaths: 1, returns: true },
  'a switch that starts anew': { restarts: 1 },
  agents: { agents: true },
  'UDP, two clients, one slot': { oneWay: true, flows: 2 },
  'UDP, two overlapping shifts, or an abort': { oneWay: true, retargets: 2 },
  'UDP, a lost digest or release': { oneWay: true, losses: 1 },
  'UDP, no room for a pin': { oneWay: true, refusals: 1 },
  'UDP, a server that dies': { oneWay: true, deaths: 1 },
  'UDP, a crash of the controller': { oneWay: true, crashes: 1 },
  'another mapping, and learning': { remap: true, learn: true },
  'another mapping, and a crash of the controller': { remap: true, crashes: 1 },
  'another mapping, taken back': { remap: true, retargets: 2 },
  'another mapping, and agents': { remap: true, agents: true },
  'another mapping for UDP': { remap: true, oneWay: true },
  'connections that servers open, one slot for two': { outgoing: true, flows: 2 },
};

const FULL: Readonly<Record<string, Partial<Scope>>> = {
  'a port used twice': { incarnations: 2 },
  'an abort, and a lost digest': { retargets: 2, losses: 1 },
  'two clients, one slot': { flows: 2 },
  'a server that leaves': { leave: true, retargets: 2 },
  'a server that dies between two overlapping shifts': { deaths: 1, retargets: 2 },
  'a server that dies and comes back between two shifts': { deaths: 1, returns: true, retargets: 2 },
  'a server that dies, and a port used twice': { deaths: 1, incarnations: 2 },
  'a pause and learning': { holds: 1, learn: true },
  'learning, loss and a spoofed SYN': { learn: true, losses: 1, spoofs: 1 },
  'agents, and a connection that is silent': { agents: true, silences: 1 },
  'another mapping, two clients': { remap: true, flows: 2 },
  'another mapping, and a server that dies': { remap: true, deaths: 1 },
  'another mapping, and a switch that starts anew': { remap: true, restarts: 1 },
  'agents, and a report that is late': { agents: true, lateReports: 1 },
};

/** Where the want of each rule shows soonest. */
const MUTATIONS: readonly (readonly [Mutation, Partial<Scope>])[] = [
  ['R1 closing pin drops SYNs', { incarnations: 2 }],
  ['R1 pins to the dead are ignored', { deaths: 1, incarnations: 2 }],
  ['R2 tentative slots', { spoofs: 1 }],
  ['R2 sequence number', { spoofs: 1 }],
  ['R2 refused SYN goes to the base', { flows: 2 }],
  ['R2 tentative slot outlives its handshake', {}],
  ['R2 learn before a flip (one-way)', { oneWay: true }],
  ['R3 release names the generation', { late: true }],
  ['R3 a freed slot has another generation', { duplicates: 1, incarnations: 2 }],
  ['R3 a slot reports again', { losses: 1 }],
  ['R4 generation check', { late: true }],
  ['R4 install before release', {}],
  ['R5 seal', { flows: 2 }],
  ['R5 check', { flows: 2 }],
  ['R5 wait the in-flight time', { agents: true, flows: 2 }],
  ['R6 wait before deleting a pin', { incarnations: 2 }],
  ['R6 delete only after release', { losses: 1 }],
  ['R7 settle by sweep', { losses: 1 }],
  ['R7 count what a sweep reports', { losses: 1, retargets: 2 }],
  ['R7 write assignment before deleting pins', {}],
  ['R7 a mapping changes when its buckets are ready', { remap: true }],
  ['R8 look for lost pins', { restarts: 1 }],
  ['R8 look for as long as they may be silent', { restarts: 1 }],
  ['R9 sweep before drained', { leave: true, retargets: 2 }],
  ['R9 new id for a server that returns', { deaths: 1, incarnations: 2 }],
  ['R10 a connection of a server is pinned to it', { outgoing: true }],
  ['R10 refused is dropped', { outgoing: true, flows: 2 }],
  ['R11 fence and barrier', { late: true, crashes: 1 }],
  ['R11 fence writes', { crashes: 1 }],
  ['R11 journal first', { deaths: 1, crashes: 1 }],
  // Without agents nobody can: what the plan warns of.
  ['R12 a silent connection is waited for', { silences: 1 }],
];

const IS_FULL = process.env.MOORING_MODEL === 'full';
const TIMEOUT_MS = IS_FULL ? 7_200_000 : 600_000;
const MOST_STATES = IS_FULL ? 16_000_000 : 3_000_000;
const scopes = Object.entries(IS_FULL ? { ...QUICK, ...FULL } : QUICK);

describe('the bucket protocol', () => {
  it.each(scopes)(
    'holds: %s',
    async (_, scope) => {
      const result = await search({ ...NOTHING, ...scope }, MOST_STATES);
      expect(result.violation).toBeUndefined();
      expect(result.stuck).toBeUndefined();
      expect(result.complete).toBe(true);
    },
    TIMEOUT_MS,
  );

  it.each(MUTATIONS)(
    'is broken without %s',
    async (mutation, scope) => {
      const result = await search({ ...NOTHING, ...scope, without: new Set([mutation]) }, 150_000);
      expect(result.violation ?? result.stuck, 'nothing was found').toBeDefined();
    },
    TIMEOUT_MS,
  );
});
