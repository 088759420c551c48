/**
 * Which servers there are, whoever knows of them: those in service by the journal, and those the configuration lists as
 * spares. Names are looked up here, so that every refusal names what would have been right.
 */

import { takenEndpoint, wrongServerPort } from '../config/server-port.ts';
import {
  type Configuration,
  type Protocol,
  type ServerConfiguration,
  sayPortOfVip,
  type VipConfiguration,
} from '../config/types.ts';
import type { OperationRequest, ServerDefinition } from '../control-api/types.ts';
import type { Intent, ServerRecord, ServerShare, VipRecord } from '../intent/types.ts';
import type { ServerId, VipId } from '../shift/types.ts';
import { formatIpAddress, isIpv6, parseIpAddress, parseMac } from '../text/addresses.ts';
import { didYouMean } from '../text/did-you-mean.ts';
import { conflict, OperationRefusedError } from './errors.ts';

/** A VIP with both its sides. */
export interface KnownVip {
  readonly record: VipRecord;
  readonly configuration: VipConfiguration;
}

/** Finds the VIP a request means. @throws OperationRefusedError */
export function findVip(configuration: Configuration, intent: Intent, name: string | undefined): KnownVip {
  const names = configuration.vips.map((vip) => vip.name);
  const wanted = name ?? (names.length === 1 ? names[0] : undefined);
  if (wanted === undefined) {
    throw new OperationRefusedError({
      code: 'bad-request',
      field: 'vip',
      message: 'there are several VIPs: say which one',
      choices: names,
    });
  }
  const vip = configuration.vips.find((candidate) => candidate.name === wanted);
  const record = [...intent.vips.values()].find((candidate) => candidate.name === wanted);
  if (vip === undefined || record === undefined) throw unknown('VIP', 'vip', wanted, names);
  return { record, configuration: vip };
}

/** A request that names a server and no VIP is about the only VIP that has the server, if there is just one. */
export function withVip<Request extends Pick<OperationRequest, 'vip' | 'server'>>(
  { vips }: Pick<Configuration, 'vips'>,
  intent: Intent,
  request: Request,
): Request {
  const { vip, server } = request;
  if (vip !== undefined || server === undefined) return request;
  const having = [...intent.vips.values()].filter(({ id, name }) => {
    const listed = vips.find((candidate) => candidate.name === name)?.servers ?? [];
    return recordsOf(intent, id).has(server) || listed.some((one) => one.name === server);
  });
  return having.length === 1 ? { ...request, vip: having[0]!.name } : request;
}

/** Servers of a VIP that are or were in service, by name; of several the newest that stays. */
export function recordsOf(intent: Intent, vip: VipId): Map<string, ServerRecord> {
  const result = new Map<string, ServerRecord>();
  for (const server of intent.servers.values()) {
    const goes = server.state === 'draining' && result.has(server.name);
    if (server.vip === vip && !goes) result.set(server.name, server);
  }
  return result;
}

/** Whether it gets buckets, and for how much weight. */
export function shareOf(server: ServerRecord): ServerShare {
  return { weight: server.weight, enabled: server.enabled !== false };
}

/** Servers that have buckets or are about to. */
export function inService(intent: Intent, vip: VipId): ServerRecord[] {
  return [...recordsOf(intent, vip).values()].filter(({ state }) => state === 'active' || state === 'joining');
}

/** A server in service, to be taken out of it. @throws OperationRefusedError */
export function findActive(intent: Intent, vip: KnownVip, name: string): ServerRecord {
  const records = recordsOf(intent, vip.record.id);
  const server = records.get(name);
  const active = [...records.values()].filter(({ state }) => state === 'active').map((record) => record.name);
  if (server?.state === 'active') return server;
  if (server === undefined && !vip.configuration.servers.some((candidate) => candidate.name === name)) {
    throw unknown('server', 'server', name, active);
  }
  const why = {
    joining: 'is just being added',
    draining: 'is leaving already',
    drained: 'has left already',
    dead: 'is dead',
  };
  throw new OperationRefusedError({
    code: 'conflict',
    field: 'server',
    message: `server \`${name}\` ${server === undefined ? 'is a spare and not in service' : why[server.state as keyof typeof why]}`,
    choices: active,
  });
}

/** A server out of service, to be taken into it, with what is known of it. @throws OperationRefusedError */
export function findSpare(
  intent: Intent,
  vip: KnownVip,
  name: string,
  field: 'server' | 'replacement',
  definition: ServerDefinition | undefined,
): ServerConfiguration {
  const records = recordsOf(intent, vip.record.id);
  const record = records.get(name);
  if (record !== undefined && record.state !== 'drained' && record.state !== 'dead') {
    const state = { active: 'in service', joining: 'being added', draining: 'still leaving' }[record.state];
    throw new OperationRefusedError({ code: 'conflict', field, message: `server \`${name}\` is ${state} already` });
  }
  if (definition !== undefined) return fromDefinition(intent, vip, name, definition);
  const listed = vip.configuration.servers.find((candidate) => candidate.name === name);
  if (listed !== undefined) return listed;
  if (record !== undefined) {
    const { address, port, weight, mac, switchPort, links } = record;
    const rest = { standby: false, agent: undefined, checkAddress: undefined };
    return { name, address, port, weight, mac, switchPort, links, spare: true, ...rest };
  }
  const spares = vip.configuration.servers
    .map((server) => server.name)
    .filter((candidate) => ['drained', 'dead'].includes(records.get(candidate)?.state ?? 'drained'));
  const error = unknown('server', field, name, spares);
  throw new OperationRefusedError({
    ...error.body,
    hint: 'a server that the configuration does not list needs its address',
  });
}

function fromDefinition(intent: Intent, vip: KnownVip, name: string, given: ServerDefinition): ServerConfiguration {
  const refuse = (field: string, message: string): never => {
    throw new OperationRefusedError({ code: 'bad-request', field, message });
  };
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(name)) refuse('server', `\`${name}\` is not a name a server can have`);
  const isInteger = (value: unknown, low: number, high: number): boolean =>
    typeof value === 'number' && Number.isInteger(value) && value >= low && value <= high;
  const { port = vip.configuration.port, weight = 1, mac, switchPort, links } = given;
  const parsed = typeof given.address === 'string' ? parseIpAddress(given.address) : undefined;
  const kind = isIpv6(vip.configuration.address) ? 'IPv6' : 'IPv4';
  if (parsed === undefined || (typeof parsed === 'string') !== (kind === 'IPv6')) {
    const expected = `an ${kind} address, as its VIP's is`;
    return refuse('definition.address', `\`address\` must be ${expected}, not \`${String(given.address)}\``);
  }
  const address = formatIpAddress(parsed);
  if (port !== 'all' && !isInteger(port, 1, 65535)) refuse('definition.port', '`port` must be from 1 to 65535');
  const { forwarding, port: vipPort, protocol } = vip.configuration;
  const wrong = wrongServerPort(port, vipPort);
  if (wrong !== undefined) refuse('definition.port', wrong);
  if (forwarding !== undefined && port !== vipPort) {
    refuse('definition.port', sayPortOfVip(vipPort, forwarding));
  }
  if (!isInteger(weight, 1, 1000)) refuse('definition.weight', '`weight` must be from 1 to 1000');
  const canonical =
    mac === undefined ? undefined : (parseMac(String(mac)) ?? refuse('definition.mac', '`mac` is no MAC address'));
  if (switchPort !== undefined && !isInteger(switchPort, 0, 65535)) {
    refuse('definition.switchPort', '`switchPort` must be from 0 to 65535');
  }
  if ((mac === undefined) !== (switchPort === undefined)) {
    refuse('definition', 'name both `mac` and `switchPort`, or neither');
  }
  // Only where answers are translated are servers told apart by it.
  const others = [...intent.servers.values()]
    .filter((other) => other.name !== name || other.vip !== vip.record.id)
    .filter((other) => intent.vips.get(other.vip)?.definition?.forwarding === undefined)
    .map((other) => ({ ...other, protocol: protocolOf(intent, other) ?? protocol, owner: `\`${other.name}\`` }));
  const taken = forwarding === undefined ? takenEndpoint({ address, port, protocol }, others) : undefined;
  if (taken !== undefined) refuse('definition.address', taken);
  const rest = { standby: false, agent: undefined, checkAddress: undefined };
  return { name, address, port, weight, mac: canonical, switchPort, links, spare: true, ...rest };
}

/** Undefined where the journal is of a time when it did not say. */
function protocolOf(intent: Intent, { vip }: ServerRecord): Protocol | undefined {
  return intent.vips.get(vip)?.definition?.protocol;
}

/** The lowest id never used; after 65,535 of them the lowest that nothing names. */
export function freeServerId(intent: Intent): ServerId {
  if (intent.nextServer <= 0xffff) return intent.nextServer;
  for (let id = 1; id <= 0xffff; id++) if (!intent.servers.has(id)) return id;
  throw conflict('all 65,535 server ids are in use');
}

function unknown(what: string, field: string, name: string, choices: readonly string[]): OperationRefusedError {
  const meant = didYouMean(name, choices);
  return new OperationRefusedError({
    code: 'not-found',
    field,
    message: `there is no ${what} \`${name}\``,
    choices,
    ...(meant === undefined ? {} : { hint: `did you mean \`${meant}\`?` }),
  });
}
