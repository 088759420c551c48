/**
 * From what the controller wants to entries of the switch's tables: VIPs, servers, assignments, watches, pins. One
 * place for every entry's shape, so that what is written and what is read back cannot disagree.
 */
import type { Refused, Timers, VipConfiguration } from '../config/types.ts';
import type { ClassRecord } from '../intent/classes.ts';
import { forwardingOf } from '../intent/forwarding.ts';
import { hashOf } from '../intent/mapping.ts';
import type { ComingRecord, ServerRecord, VipRecord } from '../intent/types.ts';
import { connectionParts } from '../shift/connection-key.ts';
import type { Assignment, ConnectionKey, ServerId, VipId } from '../shift/types.ts';
import { ALL_SIGNALS, RESET_SIGNALS } from '../signals/signals.ts';
import type { Shadow } from '../switch-port/shadow.ts';
import { BY_LINK, pinTable, type Value } from '../switch-port/tables.ts';
import { ipAddress, isIpv6 } from '../text/addresses.ts';

const PROTOCOL_NUMBERS = { tcp: 6, udp: 17 } as const;

/** In place of a server's number: it is not told by its address. */
const NO_SERVER = 0;

/** Who is in which class. */
export function setClassEntries(shadow: Shadow, classes: readonly ClassRecord[]): void {
  for (const { id, prefixes } of classes) {
    for (const prefix of prefixes) {
      const suffix = isIpv6(prefix) ? ('_v6' as const) : ('' as const);
      shadow.set({
        table: `client_classes${suffix}`,
        key: [prefix],
        action: `set_class${suffix}`,
        params: [id],
        idleTimeoutMs: 0,
      });
    }
  }
}

/**
 * A VIP and its address. @param oneWay as `isOneWayNow` @param classes numbers of those it serves, as `classesServed`
 */
export function setVipEntries(
  shadow: Shadow,
  { id, service = id, firstBucket = 0, coming }: VipRecord,
  vip: VipConfiguration,
  oneWay: boolean,
  classes: readonly number[],
): void {
  const hash = hashOf(vip);
  const address = ipAddress(vip.address);
  for (const clientClass of classes) {
    const params = [service, firstBucket, hash.buckets, hash.seed, hash.portMask, Number(oneWay)];
    shadow.set({ ...vipKey(vip, clientClass), params, idleTimeoutMs: 0 });
  }
  shadow.set({
    table: typeof address === 'number' ? 'addresses' : 'addresses_v6',
    key: [address],
    action: 'own_address',
    params: [vip.mac],
    idleTimeoutMs: 0,
  });
  // Where servers answer in the VIP's own name and the switch happens to be on the way: their resets can be told.
  if (vip.forwarding !== undefined) {
    setReturnEntry(shadow, NO_SERVER, service, vip, vip);
    if (vip.protocol === 'tcp') setSignalEntries(shadow, service, NO_SERVER, RESET_SIGNALS);
  }
  if (coming !== undefined) setComingEntries(shadow, service, coming);
}

/** Where a VIP's entry for a class of clients is, and its action. */
export function vipKey(vip: VipConfiguration, clientClass: number) {
  const address = ipAddress(vip.address);
  const suffix = typeof address === 'number' ? ('' as const) : ('_v6' as const);
  const protocol = PROTOCOL_NUMBERS[vip.protocol];
  return vip.port === 'all'
    ? {
        table: `vips_all_ports${suffix}` as const,
        key: [address, protocol, clientClass],
        action: `set_vip_all_ports${suffix}`,
      }
    : { table: `vips${suffix}` as const, key: [address, protocol, vip.port, clientClass], action: `set_vip${suffix}` };
}

/** The coming mapping of one of a service's VIPs. */
function setComingEntries(shadow: Shadow, service: VipId, coming: ComingRecord): void {
  const { buckets, seed, portMask } = hashOf(coming);
  const params = [buckets, seed, portMask];
  shadow.set({ table: 'coming_mappings', key: [service], action: 'set_coming', params, idleTimeoutMs: 0 });
  coming.servers.forEach((server, bucket) => {
    setComingServer(shadow, service, bucket, server);
  });
}

/** Who serves a bucket of the coming mapping. */
export function setComingServer(shadow: Shadow, service: VipId, bucket: number, server: ServerId): void {
  const key = [service, bucket];
  shadow.set({ table: 'coming_buckets', key, action: 'set_coming_server', params: [server], idleTimeoutMs: 0 });
}

/** The service's connections are looked for, or no longer: its servers' resets come to us. */
export function setDoubt(shadow: Shadow, service: VipId, on: boolean): void {
  if (on) shadow.set({ table: 'doubts', key: [service], action: 'in_doubt', params: [], idleTimeoutMs: 0 });
  else shadow.delete('doubts', [service]);
}

const REFUSALS: Readonly<Record<Refused, string>> = { drop: 'refuse_silently', reset: 'refuse_with_reset' };

/** New connections of a service's clients of these classes are refused, or no longer. */
export function setRefusals(
  shadow: Shadow,
  service: VipId,
  classes: readonly number[],
  how: Refused | undefined,
): void {
  for (const clientClass of classes) {
    const key = [service, clientClass];
    if (how === undefined) shadow.delete('refusals', key);
    else shadow.set({ table: 'refusals', key, action: REFUSALS[how], params: [], idleTimeoutMs: 0 });
  }
}

/** Where a server belongs. */
export interface ServerPlace {
  readonly vip: VipConfiguration;
  readonly service: VipId;
}

/** A server and the way to it; without its MAC address only what needs none. */
export function setServerEntries(shadow: Shadow, server: ServerRecord, { vip, service }: ServerPlace): void {
  const { id } = server;
  setLiveEntries(shadow, id);
  const forwarding = forwardingOf(server, vip);
  if (forwarding === undefined) setReturnEntry(shadow, id, service, server, vip);
  const { mac, switchPort } = server;
  if (mac === undefined || switchPort === undefined) return;
  const [action, more] = wayTo(server, vip);
  const params = [mac, server.links === undefined ? switchPort : BY_LINK, ...more];
  if (server.links !== undefined) {
    const members = server.links.flatMap((link) => [link.mac, link.switchPort, link.weight]);
    shadow.set({ table: 'links', key: [id], action: 'to_link', params: members, idleTimeoutMs: 0 });
  }
  shadow.set({ table: 'servers', key: [service, id], action, params, idleTimeoutMs: 0 });
  // Only where its answers pass the switch are they counted.
  if (forwarding === undefined && vip.protocol === 'tcp') setSignalEntries(shadow, service, id, ALL_SIGNALS);
}

function setSignalEntries(shadow: Shadow, service: VipId, server: ServerId, signals: readonly number[]): void {
  for (const signal of signals) {
    shadow.set({ table: 'signals', key: [service, server, signal], action: 'counted', params: [], idleTimeoutMs: 0 });
  }
}

/** How the switch gives packets to a server: the action, and its parameters after MAC address and port. */
function wayTo(server: ServerRecord, vip: VipConfiguration): [action: string, parameters: readonly Value[]] {
  const address = ipAddress(server.address);
  const suffix = typeof address === 'number' ? '' : '_v6';
  const forwarding = forwardingOf(server, vip);
  if (forwarding === undefined) {
    const { port } = server;
    return port === 'all' ? [`to_server_all_ports${suffix}`, [address]] : [`to_server${suffix}`, [address, port]];
  }
  switch (forwarding.kind) {
    case 'direct':
      return ['to_server_direct', []];
    case 'ipip':
      return [`to_server_ipip${suffix}`, [ipAddress(forwarding.source), address]];
    case 'gue':
      return [`to_server_gue${suffix}`, [ipAddress(forwarding.source), address, forwarding.port]];
    default:
      throw new Error(`unexpected forwarding ${JSON.stringify(forwarding satisfies never)}`);
  }
}

/** Takes a server out of the switch. A newer one at the same address keeps its way back. */
export function deleteServerEntries(shadow: Shadow, server: ServerRecord, { vip, service }: ServerPlace): void {
  deleteLiveEntries(shadow, server.id);
  shadow.delete('servers', [service, server.id]);
  shadow.delete('links', [server.id]);
  for (const signal of ALL_SIGNALS) shadow.delete('signals', [service, server.id, signal]);
  const { table, key } = returnKey(server, vip);
  if (shadow.get(table, key)?.params[0] === server.id) shadow.delete(table, key);
}

/** What a packet must come from to be an answer of a VIP. */
type Origin = Pick<ServerRecord, 'address' | 'port'>;

function returnKey({ address: text, port }: Origin, { protocol }: VipConfiguration) {
  const address = ipAddress(text);
  const suffix = typeof address === 'number' ? ('' as const) : ('_v6' as const);
  const key = [address, PROTOCOL_NUMBERS[protocol]];
  return port === 'all'
    ? { table: `returns_all_ports${suffix}` as const, key, action: `from_server_all_ports${suffix}` }
    : { table: `returns${suffix}` as const, key: [...key, port], action: `from_server${suffix}` };
}

/** Packets from there are the VIP's, by that server; its port comes in place of theirs, where it has only one. */
function setReturnEntry(shadow: Shadow, server: ServerId, service: VipId, origin: Origin, vip: VipConfiguration): void {
  const params = [server, service, ipAddress(vip.address), ...(vip.port === 'all' ? [] : [vip.port])];
  shadow.set({ ...returnKey(origin, vip), params, idleTimeoutMs: 0 });
}

/** Pins and slots that name the server count. */
export function setLiveEntries(shadow: Shadow, id: ServerId): void {
  shadow.set({ table: 'pin_servers', key: [id], action: 'alive_for_pin', params: [], idleTimeoutMs: 0 });
  shadow.set({ table: 'slot_servers', key: [id], action: 'alive_for_slot', params: [], idleTimeoutMs: 0 });
}

/** Pins and slots that name the server are ignored. */
export function deleteLiveEntries(shadow: Shadow, id: ServerId): void {
  shadow.delete('pin_servers', [id]);
  shadow.delete('slot_servers', [id]);
}

/** @param key as `switchBucket` */
export function setAssignment(shadow: Shadow, key: readonly Value[], assignment: Assignment): void {
  const { base, learn, seal, unsettled, doubt } = assignment;
  const current = assignment.preparing ? base : assignment.current;
  shadow.set({
    table: 'buckets',
    key,
    action: 'set_assignment',
    params: [base, current, Number(learn), Number(seal), Number(unsettled), Number(doubt ?? false)],
    idleTimeoutMs: 0,
  });
}

/** @param key as `switchBucket` */
export function setWatch(shadow: Shadow, key: readonly Value[], timers: Timers): void {
  const idleTimeoutMs = timers.idleMs;
  shadow.set({ table: 'drain_watch', key, action: 'watched', params: [], idleTimeoutMs });
}

export function setPin(shadow: Shadow, key: ConnectionKey, server: ServerId, closing: boolean, timers: Timers): void {
  const parts = connectionParts(key);
  shadow.set({
    table: pinTable(parts[1]),
    key: parts,
    action: 'pin',
    params: [server, Number(closing)],
    idleTimeoutMs: timers.pinIdleMs,
  });
}

export function deletePin(shadow: Shadow, key: ConnectionKey): void {
  const parts = connectionParts(key);
  shadow.delete(pinTable(parts[1]), parts);
}

/** The way and index of a slot, which travel as one number. */
export function slotParts(slot: number): { readonly way: number; readonly index: number } {
  return { way: slot % 2, index: Math.floor(slot / 2) };
}
