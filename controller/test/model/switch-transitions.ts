/**
 * What the switch may do next by itself or because an order arrives: slots expire and are reported again, watch and
 * pins fall idle, a release or a sweep is carried out, or the release is lost on its way, it starts anew. Servers die
 * here as well.
 */
import { BY_COMING_MAPPING, type Effect } from '../../src/shift/types.ts';
import { release, sweepSlot } from '../support/data-plane.ts';
import { perform, restartSwitch } from './controller-model.ts';
import { itemOf } from './items.ts';
import type { Scope } from './scope.ts';
import { confirmedEvent, isPinIdle, isWatchIdle, tell, tentativeCanExpire } from './switch-model.ts';
import type { Add } from './transition.ts';
import { BUCKET, type World } from './world.ts';

/** Adds a transition for each thing that the switch may do. */
export function switchTransitions(world: World, scope: Scope, add: Add): void {
  world.slots.forEach((slot, index) => {
    if (slot.state === 'tentative' && tentativeCanExpire(world, slot, scope)) {
      add(`tentative slot ${index} expires`, (next) => {
        const expired = next.slots[index]!;
        expired.state = 'empty';
        expired.generation++;
        return undefined;
      });
    }
    const idle = world.digests.length === 0 && world.orders.length === 0 && world.pending.length === 0;
    // The report interval is longer than a round trip to the controller.
    const again = slot.state === 'confirmed' && world.unsettled && !scope.without.has('R3 a slot reports again');
    if (again && idle) {
      add(`slot ${index} is reported again`, (next) => {
        tell(next, confirmedEvent(next, next.slots[index]!));
        return undefined;
      });
    }
  });
  if (world.deaths < scope.deaths) {
    const current = world.current === BY_COMING_MAPPING ? world.coming : [world.current];
    for (const server of new Set([world.base, ...current])) {
      add(`server ${server} dies`, (next) => {
        next.deaths++;
        next.crashed = server;
        for (const flow of next.flows) {
          flow.held[server] = 0;
          if (flow.state !== 2 || flow.server !== server) continue;
          Object.assign(flow, { state: 0, server: 0, silent: false, spoke: false, incarnation: flow.incarnation + 1 });
        }
        return undefined;
      });
    }
  }
  if (world.restarts < scope.restarts && !world.empty) {
    add('the switch starts anew', (next) => restartSwitch(next, scope));
  }
  if (world.ghost.length > 0) {
    add(
      'a write of the old controller lands',
      (next) => perform(next, scope, itemOf<Effect>(next.ghost[0]!)) ?? dropGhost(next),
    );
  }
  if (world.empty) return;
  if (!world.watchNotice && isWatchIdle(world, scope)) {
    add('the watch falls idle', (next) => {
      next.watchNotice = true;
      return undefined;
    });
  }
  world.pins.forEach((_, flow) => {
    if (!world.pinNotices[flow] && isPinIdle(world, scope, flow)) {
      add(`the pin of flow ${flow} falls idle`, (next) => {
        next.pinNotices[flow] = true;
        return undefined;
      });
    }
  });
  if (world.orders.length === 0) return;
  const order = itemOf<Extract<Effect, { kind: 'release' | 'sweep' }>>(world.orders[0]!);
  add(`order ${order.kind} arrives`, (next) => {
    next.orders.shift();
    if (order.kind === 'release') {
      const { slot, generation, key } = order;
      const checked = !scope.without.has('R3 release names the generation');
      const anew = !scope.without.has('R3 a freed slot has another generation');
      release(next.slots[slot]!, key, generation, checked, anew);
      tell(next, { kind: 'released', slot, generation, key });
    } else {
      sweep(next, scope, order);
    }
    return undefined;
  });
  if (world.losses < scope.losses && order.kind === 'release') {
    add('a release is lost', (next) => {
      next.losses++;
      next.orders.shift();
      return undefined;
    });
  }
}

function dropGhost(world: World): undefined {
  world.ghost = world.ghost.slice(1);
}

function sweep(world: World, scope: Scope, { count, tag }: Extract<Effect, { kind: 'sweep' }>): void {
  const skipped = count === 0 || scope.without.has('R7 settle by sweep');
  let reports = 0;
  for (const slot of skipped ? [] : world.slots) {
    // One that can expire has done so before, or has not yet.
    const found = sweepSlot(slot, 0, 0);
    if (found === undefined) continue;
    reports++;
    if (found === 'confirmed') {
      // As met by a sweep it is told even where its own reports are not.
      if (!scope.without.has('R3 a slot reports again')) tell(world, { ...confirmedEvent(world, slot), swept: true });
    } else {
      const pin = { key: slot.key, ...BUCKET, server: slot.server };
      tell(world, { kind: 'tentative', slot: world.slots.indexOf(slot), pin });
    }
  }
  if (scope.without.has('R7 count what a sweep reports')) reports = 0;
  tell(world, { kind: 'swept', tag, reports });
}
