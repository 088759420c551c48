/**
 * A short run of the comparison of the load balancer's program on two switches. Where BMv2 is installed it is the other
 * one; always, the embedded switch is compared with itself tracing every packet, which runs a program compiled
 * differently. The long run is `npm run differential -- load-balancer`.
 */
import { forEachSwitch } from '@mooring/bmv2-harness';
import { expect, test } from 'vitest';
import { compareOnSwitches } from './load-balancer/run.ts';

/** `DROP_OUTGOING`: a SYN of a server for which there is no room. */
const OUTGOING = 12;
/** `DROP_REFUSED`: a SYN for which no server has room. */
const REFUSED = 13;

forEachSwitch((other) => {
  // Time is the harness's own on the embedded switch; on BMv2 it would really pass.
  const [packets, expiryChance] = other === 'softswitch' ? [600, 0.3] : [1500, 0];
  const where = other === 'softswitch' ? 'on softswitch with traces' : other;
  test.each([
    ['that heeds its controller', true],
    ['that has none', false],
  ])(`the load balancer does the same on softswitch and ${where}, of a switch %s`, async (_, heedsController) => {
    const given = { seed: 'other', packets, other, trace: true, expiryChance, heedsController };
    const result = await compareOnSwitches(given);
    expect(result.differences).toEqual([]);
    expect(result.packets).toBe(packets);
    // It came to what matters: packets out, pins confirmed, learned, released and swept, drops for most reasons.
    expect(result.outputs).toBeGreaterThan(packets);
    expect(result.outgoing).toBeGreaterThan(0);
    expect(result.drops[OUTGOING]).toBeGreaterThan(0);
    expect(result.drops[REFUSED]! > 0).toBe(heedsController);
    expect(Object.keys(result.digests)).toEqual(expect.arrayContaining(['mac', 'pin 1', 'pin 2', 'pin 3', 'pin 5']));
    expect(result.drops.filter((count) => count > 0).length).toBeGreaterThanOrEqual(7);
    expect(result.expiries > 0).toBe(other === 'softswitch');
  });
});

test('a difference is found', async () => {
  const result = await compareOnSwitches({ seed: 'committed', packets: 600, other: 'softswitch', otherSlots: 17 });
  expect(result.differences.length).toBeGreaterThan(0);
});
