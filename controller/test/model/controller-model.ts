/**
 * The controller of the search: the real decision code, with its effects carried out one stage at a time, so that anything may happen
 * between two stages, a crash included. The rules that a scope takes away are taken away here (and in the data plane).
 */
import { recover } from '../../src/shift/recover.ts';
import { createShiftState, type Output } from '../../src/shift/state.ts';
import { finishStep, step } from '../../src/shift/step.ts';
import type { Effect, ShiftEvent } from '../../src/shift/types.ts';
import type { Scope } from './scope.ts';
import { gone, unpinnedLive } from './switch-model.ts';
import { BUCKET, flowOf, keyOf, LEAVER, SERVERS, SETTINGS, type World } from './world.ts';

/** The order in which what one step decides takes hold. */
function stageOf(effect: Effect, scope: Scope): number {
  const without = scope.without;
  switch (effect.kind) {
    case 'set-pin':
      return without.has('R4 install before release') ? 6 : 1;
    case 'assign':
    case 'watch':
      return without.has('R7 write assignment before deleting pins') ? 4 : 2;
    case 'delete-pin':
    case 'unwatch':
      return without.has('R7 write assignment before deleting pins') ? 2 : 3;
    case 'release':
    case 'sweep':
      return 5;
    case 'ignore-pins-of':
      return 4;
    default:
      return 7;
  }
}

/** Lets the controller hear events and decide; what it decides is pending. */
export function control(
  world: World,
  scope: Scope,
  events: readonly ShiftEvent[],
  recovering?: Output,
): string | undefined {
  const out: Output = recovering ?? { effects: [], notices: [] };
  if (scope.without.has('R4 generation check')) world.core.slots.clear();
  for (const event of events) step(world.core, event, out);
  if (scope.without.has('R6 delete only after release')) {
    for (const pin of world.core.pins.values()) pin.released = true;
  }
  finishStep(world.core, out);
  const leaver = world.core.servers.get(LEAVER);
  if (scope.without.has('R9 sweep before drained') && leaver?.stage === 'sweeping') {
    leaver.stage = 'in-flight';
    leaver.sweepUntil = undefined;
    world.timers.push({ kind: 'in-flight-over', server: LEAVER, token: leaver.token });
  }
  for (const effect of out.effects) {
    if (effect.kind === 'assign') {
      world.intended = effect.assignment.current;
      world.intendedBase = effect.assignment.base;
    } else if (effect.kind === 'timer') {
      // Tokens tell stale timers; those of the present are one of a kind.
      const text = JSON.stringify(effect.event);
      if (!world.timers.some((timer) => JSON.stringify(timer) === text)) world.timers.push(effect.event);
    }
  }
  world.pending = out.effects
    .filter((effect) => effect.kind !== 'timer')
    .map((effect, index) => ({ effect, index, stage: stageOf(effect, scope) }))
    .sort((a, b) => a.stage - b.stage || a.index - b.index)
    .map(({ effect }) => effect);
  if (world.leaving && out.notices.some((notice) => notice.kind === 'drained' && notice.server === LEAVER)) {
    world.drained = true;
    const flow = world.flows.findIndex((candidate) => candidate.state === 'established' && candidate.server === LEAVER);
    if (flow >= 0) return `server ${LEAVER} is reported drained while flow ${flow} lives on it`;
  }
  return undefined;
}

/** Carries out the next stage of what is pending. */
export function carryOut(world: World, scope: Scope, refuse: boolean): void {
  const stage = stageOf(world.pending[0]!, scope);
  const reads: ShiftEvent[] = [];
  while (world.pending.length > 0 && stageOf(world.pending[0]!, scope) === stage) {
    const effect = world.pending.shift()!;
    switch (effect.kind) {
      case 'assign': {
        const { assignment } = effect;
        world.base = assignment.base;
        world.current = assignment.current;
        world.learnBit = assignment.learn;
        world.seal = assignment.seal && !scope.without.has('R5 seal');
        world.unsettled = assignment.unsettled;
        break;
      }
      case 'watch':
        world.watch = true;
        break;
      case 'unwatch':
        world.watch = false;
        world.watchNotice = false;
        break;
      case 'set-pin': {
        const flow = flowOf(effect.key);
        if (refuse && world.pins[flow] === 0) {
          // As the engine does: the release is not sent, and the protocol hears of it.
          world.pending = world.pending.filter((other) => !(other.kind === 'release' && other.key === effect.key));
          reads.push({ kind: 'pin-refused', key: effect.key });
          break;
        }
        world.pins[flow] = effect.server;
        world.closing[flow] = effect.closing;
        world.pinNotices[flow] = false;
        break;
      }
      case 'delete-pin': {
        const flow = flowOf(effect.key);
        world.pins[flow] = 0;
        world.closing[flow] = false;
        world.pinNotices[flow] = false;
        break;
      }
      case 'release':
      case 'sweep':
        // One that is under way already stands for both; doubling is a transition of its own.
        if (!world.orders.some((order) => JSON.stringify(order) === JSON.stringify(effect))) world.orders.push(effect);
        break;
      case 'read-watch': {
        const idle = !unpinnedLive(world) || scope.without.has('R5 check');
        reads.push({
          kind: 'watch-read',
          name: effect.name,
          token: effect.token,
          elapsedMs: world.watch ? (idle ? SETTINGS.idleMs : 0) : undefined,
        });
        break;
      }
      case 'read-pin': {
        const flow = flowOf(effect.key);
        const idle = gone(world, flow) || scope.without.has('R6 wait before deleting a pin');
        reads.push({ kind: 'pin-read', key: effect.key, elapsedMs: idle ? SETTINGS.handshakeMs : 0 });
        break;
      }
      case 'ignore-pins-of':
        world.ignored = effect.server;
        break;
      // Not searched: what a switch that starts anew leads to (test/shift/doubt.test.ts).
      case 'doubt':
      case 'receive':
      case 'pass-reset':
      case 'ask-agent':
      case 'timer':
        break;
      default:
        throw new Error(`unexpected ${JSON.stringify(effect satisfies never)}`);
    }
  }
  // An answer is acted upon in a turn of its own, after whatever came between.
  for (const event of reads) world.answers.push(event);
}

/** Everything the process knew is gone; the switch, the network and the journal are not. */
export function restart(world: World, scope: Scope): string | undefined {
  world.crashes++;
  world.epoch++;
  world.pending = [];
  world.timers = [];
  world.answers = [];
  world.watchNotice = false;
  world.pinNotices.fill(false);
  const fenced = !scope.without.has('R11 fence and barrier');
  // Orders of the old epoch are ignored from the moment the new one is written.
  if (fenced) world.orders = [];
  const core = createShiftState({ ...SETTINGS, slots: world.slots.length }, world.epoch << 8);
  if (!fenced) core.sweep.trusted = true;
  world.core = core;
  const out: Output = { effects: [], notices: [] };
  recover(
    core,
    {
      buckets: [
        {
          ...BUCKET,
          base: world.base === world.declared ? world.intendedBase : world.base,
          current: world.intended,
          unsettled: world.unsettled || world.current !== world.intended,
          learn: world.learnBit,
          watchElapsedMs: world.watch ? (unpinnedLive(world) ? 0 : SETTINGS.idleMs) : undefined,
        },
      ],
      pins: world.pins.flatMap((server, flow) =>
        server === 0 || server === world.declared
          ? []
          : [
              {
                key: keyOf(flow),
                ...BUCKET,
                server,
                closing: world.closing[flow]!,
                elapsedMs: gone(world, flow) ? SETTINGS.idleMs : 0,
              },
            ],
      ),
      servers: world.drained ? SERVERS.filter((server) => server !== LEAVER) : SERVERS,
      leaving: world.leaving && !world.drained ? [LEAVER] : [],
      dead: world.declared === 0 ? [] : [world.declared],
      pinIdleMs: SETTINGS.idleMs,
    },
    out,
  );
  const bucket = core.vips.get(1)![0]!;
  if (world.declared !== 0) {
    // What the intent does not want in the switch any more is not there after the flush.
    out.effects.push({ kind: 'ignore-pins-of', server: world.declared });
    world.pins.forEach((server, flow) => {
      if (server === world.declared) out.effects.push({ kind: 'delete-pin', key: keyOf(flow) });
    });
  }
  if (bucket.phase === 'steady') {
    out.effects.push({
      kind: 'assign',
      name: BUCKET,
      assignment: {
        base: bucket.base,
        current: bucket.current,
        preparing: false,
        learn: false,
        seal: false,
        unsettled: false,
      },
    });
  }
  return control(world, scope, [], out);
}
