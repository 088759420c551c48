/**
 * The model of the papers on Cheetah and JET: 468 servers, connections that arrive by a Poisson process, servers that
 * fail by another one and come back after measured downtimes. A failed server's own connections are lost and not
 * counted; any other connection whose packets change their server is a violation. Beside failures, servers can be
 * drained and brought back on purpose, where nothing at all may be lost.
 */

import { compileProgram } from '../support/program.ts';
import { DOWNTIME_SECONDS, draw, exponential } from './distributions.ts';
import { Comparison, ENTRY_BYTES, type SchemeResult } from './schemes.ts';
import { Service, serverName } from './service.ts';

const SERVERS = 468;
const BUCKETS = 16_384;
/** A drained server comes back after this. */
const MAINTENANCE_MS = 30_000;

/** What to run. */
export interface FailuresOptions {
  readonly seed: number;
  readonly liveConnections: number;
  /** Failures a minute. */
  readonly failures: number;
  /** Drains a minute. */
  readonly drains: number;
  readonly seconds: number;
  readonly servers?: number;
  readonly buckets?: number;
}

/** What came of it. */
export interface FailuresResult {
  readonly begun: number;
  readonly failed: number;
  readonly returned: number;
  readonly drained: number;
  readonly lostWithTheirServer: number;
  readonly violations: number;
  readonly synsDropped: number;
  /** Most connections on a server over the mean of those in service. */
  readonly oversubscription: number;
  readonly schemes: readonly SchemeResult[];
}

/** Runs it. @param each called every virtual second */
export async function failServers(
  options: FailuresOptions,
  each: (service: Service) => void = () => undefined,
): Promise<FailuresResult> {
  const { seed, liveConnections } = options;
  const servers = options.servers ?? SERVERS;
  const buckets = options.buckets ?? BUCKETS;
  const capacity = Math.ceil(1.3 * liveConnections) + 1_000;
  // The papers' table of full tracking has a quarter of the connections.
  const comparison = new Comparison(capacity, servers, servers, Math.ceil(liveConnections / 4));
  const program = await compileProgram();
  const watch = comparison;
  const service = await Service.start({ seed, program, servers, buckets, liveConnections, learnAfter: '15s', watch });
  const { random, network, population, controller, clock } = service;
  await service.populate();
  const endMs = clock.nowMs + 1000 * options.seconds;
  const down = new Set<string>();
  const isDown = (_: string, server: string): boolean => down.has(server);
  const counts = { failed: 0, returned: 0, drained: 0 };
  const serving = Array.from({ length: servers }, (_, index) => index);
  const take = (): number | undefined =>
    serving.length < 2 ? undefined : serving.splice(random.below(serving.length), 1)[0];

  const fail = (): void => {
    const server = take();
    if (server === undefined) return;
    counts.failed++;
    down.add(serverName(server));
    network.setDead(server, true);
    population.serverDied(server);
    comparison.change(server, 'dead');
    service.beside(controller.serverDown('web', serverName(server), isDown));
    service.at(clock.nowMs + Math.round(1000 * draw(DOWNTIME_SECONDS, random)), () => {
      counts.returned++;
      down.delete(serverName(server));
      network.setDead(server, false);
      service.beside(controller.serverUp('web', serverName(server)).then(() => bringBack(server)));
    });
  };
  const bringBack = async (server: number): Promise<void> => {
    await controller.operate({ kind: 'add', server: serverName(server), approve: true });
    serving.push(server);
    comparison.change(server, 'serving');
  };
  const drain = async (): Promise<void> => {
    const server = take();
    if (server === undefined) return;
    const name = serverName(server);
    const isActive = controller.status().servers.some((each) => each.name === name && each.state === 'active');
    if (!isActive) {
      // It is still joining: an operator would be told to wait.
      serving.push(server);
      return;
    }
    counts.drained++;
    comparison.change(server, 'draining');
    const { id } = await controller.operate({ kind: 'drain', server: name, approve: true });
    awaitDrained(server, id);
  };
  const awaitDrained = (server: number, id: number): void => {
    const done = controller.operation(id)?.phase === 'finished';
    service.at(clock.nowMs + MAINTENANCE_MS, () => {
      if (done) service.beside(bringBack(server));
      else awaitDrained(server, id);
    });
  };
  const repeatedly = (perMinute: number, act: () => void): void => {
    if (perMinute === 0) return;
    const waitMs = Math.ceil(exponential(60_000 / perMinute, random));
    service.at(clock.nowMs + waitMs, () => {
      act();
      repeatedly(perMinute, act);
    });
  };
  repeatedly(options.failures, fail);
  repeatedly(options.drains, () => service.beside(drain()));

  let oversubscription = 0;
  let seconds = 0;
  await service.run(endMs - clock.nowMs, () => {
    each(service);
    if (++seconds % 10 !== 0) return;
    const loads = population.loads(servers);
    const inService = serving.map((server) => loads[server]!);
    const mean = inService.reduce((sum, load) => sum + load, 0) / inService.length;
    oversubscription = Math.max(oversubscription, Math.max(...inService) / mean);
  });
  const mooring: SchemeResult = {
    name: 'Mooring',
    broken: population.counts.violations,
    peakEntries: service.peakPins,
    peakBytes: service.peakPins * ENTRY_BYTES,
  };
  const result: FailuresResult = {
    begun: population.counts.begun,
    ...counts,
    lostWithTheirServer: population.counts.lost,
    violations: population.counts.violations,
    synsDropped: population.counts.synsDropped,
    oversubscription: Number(oversubscription.toFixed(3)),
    schemes: [mooring, ...comparison.results()],
  };
  await service.stop();
  return result;
}
