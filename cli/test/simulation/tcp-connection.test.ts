/**
 * The simulated TCP against an adversary of a wire: whatever frames it loses, doubles or swaps, both ends get the
 * other's bytes exactly once and in order, and close. Time is a number that the test advances.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../src/load/random.ts';
import { buildTcp, parseAddress, parseMac, readFrame, TCP_ACK } from '../../src/simulation/frames.ts';
import { SimulatedHost, type SimulatedSocket } from '../../src/simulation/simulated-host.ts';

interface Wire {
  nowMs: number;
  readonly client: SimulatedHost;
  readonly server: SimulatedHost;
  /** Runs until nothing is in flight and no timer is due before `untilMs`. */
  run(untilMs: number): void;
}

/** Two hosts on a wire that treats each frame as `fate` says. */
function wire(fate: (frame: Buffer) => 'deliver' | 'lose' | 'double' | 'delay'): Wire {
  const inFlight: { atMs: number; to: 'client' | 'server'; frame: Buffer }[] = [];
  const state = { nowMs: 0 };
  const random = seededRandom(7);
  const host = (name: 'client' | 'server', mac: string, address: string): SimulatedHost =>
    new SimulatedHost({
      mac,
      addresses: [address],
      random,
      nowMs: () => state.nowMs,
      sendFrame: (frame) => {
        const to = name === 'client' ? 'server' : 'client';
        const what = fate(frame);
        if (what === 'lose') return;
        inFlight.push({ atMs: state.nowMs + (what === 'delay' ? 37 : 1), to, frame });
        if (what === 'double') inFlight.push({ atMs: state.nowMs + 15, to, frame });
      },
    });
  const client = host('client', '02:00:00:00:00:01', '10.0.0.1');
  const server = host('server', '02:00:00:00:00:02', '10.0.0.2');
  return {
    get nowMs() {
      return state.nowMs;
    },
    client,
    server,
    run(untilMs) {
      for (; state.nowMs <= untilMs; state.nowMs++) {
        const due = inFlight.filter((item) => item.atMs <= state.nowMs);
        for (const item of due) {
          inFlight.splice(inFlight.indexOf(item), 1);
          (item.to === 'client' ? client : server).receive(item.frame);
        }
        client.poll();
        server.poll();
      }
    },
  };
}

/** Collects what a socket says. */
function listen(socket: SimulatedSocket): { data: Buffer; events: string[] } {
  const heard = { data: Buffer.alloc(0), events: [] as string[] };
  socket.on('data', (chunk: Buffer) => {
    heard.data = Buffer.concat([heard.data, chunk]);
  });
  socket.on('error', (error: NodeJS.ErrnoException) => heard.events.push(error.code ?? 'error'));
  for (const event of ['connect', 'end', 'close']) socket.on(event, () => heard.events.push(event));
  return heard;
}

describe('simulated TCP', () => {
  test('data both ways and an orderly close over any wire that delivers at last', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('deliver', 'lose', 'double', 'delay' as const), { maxLength: 40 }),
        fc.uint8Array({ maxLength: 5_000 }),
        fc.uint8Array({ maxLength: 5_000 }),
        (fates, up, down) => {
          const left = [...fates];
          const net = wire(() => (left.shift() ?? 'deliver') as 'deliver');
          let heardByServer: ReturnType<typeof listen> | undefined;
          net.server.listen(80, (socket) => {
            heardByServer = listen(socket);
            socket.write(Buffer.from(down));
            socket.on('end', () => socket.end());
          });
          const socket = net.client.connect('10.0.0.2', 80);
          const heard = listen(socket);
          socket.write(Buffer.from(up));
          net.run(60_000);
          socket.end();
          net.run(120_000);
          expect(heardByServer?.data.equals(Buffer.from(up))).toBe(true);
          expect(heard.data.equals(Buffer.from(down))).toBe(true);
          expect(heard.events).toEqual(['connect', 'end', 'close']);
          expect(heardByServer?.events).toEqual(['connect', 'end', 'close']);
          expect(net.client.connectionCount + net.server.connectionCount).toBe(0);
        },
      ),
      { numRuns: 25 },
    );
  });

  test('a port nobody listens on refuses', () => {
    const net = wire(() => 'deliver');
    const heard = listen(net.client.connect('10.0.0.2', 81));
    net.run(2_000);
    expect(heard.events).toEqual(['ECONNREFUSED', 'close']);
  });

  test('a segment that reaches a host without the connection resets it', () => {
    const net = wire(() => 'deliver');
    net.server.listen(80, (socket) => socket.on('data', () => {}));
    const socket = net.client.connect('10.0.0.2', 80);
    const heard = listen(socket);
    net.run(100);
    // The host forgets its connections, as one does that the packet was mis-sent to.
    (net.server as unknown as { connections: Map<string, unknown> }).connections.clear();
    socket.write(Buffer.from('who are you?'));
    net.run(1_000);
    expect(heard.events).toEqual(['connect', 'ECONNRESET', 'close']);
  });

  test('a silent peer times out', () => {
    let cut = false;
    const net = wire(() => (cut ? 'lose' : 'deliver'));
    net.server.listen(80, () => {});
    const socket = net.client.connect('10.0.0.2', 80);
    const heard = listen(socket);
    net.run(100);
    cut = true;
    socket.write(Buffer.from('hello?'));
    net.run(100_000);
    expect(heard.events).toEqual(['connect', 'ETIMEDOUT', 'close']);
  });

  test('a damaged frame is nobody’s', () => {
    const segment = {
      sourceAddress: parseAddress('10.0.0.1'),
      destinationAddress: parseAddress('10.0.0.2'),
      sourcePort: 1,
      destinationPort: 2,
      sequence: 3,
      acknowledgment: 4,
      flags: TCP_ACK,
      payload: Buffer.from('odd'),
    };
    const frame = buildTcp(parseMac('02:00:00:00:00:01'), parseMac('02:00:00:00:00:02'), segment);
    expect(readFrame(frame)).toMatchObject({ kind: 'tcp', segment });
    for (let index = 14; index < 14 + 20 + 20 + 3; index++) {
      const damaged = Buffer.from(frame);
      damaged[index]! ^= 0x10;
      expect(readFrame(damaged), `byte ${index}`).toEqual({ kind: 'other' });
    }
  });
});
