/**
 * Nothing is lost by the reductions: small scopes are searched with and without them, and come to the same verdict and
 * to the same situations. A situation is all of a world but what the reductions are about: what is under way to and
 * from the controller, and what nobody needs to know.
 *
 * MOORING_MODEL=full compares in more scopes, for two minutes.
 */
import { expect, it } from 'vitest';
import { NOTHING, type Scope } from './scope.ts';
import { search } from './search.ts';
import type { World } from './world.ts';

const QUICK: Readonly<Record<string, Partial<Scope>>> = {
  'loss and a spoofed SYN': { losses: 1, spoofs: 1 },
  'a pause and learning': { holds: 1, learn: true },
  'no room for a pin, and a crash of the controller': { refusals: 1, crashes: 1 },
  'a server that dies and comes back': { deaths: 1, returns: true },
  'agents, and a connection that is silent': { agents: true, silences: 1 },
  'UDP, two clients, one slot': { oneWay: true, flows: 2 },
  'another mapping, and learning': { remap: true, learn: true },
};

const FULL: Readonly<Record<string, Partial<Scope>>> = {
  'a port used twice': { incarnations: 2 },
  'a doubled digest': { duplicates: 1 },
  'two overlapping shifts': { retargets: 2 },
  'late messages and a crash': { late: true, crashes: 1 },
  'a server that dies, and a crash of the controller': { deaths: 1, crashes: 1 },
  'a server that leaves': { leave: true, retargets: 2 },
  'a switch that starts anew': { restarts: 1 },
  'agents, and a report that is late': { agents: true, lateReports: 1 },
  'UDP, two overlapping shifts': { oneWay: true, retargets: 2 },
  'another mapping, and a server that dies': { remap: true, deaths: 1 },
  'connections that servers open, one slot for two': { outgoing: true, flows: 2 },
};

const scopes = Object.entries(process.env.MOORING_MODEL === 'full' ? { ...QUICK, ...FULL } : QUICK);

it.each(scopes)(
  'come to the same situations: %s',
  async (_, scope) => {
    const all = await situationsOf({ ...NOTHING, ...scope, reduced: false });
    const reduced = await situationsOf({ ...NOTHING, ...scope });
    expect([...all].filter((situation) => !reduced.has(situation))).toEqual([]);
    expect([...reduced].filter((situation) => !all.has(situation))).toEqual([]);
  },
  120_000,
);

async function situationsOf(scope: Scope): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  const { complete, violation, stuck } = await search(scope, 1_000_000, (world) => found.add(situationOf(world)));
  expect({ complete, violation, stuck }).toEqual({ complete: true, violation: undefined, stuck: undefined });
  return found;
}

function situationOf(world: World): string {
  const { core, pending, timers, digests, answers, orders, ghost, watchNotice, pinNotices, returned, ...others } =
    world;
  const { vips, pins, servers } = core.state;
  const { phase, base, current, learn, held, inDoubt } = vips.get(1)![0]!;
  const slots = world.slots.map(({ state, key, server, answer }) =>
    state === 'empty' ? state : [state, key, server, answer],
  );
  const flows = world.flows.map(({ syns: _syns, answers: _answers, ...flow }) => flow);
  const known = [...pins.values()].map((pin) => [pin.key, pin.server, pin.closing, pin.released]).sort();
  const stages = [...servers.values()].map((view) => [view.id, view.stage, view.ended]).sort();
  const decided = [phase, base, current, learn, held, inDoubt, known, stages];
  return JSON.stringify([{ ...others, slots, flows }, decided]);
}
