/**
 * Random entries of the load balancer's tables and random changes to them, a shift's among them: buckets whose base and
 * current server differ, that learn, are sealed or unsettled; servers that die; pins that come, close and go. Not every
 * state that comes up could be one of a real controller; the two switches must agree all the same.
 */
import { parseIpv4, parseIpv6 } from '@mooring/bmv2-harness';
import type { ActionInput, MatchInput, UpdateInput, Values } from '@mooring/p4runtime-ts';
import type { Random } from '../random.ts';
import {
  CLIENT_PORTS,
  CLIENTS,
  PORTS,
  SERVERS,
  SERVICES,
  type Server,
  type Service,
  STATIONS,
  servicePort,
  TUNNEL_SOURCE,
  VIP_MAC,
  vipPort,
} from './world.ts';

/** As a bucket's current server: whoever has the connection in the coming mapping. */
const BY_COMING_MAPPING = 0;

/** Services of which SYNs are refused; of the others all handshakes go on. */
const SOMETIMES_FULL = [2, 4, 8] as const;

/** Port of a server with several links. */
const ANY_LINK = 65_535;

interface Entry {
  readonly table: string;
  readonly match: Values<MatchInput>;
  readonly action: Exclude<ActionInput, string>;
}

function call(name: string, params: Values<number | string> = {}): { name: string; params: Values<number | string> } {
  return { name, params };
}

const suffix = (version: 4 | 6) => (version === 4 ? '' : '_v6');

/** How a server is reached: translated; or, where handshakes are not watched, as the packet is, or in a tunnel. */
function wayTo(random: Random, service: Service, server: Server): { name: string; params: Values<number | string> } {
  const egress = random.weighted([
    [8, server.switchPort],
    [1, random.pick(PORTS)],
    [1, ANY_LINK],
  ] as const);
  const way = { mac: server.mac, egress_port: egress };
  const { version } = service;
  const ends = (kind: 4 | 6) => ({ source: TUNNEL_SOURCE[kind], destination: server.address[kind] });
  const address = server.address[version];
  const translated = () =>
    service.port === undefined
      ? call(`to_server_all_ports${suffix(version)}`, { ...way, address })
      : call(`to_server${suffix(version)}`, { ...way, address, port: servicePort(service, service.port) });
  if (!service.oneWay) return translated();
  const kind = random.pick([4, 6] as const);
  return random.weighted<() => ReturnType<typeof call>>([
    [4, translated],
    [1, () => call('to_server_direct', way)],
    [1, () => call(`to_server_ipip${suffix(kind)}`, { ...way, ...ends(kind) })],
    [1, () => call(`to_server_gue${suffix(kind)}`, { ...way, ...ends(kind), port: 6080 })],
  ])();
}

/** Every entry there can be, with the action it may have now. */
function candidates(random: Random): (readonly [weight: number, make: () => Entry])[] {
  const service = () => random.pick(SERVICES);
  const flag = (probability: number) => (random.chance(probability) ? 1 : 0);
  const server = () => (random.chance(0.97) ? random.pick(SERVERS).id : 9);
  return [
    [
      30,
      () => {
        const { vip, buckets } = service();
        const base = server();
        const current = random.weighted([
          [5, server],
          [2, () => BY_COMING_MAPPING],
          [3, () => base],
        ] as const)();
        const match = { vip, bucket: random.below(2 * buckets) };
        const unsettled = base === current ? flag(0.4) : flag(0.95);
        const state = { learn: flag(0.4), seal: flag(0.2), unsettled, doubt: random.below(2) };
        return { table: 'buckets', match, action: call('set_assignment', { base, current, ...state }) };
      },
    ],
    [
      3,
      () => {
        const mapping = {
          bucket_count: 1 + random.below(5),
          seed: random.chance(0.3) ? 0 : random.bits32(),
          port_mask: random.pick([0, 0xff00, 0xffff]),
        };
        return { table: 'coming_mappings', match: { vip: service().vip }, action: call('set_coming', mapping) };
      },
    ],
    [
      10,
      () => {
        const match = { vip: service().vip, bucket: random.below(5) };
        return { table: 'coming_buckets', match, action: call('set_coming_server', { server: server() }) };
      },
    ],
    [
      20,
      () => {
        const chosen = service();
        const { vip, version } = chosen;
        const client = { client_address: random.pick(CLIENTS[version]), client_port: random.pick(CLIENT_PORTS) };
        const match = { vip, ...client, vip_port: chosen.port === undefined ? vipPort(chosen, random) : 0 };
        return {
          table: `pins${suffix(version)}`,
          match,
          action: call('pin', { server: server(), closing: flag(0.2) }),
        };
      },
    ],
    [6, () => ({ table: 'pin_servers', match: { server: server() }, action: call('alive_for_pin') })],
    [6, () => ({ table: 'slot_servers', match: { server: server() }, action: call('alive_for_slot') })],
    [
      8,
      () => {
        const match = { vip: service().vip, server: random.pick(SERVERS).id, signal: 1 + random.below(4) };
        return { table: 'signals', match, action: call('counted') };
      },
    ],
    [
      3,
      () => {
        const match = { vip: random.pick(SOMETIMES_FULL), client_class: random.below(3) };
        const action = call(random.pick(['refuse_silently', 'refuse_with_reset'] as const));
        return { table: 'refusals', match, action };
      },
    ],
    [
      4,
      () => {
        const chosen = service();
        const server = random.pick(SERVERS);
        return {
          table: 'servers',
          match: { vip: chosen.vip, server: server.id },
          action: wayTo(random, chosen, server),
        };
      },
    ],
    [
      3,
      () => {
        const chosen = service();
        const { vip, version, address, protocol, port } = chosen;
        const from = random.pick(SERVERS);
        const match = { address: from.address[version], protocol };
        const params = { server: from.id, vip, address };
        if (port === undefined) {
          const action = call(`from_server_all_ports${suffix(version)}`, params);
          return { table: `returns_all_ports${suffix(version)}`, match, action };
        }
        return {
          table: `returns${suffix(version)}`,
          match: { ...match, port: servicePort(chosen, port) },
          action: call(`from_server${suffix(version)}`, { ...params, port }),
        };
      },
    ],
    [
      8,
      () => {
        const { vip, version, address, protocol, port, buckets, portMask, oneWay } = service();
        const spread = {
          first_bucket: random.chance(0.7) ? 0 : random.below(buckets + 1),
          bucket_count: random.chance(0.9) ? buckets : 1 + random.below(9),
          seed: random.chance(0.3) ? 0 : random.bits32(),
          port_mask: portMask,
        };
        const match = { address, protocol, client_class: random.pick([0, 0, 0, 0, 1, 2]) };
        const params = { vip, ...spread, one_way: oneWay ? 1 : 0 };
        return port === undefined
          ? {
              table: `vips_all_ports${suffix(version)}`,
              match,
              action: call(`set_vip_all_ports${suffix(version)}`, params),
            }
          : {
              table: `vips${suffix(version)}`,
              match: { ...match, port },
              action: call(`set_vip${suffix(version)}`, params),
            };
      },
    ],
    [
      2,
      () => {
        const { version } = service();
        const client = random.pick(CLIENTS[version]);
        const length = random.pick(version === 4 ? [0, 8, 16, 24, 32] : [0, 16, 64, 120, 128]);
        return {
          table: `client_classes${suffix(version)}`,
          match: { client_address: maskedPrefix(client, length) },
          action: call(`set_class${suffix(version)}`, { client_class: 1 + random.below(2) }),
        };
      },
    ],
    [1, () => ({ table: 'links', match: { server: random.pick(SERVERS).id }, action: { group: 1 + random.below(2) } })],
    [
      2,
      () => {
        const { version, address } = service();
        return {
          table: `addresses${suffix(version)}`,
          match: { address },
          action: call('own_address', { mac: VIP_MAC }),
        };
      },
    ],
    [
      6,
      () => {
        const action = random.chance(0.7)
          ? call('to_port', { port: random.pick(PORTS) })
          : call('flood', { group: 1 + random.below(2) });
        return { table: 'macs', match: { mac: random.pick([...STATIONS, ...SERVERS.map(({ mac }) => mac)]) }, action };
      },
    ],
    [
      6,
      () => ({
        table: 'mac_sources',
        match: { mac: random.pick(STATIONS), port: random.pick(PORTS) },
        action: call('mac_known'),
      }),
    ],
    [
      4,
      () => {
        const { vip, buckets } = service();
        return { table: 'drain_watch', match: { vip, bucket: random.below(buckets) }, action: call('watched') };
      },
    ],
  ];
}

/** Tables whose entries are seldom taken away: without them hardly a packet gets far. */
const LASTING = /^(vips|addresses|links|servers|returns|buckets|pin_servers|slot_servers)/;

/** The entries that both switches have. */
export class Entries {
  readonly #present = new Map<string, Entry>();
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  /** Updates that bring the tables from empty to a state in which connections work. */
  initial(): UpdateInput[] {
    const updates: UpdateInput[] = [];
    for (let round = 0; round < 1_200; round++)
      updates.push(...this.#put(this.#random.weighted(candidates(this.#random))()));
    return updates;
  }

  /** Some updates, as the controller of a busy service might write together. */
  change(count: number): UpdateInput[] {
    const updates: UpdateInput[] = [];
    for (let round = 0; round < count; round++) {
      const entry = this.#random.weighted(candidates(this.#random))();
      const key = keyOf(entry);
      const goes = this.#random.chance(LASTING.test(entry.table) ? 0.06 : 0.4);
      if (!this.#present.has(key) || !goes) updates.push(...this.#put(entry));
      else {
        this.#present.delete(key);
        updates.push({ op: 'delete', entity: { kind: 'table', table: entry.table, match: entry.match } });
      }
    }
    return updates;
  }

  #put(entry: Entry): UpdateInput[] {
    const key = keyOf(entry);
    const op = this.#present.has(key) ? 'modify' : 'insert';
    this.#present.set(key, entry);
    return [{ op, entity: { kind: 'table', ...entry } }];
  }
}

function keyOf({ table, match }: Entry): string {
  return `${table} ${JSON.stringify(match, (_, value) => (typeof value === 'bigint' ? String(value) : value))}`;
}

/** An address's prefix, as P4Runtime wants it: bits beyond it are 0. */
function maskedPrefix(address: string, length: number): { value: bigint; prefixLength: number } {
  const [bits, value] = address.includes(':') ? [128, parseIpv6(address)] : [32, parseIpv4(address)];
  const open = BigInt(bits - length);
  return { value: (value >> open) << open, prefixLength: length };
}

/** Links of servers that have several: members and groups of the selector. */
export function links(): UpdateInput[] {
  const member = (id: number, port: number): UpdateInput => ({
    op: 'insert',
    entity: {
      kind: 'member',
      profile: 'link_selector',
      member: id,
      action: call('to_link', { mac: `02:00:00:00:03:0${id}`, egress_port: port }),
    },
  });
  const group = (id: number, members: readonly number[]): UpdateInput => ({
    op: 'insert',
    entity: { kind: 'group', profile: 'link_selector', group: id, members: members.map((each) => ({ member: each })) },
  });
  return [member(1, 4), member(2, 6), member(3, 7), group(1, [1, 2, 3]), group(2, [2, 3])];
}

/** Multicast groups 1 and 2. */
export function groups(): UpdateInput[] {
  const group = (id: number, ports: readonly number[]): UpdateInput => ({
    op: 'insert',
    entity: { kind: 'multicast', group: id, replicas: ports.map((port) => ({ port, instance: 1 })) },
  });
  return [group(1, PORTS), group(2, [2, 5])];
}

/** The settings of the whole switch; times in ms. */
export function settings(epoch: number, lifetimeMs: number, reportMs: number): UpdateInput[] {
  const ticks = (ms: number) => Math.floor((ms * 1000) / 1024);
  const params = { epoch, tentative_lifetime: ticks(lifetimeMs), report_interval: ticks(reportMs) };
  return [
    {
      op: 'modify',
      entity: { kind: 'table', table: 'settings', isDefault: true, action: call('set_settings', params) },
    },
  ];
}
