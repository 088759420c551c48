/**
 * Everything that may happen next in a world, each with the world that comes of it and whether the invariant still
 * holds there. The rooms beside this one say what may happen; copying and checking is done here, once for all of them.
 */
import { clientTransitions } from './client-transitions.ts';
import { controllerTransitions } from './controller-transitions.ts';
import type { Scope } from './scope.ts';
import { misrouted } from './switch-model.ts';
import { switchTransitions } from './switch-transitions.ts';
import type { Transition } from './transition.ts';
import { clone, type World } from './world.ts';

/** Everything that may happen next. */
export function successors(world: World, scope: Scope): Transition[] {
  const result: Transition[] = [];
  const add = (label: string, act: (next: World) => string | undefined): void => {
    const next = clone(world);
    const violation = act(next) ?? misrouted(next, scope);
    result.push({ label, world: next, violation });
  };
  // What comes after that is a bucket that settles.
  if (world.isRemapped) return result;
  clientTransitions(world, scope, add);
  switchTransitions(world, scope, add);
  controllerTransitions(world, scope, add);
  return result;
}
