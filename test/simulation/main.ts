/**
 * `npm run simulate [-- NAME [LIVE [SEED]]]`: the long simulations, each with its figures. Virtual time, real program,
 * real controller, real P4Runtime; what is simulated are hosts and clock. The same seed gives the same run.
 */
import { failServers } from './failures.ts';
import { floodDuringSwap } from './flood.ts';
import { moveQuarter } from './quarter.ts';
import { changeMappings } from './remaps.ts';
import type { SchemeResult } from './schemes.ts';
import type { Service } from './service.ts';

const DEFAULT_SEED = 1;

/** Simulations by name: their default number of live connections and what they do. */
const SIMULATIONS: Readonly<
  Record<string, { readonly live: number; readonly run: (live: number, seed: number) => Promise<object> }>
> = {
  'failures-1': failures(1),
  'failures-10': failures(10),
  'failures-40': failures(40),
  'failures-80': failures(80),
  drains: failures(10, 10),
  quarter: {
    live: 1_000_000,
    run: (liveConnections, seed) => moveQuarter({ seed, liveConnections, buckets: 4096 }, progress()),
  },
  remaps: {
    live: 100_000,
    run: (liveConnections, seed) => changeMappings({ seed, liveConnections, servers: 100, buckets: 4096 }, progress()),
  },
  flood: {
    live: 10_000,
    run: (liveConnections, seed) => floodDuringSwap({ seed, liveConnections, buckets: 1024 }),
  },
};

function failures(perMinute: number, drains = 0) {
  return {
    live: 100_000,
    run: (liveConnections: number, seed: number) =>
      failServers({ seed, liveConnections, failures: perMinute, drains, seconds: 1000 }, progress()),
  };
}

/** Says where a long run is, every ten virtual seconds. */
function progress(): (service: Service) => void {
  let seconds = 0;
  return (service) => {
    if (++seconds % 10 !== 0) return;
    const { counters } = service.controller;
    const { violations } = service.population.counts;
    process.stderr.write(
      `  ${seconds} s: ${service.population.liveCount} live connections, ${counters.pinsExact} pins, ` +
        `${counters.bucketsCommitted} buckets committed, ${violations} violations\n`,
    );
  };
}

function schemeTable(schemes: readonly SchemeResult[]): string {
  const lines = schemes.map(
    ({ name, broken, peakEntries, peakBytes }) =>
      `  ${name.padEnd(24)}${String(broken).padStart(10)}${String(peakEntries).padStart(14)}${String(peakBytes).padStart(14)}\n`,
  );
  return `  ${'scheme'.padEnd(24)}    broken  peak entries    peak bytes\n${lines.join('')}`;
}

async function main([name, live, seed]: readonly string[]): Promise<number> {
  const names = name === undefined ? Object.keys(SIMULATIONS) : [name];
  let violations = 0;
  for (const each of names) {
    const simulation = SIMULATIONS[each];
    if (simulation === undefined) {
      process.stderr.write(`there is no simulation \`${each}\`; there is ${Object.keys(SIMULATIONS).join(', ')}\n`);
      return 2;
    }
    const startedMs = performance.now();
    const connections = live === undefined ? simulation.live : Number(live);
    const result = await simulation.run(connections, seed === undefined ? DEFAULT_SEED : Number(seed));
    process.stdout.write(`${each} (${((performance.now() - startedMs) / 1000).toFixed(0)} s)\n`);
    for (const [figure, value] of Object.entries(result)) {
      if (figure !== 'schemes') process.stdout.write(`  ${figure.padEnd(22)}${value}\n`);
    }
    if ('schemes' in result) process.stdout.write(schemeTable(result.schemes as readonly SchemeResult[]));
    violations += 'violations' in result ? Number(result.violations) : 0;
  }
  return violations === 0 ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
