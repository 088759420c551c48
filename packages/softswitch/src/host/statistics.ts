/**
 * Gathers drop counts of a data plane and its surroundings into one record by reason. Packets are lost at places that
 * know nothing of each other (program, interfaces, the way to the controller); somebody who misses packets wants one
 * list, in words, of what did happen.
 */
import { DROP_NAMES } from '../compile/module.ts';
import type { SwitchCore } from '../control/switch-core.ts';
import type { SendDrops } from '../ports/port-set.ts';

/** Drops by reason; reasons without drops are left out. */
export function dropsByReason(core: SwitchCore, ports: SendDrops): Record<string, number> {
  const result: Record<string, number> = {};
  const drops = core.dataPlane?.drops;
  if (drops !== undefined) for (const [i, name] of DROP_NAMES.entries()) if (drops[i]! > 0) result[name] = drops[i]!;
  const others = {
    'unknown port': ports.unknownPort,
    'oversized packet with broken headers': ports.oversized,
    'refused by the interface': ports.refused,
    'controller too slow (packets)': core.dropped.packetIns,
    'controller too slow (digests)': core.dropped.digests,
  };
  for (const [name, count] of Object.entries(others)) if (count > 0) result[name] = count;
  return result;
}
