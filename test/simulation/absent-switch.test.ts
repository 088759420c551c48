/**
 * Two switches with the real program behind one controller, on virtual time. In the middle of a shift the control
 * connection to one is cut while it goes on forwarding; connections change their way in both directions, a server dies,
 * and the switch returns. No packet is delivered to another server than its connection's. One kind is asked for first,
 * as after lost pins: connections that the absent switch has pinned in its registers and that come to the other one.
 */
import { FakeClock, flushMicrotasks, VirtualController } from '@mooring/controller/testing';
import { expect, test } from 'vitest';
import { compileProgram } from '../support/program.ts';
import { Cable } from './cable.ts';
import { Network } from './network.ts';
import { configurationOf, serverName } from './service.ts';

const SERVERS = 5;
const VIP = 'web';
const STEP_MS = 10;
const AGE_MS = 100;
const PACKET_MS = 500;

interface Connection {
  readonly client: number;
  readonly port: number;
  readonly server: number;
  readonly sequence: number;
  /** The switch it goes through. */
  way: 0 | 1;
  /** It may be asked for before it is found. */
  isSought: boolean;
  delivered: number;
}

/** The service and everybody around it. */
class World {
  readonly clock = new FakeClock();
  readonly networks = [0, 1].map(() => new Network(this.clock, () => undefined)) as [Network, Network];
  readonly cables = this.networks.map(({ transport }) => new Cable(transport)) as [Cable, Cable];
  readonly connections = new Map<string, Connection>();
  readonly violations: string[] = [];
  sought = 0;
  controller!: VirtualController;
  private readonly dead = new Set<number>();
  private opened = 0;
  private readonly opening = new Set<string>();

  async start(): Promise<void> {
    const program = await compileProgram();
    const options = {
      seed: 1,
      program,
      servers: SERVERS,
      spares: 2,
      buckets: 32,
      liveConnections: 0,
      learnAfter: '1s',
    };
    const one = configurationOf(options).replace(/idle: \d+ms, handshake: 5s/, 'idle: 3s, handshake: 1s');
    const ports = /ports: (\[.*?\])/.exec(one)![1];
    const both = [9559, 9560].map((port) => `  - { address: '127.0.0.1:${port}', ports: ${ports} }`).join('\n');
    this.networks.forEach((network, way) => {
      network.onServerPacket = (server, client, port) => this.onServerPacket(way as 0 | 1, server, client, port);
    });
    this.controller = await VirtualController.start({
      configuration: one.replace(/^switch: .*$/m, `switches:\n${both}`),
      program,
      clock: this.clock,
      transport: (index) => this.cables[index]!.transport(),
    });
    await this.run(0);
  }

  open(way: 0 | 1, count: number): void {
    const network = this.networks[way];
    for (let index = 0; index < count; index++) {
      const client = ++this.opened % 50;
      const port = 1024 + this.opened;
      const key = `${client}:${port}`;
      const sequence = this.opened * 1000;
      this.opening.add(key);
      const server = network.fromClient(client, port, 'syn', 0);
      const isAnswered = server >= 0 && network.fromServer(server, client, port, sequence);
      if (isAnswered) {
        const acknowledged = network.fromClient(client, port, 'ack', sequence + 1);
        // Handed over while connections are looked for: it gets there with the next turn.
        if (acknowledged !== server && acknowledged !== -1) this.violations.push(`${key}: ${server}, ${acknowledged}`);
        this.connections.set(key, { client, port, server, sequence, way, isSought: false, delivered: 0 });
      }
      this.opening.delete(key);
    }
  }

  /** All connections of one way take another for a second, and come back. */
  async visit(home: 0 | 1, away: 0 | 1): Promise<void> {
    const guests = [...this.connections.values()].filter(({ way }) => way === home);
    for (const connection of guests) connection.way = away;
    await this.run(1_000);
    for (const connection of guests) connection.way = home;
  }

  /** A server is switched off, the checks say so, and its connections are gone. */
  die(server: number): Promise<boolean> {
    this.dead.add(server);
    for (const network of this.networks) network.setDead(server, true);
    for (const [key, connection] of this.connections) if (connection.server === server) this.connections.delete(key);
    return this.controller.serverDown(VIP, serverName(server), () => false);
  }

  async run(durationMs: number): Promise<void> {
    for (const endMs = this.clock.nowMs + durationMs; this.clock.nowMs < endMs; ) {
      await this.clock.advance(STEP_MS);
      if (this.clock.nowMs % AGE_MS === 0) for (const network of this.networks) network.age();
      if (this.clock.nowMs % PACKET_MS === 0) await this.sendAll();
      await this.settle();
    }
  }

  /** Every connection sends a packet, and it is delivered. */
  private async sendAll(): Promise<void> {
    const before = new Map([...this.connections.values()].map((connection) => [connection, connection.delivered]));
    for (const { client, port, sequence, way } of this.connections.values()) {
      this.networks[way].fromClient(client, port, 'push', sequence + 100);
    }
    // To the controller and back, to a server that does not know it, and once more.
    for (let trip = 0; trip < 4; trip++) await this.settle();
    for (const [connection, delivered] of before) {
      const { client, port, server, way } = connection;
      if (connection.delivered === delivered + 1) continue;
      this.violations.push(
        `${client}:${port} of server ${server} through switch ${way}: ${connection.delivered - delivered} of 1`,
      );
    }
  }

  private async settle(): Promise<void> {
    for (const network of this.networks) network.flush();
    await flushMicrotasks();
  }

  private onServerPacket(way: 0 | 1, server: number, client: number, port: number): void {
    const key = `${client}:${port}`;
    const connection = this.connections.get(key);
    if (this.opening.has(key) || this.dead.has(server)) return;
    if (connection?.server === server) {
      connection.delivered++;
      return;
    }
    if (connection?.isSought !== true) this.violations.push(`${key} of server ${connection?.server} at ${server}`);
    this.sought++;
    queueMicrotask(() => {
      if (this.networks[way].resetFromServer(server, client, port, 1)) this.violations.push(`${key}: reset`);
    });
  }

  /** All connections go through the other switch from now on. */
  exchangeWays(): void {
    for (const connection of this.connections.values()) connection.way = connection.way === 0 ? 1 : 0;
  }

  /** Base and current server of each bucket, by name. */
  buckets(): (readonly [base: string, current: string])[] {
    const { vips, servers } = this.controller.status();
    const names = new Map(servers.map(({ id, name }) => [id, name]));
    const { base, current } = vips[0]!.bucketMap;
    return base.map((id, bucket) => [names.get(id)!, names.get(current[bucket]!)!] as const);
  }

  async stop(): Promise<void> {
    await this.controller.stop();
    for (const network of this.networks) network.close();
  }
}

test('a switch is away in the middle of a shift and forwards: the other goes on, a server dies, and nobody else notices', async () => {
  const world = new World();
  await world.start();
  world.open(0, 100);
  world.open(1, 100);
  await world.run(1_000);
  const swap = await operate(world, { kind: 'swap', server: serverName(0), replacement: serverName(3) });
  await world.run(200);
  world.open(0, 60);
  world.open(1, 60);
  await world.run(500);
  expect(world.controller.counters.pinsExact).toBeGreaterThan(10);

  world.cables[1].cut();
  await world.run(200);
  expect(world.controller.status().switches.map(({ connected }) => connected)).toEqual([true, false]);
  world.open(0, 60);
  await world.run(500);
  // All that the other has changes to the one that is away, and back.
  await world.visit(0, 1);
  await world.run(1_000);

  // The one that is away pins in its registers; some of those come to the other.
  const known = new Set(world.connections.values());
  world.open(1, 120);
  const pinned = [...world.connections.values()].filter((one) => !known.has(one) && one.server === 3);
  expect(pinned.length).toBeGreaterThan(10);
  await world.run(500);
  for (const connection of pinned.slice(0, pinned.length >> 1)) Object.assign(connection, { way: 0, isSought: true });
  await world.run(1_000);
  expect(world.sought).toBeGreaterThan(5);

  const isDead = world.die(1);
  await world.run(100);
  expect(await isDead).toBe(true);
  expect(world.buckets().flat()).not.toContain(serverName(1));
  world.open(0, 100);
  expect([...world.connections.values()].every(({ server }) => server !== 1)).toBe(true);
  await world.run(5_000);
  expect(world.controller.operation(swap.id)).toMatchObject({ phase: 'shifting' });
  expect(world.controller.status().switches[1]).toMatchObject({ away: { waitingOperations: [swap.id] } });

  world.cables[1].mend();
  await world.run(2_000);
  expect(world.controller.status().switches.map(({ connected }) => connected)).toEqual([true, true]);
  // Whoever is new is known to both; all change their way.
  world.open(0, 60);
  world.open(1, 60);
  await world.run(1_000);
  world.exchangeWays();
  await world.run(2_000);
  for (const [key, { server }] of world.connections) if (server === 0) world.connections.delete(key);
  await world.run(12_000);
  expect(world.controller.operation(swap.id)).toMatchObject({ outcome: 'done' });
  expect(world.controller.status().operations.every(({ phase }) => phase === 'finished')).toBe(true);
  expect(world.violations).toEqual([]);
  expect(world.controller.counters.astray).toBe(0);
  await world.stop();
}, 180_000);

test('a mapping changes with two switches, one of which is away in the midst of it', async () => {
  const world = new World();
  await world.start();
  for (const way of [0, 1] as const) world.open(way, 100);
  await world.run(1_000);
  const remap = await operate(world, { kind: 'remap', hashSeed: 0xdecade, buckets: 23, affinity: 'client' });
  await world.run(200);
  for (const way of [0, 1] as const) world.open(way, 60);
  await world.run(500);
  expect(world.controller.counters.pinsExact).toBeGreaterThan(10);
  world.cables[1].cut();
  await world.run(200);
  world.open(0, 60);
  await world.run(500);
  // All that the one has which is there changes to the one that is away, and back.
  await world.visit(0, 1);
  const isDead = world.die(1);
  await world.run(5_000);
  expect(await isDead).toBe(true);
  expect(world.controller.operation(remap.id)).toMatchObject({ phase: 'shifting' });
  expect(world.controller.status().switches[1]).toMatchObject({ away: { waitingOperations: [remap.id] } });
  world.cables[1].mend();
  await world.run(2_000);
  for (const way of [0, 1] as const) world.open(way, 60);
  await world.run(1_000);
  world.exchangeWays();
  await world.run(12_000);
  expect(world.controller.operation(remap.id)).toMatchObject({ outcome: 'done' });
  expect(world.controller.status().vips[0]).toMatchObject({ buckets: 23, hashSeed: 0xdecade, affinity: 'client' });
  world.exchangeWays();
  await world.run(1_000);
  expect(world.violations).toEqual([]);
  expect(world.controller.counters.astray).toBe(0);
  await world.stop();
}, 180_000);

async function operate(world: World, request: Parameters<VirtualController['operate']>[0]) {
  const accepted = world.controller.operate(request);
  await world.run(STEP_MS);
  return accepted;
}
