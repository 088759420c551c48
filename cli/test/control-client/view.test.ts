/** What the screen is told of a status. */
import type { Status } from '@mooring/controller/control';
import { expect, test } from 'vitest';
import { controllerView } from '../../src/control-client/view.ts';

/** A status with one server that gets packets, by a switch that is there or not. */
function statusOf(connected: boolean): Status {
  const one = { name: '127.0.0.1:9559', address: '127.0.0.1:9559', connected };
  const traffic = { packets: 10, bytes: 900, packetsPerSecond: 5_000, bytesPerSecond: 450_000 };
  const bucketMap = { base: [1], current: [1], phase: ['steady'] };
  return {
    nowMs: 0,
    switch: one,
    switches: [one],
    servers: [{ id: 1, name: 's1', vip: 'web', address: '10.0.0.11', port: 8080, state: 'active', traffic }],
    vips: [{ name: 'web', address: '10.0.0.1', port: 80, protocol: 'tcp', bucketMap }],
    operations: [],
    counters: {},
  } as unknown as Status;
}

test('rates are not told while no switch can be asked', () => {
  const [there, away] = [true, false].map((connected) => controllerView(statusOf(connected)));
  expect(there!.servers[0]!.traffic?.packetsPerSecond).toBe(5_000);
  expect(there!.vips[0]!.traffic?.packetsPerSecond).toBe(5_000);
  expect(away!.servers[0]!.traffic).toBeUndefined();
  expect(away!.vips[0]!.traffic).toBeUndefined();
});
