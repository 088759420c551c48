/**
 * Requests at random, with connections alive and time passing: a request is taken or refused with words; one that is
 * refused has changed neither the journal nor the switch; no packet ever goes astray, whatever overlaps; servers die
 * and return, their queues fill up, the controller is killed; and in the end, when the connections have closed and
 * nobody asks for anything any more, everything has come to rest.
 *
 * MOORING_FUZZ_RUNS=1000 runs more of them.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyConfiguration } from '../../src/apply.ts';
import { parseApplyRequest, parseOperationRequest } from '../../src/control-api/requests.ts';
import { OperationRefusedError } from '../../src/operations/errors.ts';
import { onQueue } from '../../src/operations/overflow.ts';
import { onRoom } from '../../src/operations/refusals.ts';
import { RIG_CONFIGURATION, Rig } from '../support/rig.ts';

const CHECKED = RIG_CONFIGURATION.replace(
  '    servers:\n',
  '    health: { kind: tcp, interval: 300ms, rise: 2, fall: 2 }\n' +
    '    overflow: { rule: round-robin, above: 80%, below: 20%, whenFull: drop }\n    servers:\n',
);

/** A second VIP of the same service, for a class of clients, with servers of its own. */
const WITH_CLASS = `${CHECKED}
  - name: gold
    address: 10.0.0.1
    port: 80
    class: preferred
    fallback: busy
    buckets: 12
    health: { kind: tcp, interval: 300ms, rise: 2, fall: 2 }
    overflow: { rule: next, above: 80%, below: 20%, whenFull: reset }
    servers:
      - { name: g1, address: 10.0.0.21, port: 8080, mac: 02:00:00:00:00:05, switchPort: 5 }
      - { name: g2, address: 10.0.0.22, port: 8080, mac: 02:00:00:00:00:06, switchPort: 5 }
      - { name: g3, address: 10.0.0.23, port: 8080, mac: 02:00:00:00:00:07, switchPort: 5, spare: true }
classes: [{ name: preferred, prefixes: [10.0.0.100/30] }]
`;

const SERVERS = ['s1', 's2', 's3', 's4', 's5', 's6', 'g1', 'g2', 'g3'];
const server = fc.constantFrom(...SERVERS);
const about = fc.oneof(
  fc.record({ kind: fc.constantFrom('add', 'drain', 'remove', 'enable', 'disable'), server }),
  fc.record({ kind: fc.constant('swap'), server, replacement: server }),
  fc.record({ kind: fc.constant('weight'), server, weight: fc.integer({ min: 1, max: 5 }) }),
  fc.record({ kind: fc.constant('add'), server, rampMs: fc.integer({ min: 0, max: 5_000 }) }),
  fc.record({ kind: fc.constant('drain'), server, queue: fc.constant(true) }),
  fc.record({
    kind: fc.constant('change'),
    changes: fc.array(fc.record({ change: fc.constantFrom('add', 'drain', 'enable'), server }), {
      minLength: 1,
      maxLength: 3,
    }),
  }),
  fc.record({ kind: fc.constant('buckets'), buckets: fc.constantFrom(16, 17, 32), queue: fc.boolean() }),
  fc.record({ kind: fc.constant('remap'), hashSeed: fc.integer({ min: 0, max: 3 }) }),
  fc.record({ kind: fc.constant('forwarding'), forwarding: fc.record({ kind: fc.constantFrom('nat', 'direct') }) }),
  fc.record({ kind: fc.constant('remap'), affinity: fc.constantFrom('client', 'connection') }),
  fc.record({ kind: fc.constant('remove-vip') }),
);
const sensible = fc.oneof(
  // What is about a server is about its VIP, mostly.
  {
    weight: 6,
    arbitrary: fc.record({ about, vip: fc.constantFrom('web', 'gold') }).map(({ about, vip }) => {
      const name = 'server' in about ? about.server : '';
      return { ...about, vip: name.startsWith('g') ? 'gold' : name.startsWith('s') ? 'web' : vip };
    }),
  },
  { weight: 1, arbitrary: about },
  // Clients of the rig are 10.0.0.101 to 10.0.0.107.
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('reclass'),
      prefix: fc.constantFrom('10.0.0.100/30', '10.0.0.104/30', '10.0.0.106/32', '10.0.0.96/28'),
      class: fc.constantFrom('preferred', 'none', 'gold'),
      queue: fc.boolean(),
    }),
  },
);
const nonsense = fc.oneof(
  fc.jsonValue(),
  fc.record({ kind: fc.jsonValue(), server: fc.jsonValue(), vip: fc.jsonValue() }),
);
const act = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('request' as const), body: sensible }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('request' as const), body: nonsense }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('act' as const),
      action: fc.constantFrom(
        'approve' as const,
        'pause' as const,
        'goOn' as const,
        'abort' as const,
        'takeBack' as const,
      ),
      id: fc.integer({ min: 1, max: 8 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('apply' as const),
      start: fc.nat(WITH_CLASS.length),
      deleted: fc.nat(30),
      inserted: fc.string({ maxLength: 8 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('time' as const), ms: fc.constantFrom(200, 1_000, 3_000) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('die' as const), name: server }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('return' as const), name: server }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('queue' as const),
      names: fc.subarray(SERVERS, { minLength: 1 }),
      acceptQueue: fc.constantFrom(0, 50, 90, 90),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('kill' as const) }) },
);
type Act = typeof act extends fc.Arbitrary<infer T> ? T : never;

const reclass = (prefix: string, name: string, queue: boolean): Act => {
  return { do: 'request', body: { kind: 'reclass', prefix, class: name, queue } };
};

/** What has been found so, and is tried each time. */
const FOUND: [Act[]][] = [
  // The second move was given bucket numbers under which the switch still held the first one's.
  [
    [
      reclass('10.0.0.100/30', 'none', false),
      reclass('10.0.0.106/32', 'preferred', true),
      { do: 'time', ms: 3_000 },
      reclass('10.0.0.100/30', 'preferred', false),
      { do: 'request', body: { kind: 'remove-vip', vip: 'web' } },
      { do: 'time', ms: 200 },
      { do: 'act', action: 'approve', id: 1 },
      { do: 'act', action: 'approve', id: 1 },
    ],
  ],
];

/** Servers' accept queues, of 100, by name. */
type Queues = Map<string, number>;

/** What servers would report of their queues, and what comes of it. */
async function report(rig: Rig, queues: Queues): Promise<void> {
  const { engine, journal } = rig;
  const { servers } = journal.state;
  const statusOf = (id: number) => {
    const acceptQueue = queues.get(servers.get(id)?.name ?? '') ?? 0;
    return { connections: 0, halfOpen: 0, acceptQueue, acceptQueueLimit: 100 };
  };
  for (const id of [...servers.keys()]) {
    const wanted = onQueue(engine.operations, id, statusOf(id), statusOf);
    if (wanted !== undefined) await submit(rig, () => engine.submit(wanted));
  }
  const wanted = onRoom(engine.operations, statusOf);
  if (wanted !== undefined) await submit(rig, () => engine.submit(wanted));
}

async function carryOut(rig: Rig, down: Set<string>, queues: Queues, what: Act): Promise<void> {
  switch (what.do) {
    case 'request':
      await submit(rig, () => {
        const request = parseOperationRequest(JSON.parse(JSON.stringify(what.body)));
        return rig.engine.submit(() => rig.engine.operations.request(request));
      });
      break;
    case 'act':
      await submit(rig, () => rig.engine.submit(() => rig.engine.operations[what.action](what.id, { who: 'anna' })));
      break;
    case 'apply': {
      const text = WITH_CLASS.slice(0, what.start) + what.inserted + WITH_CLASS.slice(what.start + what.deleted);
      const run = () => applyConfiguration(rig.engine, parseApplyRequest({ fileName: 'f.yaml', text }), false, 'anna');
      await submit(rig, run);
      break;
    }
    case 'time':
      rig.openMany(6);
      await rig.advance(what.ms);
      break;
    case 'die': {
      // While packets get to it in two ways it is two.
      const { servers } = rig.status();
      const ids = servers.filter(({ name }) => name === what.name).map(({ id }) => id);
      down.add(what.name);
      rig.connections.splice(0, rig.connections.length, ...rig.connections.filter((one) => !ids.includes(one.server)));
      break;
    }
    case 'return':
      down.delete(what.name);
      break;
    case 'queue':
      for (const name of what.names) queues.set(name, what.acceptQueue);
      break;
    case 'kill':
      rig.kill();
      await rig.start();
      break;
  }
  await report(rig, queues);
  // What a mistaken removal of buckets or VIPs would break shows at once.
  rig.sendAll();
}

async function submit(rig: Rig, run: () => Promise<unknown>): Promise<void> {
  await rig.settle();
  const journal = rig.files.contents.get('journal')!.length;
  const written = rig.switch.log.length;
  let refused: unknown;
  const done = (async () => run())().catch((error: unknown) => {
    refused = error;
  });
  for (let round = 0; round < 6; round++) await rig.settle();
  await done;
  if (refused === undefined) return;
  expect(refused).toBeInstanceOf(OperationRefusedError);
  expect((refused as Error).message.length).toBeGreaterThan(5);
  expect([rig.files.contents.get('journal')!.length, rig.switch.log.length]).toEqual([journal, written]);
}

describe('requests at random', () => {
  it('are taken or refused as a whole, and no packet goes astray', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(act, { minLength: 5, maxLength: 25 }), async (acts) => {
        const rig = new Rig(WITH_CLASS);
        const { down } = rig;
        const queues: Queues = new Map();
        rig.switch.arpAnswers.set(0x0a00000f, { mac: '02:00:00:00:00:05', port: 5 });
        rig.probe = async (_, { name }) => (down.has(name) ? { ok: false, reason: 'refused' } : { ok: true });
        await rig.start();
        rig.openMany(40);
        await rig.advance(1_000);
        for (const what of acts) await carryOut(rig, down, queues, what);
        expect(rig.violations).toEqual([]);
        // Everybody goes home.
        down.clear();
        queues.clear();
        await report(rig, queues);
        await rig.advance(2_000);
        await report(rig, queues);
        for (const { id, phase } of rig.engine.operations.list()) {
          if (phase === 'paused')
            await submit(rig, () => rig.engine.submit(() => rig.engine.operations.goOn(id, { who: 'anna' })));
        }
        rig.close(() => true);
        const isOver = () => rig.engine.operations.list().every(({ phase }) => phase === 'finished');
        // Those that waited for each other take their time.
        for (let round = 0; round === 0 || (round < 4 && !isOver()); round++) await rig.advance(30_000);
        expect(rig.violations).toEqual([]);
        expect(rig.engine.operations.list().filter(({ phase }) => phase !== 'finished')).toEqual([]);
        expect(rig.status().counters.astray).toBe(0);
        for (const { bucketMap } of rig.status().vips) {
          const { base, current, phase } = bucketMap;
          expect(base).toEqual(current);
          expect(new Set(phase)).toEqual(new Set(['steady']));
        }
        expect(rig.journal.state.classes.filter(({ name }) => name.includes('>'))).toEqual([]);
        expect(rig.switch.entries('pins').size).toBe(0);
        expect(rig.switch.entries('refusals').size).toBe(0);
        await rig.dispose();
      }),
      { numRuns: Number(process.env.MOORING_FUZZ_RUNS ?? 40), examples: FOUND },
    );
  }, 300_000);
});
