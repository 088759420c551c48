/**
 * The first words of a journal: VIPs and servers that the configuration lists and the journal does not know yet get their ids and
 * their buckets. What the journal knows is left as it is, for operators have changed it since; where the file contradicts
 * it in a way that cannot be followed while connections live, the controller says so and does not start.
 */
import { assign } from '../assignment/assign.ts';
import type { Configuration, VipConfiguration } from '../config/types.ts';
import type { Journal } from '../journal/journal.ts';
import { formatEndpoint } from '../text/addresses.ts';
import type { Intent, IntentRecord } from './types.ts';

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
  for (const record of intent.vips.values()) {
    const vip = configuration.vips.find((candidate) => candidate.name === record.name);
    if (vip === undefined) {
      throw new IntentConflictError(
        `the configuration no longer lists VIP \`${record.name}\`, which is in service. Removing a VIP is not supported ` +
          'yet: list it again, or begin anew with an empty state directory and a restarted switch',
      );
    }
    if (vip.buckets !== record.buckets) {
      throw new IntentConflictError(
        `VIP \`${record.name}\` is in service with ${record.buckets} buckets; the configuration now says ${vip.buckets}. ` +
          'The number of buckets is fixed once the service runs',
      );
    }
  }
  for (const vip of configuration.vips) {
    const record = [...intent.vips.values()].find((candidate) => candidate.name === vip.name);
    if (record === undefined) addVip(journal, vip);
    else remarks.push(...compareServers(intent, record.id, vip));
  }
  return remarks;
}

function addVip(journal: Journal<IntentRecord, Intent>, vip: VipConfiguration): void {
  const intent = journal.state;
  const id = intent.nextVip;
  journal.add({ kind: 'vip', vip: { id, name: vip.name, buckets: vip.buckets } });
  const shares = vip.servers
    .filter((server) => !server.spare)
    .map(({ name, address, port, weight, mac, switchPort }) => {
      const server = {
        id: intent.nextServer,
        name,
        vip: id,
        address,
        port,
        weight,
        mac,
        switchPort,
        state: 'active',
      } as const;
      journal.add({ kind: 'server', server });
      return { server: server.id, weight };
    });
  const nobody = new Array<number>(vip.buckets).fill(0);
  const changes = assign(nobody, nobody, shares).map((server, bucket) => [bucket, server, server] as const);
  journal.add({ kind: 'assignment', vip: id, changes });
}

function compareServers(intent: Intent, vipId: number, vip: VipConfiguration): string[] {
  const records = [...intent.servers.values()].filter((server) => server.vip === vipId);
  return vip.servers.flatMap((listed) => {
    const record = records.find((candidate) => candidate.name === listed.name);
    if (record === undefined) {
      return listed.spare
        ? []
        : [`server \`${listed.name}\` is listed anew: \`mooring add ${listed.name}\` puts it into service`];
    }
    if (record.address === listed.address && record.port === listed.port) return [];
    const was = formatEndpoint(record.address, record.port);
    return [
      `server \`${listed.name}\` is in service at ${was}; its new address counts once it was removed and added again`,
    ];
  });
}
