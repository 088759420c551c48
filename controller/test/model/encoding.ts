/**
 * A world as a row of numbers, by which worlds are compared: equal for worlds that behave alike, and for no others. A
 * list begins with its length, so that no two worlds are written alike.
 */
import type { World } from './world.ts';

const SLOT_STATES = { empty: 0, tentative: 1, confirmed: 2 } as const;

/** Of 16 bits, and the same as words of 32. */
const codes = new Uint16Array(1 << 10);
const words = new Uint32Array(codes.buffer);
let length = 0;

function put(...values: readonly number[]): void {
  for (const value of values) codes[length++] = value;
}

/** @returns the encoding in words of 32 bits, good until the next one */
export function encode(world: World): Uint32Array {
  length = 0;
  put(world.core.id, world.core.id >>> 16);
  const lists = [world.pending, world.timers, world.digests, world.answers, world.orders, world.ghost];
  for (const list of lists) put(list.length, ...list);
  put(
    world.intended | (world.intendedBase << 3) | (world.base << 6) | (world.current << 9),
    world.crashed | (world.declared << 3) | (world.ignored << 6) | (world.deaths << 9),
    bits(
      world.leaving,
      world.drained,
      world.learnBit,
      world.seal,
      world.unsettled,
      world.doubt,
      world.doubtResets,
      world.empty,
      world.watch,
      world.watchNotice,
      world.returned,
      world.isRemapped,
    ),
    world.coming[0]! | (world.coming[1]! << 3) | (world.coming[2]! << 6),
    world.holds | (world.retargets << 2) | (world.crashes << 4) | (world.losses << 6) | (world.duplicates << 8),
    world.spoofs | (world.refusals << 2) | (world.silences << 4) | (world.restarts << 6) | (world.lateReports << 8),
  );
  world.pins.forEach((pin, flow) => {
    put(pin | (Number(world.closing[flow]) << 3) | (Number(world.pinNotices[flow]) << 4));
  });
  for (const slot of world.slots) {
    put(
      slot.state === 'empty' ? slot.generation : (slot.generation << 8) | (SLOT_STATES[slot.state] << 6) | slot.server,
    );
    if (slot.state !== 'empty') put(slot.key.charCodeAt(2), slot.answer ?? 9);
  }
  for (const flow of world.flows) {
    put(
      flow.state | (flow.incarnation << 2) | (flow.server << 5) | (flow.syns << 8),
      flow.answers,
      flow.flying,
      flow.held[1]! | (flow.held[2]! << 3) | (flow.held[3]! << 6) | (flow.held[4]! << 9),
      bits(flow.spoke, flow.silent),
    );
  }
  if (length % 2 !== 0) put(0);
  return words.subarray(0, length / 2);
}

function bits(...flags: readonly boolean[]): number {
  return flags.reduce((sum, flag, index) => sum | (Number(flag) << index), 0);
}
