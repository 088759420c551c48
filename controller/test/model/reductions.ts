/**
 * Worlds that need not be told apart. What a search costs is states, and most of them differ in something that can
 * wait, or that has happened as good as already. Each state that is reached is led from where it is to the one that
 * stands for it, by steps that it could take itself; none of the others is kept, and the way to a violation leaves
 * these steps out. Two arguments say that nothing is lost:
 *
 * **What only allows more happens at once.** Let a world w have a step to w' that no invariant can see, after which
 * everything is possible that was possible in w, with the same invariants broken and the same states settled, and so on
 * from there (w' *covers* w). Then whatever w comes to, a violation or a settled state, w' comes to as well; and w' can
 * be reached, for w can. From w all is settled some day exactly if it is from w': w leads there, and w' covers w. So w'
 * stands for w. These are such steps, each possible whenever it makes a difference:
 *
 * * A server's answer of a handshake that is over is lost. Nobody reads it but the tentative slot that may not expire
 *   because of it.
 * * A client resends its SYN. Nobody waits for there to be none; it may stay under way for ever.
 * * The switch says that a watch or a pin is idle. Saying so changes nothing, and being heard may wait for ever. The
 *   word is taken back by the same writes and the same end of a session whether it was said early or late.
 * * A dead server is there again, under its new id, when no session will begin any more that would have to know it:
 *   somebody may point the bucket at it, and nobody has to.
 *
 * **What commutes with everything happens at once** (a partial order reduction with the step as its ample set). The
 * controller has decided, and next gives orders to release slots and to sweep them. It does nothing else before, unless
 * it crashes; until then nobody can see whether an order is still with the controller or under way to the switch, so
 * all that clients, servers and switch do before it is given they may do after as well, to the same effect:
 *
 * * An order goes to the end of the queue, the switch takes from its head; and as orders that are alike are one, it is
 *   left alone if one like it is under way.
 * * A slot is reported again by itself when nothing is decided or under way: neither before nor after.
 * * A crash loses orders on both sides, since those of the old epoch are fenced; where that rule is taken away (R11)
 *   nothing is sent ahead. So does a switch that starts anew; and an empty one is left alone, for the last write fills
 *   it.
 *
 * No invariant looks at orders, and a state with something decided is not a settled one. Sending ahead ends, so no step
 * is put off for ever.
 *
 * What the controller's state alone does not need is left out in `core.ts` (`dropDead`). `reductions.test.ts` searches
 * small scopes with and without all of this, and finds the same.
 */
import type { Effect } from '../../src/shift/types.ts';
import { mayResend } from './client-transitions.ts';
import { carryOut, stageOf } from './controller-model.ts';
import { mayReturn } from './controller-transitions.ts';
import { itemOf } from './items.ts';
import type { Scope } from './scope.ts';
import { isPinIdle, isWatchIdle } from './switch-model.ts';
import { answersOf, type World } from './world.ts';

/** Leads a world to the one that stands for it, in place. */
export function reduce(world: World, scope: Scope): void {
  while (isOrderNext(world, scope)) carryOut(world, scope, false);
  for (const flow of world.flows) {
    flow.answers &= flow.state === 1 ? answersOf(flow.incarnation) : 0;
    if (mayResend(flow, scope)) flow.syns |= 1 << flow.incarnation;
  }
  if (!world.empty) {
    if (isWatchIdle(world, scope)) world.watchNotice = true;
    world.pins.forEach((_, flow) => {
      if (isPinIdle(world, scope, flow)) world.pinNotices[flow] = true;
    });
  }
  const isLastSession = world.crashes === scope.crashes && world.restarts === scope.restarts;
  if (isLastSession && mayReturn(world, scope)) world.returned = true;
}

/** Whether the next stage of what is pending consists of orders that can be given at once. */
function isOrderNext(world: World, scope: Scope): boolean {
  const { pending, orders } = world;
  const areFenced = !scope.without.has('R11 fence and barrier') && !scope.without.has('R11 fence writes');
  if (pending.length === 0 || world.empty || !areFenced) return false;
  const stage = stageOf(itemOf(pending[0]!), scope);
  return pending.every((number) => {
    const effect = itemOf<Effect>(number);
    const isOrder = effect.kind === 'release' || effect.kind === 'sweep';
    return stageOf(effect, scope) !== stage || (isOrder && !orders.includes(number));
  });
}
