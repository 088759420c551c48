/**
 * What waits in the bucket protocol while a switch is away that may be forwarding, each by itself; what they are
 * together is in `engine/`.
 */
import { expect, it } from 'vitest';
import { type Recovered, type RecoveredBucket, recover } from '../../src/shift/recover.ts';
import { isReady } from '../../src/shift/remap.ts';
import { createShiftState, type Output, type ShiftState } from '../../src/shift/state.ts';
import { finishStep, step } from '../../src/shift/step.ts';
import type { ShiftEvent } from '../../src/shift/types.ts';

const SETTINGS = {
  idleMs: 2_000,
  inFlightMs: 100,
  handshakeMs: 1_000,
  tentativeMs: 1_100,
  learnAfterMs: 500,
  slots: 16,
  sweepChunk: 16,
  sweepLateMs: 1_000,
  pins: true,
};
const [BASE, TARGET] = [1, 2];
const NAME = { vip: 1, bucket: 0 };
const KEY = '1/167772263/2000';

/** A bucket in shift, flipped in the switch. */
function begin(
  more: Partial<RecoveredBucket> = {},
  others: Partial<Recovered> = {},
): { state: ShiftState; happens: (event: ShiftEvent) => Output } {
  const state = createShiftState(SETTINGS, 0);
  const bucket = { ...NAME, base: BASE, current: TARGET, learn: false, flipped: true, unsettled: true };
  const buckets = [{ ...bucket, watchElapsedMs: undefined, ...more }];
  const out: Output = { effects: [], notices: [] };
  const rest = { pins: [], servers: [BASE, TARGET], leaving: [], pinIdleMs: 2_000, awaiting: true };
  recover(state, { buckets, ...rest, ...others }, out);
  finishStep(state, out);
  const happens = (event: ShiftEvent): Output => {
    const result: Output = { effects: [], notices: [] };
    step(state, event, result);
    finishStep(state, result);
    return result;
  };
  // The first order's answer: from now on reports are believed.
  happens({ kind: 'pin-event', event: { kind: 'swept', tag: 0, reports: 0 } });
  return { state, happens };
}

function phaseOf({ state }: { readonly state: ShiftState }): string {
  return state.vips.get(1)![0]!.phase;
}

it('a bucket in shift waits with its base as current server, and is flipped when all are told', () => {
  const waiting = begin();
  expect(phaseOf(waiting)).toBe('waiting');
  expect(waiting.happens({ kind: 'hold', vip: 1, buckets: [0], held: true }).effects).toEqual([]);
  waiting.happens({ kind: 'hold', vip: 1, buckets: [0], held: false });
  const { effects } = waiting.happens({ kind: 'switches-complete' });
  expect(effects).toContainEqual({ kind: 'watch', name: NAME });
  expect(effects).toContainEqual(
    expect.objectContaining({
      kind: 'assign',
      assignment: expect.objectContaining({ base: BASE, current: TARGET, preparing: false }),
    }),
  );
  expect(phaseOf(waiting)).toBe('shifting');
});

it('a one-way bucket that is flipped stays so, and nothing seals it', () => {
  const flipped = begin({ oneWay: true });
  expect(phaseOf(flipped)).toBe('shifting');
  flipped.happens({ kind: 'watch-idle', name: NAME });
  flipped.happens({ kind: 'agent', server: BASE, reachable: true });
  flipped.happens({ kind: 'server-report', server: BASE, token: undefined, connections: [] });
  expect(phaseOf(flipped)).toBe('shifting');
  flipped.happens({ kind: 'agent', server: BASE, reachable: false });
  flipped.happens({ kind: 'switches-complete' });
  flipped.happens({ kind: 'watch-idle', name: NAME });
  expect(phaseOf(flipped)).toBe('sealed');
});

it('one that prepares goes on preparing', () => {
  const preparing = begin({ oneWay: true, flipped: false });
  const { token } = preparing.state.vips.get(1)![0]!;
  for (let times = 0; times < 3; times++) preparing.happens({ kind: 'prepared-due', name: NAME, token });
  expect(phaseOf(preparing)).toBe('preparing');
  preparing.happens({ kind: 'switches-complete' });
  for (let times = 0; times < 3; times++) preparing.happens({ kind: 'prepared-due', name: NAME, token });
  expect(phaseOf(preparing)).toBe('shifting');
});

it('a deadline ends nobody, and a pin of a connection that is gone stays', () => {
  const leaving = begin({ oneWay: true, learn: true });
  leaving.happens({ kind: 'pin-event', event: { kind: 'learned', pin: { ...NAME, key: KEY, server: BASE } } });
  expect(leaving.state.pins.has(KEY)).toBe(true);
  expect(leaving.happens({ kind: 'pin-idle', key: KEY }).effects).toEqual([]);
  leaving.happens({ kind: 'server-leaves', server: BASE });
  leaving.happens({ kind: 'deadline', server: BASE });
  leaving.happens({ kind: 'force-due', server: BASE });
  expect(leaving.state.vips.get(1)![0]).toMatchObject({ base: BASE, current: TARGET });
  leaving.happens({ kind: 'switches-complete' });
  expect(leaving.happens({ kind: 'force-due', server: BASE }).notices).toContainEqual(
    expect.objectContaining({ kind: 'ended', keys: [KEY] }),
  );
});

it('a dead server gives its buckets away at once', () => {
  const dying = begin();
  const { effects } = dying.happens({ kind: 'server-died', server: BASE, moves: [] });
  expect(effects).toContainEqual(
    expect.objectContaining({ kind: 'assign', assignment: expect.objectContaining({ base: TARGET, current: TARGET }) }),
  );
  // Its registers cannot be swept yet.
  expect(effects.some(({ kind }) => kind === 'sweep')).toBe(false);
  expect(dying.happens({ kind: 'switches-complete' }).effects).toContainEqual(
    expect.objectContaining({ kind: 'sweep', count: 16 }),
  );
});

it('whoever is looked for may be pinned where nobody can look: the search goes on', () => {
  const doubts = [{ vip: 1, buckets: [0], servers: [BASE, TARGET] }];
  const searching = begin({}, { doubts });
  const over = { kind: 'doubt-over', vip: 1, token: 1 } as const;
  expect(searching.happens(over)).toMatchObject({ effects: [{ kind: 'timer', event: over }], notices: [] });
  searching.happens({ kind: 'switches-complete' });
  expect(searching.happens(over).notices).toContainEqual({ kind: 'doubt-over', vip: 1, found: 0 });
});

it('a coming mapping does not take the place of the present one', () => {
  const comings = [{ vip: 1, hash: { buckets: 1, seed: 0, portMask: 0 }, servers: [TARGET] }];
  const { state, happens } = begin({ current: 0 }, { comings });
  state.vips.get(1)![0]!.ready = true;
  expect(isReady(state, 1)).toBe(false);
  happens({ kind: 'switches-complete' });
  state.vips.get(1)![0]!.ready = true;
  expect(isReady(state, 1)).toBe(true);
});

it('a server whose deadline has come is not cut off while one that is away would go on sending to it', () => {
  const ending = begin({ base: TARGET });
  ending.happens({ kind: 'server-leaves', server: BASE });
  expect(ending.happens({ kind: 'deadline', server: BASE }).effects).toEqual([
    expect.objectContaining({ kind: 'timer' }),
  ]);
  expect(ending.state.servers.get(BASE)!.ended).toBe(false);
  expect(ending.happens({ kind: 'switches-complete' }).effects).toContainEqual({
    kind: 'ignore-pins-of',
    server: BASE,
  });
});

it('a bucket that settles and is to be shifted leaves the sweep, and its timers are stale', () => {
  const settling = begin({ base: TARGET });
  const bucket = settling.state.vips.get(1)![0]!;
  expect(bucket.phase).toBe('settling');
  const { token } = bucket;
  settling.happens({ kind: 'retarget', vip: 1, moves: [[0, BASE]] });
  expect(bucket.phase).toBe('waiting');
  expect(bucket.token).toBeGreaterThan(token);
  settling.happens({ kind: 'switches-complete' });
  for (let tag = 1; tag < 4; tag++) settling.happens({ kind: 'pin-event', event: { kind: 'swept', tag, reports: 0 } });
  expect(bucket.phase).toBe('shifting');
});

it('a bucket on its way to a coming mapping whose base dies gets another one, and goes on waiting', () => {
  const comings = [{ vip: 1, hash: { buckets: 1, seed: 0, portMask: 0 }, servers: [TARGET] }];
  const dying = begin({ current: 0 }, { comings });
  dying.happens({ kind: 'server-died', server: BASE, moves: [{ ...NAME, to: TARGET }] });
  expect(dying.state.vips.get(1)![0]).toMatchObject({ phase: 'waiting', base: TARGET, current: 0 });
});
