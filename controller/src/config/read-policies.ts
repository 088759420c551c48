/**
 * The parts of `mooring.yaml` that say what the controller may do by itself: whom it asks before a change, how it sees
 * that a server is dead, when it redirects new connections, and how it reaches the servers' agents. Each reader takes
 * the mapping, or undefined where the file has none, and reports its errors at their places like the rest of the
 * configuration.
 */
import * as scalar from './scalars.ts';
import type { AgentAccess, Approval, HealthCheck, OverflowRule, Policy, WhenFull } from './types.ts';
import type { MapReader } from './yaml-reader.ts';

/** Kinds of operation that `policy.approval` may name. */
export const POLICY_KINDS = [
  'add',
  'drain',
  'swap',
  'remove',
  'weight',
  'enable',
  'disable',
  'change',
  'add-vip',
  'remove-vip',
  'buckets',
  'remap',
  'forwarding',
  'reclass',
] as const;

/** Everything goes without being asked for. */
export const DEFAULT_POLICY: Policy = { approval: { default: 'auto' }, askAbove: 1, slowStartMs: 0 };

const approval = scalar.oneOf<Approval>('auto', 'ask');

/** `policy` */
export function readPolicy(reader: MapReader | undefined): Policy {
  if (reader === undefined) return DEFAULT_POLICY;
  const approvals: Record<string, Approval> = { default: reader.optional('default', approval, 'auto' as const) };
  for (const kind of POLICY_KINDS) {
    const given = reader.optional(kind, approval, undefined);
    if (given !== undefined) approvals[kind] = given;
  }
  const askAbove = reader.optional('askAbove', scalar.share, 1);
  const slowStartMs = reader.optional('slowStart', scalar.durationMs, 0);
  reader.finish();
  return { approval: approvals, askAbove, slowStartMs };
}

/** `agents` */
export function readAgents(reader: MapReader | undefined): AgentAccess | undefined {
  if (reader === undefined) return undefined;
  const ca = reader.required('ca', scalar.text);
  const certificate = reader.required('certificate', scalar.text);
  const key = reader.required('key', scalar.text);
  const intervalMs = reader.optional('interval', scalar.durationMs, 200);
  if (intervalMs < 10) reader.error('interval', '`interval` must be at least 10ms');
  reader.finish();
  if (ca === undefined || certificate === undefined || key === undefined) return undefined;
  return { ca, certificate, key, intervalMs };
}

/** `health` of a VIP */
export function readHealth(reader: MapReader | undefined): HealthCheck | undefined {
  if (reader === undefined) return undefined;
  const kind = reader.required('kind', scalar.oneOf('tcp', 'http', 'command', 'syns')) ?? 'tcp';
  const intervalMs = reader.optional('interval', scalar.durationMs, 1_000);
  const timeoutMs = reader.optional('timeout', scalar.durationMs, Math.min(1_000, intervalMs));
  if (intervalMs < 10) reader.error('interval', '`interval` must be at least 10ms');
  if (timeoutMs < 1) reader.error('timeout', '`timeout` must be at least 1ms');
  const rise = reader.optional('rise', scalar.integer(1, 100), 2);
  const fall = reader.optional('fall', scalar.integer(1, 100), 3);
  const path = reader.optional('path', scalar.urlPath, '/');
  const statuses = reader.optional('statuses', scalar.statusRange, [200, 399] as const);
  const command = reader.scalars('command', scalar.text) ?? [];
  const minimum = reader.optional('minimum', scalar.integer(1, 1_000_000, 'SYNs'), 10);
  const unanswered = reader.optional('unanswered', scalar.share, 1);
  for (const key of ['minimum', 'unanswered', 'reassign']) {
    if (kind !== 'syns' && reader.node.has(key)) reader.error(key, `a \`${kind}\` check counts no SYNs`);
  }
  const reassign = reader.optional('reassign', scalar.integer(1, 100, 'failures'), undefined);
  if (reassign !== undefined && reassign >= fall) {
    reader.error('reassign', `\`reassign\` must be less than \`fall\` (${fall}), after which the server is given up`);
  }
  if (unanswered === 0) reader.error('unanswered', '`unanswered` must be more than 0');
  const port = reader.optional('port', scalar.port, undefined);
  const comeback = reader.optional('comeback', scalar.oneOf('add', 'wait'), 'add' as const);
  if (kind === 'command' && command.length === 0) {
    reader.error(undefined, 'a `command` check needs `command`: program and arguments as a list');
  }
  if (kind !== 'command' && command.length > 0) reader.error('command', `a \`${kind}\` check runs no \`command\``);
  reader.finish();
  const counts = { minimum, unanswered, reassign };
  return { kind, intervalMs, timeoutMs, rise, fall, path, statuses, command, ...counts, port, comeback };
}

/** `overflow` of a VIP */
export function readOverflow(reader: MapReader | undefined): OverflowRule | undefined {
  if (reader === undefined) return undefined;
  const rule = reader.required('rule', scalar.oneOf('next', 'shortest', 'round-robin')) ?? 'next';
  const above = reader.optional('above', scalar.share, 0.8);
  const below = reader.optional('below', scalar.share, above / 2);
  if (below >= above) reader.error('below', '`below` must be less than `above`');
  const whenFull = reader.optional('whenFull', scalar.oneOf<WhenFull>('pass', 'drop', 'reset'), 'pass' as const);
  reader.finish();
  return { rule, above, below, whenFull };
}
