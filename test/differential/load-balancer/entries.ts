/**
 * Random entries of the load balancer's tables and random changes to them, a shift's among them: buckets whose base and current server differ,
 * that learn, are sealed or unsettled; servers that die; pins that come, close and go. Not every state that comes up could be
 * one of a real controller; the two switches must agree all the same.
 */
import type { ActionInput, MatchInput, UpdateInput, Values } from '@mooring/p4runtime-ts';
import type { Random } from '../random.ts';
import { CLIENT_PORTS, CLIENTS, PORTS, SERVERS, SERVICES, STATIONS, servicePort, VIP_MAC } from './world.ts';

interface Entry {
  readonly table: string;
  readonly match: Values<MatchInput>;
  readonly action: Exclude<ActionInput, string>;
}

function call(name: string, params: Values<number | string> = {}): { name: string; params: Values<number | string> } {
  return { name, params };
}

const suffix = (version: 4 | 6) => (version === 4 ? '' : '_v6');

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
        const current = random.chance(0.7) ? server() : base;
        const match = { vip, bucket: random.below(buckets) };
        const unsettled = base === current ? flag(0.4) : flag(0.95);
        const state = { learn: flag(0.4), seal: flag(0.2), unsettled, candidates: random.below(3) };
        return { table: 'buckets', match, action: call('set_assignment', { base, current, ...state }) };
      },
    ],
    [
      20,
      () => {
        const { vip, version } = service();
        const match = { vip, client_address: random.pick(CLIENTS[version]), client_port: random.pick(CLIENT_PORTS) };
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
      4,
      () => {
        const { vip, version, ...it } = service();
        const { id, mac, switchPort, address } = random.pick(SERVERS);
        const way = { mac, egress_port: random.chance(0.9) ? switchPort : random.pick(PORTS) };
        const target = { address: address[version], port: servicePort({ vip, version, ...it }) };
        return {
          table: 'servers',
          match: { vip, server: id },
          action: call(`to_server${suffix(version)}`, { ...way, ...target }),
        };
      },
    ],
    [
      3,
      () => {
        const { vip, version, address, protocol, port, ...it } = service();
        const from = random.pick(SERVERS);
        const match = {
          address: from.address[version],
          protocol,
          port: servicePort({ vip, version, address, protocol, port, ...it }),
        };
        return {
          table: `returns${suffix(version)}`,
          match,
          action: call(`from_server${suffix(version)}`, { server: from.id, vip, address, port }),
        };
      },
    ],
    [
      2,
      () => {
        const { vip, version, address, protocol, port, buckets, portMask, oneWay } = service();
        const spread = {
          bucket_count: random.chance(0.9) ? buckets : 1 + random.below(9),
          seed: random.below(3),
          port_mask: portMask,
        };
        return {
          table: `vips${suffix(version)}`,
          match: { address, protocol, port },
          action: call('set_vip', { vip, ...spread, one_way: oneWay ? 1 : 0 }),
        };
      },
    ],
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
const LASTING = /^(vips|addresses|servers|returns|buckets|pin_servers|slot_servers)/;

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
    for (let round = 0; round < 600; round++)
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
  return `${table} ${JSON.stringify(match)}`;
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
