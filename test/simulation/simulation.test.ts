/** Short runs of the simulations; `npm run simulate` has the long ones. */
import { expect, test } from 'vitest';
import { compileProgram } from '../support/program.ts';
import { SHORT_CONNECTION_SECONDS } from './distributions.ts';
import { failServers } from './failures.ts';
import { floodDuringSwap } from './flood.ts';
import { moveQuarter } from './quarter.ts';
import { changeMappings } from './remaps.ts';
import { Comparison } from './schemes.ts';
import { Service, serverName } from './service.ts';

test('servers are drained, added and swapped under live connections: no packet changes its server', async () => {
  const program = await compileProgram();
  const comparison = new Comparison(3_000, 12, 8, 200);
  const options = { seed: 1, program, servers: 12, spares: 4, buckets: 128, liveConnections: 1_000, learnAfter: '20s' };
  const service = await Service.start({ ...options, lifetimes: SHORT_CONNECTION_SECONDS, watch: comparison });
  await service.populate();
  await service.run(5_000);
  await service.controller.operate({ kind: 'drain', server: serverName(0) });
  comparison.change(0, 'draining');
  await service.run(3_000);
  await service.controller.operate({ kind: 'add', server: serverName(8) });
  await service.controller.operate({ kind: 'swap', server: serverName(1), replacement: serverName(9) });
  comparison.change(1, 'draining');
  comparison.change(8, 'serving');
  comparison.change(9, 'serving');
  await service.run(2_000);
  await service.untilSettled(1_000_000);
  const { begun, violations, lost } = service.population.counts;
  expect({ violations, lost, warnings: service.warnings }).toEqual({ violations: 0, lost: 0, warnings: [] });
  expect(begun).toBeGreaterThan(1_000);
  expect(service.peakPins).toBeGreaterThan(0);
  await service.stop();
  // The same traffic breaks where nothing is remembered, or too little: so packets are judged.
  const broken = new Map(comparison.results().map((scheme) => [scheme.name, scheme.broken]));
  expect(broken.get('plain hash')).toBeGreaterThan(200);
  expect(broken.get('consistent hash')).toBeGreaterThan(20);
  expect(broken.get('tracking, 200 entries')).toBeGreaterThan(0);
}, 120_000);

test('a quarter of the buckets moves: no more pins than connections began in them meanwhile', async () => {
  const result = await moveQuarter({ seed: 2, liveConnections: 1_000, buckets: 256 });
  expect(result.violations).toBe(0);
  expect(result.movedBuckets).toBeGreaterThanOrEqual(64);
  expect(result.peakPins).toBeGreaterThan(0);
  expect(result.peakPins).toBeLessThanOrEqual(1.01 * result.begunInMovedBuckets);
}, 120_000);

test('a mapping changes again and again, a server dies in the midst of it and comes back: no packet changes its server', async () => {
  const lifetimes = SHORT_CONNECTION_SECONDS;
  const result = await changeMappings({ seed: 5, liveConnections: 800, servers: 10, buckets: 128, lifetimes });
  expect(result).toMatchObject({ violations: 0, changes: 5, serving: 10 });
  expect(result.lostWithTheirServer).toBeGreaterThan(40);
  // Most of those that lived through a change are elsewhere than the new mapping says.
  expect(result.peakPins).toBeGreaterThan(400);
  expect(result.pinsLeft).toBeGreaterThan(0);
}, 120_000);

test('a flood of SYNs during a swap harms nobody, and its connections never reach the controller', async () => {
  const result = await floodDuringSwap({ seed: 3, liveConnections: 200, buckets: 64 });
  expect(result.flooded).toBeGreaterThan(3_000);
  expect(result.spoofed).toBeGreaterThan(1_000);
  expect(result.violations).toBe(0);
  expect(result.peakPins).toBeLessThan(200);
}, 120_000);

test('servers fail and come back, some in the middle of joining: only their own connections are lost', async () => {
  const options = { seed: 4, liveConnections: 600, failures: 20, drains: 4, seconds: 200, servers: 40, buckets: 256 };
  const result = await failServers(options);
  expect(result.failed).toBeGreaterThan(30);
  expect(result.returned).toBeGreaterThan(20);
  expect(result.lostWithTheirServer).toBeGreaterThan(0);
  expect(result.violations).toBe(0);
  const scheme = (name: string) => result.schemes.find((each) => each.name === name)!;
  expect(scheme('plain hash').broken).toBeGreaterThan(1_000);
  expect(scheme('consistent hash').broken).toBeGreaterThan(20);
  // What is made for failures breaks when a server is taken out on purpose.
  expect(scheme('JET').broken).toBeGreaterThan(0);
}, 120_000);
