/**
 * The load generator on simulated hosts in virtual time: over a good wire it must find no fault, and over one that
 * mis-sends, damages or delays it must find just that. A measurement that cannot fail proves nothing.
 */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { LoadClient, type LoadClientOptions } from '../../src/load/client.ts';
import { encodeGreeting } from '../../src/load/greeting.ts';
import { seededRandom } from '../../src/load/random.ts';
import { serveConnection } from '../../src/load/server.ts';
import { type ClientTally, isFaultless, type ServerTally } from '../../src/load/tally.ts';
import { SimulatedHost } from '../../src/simulation/simulated-host.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout', 'performance', 'Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const OPTIONS: LoadClientOptions = {
  address: '10.0.0.1',
  port: 80,
  sourceAddresses: [],
  seed: 1,
  target: 60,
  openingsPerSecond: 100,
  meanLifetimeMs: 2_000,
  longestLifetimeMs: 5_000,
  shortestPauseMs: 200,
  longestPauseMs: 800,
  marathonsPerServer: 5,
};

interface Net {
  readonly client: LoadClient;
  readonly server: ServerTally;
  /** Delays frames to the server by so much. */
  delayMs: number;
  /** Sends frames of established connections to a host that knows nothing of them. */
  astray: boolean;
  finish(): Promise<ClientTally>;
}

function start(serverPayload?: (data: Buffer) => Buffer): Net {
  const random = seededRandom(3);
  const nowMs = (): number => performance.now();
  const net = { delayMs: 0, astray: false };
  const hosts: Record<string, SimulatedHost> = {};
  const make = (mac: string, address: string, send: (frame: Buffer) => void): SimulatedHost =>
    new SimulatedHost({ mac, addresses: [address], random, nowMs, sendFrame: send });
  hosts.server = make('02:00:00:00:00:01', '10.0.0.1', (frame) => setTimeout(() => hosts.client!.receive(frame), 1));
  hosts.other = make('02:00:00:00:00:01', '10.0.0.1', (frame) => setTimeout(() => hosts.client!.receive(frame), 1));
  hosts.client = make('02:00:00:00:00:02', '10.0.0.2', (frame) =>
    setTimeout(() => (net.astray ? hosts.other! : hosts.server!).receive(frame), 1 + net.delayMs),
  );
  setInterval(() => {
    for (const host of Object.values(hosts)) host.poll();
  }, 10);
  const server: ServerTally = { accepted: 0, open: 0, reset: 0, mismatchedBytes: 0 };
  hosts.server.listen(80, (socket) => {
    if (serverPayload) {
      const write = socket.write.bind(socket);
      socket.write = (data) => write(serverPayload(data));
    }
    serveConnection(socket, encodeGreeting('s1'), server);
  });
  const client = new LoadClient(OPTIONS, (host, port, local) => hosts.client!.connect(host, port, local));
  client.setMarathonServers(['s1']);
  return Object.assign(net, {
    client,
    server,
    async finish() {
      const finished = client.finish(10_000);
      await vi.advanceTimersByTimeAsync(11_000);
      await finished;
      return client.tally;
    },
  });
}

describe('load', () => {
  test('a good wire has no fault, every connection finishes, marathons live through', async () => {
    const net = start();
    await vi.advanceTimersByTimeAsync(20_000);
    expect(net.client.tally.alive).toBeGreaterThan(55);
    expect(net.client.tally.fewestAlive).toBeGreaterThan(45);
    expect(net.client.tally.marathons).toBe(5);
    const tally = await net.finish();
    expect(tally).toMatchObject({ reset: 0, refused: 0, failed: 0, endedEarly: 0, stalled: 0, mismatchedBytes: 0 });
    expect(isFaultless(tally)).toBe(true);
    expect(tally.opened).toBeGreaterThan(400);
    expect(tally.finished).toBe(tally.opened);
    expect(tally.marathonsFinished).toBe(5);
    expect(tally.checkedBytes).toBeGreaterThan(100_000);
    expect(net.server).toMatchObject({ accepted: tally.opened, open: 0, reset: 0, mismatchedBytes: 0 });
  });

  test('packets sent to the wrong server are counted as resets', async () => {
    const net = start();
    await vi.advanceTimersByTimeAsync(3_000);
    net.astray = true;
    await vi.advanceTimersByTimeAsync(500);
    net.astray = false;
    await vi.advanceTimersByTimeAsync(3_000);
    const tally = await net.finish();
    expect(tally.reset).toBeGreaterThan(10);
    expect(tally.refused).toBeGreaterThan(0);
    expect(isFaultless(tally)).toBe(false);
  });

  test('an answer that takes longer than a second is a stall, once per connection', async () => {
    const net = start();
    await vi.advanceTimersByTimeAsync(3_000);
    net.delayMs = 1_200;
    await vi.advanceTimersByTimeAsync(1_300);
    net.delayMs = 0;
    await vi.advanceTimersByTimeAsync(3_000);
    const tally = await net.finish();
    expect(tally.stalled).toBeGreaterThan(10);
    expect(tally.stalled).toBeLessThanOrEqual(tally.opened);
    expect(tally.longestAnswerMs).toBeGreaterThanOrEqual(1_200);
  });

  test('the same packets are a loss with their server once it has crashed', async () => {
    const net = start();
    await vi.advanceTimersByTimeAsync(3_000);
    const alive = net.client.tally.alive;
    net.client.noteIncident({ kind: 'server-crash', server: 's1' });
    net.astray = true;
    await vi.advanceTimersByTimeAsync(1_500);
    expect(net.client.tally.lostByServer.s1).toBeGreaterThan(alive * 0.9);
    expect(net.client.tally.attemptsAtCrash).toBeGreaterThan(0);
    expect(isFaultless(net.client.tally)).toBe(true);
    net.client.noteIncident({ kind: 'server-given-up', server: 's1' });
    await vi.advanceTimersByTimeAsync(1_500);
    expect(net.client.tally.refused).toBeGreaterThan(0);
  });

  test('an attempt that meets a crashed server is late without fault, also when its answer comes at the last moment', async () => {
    const net = start();
    await vi.advanceTimersByTimeAsync(3_000);
    net.client.noteIncident({ kind: 'server-crash', server: 's9' });
    net.delayMs = 1_200;
    await vi.advanceTimersByTimeAsync(1_300);
    net.delayMs = 0;
    net.client.noteIncident({ kind: 'server-given-up', server: 's9' });
    await vi.advanceTimersByTimeAsync(3_000);
    const tally = await net.finish();
    expect(tally.attemptsAtCrash).toBeGreaterThan(0);
    // Those of a server that lived had no reason to be late.
    expect(tally.stalled).toBeGreaterThan(0);
    for (const { ageMs, awaitedMs } of tally.faults) expect(awaitedMs).toBeLessThan(ageMs);
  });

  test.each([
    [2_000, true],
    [4_000, false],
  ])('a switch that is away for %i ms: recovered in time %s', async (awayMs, inTime) => {
    const net = start();
    await vi.advanceTimersByTimeAsync(3_000);
    net.client.noteIncident({ kind: 'switch-restart' });
    net.delayMs = awayMs;
    await vi.advanceTimersByTimeAsync(awayMs);
    net.delayMs = 0;
    await vi.advanceTimersByTimeAsync(6_000);
    const tally = await net.finish();
    expect(tally.heldUpByRestart).toBeGreaterThan(10);
    expect(tally.longestRecoveryMs).toBeGreaterThanOrEqual(awayMs);
    expect(isFaultless(tally)).toBe(inTime);
    expect(tally.stalled > 10).toBe(!inTime);
  });

  test('a changed byte is a mismatch', async () => {
    let answers = 0;
    const net = start((data) => {
      if (data.length < 100 || ++answers !== 40) return data;
      const changed = Buffer.from(data);
      changed[changed.length - 1]! ^= 1;
      return changed;
    });
    await vi.advanceTimersByTimeAsync(4_000);
    const tally = await net.finish();
    expect(tally.mismatchedBytes).toBe(1);
  });
});
