/**
 * A flood of SYNs during a swap, at twenty times the rate of legitimate ones: half of them from addresses nobody has,
 * half with the addresses and ports of live connections. Servers answer all of them, as servers with SYN cookies do; no
 * handshake is ever completed. No established connection may notice, and no legitimate SYN may be lost except in the
 * short time in which a bucket is sealed.
 */

import { compileProgram } from '../support/program.ts';
import { SHORT_CONNECTION_SECONDS } from './distributions.ts';
import { Service, serverName } from './service.ts';

const TIMES = 20;
const FLOOD_SECONDS = 30;
/** Addresses that no client has. */
const SPOOFED_CLIENTS = 0x800000;

/** What came of it. */
export interface FloodResult {
  readonly begun: number;
  readonly flooded: number;
  /** Of these, with the address and port of a live connection. */
  readonly spoofed: number;
  readonly violations: number;
  readonly synsDropped: number;
  /** Reports to the controller of pins that a flood made: none, since only completed handshakes are reported. */
  readonly peakPins: number;
  readonly shiftSeconds: number;
}

/** Runs it. */
export async function floodDuringSwap(options: {
  readonly seed: number;
  readonly liveConnections: number;
  readonly buckets: number;
}): Promise<FloodResult> {
  const program = await compileProgram();
  const lifetimes = SHORT_CONNECTION_SECONDS;
  const service = await Service.start({ ...options, program, lifetimes, servers: 8, spares: 1, learnAfter: '10s' });
  const { population, network, random, clock } = service;
  await service.populate();
  await service.controller.operate({ kind: 'swap', server: serverName(0), replacement: serverName(7) });
  const beganMs = clock.nowMs;
  let flooded = 0;
  let spoofed = 0;
  const each = TIMES * service.arrivalsPerMs;
  for (let ms = 1; ms <= FLOOD_SECONDS * 1000; ms++) {
    service.at(beganMs + ms, () => {
      for (let due = Math.floor(each * ms) - Math.floor(each * (ms - 1)); due > 0; due--) {
        const live = random.chance(0.5) ? population.someOpen() : undefined;
        const client = live?.client ?? SPOOFED_CLIENTS + random.below(0x400000);
        const port = live?.port ?? random.between(1024, 65535);
        const server = network.fromClient(client, port, 'syn', 0);
        if (server >= 0) network.fromServer(server, client, port, random.bits32());
        flooded++;
        if (live !== undefined) spoofed++;
      }
    });
  }
  await service.run(FLOOD_SECONDS * 1000);
  await service.untilSettled(3_600_000);
  const { counts } = population;
  const result: FloodResult = {
    begun: counts.begun,
    flooded,
    spoofed,
    violations: counts.violations,
    synsDropped: counts.synsDropped,
    peakPins: service.peakPins,
    shiftSeconds: (clock.nowMs - beganMs) / 1000,
  };
  await service.stop();
  return result;
}
