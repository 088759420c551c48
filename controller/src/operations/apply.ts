/**
 * From a configuration file to what has to be done so that what runs is what it says: `mooring diff` and
 * `mooring apply`. What it says of servers and VIPs is compared with the intent that runs; for each VIP all changes of
 * servers become one operation with one assignment, so that as little moves as the result needs and not as much as its
 * steps would. Applying the same file again finds nothing to do.
 *
 * Everything is checked before anything is started: a file with one difference that cannot be followed is refused as a
 * whole. Only what holds for the whole controller (timers, switches, policy) waits for its next start, and is told as a
 * difference until then.
 */
import {
  type ClassConfiguration,
  type Configuration,
  formatForwarding,
  type ServerConfiguration,
  type VipConfiguration,
} from '../config/types.ts';
import type { Change, Difference, OperationRequest, ServerDefinition } from '../control-api/types.ts';
import { diversions, diversionText } from '../intent/classes.ts';
import { completeMapping } from '../intent/mapping.ts';
import type { Intent, ServerRecord } from '../intent/types.ts';
import { formatEndpoint } from '../text/addresses.ts';
import { recordsOf } from './catalogue.ts';
import { resolveClientMove } from './client-moves.ts';
import { OperationRefusedError } from './errors.ts';
import { formatWays, waysDiffer, waysOf } from './ways.ts';

/** What a file means for what runs. */
export interface Comparison {
  readonly differences: readonly Difference[];
  /** The operations that remove the differences; none for those that cannot be removed. */
  readonly requests: readonly OperationRequest[];
  /** More of them, which can be planned only when the classes and VIPs are there that come before. */
  readonly later: readonly OperationRequest[];
  /** Classes of clients as they are to be before any operation; no client finds another VIP by that. */
  readonly classes: readonly ClassConfiguration[] | undefined;
  /** VIPs whose other settings (checks, spares) follow the file without an operation. */
  readonly settings: readonly VipConfiguration[];
}

/** What of a VIP cannot be changed while connections live, and why. */
const FIXED: Readonly<Record<string, string>> = {
  address: 'clients are connected to the old one: add a second VIP and remove this one',
  protocol: 'add a second VIP and remove this one',
  port: 'clients are connected to the old one: add a second VIP and remove this one',
  mac: "clients' neighbours know the old one: add a second VIP and remove this one",
  class: 'connections of the clients it would lose or get are elsewhere: add a second VIP and remove this one',
};

/** @param running the configuration that runs @param wanted the file */
export function compare(running: Configuration, intent: Intent, wanted: Configuration): Comparison {
  const differences: Difference[] = [];
  const requests: OperationRequest[] = [];
  const later: OperationRequest[] = [];
  const settings: VipConfiguration[] = [];
  compareRest(running, wanted, differences);
  const { classes, reclass, isLater } = compareClasses(running, intent, wanted, differences);
  for (const vip of wanted.vips) {
    const before = running.vips.find(({ name }) => name === vip.name);
    const record = [...intent.vips.values()].find(({ name }) => name === vip.name);
    if (before === undefined || record === undefined) {
      differences.push({ kind: 'add', what: `VIP ${vip.name}`, detail: formatEndpoint(vip.address, vip.port) });
      const isFresh = vip.class !== undefined && running.classes.every(({ name }) => name !== vip.class);
      (isFresh ? later : requests).push({ kind: 'add-vip', vip: vip.name, vipDefinition: definitionOf(vip) });
      continue;
    }
    compareFixed(before, vip, differences);
    const forwarding = compareForwarding(before, vip, differences);
    if (forwarding !== undefined) requests.push({ kind: 'forwarding', vip: vip.name, forwarding });
    const mapping = compareMapping(before, vip, differences);
    if (mapping !== undefined) {
      const isNumber = mapping.hashSeed === undefined && mapping.affinity === undefined;
      requests.push({ kind: isNumber ? 'buckets' : 'remap', vip: vip.name, ...mapping });
    }
    const changes = compareServers(intent, record.id, vip, forwarding !== undefined, differences);
    if (changes.length > 0) requests.push({ kind: 'change', vip: vip.name, changes });
    const ways = compareWays(intent, record.id, vip, differences);
    if (compareSettings(before, vip, differences) || ways) settings.push(vip);
  }
  if (reclass !== undefined) (isLater ? later : requests).push(reclass);
  for (const { name, address, port } of lastingVips(running, intent)) {
    if (wanted.vips.some((vip) => vip.name === name)) continue;
    differences.push({ kind: 'remove', what: `VIP ${name}`, detail: formatEndpoint(address, port) });
    requests.push({ kind: 'remove-vip', vip: name });
  }
  return { differences, requests, later, classes, settings };
}

/** What of the mapping is to be another; a seed that the file does not name stays. */
function compareMapping(
  before: VipConfiguration,
  after: VipConfiguration,
  differences: Difference[],
): Pick<OperationRequest, 'buckets' | 'hashSeed' | 'affinity'> | undefined {
  const is = completeMapping(before);
  const wanted = completeMapping({ ...after, hashSeed: after.hashSeed ?? is.hashSeed });
  const keys = (['buckets', 'hashSeed', 'affinity'] as const).filter((key) => is[key] !== wanted[key]);
  for (const key of keys) {
    const detail = `${is[key]} to ${wanted[key]}`;
    differences.push({ kind: 'change', what: `${key} of VIP ${after.name}`, detail });
  }
  return keys.length === 0 ? undefined : Object.fromEntries(keys.map((key) => [key, wanted[key]]));
}

function compareFixed(before: VipConfiguration, after: VipConfiguration, differences: Difference[]): void {
  for (const [key, refused] of Object.entries(FIXED)) {
    const [old, wanted] = [before[key as keyof VipConfiguration], after[key as keyof VipConfiguration]];
    if (old === wanted) continue;
    differences.push({
      kind: 'change',
      what: `${key} of VIP ${after.name}`,
      detail: `${old ?? 'none'} to ${wanted ?? 'none'}`,
      refused,
    });
  }
}

/** How packets are to get to the servers, if in another way. */
function compareForwarding(
  before: VipConfiguration,
  after: VipConfiguration,
  differences: Difference[],
): OperationRequest['forwarding'] {
  const [old, wanted] = [formatForwarding(before.forwarding), formatForwarding(after.forwarding)];
  if (old === wanted) return undefined;
  differences.push({ kind: 'change', what: `forwarding of VIP ${after.name}`, detail: `${old} to ${wanted}` });
  return after.forwarding ?? { kind: 'nat' };
}

/** @param portFollows packets are to get there in another way, and the port with it */
function compareServers(
  intent: Intent,
  vip: number,
  wanted: VipConfiguration,
  portFollows: boolean,
  differences: Difference[],
): Change[] {
  const changes: Change[] = [];
  const records = recordsOf(intent, vip);
  for (const server of wanted.servers) {
    const record = records.get(server.name);
    const what = `server ${server.name} of VIP ${wanted.name}`;
    if (!serves(record)) {
      if (server.spare) continue;
      const busy = record?.state === 'draining' ? 'it is leaving just now: wait for it, or abort that' : undefined;
      const dead = record?.state === 'dead' ? 'it is dead: it comes back when its checks are good' : undefined;
      const refused = busy ?? dead;
      const detail = `${formatEndpoint(server.address, server.port)}, weight ${server.weight}`;
      differences.push({ kind: 'add', what, detail, ...(refused === undefined ? {} : { refused }) });
      if (refused === undefined) changes.push({ change: 'add', server: server.name, definition: addressOf(server) });
      continue;
    }
    if (server.spare) {
      differences.push({ kind: 'remove', what, detail: 'drained, and kept as a spare' });
      changes.push({ change: 'drain', server: server.name });
      continue;
    }
    const { address, port, weight } = record!;
    if (address !== server.address || (port !== server.port && !portFollows)) {
      const detail = `${formatEndpoint(address, port)} to ${formatEndpoint(server.address, server.port)}`;
      const refused = 'connections live at the old address: give the new one another name, or remove it first';
      differences.push({ kind: 'change', what, detail, refused });
    }
    if (weight !== server.weight) {
      differences.push({ kind: 'change', what, detail: `weight ${weight} to ${server.weight}` });
      changes.push({ change: 'weight', server: server.name, weight: server.weight });
    }
  }
  for (const record of records.values()) {
    if (!serves(record) || wanted.servers.some(({ name }) => name === record.name)) continue;
    const detail = `${formatEndpoint(record.address, record.port)}, drained and forgotten`;
    differences.push({ kind: 'remove', what: `server ${record.name} of VIP ${wanted.name}`, detail });
    changes.push({ change: 'remove', server: record.name });
  }
  return changes;
}

function serves(record: ServerRecord | undefined): boolean {
  return record !== undefined && (record.state === 'active' || record.state === 'joining');
}

/** Ports and links of servers in service: followed at once, nothing moves. */
function compareWays(intent: Intent, vip: number, wanted: VipConfiguration, differences: Difference[]): boolean {
  let differ = false;
  const records = recordsOf(intent, vip);
  for (const server of wanted.servers) {
    const record = records.get(server.name);
    if (record === undefined || !serves(record) || !waysDiffer(record, server)) continue;
    differ = true;
    const detail = `${formatWays(record)} to ${formatWays(waysOf(record, server))}`;
    differences.push({ kind: 'change', what: `ways to server ${server.name} of VIP ${wanted.name}`, detail });
  }
  return differ;
}

/** Checks, redirection and what is known of spares: followed at once, nothing moves. */
function compareSettings(before: VipConfiguration, after: VipConfiguration, differences: Difference[]): boolean {
  let differs = false;
  for (const key of ['health', 'overflow', 'fallback'] as const) {
    if (JSON.stringify(before[key]) === JSON.stringify(after[key])) continue;
    differs = true;
    differences.push({ kind: 'change', what: `${key} of VIP ${after.name}`, detail: 'from now on' });
  }
  for (const server of after.servers) {
    const known = before.servers.find(({ name }) => name === server.name);
    if (JSON.stringify({ ...known, spare: false }) === JSON.stringify({ ...server, spare: false })) continue;
    differs = true;
    if (known === undefined && server.spare) {
      differences.push({ kind: 'add', what: `spare ${server.name} of VIP ${after.name}`, detail: server.address });
    }
  }
  for (const { name, spare } of before.servers) {
    if (after.servers.some((server) => server.name === name)) continue;
    differs = true;
    if (spare)
      differences.push({ kind: 'remove', what: `spare ${name} of VIP ${after.name}`, detail: 'not known any more' });
  }
  return differs;
}

/**
 * What is to be done about classes: at once where no client finds another VIP by it, else by an operation that takes
 * connections along.
 */
interface ClassChanges {
  readonly classes: readonly ClassConfiguration[] | undefined;
  readonly reclass?: OperationRequest;
  /** It leads to a VIP that the file adds. */
  readonly isLater?: boolean;
}

function compareClasses(
  running: Configuration,
  intent: Intent,
  wanted: Configuration,
  differences: Difference[],
): ClassChanges {
  const { classes } = wanted;
  if (JSON.stringify(running.classes) === JSON.stringify(classes)) return { classes: undefined };
  const lasting = lastingVips(running, intent);
  const added = wanted.vips.filter(({ name }) => lasting.every((vip) => vip.name !== name));
  const vips = [...lasting, ...added];
  const diverted = diversions({ vips, classes: running.classes }, { vips, classes });
  const tell = (detail: string, refused?: string): void => {
    const more = refused === undefined ? {} : { refused };
    differences.push({ kind: 'change', what: '`classes`', detail, ...more });
  };
  if (diverted.length === 0) {
    tell('from now on');
    return { classes };
  }
  const reclass = { kind: 'reclass', classes } as const;
  const detail = diverted.map((diversion) => diversionText(diversion)).join('; ');
  const isLater = diverted.some(({ to }) => to !== undefined && added.includes(to));
  try {
    if (!isLater) resolveClientMove(running, intent, reclass);
  } catch (error) {
    if (!(error instanceof OperationRefusedError)) throw error;
    tell(detail, error.message);
    return { classes: undefined };
  }
  tell(detail);
  // New ones are there, without clients, before VIPs are added for them.
  const known = running.classes;
  const fresh = classes.filter(({ name }) => known.every((one) => one.name !== name));
  return {
    classes: fresh.length === 0 ? undefined : [...known, ...fresh.map((one) => ({ ...one, prefixes: [] }))],
    reclass,
    isLater,
  };
}

/** Without those that are there only while clients move. */
function lastingVips({ vips }: Configuration, intent: Intent): readonly VipConfiguration[] {
  const moving = new Set([...intent.vips.values()].flatMap((vip) => (vip.moving === undefined ? [] : [vip.name])));
  return vips.filter(({ name }) => !moving.has(name));
}

/** What holds for the whole controller counts from its next start. */
function compareRest(running: Configuration, wanted: Configuration, differences: Difference[]): void {
  const plain = (value: unknown): string =>
    JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? `${part}` : part));
  for (const key of ['stateDir', 'switches', 'timers', 'policy', 'agents'] as const) {
    if (plain(running[key]) === plain(wanted[key])) continue;
    const detail = 'counts from the next start of `mooring up` with this file';
    differences.push({ kind: 'change', what: `\`${key}\``, detail });
  }
}

function addressOf({ address, port, weight, mac, switchPort, links }: ServerConfiguration): ServerDefinition {
  return {
    address,
    port,
    weight,
    ...(mac === undefined ? {} : { mac }),
    ...(switchPort === undefined ? {} : { switchPort }),
    ...(links === undefined ? {} : { links }),
  };
}

function definitionOf(vip: VipConfiguration): OperationRequest['vipDefinition'] {
  const { address, port, protocol, buckets, affinity, hashSeed, mac, forwarding, class: clientClass } = vip;
  const servers = vip.servers.map((server) => ({ name: server.name, ...addressOf(server), spare: server.spare }));
  const way = {
    ...(forwarding === undefined ? {} : { forwarding }),
    ...(hashSeed === undefined ? {} : { hashSeed }),
    ...(clientClass === undefined ? {} : { class: clientClass }),
  };
  return { address, port, protocol, buckets, affinity, mac, ...way, servers };
}
