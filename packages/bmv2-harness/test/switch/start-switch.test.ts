/** The harness on every switch there is, and what its failures say. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import {
  BROKEN,
  describeSwitches,
  ExpectationError,
  ethernet,
  ipv4,
  payload,
  type SwitchUnderTest,
  startSwitch,
  tcp,
  testEachSwitch,
} from '../../src/index.ts';

const here = dirname(fileURLToPath(import.meta.url));
const router = join(here, '..', '..', 'examples', 'router.p4');
const features = join(here, 'features.p4');
const NEXT_HOP = '02:00:00:00:00:03';

/** A frame for features.p4. */
function frame(operation: number, source = 0x0a): Uint8Array {
  return Uint8Array.of(2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, source, operation);
}

async function messageOf(action: Promise<unknown>): Promise<string> {
  const error = await action.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ExpectationError);
  return (error as ExpectationError).message;
}

describe('packets', () => {
  testEachSwitch(
    test,
    'with a broken checksum or an old time to live are dropped',
    { program: router },
    async (net) => {
      await net.add('routes', { destination: '0.0.0.0/0' }, 'forward', { port: 2, mac: NEXT_HOP });
      await net.send(1, [ethernet(), ipv4({ checksum: BROKEN }), tcp()]);
      await net.send(1, [ethernet(), ipv4({ ttl: 1 }), tcp()]);
      await net.expectNothing();
      await net.send(1, [ethernet(), ipv4(), tcp(), payload('hello')]);
      await net.expect(2, [
        ethernet({ source: '02:00:00:00:00:02', destination: NEXT_HOP }),
        ipv4({ ttl: 63 }),
        tcp(),
        payload('hello'),
      ]);
      expect((await net.counter('forwarded', 2)).packets).toBe(1n);
    },
  );

  testEachSwitch(test, 'many come out in order', { program: router, trace: false }, async (net) => {
    await net.add('routes', { destination: '0.0.0.0/0' }, 'forward', { port: 2, mac: NEXT_HOP });
    for (let id = 0; id < 300; id++) await net.send(1, [ethernet(), ipv4({ identification: id }), tcp()]);
    for (let id = 0; id < 300; id++) {
      const moved = ethernet({ source: '02:00:00:00:00:02', destination: NEXT_HOP });
      await net.expect(2, [moved, ipv4({ identification: id, ttl: 63 }), tcp()]);
    }
    await net.expectNothing();
  });

  testEachSwitch(test, 'are replicated to the ports of a group', { program: features }, async (net) => {
    await net.multicast(1, [2, 3]);
    await net.send(1, frame(4));
    await net.expect(3, frame(4));
    await net.expect(2, frame(4));
    await net.expectNothing(1);
  });
});

describe('the controller', () => {
  testEachSwitch(test, 'sends and gets packets', { program: features }, async (net) => {
    await net.sendPacketOut(frame(0), { port: 3 });
    await net.expect(3, frame(0));
    await net.send(2, frame(1));
    const { payload: bytes, metadata } = await net.expectPacketIn();
    expect([...bytes]).toEqual([...frame(1)]);
    expect(metadata.port).toBe(2n);
    await net.expectQuietController();
  });

  testEachSwitch(test, 'gets digests', { program: features }, async (net) => {
    await net.watchDigest('seen_t');
    await net.add('sources', { mac: '02:00:00:00:00:0b' }, 'known');
    await net.send(1, frame(0, 0x0b));
    await net.expectQuietController();
    await net.send(3, frame(0, 0x0c));
    expect(await net.expectDigest('seen_t')).toEqual({ mac: 0x02_00_00_00_00_0cn, port: 3n });
    await net.expectNothing();
  });
});

describe('time', () => {
  test('passes at once for idle timeouts', async () => {
    await using net = await startSwitch({ program: features });
    await net.add('sources', { mac: '02:00:00:00:00:0b' }, 'known', {}, { idleTimeoutMs: 3_600_000 });
    await net.advance(3_000_000);
    await net.send(1, frame(0, 0x0b));
    await net.advance(3_000_000);
    await net.expectQuietController();
    await net.advance(700_000);
    expect((await net.expectIdle('sources')).match).toEqual({ mac: 0x02_00_00_00_00_0bn });
  });

  test('refills meters only as it passes', async () => {
    await using net = await startSwitch({ program: features });
    await net.client.modify({
      kind: 'meter',
      meter: 'pace',
      index: 0,
      config: { cir: 1, cburst: 2, pir: 1, pburst: 2 },
    });
    for (let count = 0; count < 5; count++) await net.send(1, frame(2));
    await net.expect(2, frame(2));
    await net.expect(2, frame(2));
    await net.expectNothing();
    await net.advance(1_000);
    for (let count = 0; count < 5; count++) await net.send(1, frame(2));
    await net.expect(2, frame(2));
    await net.expectNothing();
  });
});

describe('a failure says', () => {
  async function routed(): Promise<SwitchUnderTest> {
    const net = await startSwitch({ program: router, ports: 3 });
    await net.add('routes', { destination: '10.0.0.0/8' }, 'forward', { port: 2, mac: NEXT_HOP });
    return net;
  }

  test('which fields differ, and the way of the packet', async () => {
    await using net = await routed();
    await net.send(1, [ethernet(), ipv4(), tcp()]);
    const wrong = [ethernet({ source: '02:00:00:00:00:02', destination: NEXT_HOP }), ipv4({ ttl: 64 }), tcp()] as const;
    const message = await messageOf(net.expect(2, wrong));
    expect(message).toMatch(/^softswitch: the packet at port 2 differs\n {2}ipv4.ttl: expected 64, seen 63\n/);
    expect(message).toContain('table RouterIngress.routes');
    expect(message).toContain('sent to port 2');
  });

  test('fields that are ignored may differ', async () => {
    await using net = await routed();
    await net.send(1, [ethernet(), ipv4(), tcp(), payload('a')]);
    await net.expect(
      2,
      [ethernet({ source: '02:00:00:00:00:02', destination: NEXT_HOP }), ipv4({ ttl: 64 }), tcp(), payload('b')],
      {
        ignore: ['ipv4.ttl', 'ipv4.checksum', 'tcp.checksum', 'payload'],
      },
    );
  });

  test('where the packet went instead, or why it was dropped', async () => {
    await using net = await routed();
    await net.send(1, [ethernet(), ipv4(), tcp()]);
    expect(await messageOf(net.receive(3))).toContain('waiting at port 2:\n  ethernet source=02:00:00:00:00:02');
    await net.receive(2);
    await net.send(1, [ethernet(), ipv4({ destination: '192.168.0.1' }), tcp()]);
    const message = await messageOf(net.receive(3));
    expect(message).toContain('miss among 1 entries');
    expect(message).toContain('dropped');
    expect(message).not.toContain('packet 1 was sent');
  });

  test('what came though nothing should have', async () => {
    await using net = await routed();
    await net.send(1, [ethernet(), ipv4(), tcp()]);
    expect(await messageOf(net.expectNothing())).toContain('expected no packet, 1 came\nport 2\n');
    await net.expectNothing(3);
  });

  test('on BMv2 or not, a port that is not there is a mistake of the test', async () => {
    await using net = await routed();
    await expect(net.send(4, frame(0))).rejects.toThrow(
      'there is no port 4; this switch was started with ports 1, 2, 3',
    );
  });

  test('what is wrong with the program', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mooring-harness-'));
    try {
      writeFileSync(join(folder, 'bad.p4'), 'control c() { apply { x = 1; } }');
      await expect(startSwitch({ program: join(folder, 'bad.p4') })).rejects.toThrow(/does not compile:\n.*bad.p4\(1/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

test('a trace shows what registers held when the packet passed', async () => {
  await using net = await startSwitch({ program: features });
  await net.send(1, frame(3));
  await net.send(1, frame(3));
  await net.receive(1);
  const message = await messageOf(net.expect(2, frame(0)));
  expect(message).toContain('count[0] = 0x2');
});

test('which switches there are does not depend on more than the search path and a variable', () => {
  const [softswitch, bmv2] = describeSwitches({ PATH: '/nowhere' });
  expect(softswitch).toEqual({ target: 'softswitch', isPresent: true });
  expect(bmv2).toMatchObject({ target: 'bmv2', isPresent: false });
  expect(describeSwitches({ SIMPLE_SWITCH_GRPC: process.execPath })[1]).toEqual({ target: 'bmv2', isPresent: true });
});
