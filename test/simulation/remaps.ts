/**
 * A service whose mapping changes again and again under live connections: seed, number of buckets up and down, to a
 * multiple, affinity. In the midst of one change a server dies and comes back, so that its buckets move at once and its
 * return waits. No packet of a connection whose server lives may reach another one.
 */
import { compileProgram } from '../support/program.ts';
import type { StepDistribution } from './distributions.ts';
import { Service, serverName } from './service.ts';

/** What came of it. */
export interface RemapsResult {
  readonly live: number;
  readonly begun: number;
  readonly changes: number;
  readonly lostWithTheirServer: number;
  readonly violations: number;
  readonly synsDropped: number;
  readonly peakPins: number;
  /** Pins that are left when the last change is over: connections that live elsewhere than the mapping says. */
  readonly pinsLeft: number;
  readonly longestSeconds: number;
  /** Servers in service at the end. */
  readonly serving: number;
}

/** What to run. */
export interface RemapsOptions {
  readonly seed: number;
  readonly liveConnections: number;
  readonly servers: number;
  readonly buckets: number;
  readonly lifetimes?: StepDistribution;
}

/** The server that dies, and how long it is gone. */
const VICTIM = 1;
const DOWN_MS = 5_000;

/** Runs it. @param each called every virtual second */
export async function changeMappings(
  options: RemapsOptions,
  each: (service: Service) => void = () => undefined,
): Promise<RemapsResult> {
  const program = await compileProgram();
  const service = await Service.start({ ...options, program, learnAfter: '15s' });
  const { controller, population, network, clock } = service;
  await service.populate();
  const live = population.liveCount;
  const changes = [
    { kind: 'remap', hashSeed: 1 + options.seed },
    { kind: 'buckets', buckets: options.buckets + 37 },
    { kind: 'remap', affinity: 'client' },
    { kind: 'buckets', buckets: 2 * (options.buckets + 37) },
    { kind: 'remap', affinity: 'connection', hashSeed: 7 + options.seed, buckets: options.buckets - 11 },
  ] as const;
  const victim = serverName(VICTIM);
  const crash = async (): Promise<void> => {
    network.setDead(VICTIM, true);
    population.serverDied(VICTIM);
    await controller.serverDown('web', victim, (_, server) => server === victim);
    service.at(clock.nowMs + DOWN_MS, () => {
      network.setDead(VICTIM, false);
      service.beside(
        controller
          .serverUp('web', victim)
          .then(() => controller.operate({ kind: 'add', server: victim, approve: true }))
          .then(() => undefined),
      );
    });
  };
  let longestMs = 0;
  for (const [index, change] of changes.entries()) {
    const beganMs = clock.nowMs;
    service.at(beganMs, () => controller.operate(change).then(() => undefined));
    if (index === 0) service.at(beganMs + 3_000, () => service.beside(crash()));
    await service.run(1_000, () => each(service));
    await service.untilSettled(600_000, () => each(service));
    longestMs = Math.max(longestMs, clock.nowMs - beganMs);
  }
  const { servers } = controller.status();
  const result: RemapsResult = {
    live,
    begun: population.counts.begun,
    changes: changes.length,
    lostWithTheirServer: population.counts.lost,
    violations: population.counts.violations,
    synsDropped: population.counts.synsDropped,
    peakPins: service.peakPins,
    pinsLeft: controller.counters.pinsExact,
    longestSeconds: longestMs / 1000,
    serving: servers.filter(({ state }) => state === 'active').length,
  };
  await service.stop();
  return result;
}
