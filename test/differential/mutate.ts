/**
 * Damaged programs: a valid JSON document with a few places changed the way broken tools and careless hands change
 * them.
 *
 * A switch that is given one must refuse it and say where, or run it; anything else is a bug of the switch.
 */
import type { Random } from './random.ts';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** A copy of the document with one to three changes. */
export function mutateJson(document: object, random: Random): object {
  const copy = structuredClone(document) as { [key: string]: Json };
  for (let i = random.between(1, 3); i > 0; i--) mutateOnce(copy, random);
  return copy;
}

function mutateOnce(root: { [key: string]: Json }, random: Random): void {
  let parent: Json[] | { [key: string]: Json } = root;
  for (;;) {
    const keys = Object.keys(parent);
    if (keys.length === 0) return;
    const key = random.pick(keys);
    const value = get(parent, key);
    if (value !== null && typeof value === 'object' && random.chance(0.85)) {
      parent = value;
      continue;
    }
    change(parent, key, value, root, random);
    return;
  }
}

function get(parent: Json[] | { [key: string]: Json }, key: string): Json {
  return (parent as { [key: string]: Json })[key]!;
}

function set(parent: Json[] | { [key: string]: Json }, key: string, value: Json): void {
  (parent as { [key: string]: Json })[key] = value;
}

function change(
  parent: Json[] | { [key: string]: Json },
  key: string,
  value: Json,
  root: { [key: string]: Json },
  random: Random,
): void {
  random.weighted<() => void>([
    [3, () => (Array.isArray(parent) ? parent.splice(Number(key), 1) : delete parent[key])],
    [2, () => set(parent, key, null)],
    [2, () => set(parent, key, random.pick<Json>([0, -1, 1, 2 ** 31, 2 ** 53, 1e300, 0.5, 255]))],
    [
      2,
      () =>
        set(parent, key, random.pick<Json>(['', 'x', '0x', '-1', '0xffffffffffffffffffff', '__proto__', 'scalars'])),
    ],
    [1, () => set(parent, key, random.pick<Json>([[], {}, [[]], [null], true, false]))],
    [2, () => set(parent, key, elsewhere(root, random))],
    [1, () => Array.isArray(parent) && parent.push(structuredClone(value))],
    [3, () => typeof value === 'number' && set(parent, key, value + random.pick([-1, 1, 7, 1000]))],
    [2, () => typeof value === 'string' && set(parent, key, value.slice(0, -1))],
  ])();
}

/** A copy of some other part of the document. */
function elsewhere(root: Json, random: Random): Json {
  let here: Json = root;
  for (let depth = random.between(2, 7); depth > 0 && here !== null && typeof here === 'object'; depth--) {
    const keys = Object.keys(here);
    if (keys.length === 0) break;
    here = get(here, random.pick(keys));
  }
  return structuredClone(here);
}
