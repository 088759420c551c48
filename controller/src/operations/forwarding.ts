/**
 * Another way for packets to get to a VIP's servers (translated, by MAC address, in a tunnel) while its connections
 * live. How a packet is given to a server is said where the server is, by its id; so each server gets a second id with
 * the new way, and every bucket is swapped from the one to the other. To the bucket protocol that is a swap of each
 * server for itself: pause, slow start, deadline, abort, crashes and deaths are what they are in any. Whoever lives
 * keeps the old way until he ends, and when the last one has ended the old ids go.
 *
 * While some servers of the VIP answer past the switch it is a one-way one, before the first bucket moves and until the
 * last old server is drained. Its way in the switch is written by reconciling, so the operation begins when that has
 * been done.
 */
import { takenEndpoint } from '../config/server-port.ts';
import { type Forwarding, formatForwarding, type ServerConfiguration } from '../config/types.ts';
import type { OperationRequest } from '../control-api/types.ts';
import { forwardingOf } from '../intent/forwarding.ts';
import type { Intent, OperationRecord, ServerRecord } from '../intent/types.ts';
import { isIpv6 } from '../text/addresses.ts';
import { freeServerId, inService, type KnownVip } from './catalogue.ts';
import { OperationRefusedError } from './errors.ts';
import type { Operations } from './operations.ts';
import type { Resolved } from './resolve.ts';

/** @throws OperationRefusedError where nothing would change, or servers cannot be had in that way */
export function resolveForwarding(intent: Intent, vip: KnownVip, { forwarding: to }: OperationRequest): Resolved {
  const { configuration } = vip;
  const wanted = to === undefined || to.kind === 'nat' ? undefined : to;
  const refuse = (field: string, message: string, hint?: string): never => {
    throw new OperationRefusedError({ code: 'conflict', field, message, ...(hint === undefined ? {} : { hint }) });
  };
  const [is, name] = [formatForwarding(configuration.forwarding), formatForwarding(wanted)];
  if (is === name) refuse('forwarding', `the VIP's forwarding is ${is} already`, 'nothing to do');
  if (wanted !== undefined && configuration.health?.kind === 'syns') {
    refuse('forwarding', 'checks by `syns` need answers that pass the switch', 'give the VIP another `health` first');
  }
  if (wanted !== undefined && 'source' in wanted && isIpv6(wanted.source) !== isIpv6(configuration.address)) {
    refuse('forwarding', "the tunnel's source must be of the same kind as the addresses of the VIP and its servers");
  }
  const leaving = inService(intent, vip.record.id);
  const coming = leaving.map((server): ServerConfiguration => {
    // Untranslated packets come to the VIP's; translated ones to where the configuration says.
    const listed = configuration.servers.find(({ name: its }) => its === server.name)?.port ?? server.port;
    const port = wanted === undefined ? listed : configuration.port;
    const { address, name } = server;
    const { protocol } = configuration;
    const others = [...intent.servers.values()].filter((other) => {
      const service = intent.vips.get(other.vip)?.definition;
      return other.vip !== server.vip && service?.forwarding === undefined && service?.protocol === protocol;
    });
    const owned = others.map((other) => ({ ...other, protocol, owner: `\`${other.name}\`` }));
    const taken = wanted === undefined ? takenEndpoint({ address, port, protocol }, owned) : undefined;
    if (taken !== undefined) refuse('forwarding', `server \`${name}\`: ${taken}`);
    const rest = { spare: true, standby: false, agent: undefined, checkAddress: undefined };
    return { ...rest, name, address, port, weight: server.weight, mac: server.mac, switchPort: server.switchPort };
  });
  const forgets = leaving.map(({ id }) => id);
  return { vip, coming, leaving, forgets, shares: [], isSwap: true, forwarding: wanted ?? 'nat' };
}

/** Gives the VIP its new way, and each server that leaves a second id; what is there keeps the way it has. */
export function enlistTwins(
  operations: Operations,
  { vip, coming, leaving }: Resolved,
  to: Forwarding | 'nat',
): readonly ServerRecord[] {
  const { host } = operations;
  changeForwarding(operations, vip.record.id, to, () => false);
  return leaving.map((record, index) => {
    const { forwarding: _, ...same } = record;
    const { port } = coming[index]!;
    const server: ServerRecord = { ...same, id: freeServerId(host.intent), port, state: 'joining' };
    host.record({ kind: 'server', server });
    return server;
  });
}

/** Takes the VIP's new way back, if it has it: those who leave go by the VIP's again. */
export function restoreForwarding(operations: Operations, { vip, leaving, forwardingBefore }: OperationRecord): void {
  if (forwardingBefore !== undefined) changeForwarding(operations, vip, forwardingBefore, (id) => leaving.includes(id));
}

/**
 * @param goesByIt of a server: whether it gets packets as the VIP says from now on; the others keep the way they have
 */
function changeForwarding(
  operations: Operations,
  vip: number,
  to: Forwarding | 'nat',
  goesByIt: (server: number) => boolean,
): void {
  const { host } = operations;
  const { definition, ...record } = host.intent.vips.get(vip)!;
  const forwarding = to === 'nat' ? undefined : to;
  const configured = host.configuration.vips.find(({ name }) => name === record.name)!;
  if (formatForwarding(configured.forwarding) === formatForwarding(forwarding)) return;
  for (const server of [...host.intent.servers.values()]) {
    if (server.vip !== vip) continue;
    const { forwarding: _, ...same } = server;
    const own = { forwarding: forwardingOf(server, configured) ?? ('nat' as const) };
    host.record({ kind: 'server', server: goesByIt(server.id) ? same : { ...same, ...own } });
  }
  const defined = definition === undefined ? {} : { definition: { ...definition, forwarding } };
  host.record({ kind: 'vip', vip: { ...record, ...defined } });
  host.setVips(host.configuration.vips.map((each) => (each === configured ? { ...each, forwarding } : each)));
}

/** It is over: servers that died meanwhile are not kept twice, and the VIP is what its way makes it. */
export function concludeForwarding(operations: Operations, { aborting, coming, leaving }: OperationRecord): void {
  const { host } = operations;
  for (const id of aborting ? coming : leaving) operations.forget(operations.server(id));
  host.setVips(host.configuration.vips);
}
