/**
 * The controller of the search: the real decision code, with its effects carried out one stage at a time, so that
 * anything may happen between two stages, a crash included. A step is a function of state and events, so each is taken
 * once and remembered. The rules that a scope takes away are taken away here (and in the data plane).
 */
import { type Recovered, type RecoveredBucket, recover } from '../../src/shift/recover.ts';
import { createShiftState, type Output, type ShiftState } from '../../src/shift/state.ts';
import { finishStep, step } from '../../src/shift/step.ts';
import type { Effect, PinEvent, ShiftEvent, TimerEvent } from '../../src/shift/types.ts';
import { type Core, cloneState, dropDead, forgetCores, keep, normalise, type Renamed } from './core.ts';
import { forgetItems, itemOf, numberOf } from './items.ts';
import type { Scope } from './scope.ts';
import { arrive, forward, gone, listen, unpinnedLive } from './switch-model.ts';
import { BUCKET, comingsOf, flowOf, keyOf, LEAVER, RETURNED, SERVERS, SETTINGS, type World } from './world.ts';

/** The order in which what one step decides takes hold. */
export function stageOf(effect: Effect, scope: Scope): number {
  const without = scope.without;
  switch (effect.kind) {
    case 'doubt':
      return effect.on ? 0 : 5;
    case 'set-pin':
      return without.has('R4 install before release') ? 7 : 1;
    case 'assign':
    case 'assign-coming':
    case 'watch':
      return without.has('R7 write assignment before deleting pins') ? 4 : 2;
    case 'delete-pin':
    case 'unwatch':
      return without.has('R7 write assignment before deleting pins') ? 2 : 3;
    case 'ignore-pins-of':
      return 5;
    case 'release':
    case 'sweep':
    case 'receive':
    case 'pass-reset':
      return 6;
    default:
      return 8;
  }
}

/** What a step does to a world. */
interface Taken {
  readonly core: Core;
  readonly pending: readonly number[];
  readonly timers: readonly number[];
  readonly renamed: Renamed;
  readonly assigned: { readonly base: number; readonly current: number } | undefined;
  readonly drained: boolean;
}

const taken = new Map<string, Taken>();

/** Forgets everything that was remembered: a search of another scope begins. */
export function forgetSteps(): void {
  taken.clear();
  forgetCores();
  forgetItems();
}

/** Lets the controller hear events and decide; what it decides is pending. */
export function control(world: World, scope: Scope, events: readonly ShiftEvent[]): string | undefined {
  const key = `${world.core.id} ${events.map(numberOf).join()}`;
  let step = taken.get(key);
  if (step === undefined) {
    const state = cloneState(world.core.state);
    taken.set(key, (step = decide(state, events, { effects: [], notices: [] }, scope)));
  }
  return apply(world, step);
}

function decide(state: ShiftState, events: readonly ShiftEvent[], out: Output, scope: Scope): Taken {
  const { without } = scope;
  if (without.has('R4 generation check')) state.slots.clear();
  for (const event of events) step(state, event, out);
  if (without.has('R6 delete only after release')) for (const pin of state.pins.values()) pin.released = true;
  finishStep(state, out);
  const leaver = state.servers.get(LEAVER);
  if (without.has('R9 sweep before drained') && leaver?.stage === 'sweeping') {
    leaver.stage = 'in-flight';
    leaver.sweepUntil = undefined;
    const event = { kind: 'in-flight-over', server: LEAVER, token: leaver.token } as const;
    out.effects.push({ kind: 'timer', delayMs: 1, event });
  }
  // How many connections a server has matters when it leaves only.
  if (!scope.leave) for (const view of state.servers.values()) view.live = undefined;
  if (scope.reduced) dropDead(state, scope);
  const renamed = normalise(state);
  let assigned: Taken['assigned'];
  const timers = new Set<number>();
  const pending: { readonly effect: Effect; readonly index: number; readonly stage: number }[] = [];
  out.effects.forEach((given, index) => {
    if (given.kind === 'timer') {
      const timer = presentTimer(given.event, renamed, scope);
      if (timer !== undefined) timers.add(numberOf(timer));
      return;
    }
    const effect = presentEffect(given, renamed);
    if (effect === undefined) return;
    if (effect.kind === 'assign') assigned = effect.assignment;
    pending.push({ effect, index, stage: stageOf(effect, scope) });
  });
  return {
    core: keep(state),
    pending: pending.sort((a, b) => a.stage - b.stage || a.index - b.index).map(({ effect }) => numberOf(effect)),
    timers: [...timers],
    renamed,
    assigned,
    drained: out.notices.some((notice) => notice.kind === 'drained' && notice.server === LEAVER),
  };
}

/** An effect by the new names; undefined: somebody who waits no longer asked for it. */
function presentEffect(effect: Effect, { bucket, tag, questions }: Renamed): Effect | undefined {
  switch (effect.kind) {
    case 'read-watch':
      return effect.token === bucket ? { ...effect, token: 0 } : undefined;
    case 'sweep':
      return effect.tag === tag ? { ...effect, tag: 0 } : undefined;
    case 'ask-agent':
      return { ...effect, token: questions.get(effect.token) ?? 0 };
    default:
      return effect;
  }
}

function presentTimer(timer: TimerEvent, renamed: Renamed, scope: Scope): TimerEvent | undefined {
  switch (timer.kind) {
    case 'learn-due':
      return scope.learn && timer.token === renamed.bucket ? { ...timer, token: 0 } : undefined;
    case 'recheck-due':
      // Asking again is a matter of liveness where nothing was lost.
      return undefined;
    case 'prepared-due':
    case 'seal-due':
    case 'tentative-over':
      return timer.token === renamed.bucket ? { ...timer, token: 0 } : undefined;
    case 'server-tentative-over':
    case 'in-flight-over':
      return timer.token === renamed.servers.get(timer.server) ? { ...timer, token: 0 } : undefined;
    case 'sweep-late':
      return timer.tag === renamed.tag ? { ...timer, tag: 0 } : undefined;
    case 'doubt-over':
      return timer.token === renamed.doubt ? { ...timer, token: 0 } : undefined;
    case 'force-due':
    case 'closing-due':
      return timer;
    default:
      throw new Error(`unexpected ${JSON.stringify(timer satisfies never)}`);
  }
}

function apply(world: World, { core, pending, timers, renamed, assigned, drained }: Taken): string | undefined {
  world.core = core;
  world.pending = pending.slice();
  const { state } = core;
  const stays = (number: number): boolean => {
    const timer = itemOf<TimerEvent>(number);
    if (timer.kind === 'closing-due') return timer.keys.some((key) => state.pins.get(key)?.closing);
    if (timer.kind === 'sweep-late') return renamed.tag === 0;
    if (timer.kind === 'doubt-over') return renamed.doubt === 0;
    if ('name' in timer) return renamed.bucket === 0;
    return !('token' in timer) || renamed.servers.get(timer.server) === 0;
  };
  const all = new Set(world.timers.filter(stays));
  for (const timer of timers) all.add(timer);
  world.timers = [...all].sort((a, b) => a - b);
  // Answers to questions that nobody waits for any more say nothing, or no more than any other report.
  world.answers = world.answers.flatMap((number) => {
    const answer = itemOf<ShiftEvent>(number);
    if (answer.kind === 'watch-read' && renamed.bucket !== 0) return [];
    if (answer.kind !== 'server-report' || answer.token === undefined) return [number];
    return [numberOf({ ...answer, token: renamed.questions.get(answer.token) ?? 0 })];
  });
  if (renamed.tag !== undefined && renamed.tag !== 0) {
    const aged = (number: number): number => {
      const item = itemOf<PinEvent | Effect>(number);
      return 'tag' in item && item.tag === 0 ? numberOf({ ...item, tag: OLD_TAG }) : number;
    };
    world.digests = world.digests.map(aged);
    world.orders = world.orders.map(aged);
  }
  if (assigned !== undefined && !world.journalLate) {
    world.intended = assigned.current;
    world.intendedBase = assigned.base;
  }
  if (world.leaving && drained) {
    world.drained = true;
    const flow = world.flows.findIndex((candidate) => candidate.state === 2 && candidate.server === LEAVER);
    if (flow >= 0) return `server ${LEAVER} is reported drained while flow ${flow} lives on it`;
  }
  return undefined;
}

/** Of a sweep order that is no longer the one under way. */
const OLD_TAG = 9;

/** Carries out the next stage of what is pending. @returns how the invariant is broken, if it is */
export function carryOut(world: World, scope: Scope, refuse: boolean): string | undefined {
  const stage = stageOf(itemOf(world.pending[0]!), scope);
  let violation: string | undefined;
  while (world.pending.length > 0 && stageOf(itemOf(world.pending[0]!), scope) === stage) {
    const effect = itemOf<Effect>(world.pending.shift()!);
    if (effect.kind === 'set-pin' && refuse && world.pins[flowOf(effect.key)] === 0) {
      // As the engine does: what relies on the pin is not sent, and the protocol hears of it.
      const { key } = effect;
      world.pending = world.pending.filter((number) => {
        const other = itemOf<Effect>(number);
        return !((other.kind === 'release' || other.kind === 'receive') && other.key === key);
      });
      world.answers.push(numberOf({ kind: 'pin-refused', key }));
    } else violation ??= perform(world, scope, effect);
  }
  if (world.pending.length === 0) world.empty = false;
  return violation;
}

/** What an effect does to switch and network. @returns how the invariant is broken, if it is */
export function perform(world: World, scope: Scope, effect: Effect): string | undefined {
  switch (effect.kind) {
    case 'assign': {
      const { assignment } = effect;
      if (world.journalLate) {
        world.intended = assignment.current;
        world.intendedBase = assignment.base;
      }
      world.base = assignment.base;
      world.current = assignment.preparing ? assignment.base : assignment.current;
      world.learnBit =
        assignment.learn && !(assignment.preparing && scope.without.has('R2 learn before a flip (one-way)'));
      world.seal = assignment.seal && !scope.without.has('R5 seal');
      world.unsettled = assignment.unsettled;
      world.doubt = assignment.doubt === true;
      if (assignment.preparing) listen(world);
      return undefined;
    }
    case 'assign-coming':
      world.coming[effect.name.bucket] = effect.server;
      return undefined;
    case 'watch':
      world.watch = true;
      return undefined;
    case 'unwatch':
      world.watch = false;
      world.watchNotice = false;
      return undefined;
    case 'set-pin': {
      const flow = flowOf(effect.key);
      world.pins[flow] = effect.server;
      world.closing[flow] = effect.closing;
      world.pinNotices[flow] = false;
      return undefined;
    }
    case 'delete-pin': {
      const flow = flowOf(effect.key);
      world.pins[flow] = 0;
      world.closing[flow] = false;
      world.pinNotices[flow] = false;
      return undefined;
    }
    case 'release':
    case 'sweep': {
      // One that is under way already stands for both; doubling is a transition of its own.
      const number = numberOf(effect);
      if (!world.orders.includes(number)) world.orders.push(number);
      return undefined;
    }
    case 'doubt':
      world.doubtResets = effect.on;
      listen(world);
      return undefined;
    case 'receive': {
      const { port } = effect.frame;
      const index = port >> 3;
      const flow = world.flows[index]!;
      // The packet of a connection that is over by now is nobody's.
      if (flow.state !== 2 || flow.incarnation !== (port & 7)) return undefined;
      return arrive(world, index, forward(world, scope, index, false));
    }
    case 'pass-reset': {
      const { port } = effect.frame;
      const flow = world.flows[port >> 3]!;
      const isIts = flow.state === 2 && flow.incarnation === (port & 7);
      return isIts ? `a reset is passed on to flow ${port >> 3}, which lives on ${flow.server}` : undefined;
    }
    case 'read-watch': {
      const idle = !unpinnedLive(world) || scope.without.has('R5 check');
      const elapsedMs = world.watch ? (idle ? SETTINGS.idleMs : 0) : undefined;
      world.answers.push(numberOf({ kind: 'watch-read', name: effect.name, token: effect.token, elapsedMs }));
      return undefined;
    }
    case 'read-pin': {
      const idle = gone(world, flowOf(effect.key)) || scope.without.has('R6 wait before deleting a pin');
      world.answers.push(numberOf({ kind: 'pin-read', key: effect.key, elapsedMs: idle ? SETTINGS.handshakeMs : 0 }));
      return undefined;
    }
    case 'ask-agent':
      world.answers.push(numberOf(reportOf(world, scope, effect.server, effect.token)));
      return undefined;
    case 'ignore-pins-of':
      world.ignored = effect.server;
      return undefined;
    case 'timer':
      return undefined;
    default:
      throw new Error(`unexpected ${JSON.stringify(effect satisfies never)}`);
  }
}

/** All connections of a server, as its agent sees them now. */
export function reportOf(world: World, scope: Scope, server: number, token: number | undefined): ShiftEvent {
  const connections = world.flows.flatMap((flow, index) => {
    const held = flow.held[server]!;
    const unseen = scope.without.has('R5 check') || (scope.without.has('R6 wait before deleting a pin') && token !== 0);
    return held === 0 || unseen ? [] : [{ key: keyOf(index), ...BUCKET, halfOpen: held % 2 === 1 }];
  });
  return { kind: 'server-report', server, token, connections };
}

/** Everything the process knew is gone, or another takes over; the switch, the network and the journal are not. */
export function restart(world: World, scope: Scope): string | undefined {
  world.crashes++;
  const fenced = !scope.without.has('R11 fence and barrier');
  // What the old controller had decided and not written: refused by the switch, whose primary is another now.
  if (scope.without.has('R11 fence writes')) world.ghost = world.pending.slice();
  const bucket: RecoveredBucket = {
    ...BUCKET,
    base: world.base === world.declared ? world.intendedBase : world.base,
    current: world.intended,
    unsettled: world.unsettled || world.current !== world.intended,
    learn: world.learnBit,
    flipped: world.current === world.intended,
    oneWay: scope.oneWay,
    watchElapsedMs: world.watch ? (unpinnedLive(world) ? 0 : SETTINGS.idleMs) : undefined,
  };
  const pins = world.pins.flatMap((server, flow) => {
    if (server === 0 || server === world.declared) return [];
    const elapsedMs = gone(world, flow) ? SETTINGS.idleMs : 0;
    return [{ key: keyOf(flow), ...BUCKET, server, closing: world.closing[flow]!, elapsedMs, guessed: true }];
  });
  // Orders of the old epoch are ignored from the moment the new one is written.
  if (fenced) world.orders = [];
  forgetSession(world);
  return begin(world, scope, {
    bucket,
    pins,
    doubt: world.doubt || (world.empty && bucket.base !== bucket.current),
    trusted: !fenced,
  });
}

/** The switch starts anew: empty, and filled again by the same controller from what it knows. */
export function restartSwitch(world: World, scope: Scope): string | undefined {
  const { state } = world.core;
  const before = state.vips.get(1)![0]!;
  world.restarts++;
  world.empty = true;
  for (const slot of world.slots)
    Object.assign(slot, { state: 'empty', key: '', server: 0, generation: 0, answer: undefined });
  world.orders = [];
  world.digests = [];
  world.pins.fill(0);
  world.closing.fill(false);
  Object.assign(world, { base: world.intendedBase, current: world.intended, learnBit: false, seal: false });
  world.coming = [...intendedComing(world)];
  Object.assign(world, { unsettled: false, doubt: false, doubtResets: false, watch: false, ignored: 0 });
  const bucket: RecoveredBucket = {
    ...BUCKET,
    base: world.intendedBase,
    current: world.intended,
    unsettled: false,
    learn: false,
    flipped: false,
    oneWay: scope.oneWay,
    watchElapsedMs: undefined,
    former: before.former,
  };
  const pins = [...state.pins.values()].map(({ key, server }) => {
    return { key, ...BUCKET, server, closing: false, elapsedMs: 0 };
  });
  const doubt = (before.unsettled || before.inDoubt) && !scope.without.has('R8 look for lost pins');
  forgetSession(world);
  return begin(world, scope, { bucket, pins, doubt, trusted: false });
}

/** What a session has under way goes with it. */
function forgetSession(world: World): void {
  world.pending = [];
  world.timers = [];
  world.answers = [];
  world.watchNotice = false;
  world.pinNotices.fill(false);
}

interface Beginning extends Pick<Recovered, 'pins'> {
  readonly bucket: RecoveredBucket;
  readonly doubt: boolean;
  /** Nothing is fenced, so everything is believed. */
  readonly trusted: boolean;
}

/** A session begins: with what switch and journal say, as `reconcile` does. */
function begin(world: World, scope: Scope, { bucket, pins, doubt, trusted }: Beginning): string | undefined {
  const known = SERVERS.filter((server) => !(world.drained && server === LEAVER) && server !== world.declared);
  const servers = world.returned ? [...known, RETURNED] : known;
  const recovered: Recovered = {
    buckets: [bucket],
    pins,
    servers,
    leaving: world.leaving && !world.drained ? [LEAVER] : [],
    dead: world.declared === 0 ? [] : [world.declared],
    pinIdleMs: SETTINGS.idleMs,
    comings: comingsOf(scope, intendedComing(world)),
    doubts: doubt && !scope.oneWay ? [{ vip: 1, buckets: [0], servers }] : [],
  };
  const key = `begin ${JSON.stringify(recovered)} ${world.declared} ${world.empty} ${world.watch} ${world.pins} ${world.coming} ${trusted}`;
  let first = taken.get(key);
  if (first === undefined) {
    const state = createShiftState({ ...SETTINGS, slots: world.slots.length }, 0);
    if (trusted) state.sweep.trusted = true;
    const out: Output = { effects: [], notices: [] };
    recover(state, recovered, out);
    for (const view of state.servers.values()) view.agent = scope.agents && !view.ended;
    out.effects.push(...missing(world, state));
    first = decide(state, [], out, scope);
    taken.set(key, first);
  }
  return apply(world, first);
}

/** The journal's word on the servers of the coming mapping: it is written when they are decided. */
function intendedComing(world: World): readonly number[] {
  return world.core.state.comings.get(1)?.servers ?? world.coming;
}

/** What a flush writes besides, because the switch does not have it, or should not. */
function missing(world: World, state: ShiftState): Effect[] {
  const effects: Effect[] = [];
  const bucket = state.vips.get(1)![0]!;
  if (world.declared !== 0) {
    effects.push({ kind: 'ignore-pins-of', server: world.declared });
    world.pins.forEach((server, flow) => {
      if (server === world.declared) effects.push({ kind: 'delete-pin', key: keyOf(flow) });
    });
  }
  if (world.empty) {
    for (const { key, server } of state.pins.values()) effects.push({ kind: 'set-pin', key, server, closing: false });
  }
  intendedComing(world).forEach((server, bucket) => {
    if (server !== world.coming[bucket]) effects.push({ kind: 'assign-coming', name: { vip: 1, bucket }, server });
  });
  if (world.watch && bucket.base === bucket.current) effects.push({ kind: 'unwatch', name: BUCKET });
  if (bucket.phase === 'steady') {
    const { base, current, inDoubt: doubt } = bucket;
    const still = { preparing: false, learn: false, seal: false, unsettled: false, doubt };
    effects.push({ kind: 'assign', name: BUCKET, assignment: { base, current, ...still } });
  }
  return effects;
}
