/**
 * Faults at every single step. A scenario runs once to count the calls to disk and switch; then once for each of them,
 * with the controller killed (or the switch gone) exactly there and started again. Every run must end in the same
 * state, with every packet of every connection at its server all along.
 */
import { describe, expect, it } from 'vitest';
import { SwitchLostError } from '../../src/switch-port/port.ts';
import { Rig } from '../support/rig.ts';

class Killed extends Error {}

/** Add one, swap one, drain one, with connections coming and going; `step` is called between. */
async function scenario(rig: Rig, step: () => Promise<void>): Promise<void> {
  rig.openMany(24);
  const run = async (durationMs: number): Promise<void> => {
    for (let left = durationMs; left > 0; left -= 500) {
      rig.openMany(3);
      await step();
      await rig.advance(500);
    }
  };
  const order = async (request: Parameters<Rig['operate']>[0]): Promise<void> => {
    // A request that a crash swallowed is made again; one that was recorded is under way.
    for (;;) {
      await step();
      const { kind, server } = request;
      if (rig.engine.operations.list().some((operation) => operation.kind === kind && operation.server === server))
        return;
      await rig.operate(request).catch(() => undefined);
    }
  };
  await order({ kind: 'add', server: 's4' });
  await run(5_000);
  await order({ kind: 'swap', server: 's1', replacement: 's5' });
  await run(1_000);
  await order({ kind: 'drain', server: 's2' });
  await run(1_000);
  const leaving = new Set(['s1', 's2'].map((name) => rig.serverId(name)));
  rig.close((connection) => leaving.has(connection.server));
  await run(8_000);
  await step();
}

function outcome(rig: Rig): unknown {
  const status = rig.status();
  return {
    operations: status.operations.map(({ kind, server, outcome }) => ({ kind, server, outcome })),
    servers: status.servers.map(({ name, state, buckets, baseBuckets }) => ({ name, state, buckets, baseBuckets })),
    current: status.vips[0]!.bucketMap.current.map((id) => status.servers.find((server) => server.id === id)!.name),
    settled: [...rig.switch.entries('buckets').values()].every(
      (entry) => entry.params[0] === entry.params[1] && entry.params[4] === 0,
    ),
    watches: rig.switch.entries('drain_watch').size,
    servers_: rig.switch.entries('servers').size,
    slots: rig.switch.ways.flat().filter((slot) => slot.state === 'confirmed').length,
  };
}

function newRig(): Rig {
  const rig = new Rig();
  rig.switch.arpAnswers.set(0x0a00000f, { mac: '02:00:00:00:00:05', port: 5 });
  return rig;
}

/** A fault to come. */
interface Fault {
  /** To disk and switch, so far. */
  readonly calls: number;
  /** Starts the controller, also again; waits for a lost switch. */
  restart(): Promise<void>;
}

/** Has the controller killed, or the switch lost, at call number `at`; counts the calls from now on. */
function injectFault(rig: Rig, at: number, fault: 'kill' | 'tear' | 'lose'): Fault {
  let calls = 0;
  let dead = false;
  const call = (): void => {
    if (dead) throw new Killed();
    if (++calls !== at) return;
    if (fault === 'lose') {
      rig.switch.drop('pulled the plug');
      throw new SwitchLostError('pulled the plug');
    }
    dead = true;
    throw new Killed();
  };
  rig.files.torn = fault === 'tear' ? 20 : 0;
  // The plug is the switch's; the disk has its own faults.
  if (fault !== 'lose') rig.files.onWrite = call;
  rig.switch.onCall = call;
  return {
    get calls() {
      return calls;
    },
    async restart() {
      for (let attempt = 0; dead || rig.engine === undefined; attempt++) {
        if (attempt > 3) throw new Error('does not come up');
        if (rig.engine !== undefined) rig.kill();
        dead = false;
        await rig.start().catch((error: unknown) => {
          // A switch that goes away during the first start makes the start fail; who starts it starts it again.
          if (!(error instanceof Killed || error instanceof SwitchLostError)) throw error;
          dead = true;
        });
      }
      // After a loss of the switch the controller comes back by itself.
      for (let waited = 0; rig.engine.session === undefined && !dead; waited++) {
        if (waited > 50) throw new Error('does not come back');
        await rig.clock.advance(100, rig.settle);
      }
    },
  };
}

/** Runs the scenario with a fault at call number `at`; counts the calls. */
async function runWithFault(at: number, fault: 'kill' | 'tear' | 'lose'): Promise<{ rig: Rig; calls: number }> {
  const rig = newRig();
  const injected = injectFault(rig, at, fault);
  await injected.restart();
  await scenario(rig, () => injected.restart());
  return { rig, calls: injected.calls };
}

/** A switch starts anew in the middle of a swap, and the fault comes at call number `at` while it is filled again. */
async function refillWithFault(at: number, fault: 'kill' | 'lose'): Promise<{ rig: Rig; calls: number }> {
  const rig = newRig();
  await rig.start();
  rig.openMany(24);
  await rig.operate({ kind: 'swap', server: 's1', replacement: 's5' });
  await rig.advance(500);
  rig.switch.reset();
  rig.switch.log.length = 0;
  const injected = injectFault(rig, at, fault);
  const { onCall } = rig.switch;
  // Packet-outs are sent off and cannot fail; some are sent by timers.
  rig.switch.onCall = (what) => {
    if (!what.startsWith('order')) onCall(what);
  };
  for (let waited = 0; rig.switch.entries('vips').size === 0; waited++) {
    if (waited > 50) throw new Error('is not filled');
    await rig.clock.advance(100, rig.settle);
    await injected.restart();
  }
  const { calls } = injected;
  rig.switch.onCall = () => undefined;
  rig.files.onWrite = () => undefined;
  return { rig, calls };
}

describe('crashes', () => {
  it.each(['kill', 'tear', 'lose'] as const)(
    '%s at any call to disk or switch: the same end, no packet astray',
    async (fault) => {
      const { rig: reference, calls } = await runWithFault(0, fault);
      const expected = outcome(reference);
      expect(expected).toMatchObject({ settled: true, watches: 0, slots: 0 });
      expect(reference.violations).toEqual([]);
      await reference.dispose();
      expect(calls).toBeGreaterThan(50);
      for (let at = 1; at <= calls; at++) {
        const { rig } = await runWithFault(at, fault);
        expect(rig.violations, `fault at call ${at}`).toEqual([]);
        expect(outcome(rig), `fault at call ${at}`).toEqual(expected);
        await rig.dispose();
      }
    },
  );

  it.each(['kill', 'lose'] as const)(
    '%s at any call while a switch that has started anew is filled: lost pins are looked for all the same',
    async (fault) => {
      const { calls } = await refillWithFault(0, fault);
      expect(calls).toBeGreaterThan(10);
      for (let at = 1; at <= calls; at++) {
        const { rig } = await refillWithFault(at, fault);
        const inShift = [...rig.switch.entries('buckets').values()].filter(({ params }) => params[0] !== params[1]);
        expect(inShift.length, `fault at call ${at}`).toBeGreaterThan(0);
        for (const { key, params } of inShift) expect(params[5], `bucket ${key}, fault at call ${at}`).not.toBe(0);
        await rig.dispose();
      }
    },
  );

  it('a switch that has started anew floods nothing before it translates what servers send', async () => {
    const { rig } = await refillWithFault(0, 'lose');
    const { log } = rig.switch;
    const lastEntry = log.findLastIndex((line) => /^insert (returns|vips) /.test(line));
    expect(lastEntry).toBeGreaterThan(0);
    expect(log.indexOf('flood group')).toBeGreaterThan(lastEntry);
    await rig.dispose();
  });
});
