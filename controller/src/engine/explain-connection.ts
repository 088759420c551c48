/**
 * Why a connection's packets go where they go, as far as it is known here: the decision of `p4/core/decision.p4`, made
 * once more from the controller's own picture of the switch, with the reason in words. What only the registers know, a
 * pin that was made within the last moments and not reported yet, cannot be seen; the words say so where it could
 * matter.
 */
import type { ClientQuery } from '../control-api/queries.ts';
import type { ConnectionExplanation, ConnectionsAnswer, DecidedBy } from '../control-api/query-types.ts';
import { classOfClient, serving } from '../intent/classes.ts';
import { hashOf } from '../intent/mapping.ts';
import { serviceOf } from '../intent/services.ts';
import { OperationRefusedError } from '../operations/errors.ts';
import { bucketOfConnection } from '../shift/bucket-hash.ts';
import { connectionKey, connectionParts } from '../shift/connection-key.ts';
import { type Bucket, type Pin, targetOf } from '../shift/state.ts';
import { BY_COMING_MAPPING, type ServerId, type VipId } from '../shift/types.ts';
import { formatIpAddress, ipAddress } from '../text/addresses.ts';
import type { Engine } from './engine.ts';
import { vipsOf } from './reconcile.ts';
import { phaseOf } from './status.ts';

/** What the explanation is made of. */
export interface BucketFacts {
  readonly phase: Bucket['phase'];
  readonly base: string;
  /** Of this connection, where it depends on that. */
  readonly current: string;
  /** It is on its way to a coming mapping. */
  readonly isRemapped?: boolean;
}

/** A pin, if there is one. */
export interface PinFacts {
  readonly server: string;
  readonly closing: boolean;
  /** Its register slot has not been released yet. */
  readonly inRegister: boolean;
}

const ANSWERS_AT_MOST = 200;

/** All that can be said of a client's connections. @throws OperationRefusedError when there is no such VIP */
export function explainConnections(
  engine: Engine,
  client: ClientQuery,
  vipName: string | undefined,
): ConnectionsAnswer {
  const { configuration, journal } = engine.options;
  const intent = journal.state;
  const all = vipsOf(configuration, intent);
  const served = all.map(({ vip }) => vip);
  const vips = all.filter(({ vip }) => vipName === undefined || vip.name === vipName);
  if (vips.length === 0) {
    throw new OperationRefusedError({
      code: 'not-found',
      field: 'vip',
      message: `there is no VIP \`${vipName}\``,
      choices: all.map(({ vip }) => vip.name),
    });
  }
  const nameOf = (id: ServerId): string => intent.servers.get(id)?.name ?? `server ${id}`;
  const found: ConnectionExplanation[] = [];
  let count = 0;
  const add = (id: VipId, port: number | undefined, vipPort: number): void => {
    const { vip } = vips.find((candidate) => candidate.id === id)!;
    if (++count > ANSWERS_AT_MOST) return;
    const ends = [client.address, port ?? 0, vipPort] as const;
    const number = bucketOfConnection(hashOf(vip), ...ends);
    const bucket = engine.shift.vips.get(id)?.[number];
    if (bucket === undefined) return;
    const key = connectionKey(serviceOf(intent, id), ...ends);
    const pin = port === undefined ? undefined : engine.shift.pins.get(key);
    const target = targetOf(engine.shift, bucket, key);
    const isRemapped = bucket.current === BY_COMING_MAPPING;
    const facts = { phase: bucket.phase, base: nameOf(bucket.base), current: nameOf(target) };
    found.push({
      clientAddress: formatIpAddress(client.address),
      ...(port === undefined ? {} : { clientPort: port }),
      vip: vip.name,
      vipAddress: vip.address,
      vipPort: vip.port === 'all' && vipPort !== 0 ? vipPort : vip.port,
      bucket: number,
      ...facts,
      phase: phaseOf(bucket),
      ...explain(number, { ...facts, isRemapped }, pin && pinFacts(pin, nameOf)),
    });
  };
  const clientClass = classOfClient(client.address, intent.classes);
  for (const { id, vip } of vips) {
    if ((typeof client.address === 'number') !== (typeof ipAddress(vip.address) === 'number')) continue;
    const { address, protocol, port } = vip;
    const to = client.vipPort;
    if (serving({ address, protocol, port: to ?? port }, clientClass, served)?.name !== vip.name) continue;
    if (client.port !== undefined && (port !== 'all' || to !== undefined)) {
      add(id, client.port, port === 'all' ? to! : 0);
    } else {
      // Without its ports only what is pinned can be named, and where they do not matter, all.
      if (hashOf(vip).portMask === 0) add(id, undefined, 0);
      for (const [clientPort, vipPort] of pinnedPorts(engine, id, client)) add(id, clientPort, vipPort);
    }
  }
  return { connections: found, omitted: Math.max(0, count - ANSWERS_AT_MOST) };
}

/** Client port and VIP port of what is pinned of a client. */
function pinnedPorts(engine: Engine, id: VipId, client: ClientQuery): (readonly [number, number])[] {
  const ports: (readonly [number, number])[] = [];
  for (const [key, { vip }] of engine.shift.pins) {
    const [, address, port, vipPort] = connectionParts(key);
    if (vip !== id || address !== client.address || (client.port ?? port) !== port) continue;
    if (vipPort === 0 || (client.vipPort ?? vipPort) === vipPort) ports.push([port, vipPort]);
  }
  return ports.sort(([a, aTo], [b, bTo]) => a - b || aTo - bTo);
}

function pinFacts(pin: Pin, nameOf: (id: ServerId) => string): PinFacts {
  return { server: nameOf(pin.server), closing: pin.closing, inRegister: !pin.released };
}

/** The decision and its reason. Pure, so that every case can be read and tested. */
export function explain(
  number: number,
  bucket: BucketFacts,
  pin: PinFacts | undefined,
): {
  readonly decidedBy: DecidedBy;
  readonly server: string;
  readonly newConnectionServer: string;
  readonly reason: string;
} {
  const { phase, base, current, isRemapped } = bucket;
  if (pin !== undefined) {
    const why = pin.closing
      ? `The pin is on its way out, since the connection has been silent for long: a packet of it still goes to ${pin.server}, a new SYN is dropped until the pin is gone.`
      : base === current && pin.server === base
        ? `It says the same as its bucket, so it is superfluous and will go.`
        : `It was pinned when bucket ${number} had different servers for old and new connections, and stays with its server whatever the bucket does.`;
    const decidedBy = pin.inRegister ? 'register pin' : 'exact pin';
    const place = pin.inRegister
      ? 'It is pinned, in a register slot as well as in the pin table.'
      : 'It is pinned by an entry of the pin table.';
    return { decidedBy, server: pin.server, newConnectionServer: pin.server, reason: `${place} ${why}` };
  }
  return {
    decidedBy: 'base',
    server: base,
    newConnectionServer: phase === 'preparing' || phase === 'waiting' ? base : current,
    reason: isRemapped ? remapReason(number, bucket) : baseReason(number, phase, base, current),
  };
}

function remapReason(number: number, { phase, base, current }: BucketFacts): string {
  const stays = `Without a pin it goes to ${base}, the base of bucket ${number}`;
  if (phase === 'preparing' || phase === 'waiting') {
    return `${stays}. The VIP's mapping is about to change, to one in which it is for ${current}.`;
  }
  const then = base === current ? 'no other in the coming mapping, so it needs no pin' : `${current} if it were new`;
  return `${stays}. The VIP's mapping is changing, and its server is ${then}. A pin that the switch has made within the last moments is not known here yet.`;
}

function baseReason(number: number, phase: BucketFacts['phase'], base: string, current: string): string {
  const unreported = 'A pin that the switch has made within the last moments is not known here yet.';
  switch (phase) {
    case 'steady':
      return `Bucket ${number} is steady: old and new connections go to ${base} alike, and nothing needs to be remembered.`;
    case 'waiting':
      return `Bucket ${number} is to go from ${base} to ${current} and waits for a switch that is away: whoever has no pin goes to ${base}, new connections as well. ${unreported}`;
    case 'preparing':
      return `Bucket ${number} gets ready to go from ${base} to ${current}: what lives is being pinned to ${base} first. ${unreported}`;
    case 'shifting':
      return `Bucket ${number} is on its way from ${base} to ${current}: what has no pin is older than that and stays with ${base} until it ends. ${unreported}`;
    case 'learning':
      return `Bucket ${number} is on its way from ${base} to ${current} and learns: the next packet of an old connection has it pinned to ${base}. ${unreported}`;
    case 'sealed':
      return `Bucket ${number} is sealed for the last look before its commit: if no packet without a pin comes now, its base becomes ${current}. ${unreported}`;
    case 'settling':
      return `Bucket ${number} has its base, ${base}; its pins that still lie in registers are being cleared. ${unreported}`;
    default:
      throw new Error(`unexpected phase ${phase satisfies never}`);
  }
}
