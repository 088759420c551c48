/**
 * The bucket protocol, searched completely within small scopes: the invariant (every packet of a live connection goes
 * to its server; nobody sends to a drained or dead one; no reset is passed on to a connection that lives) holds in
 * every state, and from every state the shift can still finish. Then each rule is taken away in turn, and the search
 * must find what that breaks: a check that cannot fail proves nothing.
 *
 * MOORING_MODEL=full searches larger scopes as well: up to two million states each, twelve minutes of processor time in
 * all, with 1.5 GB of memory.
 */
import { describe, expect, it } from 'vitest';
import { type Mutation, NOTHING, type Scope } from './scope.ts';
import { search } from './search.ts';

const SCOPES: Readonly<Record<string, Partial<Scope>>> = {
  'a shift': {},
  'a shift that learns': { learn: true },
  'a lost digest or release': { losses: 1 },
  'a doubled digest': { duplicates: 1 },
  'a late or spoofed SYN of a live connection': { spoofs: 1 },
  'no room for a pin': { refusals: 1 },
  'one of each of these': { losses: 1, duplicates: 1, spoofs: 1, refusals: 1 },
  'a pause': { holds: 1 },
  'two overlapping shifts, or an abort': { retargets: 2 },
  'a crash of the controller, or another that takes over': { crashes: 1 },
  'two crashes of the controller': { crashes: 2 },
  'late messages and a crash': { late: true, crashes: 1 },
  'a server that dies': { deaths: 1 },
  'a server that dies, and a crash of the controller': { deaths: 1, crashes: 1 },
  'a server that dies and comes back': { deaths: 1, returns: true },
  'a switch that starts anew': { restarts: 1 },
  'a port used twice': { incarnations: 2 },
  'an abort, and a lost digest': { retargets: 2, losses: 1 },
  'two clients, one slot': { flows: 2 },
  'a server that leaves': { leave: true, retargets: 2 },
  'a server that dies between two overlapping shifts': { deaths: 1, retargets: 2 },
  'a server that dies and comes back between two shifts': { deaths: 1, returns: true, retargets: 2 },
  'a server that dies, and a port used twice': { deaths: 1, incarnations: 2 },
  'a pause and learning': { holds: 1, learn: true },
  'learning, loss and a spoofed SYN': { learn: true, losses: 1, spoofs: 1 },
  agents: { agents: true },
  'agents, and a connection that is silent': { agents: true, silences: 1 },
  'agents, and a server that dies': { agents: true, deaths: 1 },
  'agents, and a switch that starts anew': { agents: true, restarts: 1 },
  'a switch that starts anew, and a crash': { restarts: 1, crashes: 1 },
  'agents, and a report that is late': { agents: true, lateReports: 1 },
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
  'another mapping, two clients': { remap: true, flows: 2 },
  'another mapping, and a server that dies': { remap: true, deaths: 1 },
  'another mapping, and a switch that starts anew': { remap: true, restarts: 1 },
  'connections that servers open, one slot for two': { outgoing: true, flows: 2 },
};

const FULL: Readonly<Record<string, Partial<Scope>>> = {
  'two overlapping shifts, and a crash': { retargets: 2, crashes: 1 },
  'two overlapping shifts, and a switch that starts anew': { retargets: 2, restarts: 1 },
  'two overlapping shifts, and a port used twice': { retargets: 2, incarnations: 2 },
  'two overlapping shifts, a pause, learning and a loss': { retargets: 2, holds: 1, learn: true, losses: 1 },
  'a server that dies between two overlapping shifts, and a crash': { deaths: 1, retargets: 2, crashes: 1 },
  'a server that dies, a port used twice, and a crash': { deaths: 1, incarnations: 2, crashes: 1 },
  'a server that dies, a loss, and a crash': { deaths: 1, losses: 1, crashes: 1 },
  'a server that dies, and a switch that starts anew': { deaths: 1, restarts: 1 },
  'a server that leaves, and one that dies': { leave: true, retargets: 2, deaths: 1 },
  'a server that leaves, and a crash': { leave: true, retargets: 2, crashes: 1 },
  'two clients, two slots': { flows: 2, slots: 2 },
  'two clients, and a lost digest or release': { flows: 2, losses: 1 },
  'two clients, and learning': { flows: 2, learn: true },
  'two clients, and a crash': { flows: 2, crashes: 1 },
  'two clients, and a server that dies': { flows: 2, deaths: 1 },
  'two clients of agents, one silent, and a late report': { agents: true, flows: 2, silences: 1, lateReports: 1 },
  'agents, two overlapping shifts, and a server that dies': { agents: true, retargets: 2, deaths: 1 },
  'agents, two overlapping shifts, and a crash': { agents: true, retargets: 2, crashes: 1 },
  'UDP, two clients, two overlapping shifts': { oneWay: true, flows: 2, retargets: 2 },
  'UDP, two overlapping shifts, a server that dies, and a crash': {
    oneWay: true,
    retargets: 2,
    deaths: 1,
    crashes: 1,
  },
  'another mapping, a server that dies, and a crash': { remap: true, deaths: 1, crashes: 1 },
  'another mapping, two clients, and a crash': { remap: true, flows: 2, crashes: 1 },
  'another mapping, two clients, and a switch that starts anew': { remap: true, flows: 2, restarts: 1 },
  'another mapping taken back, two clients, and learning': { remap: true, flows: 2, retargets: 2, learn: true },
  'connections that servers open, two clients, and a crash': { outgoing: true, flows: 2, crashes: 1 },
  'connections that servers open, two clients, and a server that dies': { outgoing: true, flows: 2, deaths: 1 },
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
const MOST_STATES = 5_000_000;
const scopes = Object.entries(IS_FULL ? { ...SCOPES, ...FULL } : SCOPES);

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
