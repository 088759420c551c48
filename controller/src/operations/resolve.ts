/**
 * From a request to what it means: which servers come, which leave, whose share changes. Everything that can be wrong
 * with a request is found here, before anything is recorded or ordered, and says what would have been right. Nothing is
 * changed here, so the same function serves the plan, the operation, and one that was queued and is looked at again.
 */
import type { Share } from '../assignment/assign.ts';
import { type Configuration, type Forwarding, formatForwarding, type ServerConfiguration } from '../config/types.ts';
import type { Change, OperationRequest } from '../control-api/types.ts';
import type { Intent, MappingConfiguration, ServerRecord, ServerShare, ShareChange } from '../intent/types.ts';
import type { ServerId } from '../shift/types.ts';
import { findActive, findSpare, findVip, inService, type KnownVip, shareOf } from './catalogue.ts';
import { OperationRefusedError } from './errors.ts';
import { checkNotLent } from './fallback.ts';
import { resolveForwarding } from './forwarding.ts';

/** What a request means. */
export interface Resolved {
  readonly vip: KnownVip;
  readonly coming: readonly ServerConfiguration[];
  readonly leaving: readonly ServerRecord[];
  /** Of those who leave, the ones that are not kept as drained servers. */
  readonly forgets: readonly ServerId[];
  readonly shares: readonly ShareChange[];
  /** All buckets of each that leaves go to the one that comes in its place. */
  readonly isSwap: boolean;
  /** Who comes is who leaves, in this way. */
  readonly forwarding?: Forwarding | 'nat';
}

/** @throws OperationRefusedError */
export function resolveRequest(configuration: Configuration, intent: Intent, request: OperationRequest): Resolved {
  const vip = findVip(configuration, intent, request.vip);
  if (vip.record.closing !== undefined) {
    throw new OperationRefusedError({
      code: 'conflict',
      field: 'vip',
      message: `VIP \`${vip.record.name}\` is being removed`,
    });
  }
  const resolved = resolveChanges(intent, vip, request);
  checkResult(intent, resolved);
  checkNotLent(intent, vip.record.id, resolved.leaving);
  return resolved;
}

function resolveChanges(intent: Intent, vip: KnownVip, request: OperationRequest): Resolved {
  const nothing = { vip, coming: [], leaving: [], forgets: [], shares: [], isSwap: false };
  const { kind } = request;
  if (kind === 'change') return resolveList(intent, vip, request.changes ?? []);
  if (kind === 'forwarding') return resolveForwarding(intent, vip, request);
  const name = request.server;
  if (name === undefined) {
    throw new OperationRefusedError({ code: 'bad-request', field: 'server', message: 'the request names no server' });
  }
  switch (kind) {
    case 'add':
    case 'drain':
    case 'remove':
    case 'enable':
    case 'disable':
      return resolveList(intent, vip, [{ change: kind, server: name, definition: request.definition } as Change]);
    case 'weight':
      return resolveList(intent, vip, [{ change: 'weight', server: name, weight: request.weight! }]);
    case 'swap': {
      if (request.replacement === undefined) {
        throw new OperationRefusedError({
          code: 'bad-request',
          field: 'replacement',
          message: 'a swap needs the name of the server that takes the place',
        });
      }
      const server = findActive(intent, vip, name);
      const spare = findSpare(intent, vip, request.replacement, 'replacement', request.definition);
      return { ...nothing, leaving: [server], coming: [spare], isSwap: true };
    }
    default:
      throw new OperationRefusedError({
        code: 'bad-request',
        field: 'kind',
        message: `\`${kind}\` is not about servers`,
      });
  }
}

function resolveList(intent: Intent, vip: KnownVip, changes: readonly Change[]): Resolved {
  const coming: ServerConfiguration[] = [];
  const leaving: ServerRecord[] = [];
  const forgets: ServerId[] = [];
  const shares: ShareChange[] = [];
  const seen = new Set<string>();
  for (const change of changes) {
    if (seen.has(change.server)) {
      throw new OperationRefusedError({
        code: 'bad-request',
        field: 'changes',
        message: `server \`${change.server}\` is named twice`,
      });
    }
    seen.add(change.server);
    switch (change.change) {
      case 'add':
        coming.push(findSpare(intent, vip, change.server, 'server', change.definition));
        break;
      case 'drain':
      case 'remove': {
        const server = findActive(intent, vip, change.server);
        leaving.push(server);
        if (change.change === 'remove') forgets.push(server.id);
        break;
      }
      case 'weight':
      case 'enable':
      case 'disable': {
        const server = findActive(intent, vip, change.server);
        const before = shareOf(server);
        const after: ServerShare =
          change.change === 'weight'
            ? { ...before, weight: change.weight }
            : { ...before, enabled: change.change === 'enable' };
        if (after.weight === before.weight && after.enabled === before.enabled) {
          const state =
            change.change === 'weight'
              ? `has the weight ${before.weight}`
              : before.enabled
                ? 'is enabled'
                : 'is disabled';
          throw new OperationRefusedError({
            code: 'conflict',
            field: 'server',
            message: `server \`${server.name}\` ${state} already`,
          });
        }
        shares.push({ server: server.id, before, after });
        break;
      }
      default:
        throw new Error(`unexpected change ${JSON.stringify(change satisfies never)}`);
    }
  }
  return { vip, coming, leaving, forgets, shares, isSwap: false };
}

/** Somebody must be left to take connections, and there must be a bucket for everybody. */
function checkResult(intent: Intent, resolved: Resolved): void {
  const { vip, leaving, coming } = resolved;
  const { name, buckets } = vip.record;
  const after = sharesAfter(intent, resolved, (_, index) => -1 - index);
  if (after.length === 0) {
    const gone =
      resolved.shares[0] === undefined ? leaving[0]?.name : intent.servers.get(resolved.shares[0].server)?.name;
    throw new OperationRefusedError({
      code: 'conflict',
      field: 'server',
      message: `server \`${gone ?? ''}\` is the last one in service of VIP \`${name}\``,
      hint: 'add or swap in another one first',
    });
  }
  if (coming.length > leaving.length && after.length > buckets) {
    throw new OperationRefusedError({
      code: 'conflict',
      field: 'server',
      message: `the VIP's ${buckets} buckets are not enough for one more server`,
    });
  }
}

/**
 * Who has buckets afterwards, and for how much weight.
 * @param idOf the ids of those who come
 */
export function sharesAfter(
  intent: Intent,
  { vip, coming, leaving, shares }: Resolved,
  idOf: (server: ServerConfiguration, index: number) => ServerId,
): Share[] {
  const changed = new Map(shares.map(({ server, after }) => [server, after]));
  const goes = new Set(leaving.map(({ id }) => id));
  const stay = inService(intent, vip.record.id).filter(({ id }) => !goes.has(id));
  return [
    ...stay.map((server) => ({ server: server.id, ...(changed.get(server.id) ?? shareOf(server)) })),
    ...coming.map((server, index) => ({ server: idOf(server, index), weight: server.weight, enabled: true })),
  ]
    .filter(({ enabled }) => enabled)
    .map(({ server, weight }) => ({ server, weight }));
}

/** Who has buckets now, and for how much weight. */
export function sharesNow(intent: Intent, vip: number): Share[] {
  return inService(intent, vip)
    .filter((server) => shareOf(server).enabled)
    .map(({ id, weight }) => ({ server: id, weight }));
}

/** Names of all servers that a request is about. */
export function serversOf({ coming, leaving, shares }: Resolved, intent: Intent): Set<string> {
  const names = [...coming, ...leaving].map(({ name }) => name);
  return new Set([...names, ...shares.map(({ server }) => intent.servers.get(server)?.name ?? '')]);
}

/** A request in a few words. */
export function titleOf(
  request: Pick<
    OperationRequest,
    | 'kind'
    | 'server'
    | 'replacement'
    | 'weight'
    | 'vip'
    | 'buckets'
    | 'hashSeed'
    | 'affinity'
    | 'changes'
    | 'forwarding'
    | 'prefix'
    | 'class'
  >,
): string {
  switch (request.kind) {
    case 'swap':
      return `swap ${request.server} for ${request.replacement}`;
    case 'weight':
      return `weight ${request.server} ${request.weight}`;
    case 'change':
      return (request.changes ?? [])
        .map((change) => `${change.change} ${change.server}${change.change === 'weight' ? ` ${change.weight}` : ''}`)
        .join(', ');
    case 'add-vip':
    case 'remove-vip':
      return `${request.kind} ${request.vip}`;
    case 'forwarding':
      return `forwarding of ${request.vip ?? 'the VIP'} to ${forwardingText(request.forwarding)}`;
    case 'reclass':
      return request.prefix === undefined
        ? 'clients to other classes'
        : `clients of ${request.prefix} to class ${request.class}`;
    case 'buckets':
      return `buckets of ${request.vip ?? 'the VIP'} to ${request.buckets}`;
    case 'remap':
      return `remap ${request.vip ?? 'the VIP'}: ${mappingText(request)}`;
    default:
      return `${request.kind} ${request.server}`;
  }
}

function forwardingText(to: OperationRequest['forwarding']): string {
  return formatForwarding(to === undefined || to.kind === 'nat' ? undefined : to);
}

/** A mapping in words, as far as it is named. */
function mappingText({ buckets, hashSeed, affinity }: Partial<MappingConfiguration>): string {
  const parts = [
    ...(hashSeed === undefined ? [] : [`seed ${hashSeed}`]),
    ...(buckets === undefined ? [] : [`${buckets} buckets`]),
    ...(affinity === undefined ? [] : [`affinity by ${affinity}`]),
  ];
  return parts.join(', ');
}
