/**
 * What a configuration or a request needs of the switch's program (switch-port/program-features.ts), and what of that
 * it lacks. A configuration is looked at before anything is journaled or a switch is asked, and is refused with all
 * that is wrong with it; a request is refused in its plan, also where it would have to wait, for nothing that could be
 * waited for gives a program another table. So whatever writes entries may rely on the tables for them. What only helps
 * (counters of servers, the search for lost pins) is done without where it lacks.
 */
import type { Configuration, Forwarding, ServerConfiguration, VipConfiguration } from '../config/types.ts';
import { readVipDefinition } from '../config/vip-definition.ts';
import type { OperationRequest } from '../control-api/types.ts';
import { configurationInForce } from '../intent/begin.ts';
import { isSameService } from '../intent/classes.ts';
import { completeMapping } from '../intent/mapping.ts';
import type { Intent } from '../intent/types.ts';
import { SwitchRefusedError } from '../switch-port/port.ts';
import type { ProgramFeatures } from '../switch-port/program-features.ts';
import { isIpv6 } from '../text/addresses.ts';
import { findVip } from './catalogue.ts';
import { resolveClientMove } from './client-moves.ts';
import { OperationRefusedError } from './errors.ts';
import type { OperationHost } from './host.ts';
import { type MappingChange, resolveMapping } from './mappings.ts';

/** Something that is wanted and cannot be had. */
interface Lack {
  /** Whose it is, and which field. */
  readonly field: string;
  readonly owner: string;
  /** What the program lacks. */
  readonly why: string;
  /** What to do. */
  readonly hint: string;
}

/** As `Configuration` has them. */
type Wanted = Pick<Configuration, 'vips'>;

/**
 * What runs and what the file adds to it, against the program that is to do it.
 * @throws SwitchRefusedError with everything that the program cannot do
 */
export function checkConfiguration(features: ProgramFeatures, wanted: Configuration, intent: Intent): void {
  const { vips } = configurationInForce(wanted, intent);
  const names = new Set(vips.map(({ name }) => name));
  const fresh = wanted.vips.filter(({ name }) => !names.has(name) && !intent.removedVips.has(name));
  const lacks = [...lacksOf(features, { vips: [...vips, ...fresh] }), ...lacksOfIntent(features, intent)];
  if (lacks.length === 0) return;
  // What a server in service has may be listed as well.
  const texts = new Set(lacks.map((lack) => `\n  ${listed(lack)}`));
  throw new SwitchRefusedError(`the switch's program cannot do all that is asked of it:${[...texts].join('')}`);
}

/** A file that is to be applied. @throws OperationRefusedError with everything that the program cannot do */
export function checkFile(features: ProgramFeatures, wanted: Wanted, fileName: string): void {
  const lacks = lacksOf(features, wanted);
  if (lacks.length === 0) return;
  const message = `the switch's program cannot do all that is asked of it: ${lacks.map(listed).join('; ')}`;
  throw new OperationRefusedError({ code: 'bad-request', field: fileName, message, hint: 'nothing was changed' });
}

/** @throws OperationRefusedError where a request needs what the program lacks */
export function checkRequest(host: OperationHost, request: OperationRequest): void {
  const [lack] = lacksOfRequest(host, request);
  if (lack === undefined) return;
  const { owner, field, why, hint } = lack;
  throw new OperationRefusedError({ code: 'bad-request', field, message: `${owner}: ${why}`, hint });
}

function listed({ owner, field, why, hint }: Lack): string {
  return `${owner}, \`${field}\`: ${why}: ${hint}`;
}

function lacksOf(features: ProgramFeatures, { vips }: Wanted): Lack[] {
  return vips.flatMap((vip, index) => [
    ...lacksOfVip(features, vip),
    ...lacksOfService(features, vip, vips.slice(0, index)),
  ]);
}

function lacksOfVip(features: ProgramFeatures, vip: VipConfiguration): Lack[] {
  const owner = `VIP \`${vip.name}\``;
  const lacks: Lack[] = [];
  if (isIpv6(vip.address) && !features.ipv6) {
    const hint = 'give it an IPv4 address, or have the program compiled with IPv6';
    lacks.push({ owner, field: 'address', why: `the program has no IPv6, and it is ${vip.address}`, hint });
  }
  if (vip.port === 'all' && !features.allPorts) {
    const why = 'the program has no VIPs for all ports';
    lacks.push({ owner, field: 'port', why, hint: 'make a VIP of each port' });
  }
  lacks.push(...lacksOfForwarding(features, owner, vip.forwarding), ...lacksOfMapping(features, owner, vip));
  if (vip.health?.kind === 'syns' && !features.signals) {
    const why = "the program does not count servers' SYNs";
    lacks.push({ owner, field: 'health', why, hint: 'check by `tcp`, `http` or `command`' });
  }
  const whenFull = vip.overflow?.whenFull ?? 'pass';
  if (whenFull !== 'pass' && !features.refusals) {
    const why = `the program refuses no SYNs, as \`whenFull: ${whenFull}\` would`;
    lacks.push({ owner, field: 'overflow', why, hint: 'leave `whenFull` out' });
  }
  return [...lacks, ...vip.servers.flatMap((server) => lacksOfServer(features, owner, server))];
}

function lacksOfForwarding(
  { tunnels }: ProgramFeatures,
  owner: string,
  forwarding: Forwarding | { readonly kind: 'nat' } | undefined,
): Lack[] {
  if (tunnels || (forwarding?.kind !== 'ipip' && forwarding?.kind !== 'gue')) return [];
  const why = `the program puts no packets inside others, as \`${forwarding.kind}\` would`;
  return [{ owner, field: 'forwarding', why, hint: 'let it be `nat` or `direct`' }];
}

function lacksOfMapping(
  { anyMapping }: ProgramFeatures,
  owner: string,
  mapping: Pick<VipConfiguration, 'buckets' | 'hashSeed' | 'affinity'>,
): Lack[] {
  if (anyMapping) return [];
  const { buckets, hashSeed } = completeMapping(mapping);
  const lacks: Lack[] = [];
  const below = 2 ** Math.floor(Math.log2(buckets));
  if (below !== buckets) {
    const why = `the program knows powers of two only, and it is ${buckets}`;
    lacks.push({ owner, field: 'buckets', why, hint: `make it ${[below, 2 * below].filter(isNumber).join(' or ')}` });
  }
  if (hashSeed !== 0) {
    const why = `the program hashes with the seed 0 only, and it is ${hashSeed}`;
    lacks.push({ owner, field: 'hashSeed', why, hint: 'leave it out' });
  }
  return lacks;
}

/** Whether a VIP can have so many buckets. */
function isNumber(buckets: number): boolean {
  return buckets <= 0xffff;
}

/** @param others those that come before it */
function lacksOfService(features: ProgramFeatures, vip: VipConfiguration, others: readonly VipConfiguration[]): Lack[] {
  const other = others.find((candidate) => isSameService(candidate, vip));
  if (features.anyMapping || other === undefined) return [];
  const why = `the program has one VIP at an address and port, and \`${other.name}\` is there`;
  return [{ owner: `VIP \`${vip.name}\``, field: 'class', why, hint: 'give it another address' }];
}

function lacksOfServer(
  features: ProgramFeatures,
  owner: string,
  { name, links }: Pick<ServerConfiguration, 'name' | 'links'>,
): Lack[] {
  if (links === undefined || features.links) return [];
  const why = 'the program knows one link to a server';
  const hint = 'name `mac` and `switchPort` of one of them';
  return [{ owner: `server \`${name}\` of ${owner}`, field: 'links', why, hint }];
}

/** What is under way, and was begun with another program. */
function lacksOfIntent(features: ProgramFeatures, intent: Intent): Lack[] {
  const servers = [...intent.servers.values()].filter(({ state }) => state !== 'drained' && state !== 'dead');
  const lacksOfServers = servers.flatMap((server) => {
    const owner = `VIP \`${intent.vips.get(server.vip)?.name}\``;
    const own = server.forwarding === 'nat' ? undefined : server.forwarding;
    return [
      ...lacksOfServer(features, owner, server),
      ...lacksOfForwarding(features, `server \`${server.name}\` of ${owner}`, own),
    ];
  });
  const lacksOfVips = [...intent.vips.values()].flatMap(({ name, coming, firstBucket = 0 }): Lack[] => {
    const owner = `VIP \`${name}\` of the state directory`;
    const hint = 'finish or abort it with the program it was begun with, or begin with an empty state directory';
    if (coming !== undefined && !features.comingMappings) {
      return [{ owner, field: 'buckets', why: 'its mapping is changing, and the program has one at a time', hint }];
    }
    if (firstBucket === 0 || features.anyMapping) return [];
    const why = `its buckets begin at number ${firstBucket}, and the program counts from 0`;
    return [{ owner, field: 'buckets', why, hint: 'begin with an empty state directory' }];
  });
  return [...lacksOfVips, ...lacksOfServers];
}

function lacksOfRequest(host: OperationHost, request: OperationRequest): Lack[] {
  const { features, configuration, intent } = host;
  const { kind } = request;
  switch (kind) {
    case 'add-vip': {
      const { vips, classes } = configuration;
      const vip = readVipDefinition(request.vip, request.vipDefinition, vips, classes);
      return [...lacksOfVip(features, vip), ...lacksOfService(features, vip, vips)];
    }
    case 'buckets':
    case 'remap': {
      if (features.comingMappings && features.anyMapping) return [];
      const vip = findVip(configuration, intent, request.vip);
      const owner = `VIP \`${vip.record.name}\``;
      const change = resolveMapping(intent, vip, request);
      return [...lacksOfMapping(features, owner, change.after), ...lacksOfChange(features, owner, change)];
    }
    case 'reclass': {
      if (features.comingMappings) return [];
      const [move] = resolveClientMove(configuration, intent, request).vips;
      const why =
        'clients take their connections to another VIP by a second mapping, and the program has one at a time';
      const hint = 'leave them in their class';
      return move === undefined ? [] : [{ owner: `VIP \`${move.from.record.name}\``, field: 'classes', why, hint }];
    }
    case 'forwarding': {
      const { record } = findVip(configuration, intent, request.vip);
      return lacksOfForwarding(features, `VIP \`${record.name}\``, request.forwarding);
    }
    default:
      return [];
  }
}

/** A change of mapping that divides no buckets where they are. */
function lacksOfChange({ comingMappings }: ProgramFeatures, owner: string, change: MappingChange): Lack[] {
  const { before, after, isDivision } = change;
  if (comingMappings || isDivision) return [];
  const field =
    after.hashSeed !== before.hashSeed ? 'hashSeed' : after.affinity !== before.affinity ? 'affinity' : 'buckets';
  const why = 'connections live through a change of mapping by a second one, and the program has one at a time';
  const hint = `a multiple of its ${before.buckets} buckets can be had, or a second VIP`;
  return [{ owner, field, why, hint }];
}
