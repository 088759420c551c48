/**
 * Table entries between the controller's form (key and parameters in the order of `TABLES`) and the client's (by the
 * names of the P4 program). Pure, and apart from the session, because it is all that knows how a MAC address, an IPv6
 * address, a prefix or a group of links is written.
 */
import { type ActionSetMember, formatIpv6, formatMac, type TableEntry, type UpdateInput } from '@mooring/p4runtime-ts';
import { formatIpv4 } from '../text/addresses.ts';
import type { ProgramLayout } from './program-features.ts';
import { type Entry, type EntryUpdate, type ReadEntry, TABLES, type TableName, type Value } from './tables.ts';

/** Values by name, in the order of the names. */
function named(names: readonly string[], values: readonly Value[]): Record<string, Value> {
  const result: Record<string, Value> = {};
  for (let index = 0; index < names.length; index++) result[names[index]!] = values[index]!;
  return result;
}

/** A key for the client. Fields that the program has not are left out: they are 0. @param layout has the table */
export function encodeKey(layout: ProgramLayout, table: TableName, key: readonly Value[]): Record<string, Value> {
  const fields = layout.get(table)!;
  const match: Record<string, Value> = {};
  TABLES[table].key.forEach((name, index) => {
    if (fields.has(name)) match[name] = key[index]!;
    else if (key[index] !== 0) throw new Error(`${table} has no ${name} in this program, and ${key} is not 0 there`);
  });
  return match;
}

/** An update for the client. @param layout has its table */
export function encodeUpdate(layout: ProgramLayout, { op, entry }: EntryUpdate): UpdateInput {
  const match = encodeKey(layout, entry.table, entry.key);
  if (op === 'delete') return { op, entity: { kind: 'table', table: entry.table, match } };
  const { action, params, idleTimeoutMs } = entry as Entry;
  if (entry.table === 'links') {
    return { op, entity: { kind: 'table', table: entry.table, match, action: { set: linkMembers(action, params) } } };
  }
  const names = (TABLES[entry.table].actions as Readonly<Record<string, readonly string[]>>)[action]!;
  return {
    op,
    entity: {
      kind: 'table',
      table: entry.table,
      match,
      action: { name: action, params: named(names, params) },
      ...(idleTimeoutMs === 0 ? {} : { idleTimeoutNs: BigInt(idleTimeoutMs) * 1_000_000n }),
    },
  };
}

/** A group from its members' parameters: MAC address, port, weight. A member is left out while its port is down. */
function linkMembers(name: string, params: readonly Value[]): ActionSetMember[] {
  const members: ActionSetMember[] = [];
  for (let index = 0; index < params.length; index += 3) {
    const [mac, port, weight] = params.slice(index, index + 3) as [string, number, number];
    members.push({ action: { name, params: { mac, egress_port: port } }, weight, watchPort: port });
  }
  return members;
}

/** Fields and parameters that are MAC addresses, and those that may be IPv6 addresses; all else are numbers. */
export const MAC_FIELD = 'mac';
const IP_FIELDS: ReadonlySet<string> = new Set(['address', 'client_address', 'source', 'destination']);
/** Ends the name of a table or action for IPv6. */
const IPV6_SUFFIX = '_v6';

/**
 * A value as the controller keeps it. @param owner the table of a key field, the action of a parameter, the name of a
 * digest
 */
export function decodeValue(owner: string, name: string, value: unknown): Value {
  if (name === MAC_FIELD) return typeof value === 'string' ? value : formatMac(value as bigint);
  if (IP_FIELDS.has(name) && owner.endsWith(IPV6_SUFFIX)) return formatIpv6(value as bigint);
  return Number(value);
}

/** Tables whose key is a prefix. */
const ANY_CLIENT = { client_classes: '0.0.0.0/0', client_classes_v6: '::/0' } as const;

/** The key of an entry, in the order of `TABLES`; 0 in place of a field that the program has not. */
export function decodeKey(table: TableName, entry: TableEntry): Value[] {
  if (table === 'client_classes' || table === 'client_classes_v6') {
    const prefix = entry.match.client_address as { value: bigint; prefixLength: number } | undefined;
    if (prefix === undefined) return [ANY_CLIENT[table]];
    const { value, prefixLength } = prefix;
    return [`${table === 'client_classes' ? formatIpv4(Number(value)) : formatIpv6(value)}/${prefixLength}`];
  }
  return TABLES[table].key.map((name) => decodeValue(table, name, entry.match[name] ?? 0));
}

/** An entry as the controller keeps it. @throws Error when the switch has an action that the program does not */
export function decodeEntry(table: TableName, entry: TableEntry): ReadEntry {
  const { action } = entry;
  if (table === 'links' && action !== undefined && 'set' in action) {
    const params = action.set.flatMap(({ action: { params }, weight }): Value[] => {
      return [decodeValue(table, MAC_FIELD, params.mac), Number(params.egress_port), weight];
    });
    return { table, key: decodeKey(table, entry), action: 'to_link', params, idleTimeoutMs: 0, elapsedMs: undefined };
  }
  if (action === undefined || !('name' in action)) throw new Error(`an entry of ${table} has no action of its own`);
  // Names come back as the P4Info has them, perhaps with the control they are in.
  const name = action.name.slice(action.name.lastIndexOf('.') + 1);
  const names = (TABLES[table].actions as Readonly<Record<string, readonly string[]>>)[name];
  if (names === undefined) throw new Error(`an entry of ${table} has the unexpected action ${action.name}`);
  return {
    table,
    key: decodeKey(table, entry),
    action: name,
    params: names.map((parameter) => decodeValue(name, parameter, action.params[parameter])),
    idleTimeoutMs: Number(entry.idleTimeoutNs / 1_000_000n),
    elapsedMs: elapsedMs(entry),
  };
}

/** Since the entry's last hit, where it was asked for. */
export function elapsedMs(entry: TableEntry): number | undefined {
  return entry.timeSinceLastHitNs === undefined ? undefined : Number(entry.timeSinceLastHitNs) / 1e6;
}
