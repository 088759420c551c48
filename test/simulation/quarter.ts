/**
 * Many live connections, and a quarter of the buckets moved to new servers at once: no packet may change its server,
 * and the switch may hold no more pins than connections have begun in moved buckets while these were in shift.
 */

import { compileProgram } from '../support/program.ts';
import { SHORT_CONNECTION_SECONDS } from './distributions.ts';
import { Service, serverName } from './service.ts';

/** What came of it. */
export interface QuarterResult {
  readonly live: number;
  readonly begun: number;
  readonly violations: number;
  readonly movedBuckets: number;
  readonly buckets: number;
  readonly peakPins: number;
  readonly peakRegisterPins: number;
  /** Connections begun in moved buckets from the first flip to the last commit: an upper bound for pins. */
  readonly begunInMovedBuckets: number;
  readonly shiftSeconds: number;
}

/** Runs it. @param each called every virtual second */
export async function moveQuarter(
  options: { readonly seed: number; readonly liveConnections: number; readonly buckets: number },
  each: (service: Service) => void = () => undefined,
): Promise<QuarterResult> {
  const servers = 40;
  const spares = servers / 4;
  // Room for every connection that begins in the moved buckets.
  const program = await compileProgram([`MOORING_PINS=${2 * options.liveConnections}`]);
  const lifetimes = SHORT_CONNECTION_SECONDS;
  const service = await Service.start({ ...options, program, servers, spares, lifetimes, learnAfter: '1h' });
  await service.populate();
  const live = service.population.liveCount;
  const beganMs = service.clock.nowMs;
  const begunBefore = service.population.counts.begun;
  for (let index = servers - spares; index < servers; index++) {
    service.at(beganMs, () =>
      service.controller.operate({ kind: 'add', server: serverName(index) }).then(() => undefined),
    );
  }
  await service.run(1000);
  const tick = () => each(service);
  await service.untilSettled(3_600_000, tick);
  const { counts } = service.population;
  const movedBuckets = service.controller
    .status()
    .operations.reduce((sum, operation) => sum + operation.progress.buckets, 0);
  const result: QuarterResult = {
    live,
    begun: counts.begun,
    violations: counts.violations,
    movedBuckets,
    buckets: options.buckets,
    peakPins: service.peakPins,
    peakRegisterPins: service.peakSlots,
    begunInMovedBuckets: Math.round(((counts.begun - begunBefore) * movedBuckets) / options.buckets),
    shiftSeconds: (service.clock.nowMs - beganMs) / 1000,
  };
  await service.stop();
  return result;
}
