/**
 * Whether a server has room for new connections, by what its agent tells and what the configuration allows. There is a
 * gap between being full and having room again, so that a server on the edge does not go to and fro.
 */
import type { OverflowRule, VipConfiguration } from '../config/types.ts';
import type { AgentStatus } from '../control-api/types.ts';
import type { ServerRecord } from '../intent/types.ts';
import type { ServerId, VipId } from '../shift/types.ts';
import type { OperationHost } from './host.ts';

/** What is known of a server. */
export type StatusOf = (server: ServerId) => AgentStatus | undefined;

/** By what a VIP judges servers. */
type Rules = Pick<OperationHost, 'configuration' | 'intent'>;

/** For a VIP that says nothing about queues. */
const NO_QUEUES: OverflowRule = {
  rule: 'next',
  above: Number.POSITIVE_INFINITY,
  below: Number.POSITIVE_INFINITY,
  whenFull: 'pass',
};

/** Share of the connections that it may have at which a server gets new ones again. */
const RELIEVED_SHARE = 0.9;

/** What a VIP does about servers that cannot keep up. */
export function overflowRule(rules: Rules, vip: VipId): OverflowRule {
  return configurationOf(rules, vip)?.overflow ?? NO_QUEUES;
}

/** How many connections a server may have. */
export function mostConnections(rules: Rules, { name, vip }: ServerRecord): number {
  const listed = configurationOf(rules, vip)?.servers.find((server) => server.name === name);
  return listed?.maxConnections ?? Number.POSITIVE_INFINITY;
}

/** How full a queue is, from 0 to 1 and above. */
export function fill({ acceptQueue, acceptQueueLimit }: AgentStatus): number {
  return acceptQueueLimit === 0 ? 0 : acceptQueue / acceptQueueLimit;
}

/** Why a server has no room, in words; undefined: it is not full. */
export function whyFull({ above }: OverflowRule, most: number, status: AgentStatus): string | undefined {
  const { acceptQueue, acceptQueueLimit, connections } = status;
  if (fill(status) >= above) return `${acceptQueue} of ${acceptQueueLimit} connections wait to be accepted`;
  return connections >= most ? `it has ${connections} connections, and may have ${most}` : undefined;
}

/** Whether a server that was full has room again. */
export function isRelieved({ below }: OverflowRule, most: number, status: AgentStatus): boolean {
  return fill(status) < below && status.connections <= most * RELIEVED_SHARE;
}

function configurationOf({ configuration, intent }: Rules, vip: VipId): VipConfiguration | undefined {
  return configuration.vips.find(({ name }) => name === intent.vips.get(vip)?.name);
}
