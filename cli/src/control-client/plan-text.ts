/**
 * A plan as people read it: what moves from whom to whom, who has what afterwards, what it costs and how long it takes.
 * Only the numbers that the controller knows are shown; what it does not know yet is said in words instead of a zero.
 */
import type { Plan, VipPlan } from '@mooring/controller/control';

const SOURCES = {
  agents: 'counted by the agents',
  observed: 'estimated from earlier shifts',
  unknown: 'not known yet: no agents, and no shift has been seen',
} as const;

function seconds(ms: number): string {
  return ms < 10_000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms / 1000)} s`;
}

function vipLines(plan: VipPlan): string[] {
  const lines = [
    `${plan.vip}: ${plan.moves} of ${plan.buckets} buckets move (the least possible: ${plan.leastMoves})`,
    ...plan.flows.map(({ from, to, buckets }) => `  ${from} -> ${to}  ${buckets}`),
    '  server      weight  buckets before  after  fair share',
    ...plan.shares.map(
      (share) =>
        `  ${share.server.padEnd(10)} ${String(share.weight).padStart(7)} ${String(share.bucketsBefore).padStart(15)} ` +
        `${String(share.bucketsAfter).padStart(6)} ${share.fairShare.toFixed(1).padStart(11)}`,
    ),
    `  most loaded server: ${plan.oversubscription.toFixed(3)} of its fair share`,
  ];
  if (plan.moves === 0) return lines;
  const live = plan.liveConnections === undefined ? '' : `about ${plan.liveConnections}, `;
  const room = plan.pinsRoom === undefined ? '' : ` (room for ${plan.pinsRoom})`;
  return [
    ...lines,
    `  live connections in these buckets: ${live}${SOURCES[plan.estimate]}`,
    ...(plan.pinsNeeded === undefined ? [] : [`  pins needed at most: about ${plan.pinsNeeded}${room}`]),
    `  expected to take: ${seconds(plan.expectedDrainMs)}`,
  ];
}

const STARTS = {
  now: 'it would start at once',
  approval: 'it would wait for approval',
  queue: 'it would wait in the queue',
} as const;

/** The plan as text. */
export function planText(plan: Plan): string {
  return [
    `plan: ${plan.title}`,
    ...plan.vips.flatMap(vipLines),
    ...plan.remarks.map((remark) => `  note: ${remark}`),
    `  ${STARTS[plan.start]}`,
  ].join('\n');
}
