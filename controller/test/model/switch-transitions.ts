/**
 * What the switch may do next by itself or because an order arrives: slots expire and are reported again, watch and pins fall idle,
 * a release or a sweep is carried out, or the release is lost on its way.
 */
import { release, sweepSlot } from '../support/data-plane.ts';
import type { Scope } from './scope.ts';
import { confirmedEvent, gone, tell, tentativeCanExpire, unpinnedLive } from './switch-model.ts';
import type { Add } from './transition.ts';
import { BUCKET, type World } from './world.ts';

/** Adds a transition for each thing that the switch may do. */
export function switchTransitions(world: World, scope: Scope, add: Add): void {
  world.slots.forEach((slot, index) => {
    if (slot.state === 'tentative' && tentativeCanExpire(world, slot)) {
      add(`tentative slot ${index} expires`, (next) => {
        const expired = next.slots[index]!;
        expired.state = 'empty';
        expired.generation++;
        return undefined;
      });
    }
    const idle = world.digests.length === 0 && world.orders.length === 0 && world.pending.length === 0;
    // The report interval is longer than a round trip to the controller.
    if (slot.state === 'confirmed' && world.unsettled && idle) {
      add(`slot ${index} is reported again`, (next) => {
        tell(next, confirmedEvent(next, next.slots[index]!));
        return undefined;
      });
    }
  });
  if (world.deaths < scope.deaths) {
    for (const server of new Set([world.base, world.current])) {
      add(`server ${server} dies`, (next) => {
        next.deaths++;
        next.crashed = server;
        for (const flow of next.flows) {
          flow.held[server] = 0;
          if (flow.state !== 'established' || flow.server !== server) continue;
          flow.state = 'closed';
          flow.server = 0;
          flow.incarnation++;
        }
        return undefined;
      });
    }
  }
  if (world.watch && world.unsettled && !world.watchNotice && !unpinnedLive(world)) {
    add('the watch falls idle', (next) => {
      next.watchNotice = true;
      return undefined;
    });
  }
  world.pins.forEach((server, flow) => {
    if (server !== 0 && !world.closing[flow] && !world.pinNotices[flow] && gone(world, flow)) {
      add(`the pin of flow ${flow} falls idle`, (next) => {
        next.pinNotices[flow] = true;
        return undefined;
      });
    }
  });
  const order = world.orders[0];
  if (order !== undefined) {
    add(`order ${order.kind} arrives`, (next) => {
      next.orders.shift();
      if (order.kind === 'release') {
        release(
          next.slots[order.slot]!,
          order.key,
          order.generation,
          !scope.without.has('R3 release names the generation'),
        );
        tell(next, { kind: 'released', slot: order.slot, generation: order.generation, key: order.key });
        return undefined;
      }
      const skipped = order.count === 0 || scope.without.has('R7 settle by sweep');
      let reports = 0;
      for (const slot of skipped ? [] : next.slots) {
        const expired = slot.state === 'tentative' && tentativeCanExpire(next, slot);
        const found = sweepSlot(slot, expired ? 1 : 0, 0);
        if (found !== undefined) reports++;
        if (found === 'confirmed') tell(next, { ...confirmedEvent(next, slot), swept: true });
        else if (found === 'tentative') {
          tell(next, {
            kind: 'tentative',
            slot: next.slots.indexOf(slot),
            pin: { key: slot.key, ...BUCKET, server: slot.server },
          });
        }
      }
      if (scope.without.has('R7 count what a sweep reports')) reports = 0;
      tell(next, { kind: 'swept', tag: order.tag, reports });
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
}
