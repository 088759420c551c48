/**
 * The switch's tables as the controller writes them; docs/DATAPLANE.md has what they mean. Inside the controller an
 * entry is a key and parameters in the order given here, numbers except MAC and IPv6 addresses, so that keys make cheap
 * map keys; names are put on where entries leave for the switch. What depends on the kind of IP address has a table for
 * each.
 */

/** A value of a key or parameter: a number, or a MAC or IPv6 address or a prefix as canonical text. */
export type Value = number | string;

/** Names of a table's key fields, and of its actions' parameters. */
export interface TableShape {
  readonly key: readonly string[];
  readonly actions: Readonly<Record<string, readonly string[]>>;
  /** When its new and changed entries are written: lower first. Whatever an entry names must be there before it. */
  readonly setStage: number;
  /** When its entries are deleted, after all that is set. */
  readonly deleteStage: number;
}

/** All tables the controller writes entries of. */
export const TABLES = {
  // Before the servers that lead to them.
  /** Its entries have a group of actions: for each member the parameters and a weight; a member's port is watched. */
  links: { key: ['server'], actions: { to_link: ['mac', 'egress_port'] }, setStage: 0, deleteStage: 5 },
  servers: {
    key: ['vip', 'server'],
    actions: {
      to_server: ['mac', 'egress_port', 'address', 'port'],
      to_server_v6: ['mac', 'egress_port', 'address', 'port'],
      to_server_all_ports: ['mac', 'egress_port', 'address'],
      to_server_all_ports_v6: ['mac', 'egress_port', 'address'],
      to_server_direct: ['mac', 'egress_port'],
      to_server_ipip: ['mac', 'egress_port', 'source', 'destination'],
      to_server_ipip_v6: ['mac', 'egress_port', 'source', 'destination'],
      to_server_gue: ['mac', 'egress_port', 'source', 'destination', 'port'],
      to_server_gue_v6: ['mac', 'egress_port', 'source', 'destination', 'port'],
    },
    setStage: 0,
    deleteStage: 5,
  },
  returns: {
    key: ['address', 'protocol', 'port'],
    actions: { from_server: ['server', 'vip', 'address', 'port'] },
    setStage: 0,
    deleteStage: 5,
  },
  returns_v6: {
    key: ['address', 'protocol', 'port'],
    actions: { from_server_v6: ['server', 'vip', 'address', 'port'] },
    setStage: 0,
    deleteStage: 5,
  },
  returns_all_ports: {
    key: ['address', 'protocol'],
    actions: { from_server_all_ports: ['server', 'vip', 'address'] },
    setStage: 0,
    deleteStage: 5,
  },
  returns_all_ports_v6: {
    key: ['address', 'protocol'],
    actions: { from_server_all_ports_v6: ['server', 'vip', 'address'] },
    setStage: 0,
    deleteStage: 5,
  },
  /** New connections that are refused. */
  refusals: {
    key: ['vip', 'client_class'],
    actions: { refuse_silently: [], refuse_with_reset: [] },
    setStage: 0,
    deleteStage: 5,
  },
  doubts: { key: ['vip'], actions: { in_doubt: [] }, setStage: 0, deleteStage: 5 },
  /** What is counted of a server; its entries have counters. */
  signals: { key: ['vip', 'server', 'signal'], actions: { counted: [] }, setStage: 0, deleteStage: 5 },
  pin_servers: { key: ['server'], actions: { alive_for_pin: [] }, setStage: 0, deleteStage: 5 },
  slot_servers: { key: ['server'], actions: { alive_for_slot: [] }, setStage: 0, deleteStage: 5 },
  macs: { key: ['mac'], actions: { to_port: ['port'], flood: ['group'] }, setStage: 0, deleteStage: 5 },
  mac_sources: { key: ['mac', 'port'], actions: { mac_known: [] }, setStage: 0, deleteStage: 5 },
  pins: {
    key: ['vip', 'client_address', 'client_port', 'vip_port'],
    actions: { pin: ['server', 'closing'] },
    setStage: 1,
    deleteStage: 4,
  },
  pins_v6: {
    key: ['vip', 'client_address', 'client_port', 'vip_port'],
    actions: { pin: ['server', 'closing'] },
    setStage: 1,
    deleteStage: 4,
  },
  buckets: {
    key: ['vip', 'bucket'],
    actions: { set_assignment: ['base', 'current', 'learn', 'seal', 'unsettled', 'doubt'] },
    setStage: 2,
    deleteStage: 5,
  },
  coming_mappings: {
    key: ['vip'],
    actions: { set_coming: ['bucket_count', 'seed', 'port_mask'] },
    setStage: 1,
    deleteStage: 5,
  },
  coming_buckets: { key: ['vip', 'bucket'], actions: { set_coming_server: ['server'] }, setStage: 0, deleteStage: 5 },
  drain_watch: { key: ['vip', 'bucket'], actions: { watched: [] }, setStage: 2, deleteStage: 4 },
  // Before the VIPs: a client must not be at the wrong one while they are written.
  client_classes: {
    key: ['client_address'],
    actions: { set_class: ['client_class'] },
    setStage: 2,
    deleteStage: 5,
  },
  client_classes_v6: {
    key: ['client_address'],
    actions: { set_class_v6: ['client_class'] },
    setStage: 2,
    deleteStage: 5,
  },
  vips: {
    key: ['address', 'protocol', 'port', 'client_class'],
    actions: { set_vip: ['vip', 'first_bucket', 'bucket_count', 'seed', 'port_mask', 'one_way'] },
    setStage: 3,
    deleteStage: 4,
  },
  vips_v6: {
    key: ['address', 'protocol', 'port', 'client_class'],
    actions: { set_vip_v6: ['vip', 'first_bucket', 'bucket_count', 'seed', 'port_mask', 'one_way'] },
    setStage: 3,
    deleteStage: 4,
  },
  vips_all_ports: {
    key: ['address', 'protocol', 'client_class'],
    actions: { set_vip_all_ports: ['vip', 'first_bucket', 'bucket_count', 'seed', 'port_mask', 'one_way'] },
    setStage: 3,
    deleteStage: 4,
  },
  vips_all_ports_v6: {
    key: ['address', 'protocol', 'client_class'],
    actions: { set_vip_all_ports_v6: ['vip', 'first_bucket', 'bucket_count', 'seed', 'port_mask', 'one_way'] },
    setStage: 3,
    deleteStage: 4,
  },
  addresses: { key: ['address'], actions: { own_address: ['mac'] }, setStage: 3, deleteStage: 4 },
  addresses_v6: { key: ['address'], actions: { own_address: ['mac'] }, setStage: 3, deleteStage: 4 },
} as const satisfies Record<string, TableShape>;

export type TableName = keyof typeof TABLES;
export const TABLE_NAMES = Object.keys(TABLES) as TableName[];

/** The tables of VIPs, whose actions have the same parameters. */
export const VIP_TABLES = [
  'vips',
  'vips_v6',
  'vips_all_ports',
  'vips_all_ports_v6',
] as const satisfies readonly TableName[];

/** In place of a server's switch port: whichever of its links is up. */
export const BY_LINK = 0xffff;

/** The tables of exact pins. */
export const PIN_TABLES = ['pins', 'pins_v6'] as const satisfies readonly TableName[];

export function isPinTable(table: TableName): table is (typeof PIN_TABLES)[number] {
  return (PIN_TABLES as readonly TableName[]).includes(table);
}

/** The tables whose entries count for people, or for health and audit. */
export type CountedTable = 'servers' | 'signals';

/** The table that holds a client's pins. @param clientAddress text for IPv6 */
export function pinTable(clientAddress: Value): (typeof PIN_TABLES)[number] {
  return typeof clientAddress === 'number' ? 'pins' : 'pins_v6';
}

/** Number of stages a flush goes through. */
export const STAGES = 6;

/** An entry of a table. */
export interface Entry {
  readonly table: TableName;
  readonly key: readonly Value[];
  readonly action: string;
  readonly params: readonly Value[];
  /** 0: never. */
  readonly idleTimeoutMs: number;
}

/** An entry as read. */
export interface ReadEntry extends Entry {
  /** Since its last hit, where asked for and known. */
  readonly elapsedMs: number | undefined;
}

/** A key as text; what maps and events use. */
export function keyText(key: readonly Value[]): string {
  return key.join('/');
}

/** Whether two entries of one key do the same. */
export function sameEntry(a: Entry, b: Entry): boolean {
  return (
    a.action === b.action &&
    a.idleTimeoutMs === b.idleTimeoutMs &&
    a.params.length === b.params.length &&
    a.params.every((value, index) => value === b.params[index])
  );
}

/** A change of one entry. */
export type EntryUpdate =
  | { readonly op: 'insert' | 'modify'; readonly entry: Entry }
  | { readonly op: 'delete'; readonly entry: Pick<Entry, 'table' | 'key'> };
