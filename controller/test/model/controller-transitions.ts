/**
 * What the controller may do next: carry out the next stage of what it has decided, or, when nothing is pending, hear one thing more: an
 * answer, a report (which may also be lost or doubled), a notice, a timer, or a person who points the bucket elsewhere.
 * It may crash at any of these points.
 */
import type { ShiftEvent } from '../../src/shift/types.ts';
import { carryOut, control, restart } from './controller-model.ts';
import type { Scope } from './scope.ts';
import type { Add } from './transition.ts';
import { BUCKET, keyOf, LEAVER, SERVERS, type World } from './world.ts';

/** Adds a transition for each thing that the controller may do. */
export function controllerTransitions(world: World, scope: Scope, add: Add): void {
  if (world.crashes < scope.crashes) add('the controller crashes and starts again', (next) => restart(next, scope));
  if (world.pending.length > 0) {
    add('the controller carries on', (next) => {
      carryOut(next, scope, false);
      return undefined;
    });
    if (world.refusals < scope.refusals && world.pending[0]!.kind === 'set-pin') {
      add('the switch has no room for a pin', (next) => {
        next.refusals++;
        carryOut(next, scope, true);
        return undefined;
      });
    }
    return;
  }
  const answer = world.answers[0];
  if (answer !== undefined) {
    add(`the controller hears ${answer.kind}`, (next) => {
      next.answers.shift();
      return control(next, scope, [answer]);
    });
    return;
  }
  const digest = world.digests[0];
  if (digest !== undefined) {
    add(`the controller hears ${digest.kind}`, (next) => {
      next.digests.shift();
      return control(next, scope, [{ kind: 'pin-event', event: digest }]);
    });
    if (digest.kind !== 'swept' && world.losses < scope.losses) {
      add(`digest ${digest.kind} is lost`, (next) => {
        next.losses++;
        next.digests.shift();
        return undefined;
      });
    }
    if (digest.kind !== 'swept' && world.duplicates < scope.duplicates) {
      add(`digest ${digest.kind} is doubled`, (next) => {
        next.duplicates++;
        next.digests.push(digest);
        return undefined;
      });
    }
  }
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
  world.timers.forEach((timer, index) => {
    if (timer.kind === 'learn-due' && !scope.learn) return;
    // Asking again is a matter of liveness where nothing was lost.
    if (timer.kind === 'recheck-due') return;
    const pendingSweep =
      world.orders.some((order) => order.kind === 'sweep') || world.digests.some((event) => event.kind === 'swept');
    if (timer.kind === 'sweep-late' && pendingSweep) return;
    add(`timer ${timer.kind}`, (next) => {
      next.timers.splice(index, 1);
      return control(next, scope, [timer]);
    });
  });
  const bucket = world.core.vips.get(1)![0]!;
  if (world.holds < scope.holds || bucket.held) {
    const held = !bucket.held;
    add(held ? 'the bucket is held' : 'the bucket is let go', (next) => {
      if (held) next.holds++;
      return control(next, scope, [{ kind: 'hold', vip: 1, buckets: [0], held }]);
    });
  }
  if (world.crashed !== 0 && world.declared === 0) {
    // To whom does not matter to anybody else: the lowest will do.
    for (const to of SERVERS.filter((server) => server !== world.crashed).slice(0, 1)) {
      add(`server ${world.crashed} is declared dead, its buckets go to ${to}`, (next) => {
        next.declared = next.crashed;
        return control(next, scope, [{ kind: 'server-died', server: next.crashed, moves: [{ ...BUCKET, to }] }]);
      });
    }
  }
  if (scope.without.has('R9 new id for a server that returns') && world.ignored !== 0 && world.crashed !== 0) {
    add(`server ${world.ignored} is back under its old id`, (next) => {
      const view = next.core.servers.get(next.ignored)!;
      Object.assign(view, { stage: 'serving', ending: false, ended: false });
      next.core.leaving.delete(view);
      next.crashed = next.declared = next.ignored = 0;
      return undefined;
    });
  }
  if (world.retargets < scope.retargets) {
    for (const server of SERVERS) {
      if (server === world.declared) continue;
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
}
