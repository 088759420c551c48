/**
 * The traffic and failures of the simulations: how long connections live and how long servers are away, as step
 * functions that were measured in a large web service and are used by the papers on Cheetah (NSDI'20) and JET
 * (CoNEXT'21), so that figures can be laid beside theirs.
 */
import type { Random } from '../differential/random.ts';

/** A step cumulative distribution: the value of the first step whose probability exceeds a uniform number. */
export type StepDistribution = readonly (readonly [cumulative: number, value: number])[];

/** Seconds a connection lives; mean 21.33, median 0.31. */
export const CONNECTION_SECONDS: StepDistribution = [
  [0.2934, 0.001],
  [0.3782, 0.002],
  [0.4059, 0.003],
  [0.452, 0.0089],
  [0.476, 0.0255],
  [0.5018, 0.31],
  [0.548, 10.28],
  [0.7601, 10.44],
  [0.8985, 22.91],
  [0.928, 36.4],
  [0.9483, 100.7],
  [0.9576, 214.4],
  [0.9982, 228.1],
  [1, 602.6],
];

/**
 * As `CONNECTION_SECONDS` without connections of more than 40 s, for runs that wait for the last old connection to end.
 */
export const SHORT_CONNECTION_SECONDS: StepDistribution = CONNECTION_SECONDS.filter(([, value]) => value <= 40).map(
  ([cumulative, value], _, kept) => [cumulative / kept[kept.length - 1]![0], value],
);

/** Seconds a removed server is away. */
export const DOWNTIME_SECONDS: StepDistribution = [
  [0.0068, 60],
  [0.0433, 120.8],
  [0.215, 130.7],
  [0.3868, 141.5],
  [0.5585, 153.1],
  [0.7303, 165.7],
  [0.9021, 179.3],
  [0.9658, 304.8],
  [0.9818, 671.7],
  [0.9977, 20_534],
  [1, 567_076],
];

/** The mean: arrivals a second are live connections over this. */
export function meanOf(distribution: StepDistribution): number {
  let below = 0;
  let mean = 0;
  for (const [cumulative, value] of distribution) {
    mean += (cumulative - below) * value;
    below = cumulative;
  }
  return mean;
}

/** Draws a value. */
export function draw(distribution: StepDistribution, random: Random): number {
  const uniform = uniformOf(random);
  for (const [cumulative, value] of distribution) if (cumulative > uniform) return value;
  return distribution[distribution.length - 1]![1];
}

/**
 * How long a connection that is found alive at some instant still lives: long ones are found in proportion to their
 * length, and at any point of it.
 */
export function drawResidual(distribution: StepDistribution, random: Random): number {
  let longest = 0;
  let below = 0;
  const weighted = distribution.map(([cumulative, value]) => {
    longest += (cumulative - below) * value;
    below = cumulative;
    return [longest, value] as const;
  });
  const point = uniformOf(random) * longest;
  const [, value] = weighted.find(([weight]) => weight > point) ?? weighted[weighted.length - 1]!;
  return uniformOf(random) * value;
}

/** Events of a Poisson process within an interval in which `mean` are expected. */
export function poisson(mean: number, random: Random): number {
  // Knuth's product of uniforms in pieces small enough for a double.
  let count = 0;
  for (let left = mean; left > 0; left -= 16) {
    const limit = Math.exp(-Math.min(left, 16));
    for (let product = uniformOf(random); product > limit; product *= uniformOf(random)) count++;
  }
  return count;
}

/** The time until the next event of a Poisson process. */
export function exponential(mean: number, random: Random): number {
  return -mean * Math.log(1 - uniformOf(random));
}

function uniformOf(random: Random): number {
  return random.bits32() / 4294967296;
}
