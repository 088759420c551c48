/**
 * Why a connection's packets go where they go, as far as it is known here: the decision of `p4/core/decision.p4`, made once more
 * from the controller's own picture of the switch, with the reason in words. What only the registers know, a pin that was made within
 * the last moments and not reported yet, cannot be seen; the words say so where it could matter.
 */
import type { ClientQuery } from '../control-api/queries.ts';
import type { ConnectionExplanation, ConnectionsAnswer, DecidedBy } from '../control-api/query-types.ts';
import { OperationRefusedError } from '../operations/errors.ts';
import { connectionParts } from '../shift/connection-key.ts';
import type { Bucket, Pin } from '../shift/state.ts';
import type { ServerId, VipId } from '../shift/types.ts';
import { keyText } from '../switch-port/tables.ts';
import { formatIpAddress, type IpAddress, ipAddress } from '../text/addresses.ts';
import { bucketOfConnection, type HashParameters } from './bucket-hash.ts';
import type { Engine } from './engine.ts';
import { vipsOf } from './reconcile.ts';

/** What the explanation is made of. */
export interface BucketFacts {
  readonly phase: Bucket['phase'];
  readonly base: string;
  readonly current: string;
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
  const add = (id: VipId, port: number | undefined): void => {
    const { vip } = vips.find((candidate) => candidate.id === id)!;
    const hash = hashOf(engine, id);
    if (hash === undefined || ++count > ANSWERS_AT_MOST) return;
    const number = bucketOfConnection(hash, client.address, port ?? 0);
    const bucket = engine.shift.vips.get(id)?.[number];
    if (bucket === undefined) return;
    const pin = port === undefined ? undefined : engine.shift.pins.get(keyText([id, client.address, port]));
    const facts = { phase: bucket.phase, base: nameOf(bucket.base), current: nameOf(bucket.current) };
    found.push({
      clientAddress: formatIpAddress(client.address),
      ...(port === undefined ? {} : { clientPort: port }),
      vip: vip.name,
      vipAddress: vip.address,
      vipPort: vip.port,
      bucket: number,
      ...facts,
      // As in the status: a bucket that prepares its flip learns, only earlier.
      phase: facts.phase === 'preparing' ? 'learning' : facts.phase,
      ...explain(number, facts, pin && pinFacts(pin, nameOf)),
    });
  };
  for (const { id, vip } of vips) {
    if ((typeof client.address === 'number') !== (typeof ipAddress(vip.address) === 'number')) continue;
    if (client.port !== undefined) add(id, client.port);
    else {
      // Without a port only what is pinned can be named, and where the port does not matter, all.
      if (hashOf(engine, id)?.portMask === 0) add(id, undefined);
      for (const port of pinnedPorts(engine, id, client.address)) add(id, port);
    }
  }
  return { connections: found, omitted: Math.max(0, count - ANSWERS_AT_MOST) };
}

/** How the switch hashes a VIP's connections, as its entry says. */
function hashOf(engine: Engine, id: VipId): HashParameters | undefined {
  for (const table of ['vips', 'vips_v6'] as const) {
    for (const { params } of engine.shadow.entries(table)) {
      const [vip, , buckets, seed, portMask] = params.map(Number) as [number, number, number, number, number];
      if (vip === id) return { buckets, seed, portMask };
    }
  }
  return undefined;
}

function pinnedPorts(engine: Engine, vip: VipId, address: IpAddress): number[] {
  const ports: number[] = [];
  for (const key of engine.shift.pins.keys()) {
    const parts = connectionParts(key);
    if (parts[0] === vip && parts[1] === address) ports.push(parts[2]);
  }
  return ports.sort((a, b) => a - b);
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
  const { phase, base, current } = bucket;
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
    newConnectionServer: phase === 'preparing' ? base : current,
    reason: baseReason(number, phase, base, current),
  };
}

function baseReason(number: number, phase: BucketFacts['phase'], base: string, current: string): string {
  const unreported = 'A pin that the switch has made within the last moments is not known here yet.';
  switch (phase) {
    case 'steady':
      return `Bucket ${number} is steady: old and new connections go to ${base} alike, and nothing needs to be remembered.`;
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
