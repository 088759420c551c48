/**
 * What the controller may do next: carry out the next stage of what it has decided, or, when nothing is pending, hear
 * one thing more: an answer, a report (which may also be lost or doubled), a notice, a timer, or a person who points
 * the bucket elsewhere. It may crash at any of these points.
 */
import { isReady } from '../../src/shift/remap.ts';
import {
  BY_COMING_MAPPING,
  type Effect,
  type PinEvent,
  type ShiftEvent,
  type TimerEvent,
} from '../../src/shift/types.ts';
import { carryOut, control, reportOf, restart } from './controller-model.ts';
import { cloneState, keep } from './core.ts';
import { itemOf, numberOf } from './items.ts';
import type { Scope } from './scope.ts';
import { allSpoke, remap } from './switch-model.ts';
import type { Add } from './transition.ts';
import { BUCKET, keyOf, LEAVER, RETURNED, SERVERS, type World } from './world.ts';

/** Adds a transition for each thing that the controller may do. */
export function controllerTransitions(world: World, scope: Scope, add: Add): void {
  if (world.crashes < scope.crashes) {
    add('the controller crashes and starts again, or another takes over', (next) => restart(next, scope));
  }
  if (world.pending.length > 0) {
    add('the controller carries on', (next) => carryOut(next, scope, false));
    if (world.refusals < scope.refusals && itemOf<Effect>(world.pending[0]!).kind === 'set-pin') {
      add('the switch has no room for a pin', (next) => {
        next.refusals++;
        return carryOut(next, scope, true);
      });
    }
    return;
  }
  if (world.answers.length > 0) {
    const answer = itemOf<ShiftEvent>(world.answers[0]!);
    add(`the controller hears ${answer.kind}${'server' in answer ? ` of ${answer.server}` : ''}`, (next) => {
      next.answers.shift();
      return control(next, scope, [answer]);
    });
    return;
  }
  if (world.digests.length > 0) digest(world, scope, add, itemOf<PinEvent>(world.digests[0]!));
  if (world.watchNotice) {
    add('the controller hears that the watch is idle', (next) => {
      next.watchNotice = false;
      return control(next, scope, [{ kind: 'watch-idle', name: BUCKET }]);
    });
  }
  world.pinNotices.forEach((noticed, flow) => {
    if (!noticed) return;
    add(`the controller hears that pin ${flow} is idle`, (next) => {
      next.pinNotices[flow] = false;
      return control(next, scope, [{ kind: 'pin-idle', key: keyOf(flow) }]);
    });
  });
  world.timers.forEach((number, index) => {
    const timer = itemOf<TimerEvent>(number);
    if (!isDue(world, scope, timer)) return;
    add(`timer ${timer.kind}`, (next) => {
      next.timers.splice(index, 1);
      return control(next, scope, [timer]);
    });
  });
  if (scope.agents) {
    for (const server of SERVERS) {
      const view = world.core.state.servers.get(server);
      if (view === undefined || !view.agent || server === world.crashed) continue;
      // Of the others nothing is asked and nothing depends on what they say.
      if (server !== world.base && view.pins.size === 0 && view.stage === 'serving') continue;
      add(`server ${server} reports by itself`, (next) =>
        control(next, scope, [reportOf(next, scope, server, undefined)]),
      );
      if (world.lateReports >= scope.lateReports) continue;
      add(`server ${server} sends a report by itself`, (next) => {
        // The switch and the others go on before it is heard.
        next.lateReports++;
        next.answers.push(numberOf(reportOf(next, scope, server, undefined)));
        return undefined;
      });
    }
  }
  people(world, scope, add);
}

/** Whether what the timer waits for has come: some of them stand for times that things keep to. */
function isDue(world: World, scope: Scope, timer: TimerEvent): boolean {
  const { without } = scope;
  const flying = world.flows.some((flow) => flow.flying !== 0) && !without.has('R5 wait the in-flight time');
  switch (timer.kind) {
    case 'sweep-late': {
      const isSweep = (number: number): boolean => {
        const { kind } = itemOf<{ kind: string }>(number);
        return kind === 'sweep' || kind === 'swept';
      };
      return !world.orders.some(isSweep) && !world.digests.some(isSweep);
    }
    case 'seal-due':
    case 'closing-due':
    case 'in-flight-over':
      return !flying;
    case 'prepared-due':
      return allSpoke(world) && world.digests.length === 0;
    case 'doubt-over':
      return allSpoke(world) || without.has('R8 look for as long as they may be silent');
    default:
      return true;
  }
}

function digest(world: World, scope: Scope, add: Add, event: PinEvent): void {
  add(`the controller hears ${event.kind}`, (next) => {
    next.digests.shift();
    return control(next, scope, [{ kind: 'pin-event', event }]);
  });
  if (event.kind === 'swept') return;
  if (world.losses < scope.losses) {
    add(`digest ${event.kind} is lost`, (next) => {
      next.losses++;
      next.digests.shift();
      return undefined;
    });
  }
  if (world.duplicates < scope.duplicates) {
    add(`digest ${event.kind} is doubled`, (next) => {
      next.duplicates++;
      next.digests.push(next.digests[0]!);
      return undefined;
    });
  }
}

/** Whether the dead server may be there again, under its new id. */
export function mayReturn(world: World, scope: Scope): boolean {
  return scope.returns && world.declared !== 0;
}

/** What people and health checks do. */
function people(world: World, scope: Scope, add: Add): void {
  const bucket = world.core.state.vips.get(1)![0]!;
  if (world.holds < scope.holds || bucket.held) {
    const held = !bucket.held;
    add(held ? 'the bucket is held' : 'the bucket is let go', (next) => {
      if (held) next.holds++;
      return control(next, scope, [{ kind: 'hold', vip: 1, buckets: [0], held }]);
    });
  }
  if (world.crashed !== 0 && world.declared === 0) {
    // To whom does not matter to anybody else, as long as it stays: the lowest will do.
    const to = SERVERS.find((server) => server !== world.crashed && !(world.leaving && server === LEAVER))!;
    add(`server ${world.crashed} is declared dead, its buckets go to ${to}`, (next) => {
      next.declared = next.crashed;
      const changes = next.coming.flatMap((server, bucket) => (server === next.crashed ? [[bucket, to] as const] : []));
      const events: ShiftEvent[] = scope.remap ? [{ kind: 'coming-servers', vip: 1, changes }] : [];
      const died: ShiftEvent = { kind: 'server-died', server: next.crashed, moves: [{ ...BUCKET, to }] };
      return control(next, scope, [...events, died]);
    });
  }
  if (scope.without.has('R9 new id for a server that returns') && world.ignored !== 0 && world.crashed !== 0) {
    add(`server ${world.ignored} is back under its old id`, (next) => {
      const state = cloneState(next.core.state);
      const view = state.servers.get(next.ignored)!;
      Object.assign(view, { stage: 'serving', ending: false, ended: false });
      state.leaving.delete(view);
      next.core = keep(state);
      next.crashed = next.declared = next.ignored = 0;
      return undefined;
    });
  } else if (!world.returned && mayReturn(world, scope)) {
    add(`server ${world.declared} is back, as server ${RETURNED}`, (next) => {
      next.returned = true;
      return undefined;
    });
  }
  const isReadyAnyway = scope.without.has('R7 a mapping changes when its buckets are ready');
  if (world.current === BY_COMING_MAPPING && (isReady(world.core.state, 1) || isReadyAnyway)) {
    add('the mapping changes', (next) => remap(next, scope));
  }
  if (world.retargets >= scope.retargets) return;
  const targets = scope.remap ? [BY_COMING_MAPPING, 1] : SERVERS;
  for (const server of world.returned ? [...targets, RETURNED] : targets) {
    if (world.declared !== 0 && server === world.declared) continue;
    const first = world.retargets === 0;
    const leaves = scope.leave && !first;
    if (server === world.intended || (leaves && server === LEAVER) || (first && server === 3)) continue;
    add(`the bucket is pointed at ${server}`, (next) => {
      next.retargets++;
      next.leaving = leaves;
      const events: ShiftEvent[] = leaves ? [{ kind: 'server-leaves', server: LEAVER }] : [];
      return control(next, scope, [...events, { kind: 'retarget', vip: 1, moves: [[0, server]] }]);
    });
  }
}
