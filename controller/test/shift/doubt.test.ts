/**
 * Looking for connections whose pins were lost: a world of connections that live on any server, of which the protocol
 * knows nothing. Whatever is asked in whatever order, each is found, its packets reach its own server, and no client
 * hears a reset of a connection that lives.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { onDoubtOver, startDoubt } from '../../src/shift/doubt.ts';
import { addBucket, createShiftState, type Output, type ShiftState, viewOf } from '../../src/shift/state.ts';
import { finishStep, step } from '../../src/shift/step.ts';
import type { Effect, ShiftEvent } from '../../src/shift/types.ts';

const SETTINGS = {
  idleMs: 6_000,
  inFlightMs: 200,
  handshakeMs: 2_000,
  tentativeMs: 2_200,
  learnAfterMs: 7_000,
  slots: 8,
  sweepChunk: 8,
  sweepLateMs: 2_000,
  pins: true,
};
const VIP = 1;
const SERVERS = [1, 2, 3, 4];
const KEY = '1/5/1000/0';
const NAME = { vip: VIP, bucket: 0 };
const frame = { port: 9, bytes: Uint8Array.of(1) };
const resetFrame = { port: 1, bytes: Uint8Array.of(2) };

function inDoubt(base: number, current: number, former: readonly number[] = []): ShiftState {
  const state = createShiftState(SETTINGS, 0);
  for (const server of SERVERS) viewOf(state, server);
  addBucket(state, NAME, base, current, 'shifting', true).former = former;
  startDoubt(state, { vip: VIP, buckets: [0], servers: SERVERS }, { effects: [], notices: [] });
  return state;
}

function act(state: ShiftState, ...events: ShiftEvent[]): Output {
  const out: Output = { effects: [], notices: [] };
  for (const event of events) step(state, event, out);
  finishStep(state, out);
  return out;
}

const kinds = (effects: readonly Effect[]) =>
  effects.map(({ kind }) => kind).filter((kind) => kind !== 'sweep' && kind !== 'timer');
const unknown = { kind: 'unknown-packet', key: KEY, ...NAME, frame } as const;
const reset = (server: number) => ({ kind: 'reset', key: KEY, ...NAME, server, frame: resetFrame }) as const;

describe('a connection whose pin was lost', () => {
  test('is found wherever it lives, and its client hears no reset', () => {
    const scenario = fc.record({
      home: fc.constantFrom(...SERVERS),
      base: fc.constantFrom(...SERVERS),
      current: fc.constantFrom(...SERVERS),
      former: fc.subarray(SERVERS),
      repeats: fc.integer({ min: 1, max: 3 }),
      isNamed: fc.boolean(),
    });
    fc.assert(
      fc.property(scenario, ({ home, base, current, former, repeats, isNamed }) => {
        const state = inDoubt(base, current, former);
        act(state, unknown);
        const asked: number[] = [];
        for (;;) {
          const at = state.pins.get(KEY)!.server;
          expect(asked).not.toContain(at);
          asked.push(at);
          if (at === home) break;
          // Each packet that had reached the wrong server is answered; who answers may not be known.
          const { effects } = act(state, reset(isNamed ? at : 0));
          expect(kinds(effects)).toEqual(['set-pin', 'receive']);
          if (!isNamed) continue;
          for (let late = 1; late < repeats; late++) expect(kinds(act(state, reset(at)).effects)).toEqual([]);
        }
        expect(asked[0]).toBe(base);
        expect(state.doubts.get(VIP)!.found).toBe(asked.filter((server) => server !== base).length);
      }),
    );
  });

  test('hears the reset when no server has it', () => {
    const state = inDoubt(1, 2);
    act(state, unknown);
    for (const server of [1, 2, 3]) act(state, reset(server));
    expect(kinds(act(state, reset(4)).effects)).toEqual(['pass-reset']);
  });

  test('is looked for as well when its packet went to the base without us', () => {
    const state = inDoubt(1, 2);
    expect(kinds(act(state, reset(1)).effects)).toEqual(['set-pin']);
    expect(state.pins.get(KEY)!.server).toBe(2);
    // One that we have not heard of lives in a slot there, and is reset by its own server.
    expect(kinds(act(inDoubt(1, 2), reset(2)).effects)).toEqual(['pass-reset']);
  });

  test('is not looked for on a server that has died', () => {
    const state = inDoubt(1, 2);
    act(state, { kind: 'server-died', server: 2, moves: [{ ...NAME, to: 3 }] }, unknown);
    act(state, reset(1));
    expect(state.pins.get(KEY)!.server).toBe(3);
  });

  test('is found by the agent that lists it', () => {
    const state = inDoubt(1, 2);
    const listed = { key: KEY, ...NAME, halfOpen: false };
    const { effects } = act(state, { kind: 'server-report', server: 4, token: undefined, connections: [listed] });
    expect(kinds(effects)).toContain('set-pin');
    expect(state.pins.get(KEY)).toMatchObject({ server: 4 });
    expect(kinds(act(state, reset(4)).effects)).toEqual(['pass-reset']);
  });

  test('keeps every server from counting as drained', () => {
    const state = inDoubt(1, 1);
    act(state, { kind: 'server-leaves', server: 3 });
    expect(viewOf(state, 3).stage).toBe('leaving');
    const out: Output = { effects: [], notices: [] };
    onDoubtOver(state, VIP, state.doubts.get(VIP)!.token, out);
    finishStep(state, out);
    expect(viewOf(state, 3).stage).toBe('sweeping');
  });
});

describe('others', () => {
  test('a known pin is no try: its reset goes on', () => {
    const state = inDoubt(1, 2);
    const pin = { key: KEY, ...NAME, server: 2 };
    state.sweep.trusted = true;
    act(state, { kind: 'pin-event', event: { kind: 'confirmed', slot: 3, generation: 1, pin } });
    expect(kinds(act(state, reset(2)).effects)).toEqual(['pass-reset']);
  });

  test('where tries have no room the bucket is as ever', () => {
    const state = inDoubt(1, 2);
    act(state, unknown);
    const { effects } = act(state, { kind: 'pin-refused', key: KEY });
    expect(effects).toContainEqual(
      expect.objectContaining({ kind: 'assign', assignment: expect.objectContaining({ doubt: false }) }),
    );
    expect(state.pins.has(KEY)).toBe(false);
  });

  test('when the time is over tries are pins like any others, and buckets are told', () => {
    const state = inDoubt(1, 2);
    act(state, unknown, reset(1));
    const token = state.doubts.get(VIP)!.token;
    const stale = act(state, { kind: 'doubt-over', vip: VIP, token: token + 1 });
    expect(stale.notices).toEqual([]);
    const { effects, notices } = act(state, { kind: 'doubt-over', vip: VIP, token });
    expect(notices).toEqual([{ kind: 'doubt-over', vip: VIP, found: 1 }]);
    expect(kinds(effects)).toEqual(['assign', 'doubt']);
    expect(kinds(act(state, reset(2)).effects)).toEqual(['pass-reset']);
  });
});
