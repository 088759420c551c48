/**
 * The planner of the chaos demo against a model of the service: whatever the seed, it asks only for what a careful
 * operator may.
 */
import type { ServerState } from '@mooring/controller/control';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type ChaosOperation,
  ChaosPlanner,
  type ChaosRemap,
  type ChaosServer,
  type ChaosView,
  chaosTitle,
  FEWEST_IN_SERVICE,
  MOST_AT_ONCE,
} from '../../src/demo/chaos-plan.ts';
import { seededRandom } from '../../src/load/random.ts';

const INCIDENTS: ReadonlySet<string> = new Set(['crash', 'kill-controller', 'kill-in-turn', 'restart-switch']);

const RESIDENTS = new Set(['s1', 's2']);
const CRASHES = 3;

function isRemap(operation: ChaosOperation): operation is ChaosRemap {
  return operation.kind === 'remap' || operation.kind === 'buckets';
}

type Model = { -readonly [Key in keyof ChaosServer]: ChaosServer[Key] };

/** A service whose operations take effect when they end, and end in the order of `ends`. */
class Service {
  readonly servers: Model[] = Array.from({ length: 8 }, (_, index) => ({
    name: `s${index + 1}`,
    state: (index < 5 ? 'active' : 'spare') as ServerState,
    enabled: true,
    weight: 1,
    isBusy: false,
    isAlive: true,
    links: index < 2 ? 2 : 1,
    downLink: undefined,
  }));
  readonly running: ChaosOperation[] = [];
  inClass: string[] = [];
  readonly mapping = { buckets: 256, hashSeed: 0, affinity: 'connection' as 'client' | 'connection' };

  view(): ChaosView {
    return {
      servers: this.servers,
      mapping: { ...this.mapping, isBusy: this.running.some(isRemap) },
      clients: {
        prefixes: ['10.0.0.96/28', '10.0.0.112/28'],
        inClass: this.inClass,
        className: 'gold',
        isBusy: this.running.some(({ kind }) => kind === 'reclass'),
      },
      running: this.running.length,
      incidentRunning: this.running.some(({ kind }) => INCIDENTS.has(kind)),
      isSearching: false,
    };
  }

  server(name: string): Model {
    return this.servers.find((server) => server.name === name)!;
  }

  begin(operation: ChaosOperation): void {
    this.running.push(operation);
    if (operation.kind === 'crash') {
      this.server(operation.server).isAlive = false;
      return;
    }
    if (!('server' in operation)) return;
    const server = this.server(operation.server);
    if (operation.kind === 'link-down' || operation.kind === 'link-up') {
      server.downLink = operation.kind === 'link-down' ? operation.link : undefined;
      return;
    }
    server.isBusy = true;
    if (operation.kind === 'add') server.state = 'joining';
    if (operation.kind === 'drain') server.state = 'draining';
    if (operation.kind === 'swap') {
      Object.assign(this.server(operation.replacement), { isBusy: true, state: 'joining' });
      server.state = 'draining';
    }
  }

  end(index: number): void {
    const [operation] = this.running.splice(index, 1);
    if (operation !== undefined && isRemap(operation)) {
      const { kind: _, ...changed } = operation;
      Object.assign(this.mapping, changed);
    }
    if (operation?.kind === 'reclass') {
      const others = this.inClass.filter((prefix) => prefix !== operation.prefix);
      this.inClass = operation.class === 'none' ? others : [...others, operation.prefix];
    }
    if (operation === undefined || !('server' in operation)) return;
    const server = this.server(operation.server);
    const settle = (one: Model, state: ServerState): void => {
      one.isBusy = false;
      if (one.isAlive) one.state = state;
      else one.state = 'dead';
    };
    switch (operation.kind) {
      case 'crash':
        server.state = 'dead';
        return;
      case 'link-down':
      case 'link-up':
        return;
      case 'drain':
        settle(server, 'drained');
        return;
      case 'swap':
        settle(server, 'drained');
        settle(this.server(operation.replacement), 'active');
        return;
      case 'weight':
        server.weight = operation.weight;
        settle(server, 'active');
        return;
      case 'enable':
      case 'disable':
        server.enabled = operation.kind === 'enable';
        settle(server, 'active');
        return;
      default:
        settle(server, 'active');
    }
  }
}

/** Plays a whole run; `check` sees each operation before it begins. */
function play(seed: number, operations: number, check: (o: ChaosOperation, service: Service) => void): string[] {
  const service = new Service();
  const planner = new ChaosPlanner(seededRandom(seed), RESIDENTS, CRASHES);
  const ends = seededRandom(seed + 1);
  const played: string[] = [];
  for (let turn = 0; played.length < operations; turn++) {
    expect(turn).toBeLessThan(operations * 50);
    const step = planner.next(service.view());
    if (step.kind === 'wait') {
      service.end(Math.floor(ends() * service.running.length));
      continue;
    }
    check(step.operation, service);
    played.push(chaosTitle(step.operation));
    service.begin(step.operation);
    if (ends() < 0.3) service.end(Math.floor(ends() * service.running.length));
  }
  return played;
}

/** Servers that go on taking connections whatever becomes of what is under way. */
function taking(service: Service, without: string): number {
  return service.servers.filter(
    ({ name, state, enabled, isAlive, isBusy }) =>
      name !== without && state === 'active' && enabled && isAlive && !isBusy,
  ).length;
}

describe('the planner', () => {
  test('asks only for what may be had, and never for the last servers', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1_000_000 }), (seed) => {
        let crashes = 0;
        play(seed, 40, (operation, service) => {
          expect(service.running.length).toBeLessThan(MOST_AT_ONCE);
          if (isRemap(operation)) {
            expect(service.running.some(isRemap)).toBe(false);
            for (const [key, value] of Object.entries(operation))
              expect(service.mapping).not.toHaveProperty(key, value);
            if (operation.kind === 'buckets') expect(operation.buckets).toBeGreaterThanOrEqual(64);
            return;
          }
          if (operation.kind === 'reclass') {
            const { inClass, isBusy } = service.view().clients;
            expect([isBusy, inClass.includes(operation.prefix)]).toEqual([false, operation.class === 'none']);
            return;
          }
          if (!('server' in operation)) {
            expect(service.view().incidentRunning).toBe(false);
            return;
          }
          const server = service.server(operation.server);
          expect(server.isAlive).toBe(true);
          if (operation.kind === 'crash') {
            expect(++crashes).toBeLessThanOrEqual(CRASHES);
            expect(RESIDENTS.has(server.name)).toBe(false);
            expect(taking(service, server.name)).toBeGreaterThanOrEqual(FEWEST_IN_SERVICE);
            return;
          }
          if (operation.kind === 'link-down' || operation.kind === 'link-up') {
            expect(operation.link).toBeLessThan(server.links);
            expect(server.downLink).toBe(operation.kind === 'link-down' ? undefined : operation.link);
            return;
          }
          expect(server.isBusy).toBe(false);
          if (operation.kind === 'add') expect(['spare', 'drained']).toContain(server.state);
          else expect(server.state).toBe('active');
          if (operation.kind === 'drain' || operation.kind === 'disable') {
            expect(taking(service, server.name)).toBeGreaterThanOrEqual(FEWEST_IN_SERVICE);
          }
          if (operation.kind === 'drain' || operation.kind === 'swap') expect(RESIDENTS.has(server.name)).toBe(false);
          if (operation.kind === 'swap') {
            const replacement = service.server(operation.replacement);
            expect(['spare', 'drained']).toContain(replacement.state);
            expect([replacement.isBusy, replacement.isAlive]).toEqual([false, true]);
          }
          if (operation.kind === 'weight') expect(operation.weight).not.toBe(server.weight);
          if (operation.kind === 'enable' || operation.kind === 'disable') {
            expect(server.enabled).toBe(operation.kind === 'disable');
          }
        });
      }),
      { numRuns: 200 },
    );
  });

  test('a seed says it all', () => {
    expect(play(7, 20, () => {})).toEqual(play(7, 20, () => {}));
    expect(play(7, 20, () => {})).not.toEqual(play(8, 20, () => {}));
  });

  test('forty operations have every kind, and some overlap', () => {
    let overlapping = 0;
    const played = [1, 2, 3].map((seed) =>
      play(seed, 40, (_, { running }) => {
        if (running.length > 0) overlapping++;
      }).join('\n'),
    );
    expect(overlapping).toBeGreaterThan(5);
    for (const run of played) {
      for (const kind of ['add', 'drain', 'swap', 'weight', 'disable', 'enable', 'crash']) expect(run).toContain(kind);
      expect(run).toContain('kill -9 the controller');
      expect(run).toContain('kill -9 the switch');
      for (const kind of [/reseed \d/, /buckets \d/, /affinity client/]) expect(run).toMatch(kind);
      for (const kind of [/link \d of s\d down/, /link \d of s\d up/, /class gold for/]) expect(run).toMatch(kind);
    }
  });
});
