/**
 * The first words of a journal: VIPs and servers that the configuration lists and the journal does not know yet get
 * their ids and their buckets. What the journal knows is left as it is, for operators have changed it since; where the
 * file contradicts it in a way that cannot be followed while connections live, the controller says so and does not
 * start.
 */
import { assign } from '../assignment/assign.ts';
import {
  type ClassConfiguration,
  type Configuration,
  formatForwarding,
  type VipConfiguration,
} from '../config/types.ts';
import type { Journal } from '../journal/journal.ts';
import { formatEndpoint } from '../text/addresses.ts';
import { divertedClients, numberClasses } from './classes.ts';
import { FIRST_HASH_SEED } from './mapping.ts';
import { serverRecord } from './server-record.ts';
import { joinService } from './services.ts';
import type { Intent, IntentRecord, VipRecord } from './types.ts';

/** Configuration and state directory do not go together. */
export class IntentConflictError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'IntentConflictError';
  }
}

/**
 * Adds what is new to the journal (not yet flushed).
 * @returns remarks for the operator
 * @throws IntentConflictError
 */
export function beginIntent(configuration: Configuration, journal: Journal<IntentRecord, Intent>): string[] {
  const intent = journal.state;
  const remarks: string[] = [];
  remarks.push(...followClasses(configuration, journal));
  for (const vip of configuration.vips) {
    const record = [...intent.vips.values()].find((candidate) => candidate.name === vip.name);
    if (record === undefined && intent.removedVips.has(vip.name)) {
      remarks.push(`VIP \`${vip.name}\` was removed; \`mooring apply\` with this file brings it back`);
    } else if (record === undefined) {
      addVip(intent, (added) => journal.add(added), vip);
    } else {
      if (record.definition === undefined) {
        if (vip.buckets !== record.buckets) throw differentBuckets(record, vip);
        journal.add({ kind: 'vip', vip: { ...record, definition: vip } });
      }
      remarks.push(...compareVip(record, vip), ...compareServers(intent, record.id, vip));
    }
  }
  for (const record of intent.vips.values()) {
    if (record.moving !== undefined || configuration.vips.some(({ name }) => name === record.name)) continue;
    if (record.definition === undefined) {
      throw new IntentConflictError(
        `the configuration no longer lists VIP \`${record.name}\`, which is in service: list it again`,
      );
    }
    remarks.push(`VIP \`${record.name}\` is in service and not listed: \`mooring remove-vip ${record.name}\` ends it`);
  }
  return remarks;
}

/**
 * Classes are as the file says, unless clients would come to other VIPs by it. @returns remarks @throws
 * IntentConflictError
 */
function followClasses(configuration: Configuration, journal: Journal<IntentRecord, Intent>): string[] {
  const intent = journal.state;
  if (isMoving(intent))
    return ["clients are moving between classes: the file's `classes` do not count before that is over"];
  const before = servedVips(configuration, intent);
  const names = new Set(before.map(({ name }) => name));
  const fresh = configuration.vips.filter(({ name }) => !names.has(name) && !intent.removedVips.has(name));
  const isKept = isOtherwiseServed(configuration, intent);
  const classes = isKept ? intent.classes : configuration.classes;
  const diverted = divertedClients({ vips: before, classes: intent.classes }, { vips: [...before, ...fresh], classes });
  if (diverted !== undefined) {
    throw new IntentConflictError(`${diverted}: leave \`classes\` and the VIPs of this service as they were`);
  }
  const numbered = numberClasses(intent.classes, classes);
  if (JSON.stringify(numbered) !== JSON.stringify(intent.classes)) journal.add({ kind: 'classes', classes: numbered });
  return isKept
    ? ["clients are in other classes by now: the file's `classes` do not count before `mooring apply`"]
    : [];
}

/** Whether clients move from one class to another just now. */
export function isMoving({ vips }: Intent): boolean {
  return [...vips.values()].some(({ moving }) => moving !== undefined);
}

/** Whether the file's classes would have clients at other VIPs than they are at. */
function isOtherwiseServed(configuration: Configuration, intent: Intent): boolean {
  const vips = servedVips(configuration, intent);
  return divertedClients({ vips, classes: intent.classes }, { vips, classes: configuration.classes }) !== undefined;
}

/** A configuration as the journal has it: VIPs come and go, and clients change their class. */
export interface LiveConfiguration extends Configuration {
  vips: readonly VipConfiguration[];
  classes: readonly ClassConfiguration[];
}

/** What the controller goes by: the file, and what operators have changed since. */
export function configurationInForce(configuration: Configuration, intent: Intent): LiveConfiguration {
  const vips = servedVips(configuration, intent);
  return { ...configuration, vips, classes: classesInForce(configuration, intent) };
}

/** The classes of the file, or, where clients have been moved since, as they are. */
function classesInForce(configuration: Configuration, intent: Intent): readonly ClassConfiguration[] {
  const mover = [...intent.operations.values()].find(({ vip }) => intent.vips.get(vip)?.moving !== undefined);
  if (mover?.classesBefore !== undefined) return mover.classesBefore;
  if (!isOtherwiseServed(configuration, intent)) return configuration.classes;
  return intent.classes.map(({ name, prefixes, synRate }) => ({ name, prefixes, synRate }));
}

/** Gives a VIP and its servers their ids and their buckets. */
export function addVip(intent: Intent, add: (record: IntentRecord) => void, vip: VipConfiguration): void {
  const id = intent.nextVip;
  add({ kind: 'vip', vip: { id, name: vip.name, buckets: vip.buckets, definition: vip, ...joinService(intent, vip) } });
  const shares = vip.servers
    .filter((server) => !server.spare)
    .map((configured) => {
      const server = serverRecord(intent.nextServer, id, configured, 'active');
      add({ kind: 'server', server });
      return { server: server.id, weight: server.weight };
    });
  const nobody = new Array<number>(vip.buckets).fill(0);
  const changes = assign(nobody, nobody, shares).map((server, bucket) => [bucket, server, server] as const);
  add({ kind: 'assignment', vip: id, changes });
}

/**
 * The VIPs in service: what connections depend on as it was when the VIP was added, the rest as the file says now.
 * Servers that either of them lists are known.
 */
export function servedVips(configuration: Configuration, intent: Intent): VipConfiguration[] {
  return [...intent.vips.values()].flatMap((record) => {
    const listed = configuration.vips.find(({ name }) => name === record.name);
    const defined = record.definition ?? listed;
    if (defined === undefined) return [];
    if (listed === undefined) return [{ ...defined, buckets: record.buckets }];
    const names = new Set(listed.servers.map(({ name }) => name));
    const { health, overflow, fallback } = listed;
    const servers = [...listed.servers, ...defined.servers.filter(({ name }) => !names.has(name))];
    return [{ ...defined, buckets: record.buckets, health, overflow, fallback, servers }];
  });
}

/** What of a VIP in service cannot follow the file. */
const FIXED = ['address', 'protocol', 'port', 'mac', 'buckets', 'affinity', 'hashSeed', 'class'] as const;

function compareVip(record: VipRecord, vip: VipConfiguration): string[] {
  const { definition } = record;
  if (definition === undefined) return [];
  // A seed that the file does not name is whatever it is.
  const hashSeed = vip.hashSeed === undefined ? undefined : (definition.hashSeed ?? FIRST_HASH_SEED);
  const now = { ...definition, buckets: record.buckets, hashSeed };
  const differs: string[] = FIXED.filter((key) => now[key] !== vip[key]).map(
    (key) =>
      `VIP \`${vip.name}\` is in service with ${key} ${now[key] ?? 'none'}; the file's ${vip[key] ?? 'none'} does not count`,
  );
  const [was, wanted] = [formatForwarding(now.forwarding), formatForwarding(vip.forwarding)];
  if (was !== wanted) {
    differs.push(
      `VIP \`${vip.name}\` is in service with forwarding ${was}; the file's ${wanted} does not count before \`mooring apply\``,
    );
  }
  return differs;
}

function differentBuckets(record: VipRecord, vip: VipConfiguration): IntentConflictError {
  return new IntentConflictError(
    `VIP \`${record.name}\` is in service with ${record.buckets} buckets; the configuration now says ${vip.buckets}. ` +
      'Say what it was; `mooring buckets` divides them',
  );
}

function compareServers(intent: Intent, vipId: number, vip: VipConfiguration): string[] {
  const isUntranslated = intent.vips.get(vipId)?.definition?.forwarding !== undefined;
  const records = [...intent.servers.values()].filter((server) => server.vip === vipId);
  return vip.servers.flatMap((listed) => {
    const record = records.find((candidate) => candidate.name === listed.name);
    if (record === undefined) {
      return listed.spare
        ? []
        : [`server \`${listed.name}\` is listed anew: \`mooring add ${listed.name}\` puts it into service`];
    }
    // Where packets are not translated a server's port is the VIP's, whatever is listed.
    const isPort = record.port === listed.port || isUntranslated;
    if (record.address === listed.address && isPort) return [];
    const was = formatEndpoint(record.address, record.port);
    return [
      `server \`${listed.name}\` is in service at ${was}; its new address counts once it was removed and added again`,
    ];
  });
}
