/**
 * The controller and the program of the Tofino shell, over real gRPC: what it lacks is neither read nor written, and
 * whoever asks for it is told before anything is done. There is no chip, and so there are no packets.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type OperationRequest,
  type RunningController,
  SwitchRefusedError,
  startController,
} from '@mooring/controller';
import type { P4Info } from '@mooring/p4runtime-ts/p4info';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { p4infoOf } from '../support/program.ts';
import { QuietTofino } from './quiet-tofino.ts';

const SERVERS = `
    servers:
      - { name: s1, address: 10.0.0.11, port: 8080, mac: 02:00:00:00:00:01, switchPort: 1 }
      - { name: s2, address: 10.0.0.12, port: 8080, mac: 02:00:00:00:00:02, switchPort: 2 }
      - { name: s3, address: 10.0.0.13, port: 8080, mac: 02:00:00:00:00:03, switchPort: 3 }
      - { name: s4, address: 10.0.0.14, port: 8080, mac: 02:00:00:00:00:04, switchPort: 4, spare: true }
`;
const WEB = `
  - name: web
    address: 10.0.0.1
    port: 80
    buckets: 64${SERVERS}`;

const whole = p4infoOf('tna');
const small = p4infoOf('tna', [
  'MOORING_NO_IPV6',
  'MOORING_NO_ENCAPSULATION',
  'MOORING_NO_DOUBT',
  'MOORING_NO_SIGNALS',
]);

let tofino: QuietTofino;
let controller: RunningController | undefined;
let directory: string;

function yaml(vips: string): string {
  const timers = 'timers: { idle: 300ms, handshake: 200ms, inFlight: 20ms, learnAfter: 1h, report: 50ms }';
  return `switch: { address: '${tofino.address}', ports: [1, 2, 3, 4, 9] }\n${timers}\nvips:${vips}`;
}

async function start(vips = WEB, adapt = (text: string): string => text): Promise<RunningController> {
  const configuration = { kind: 'text', name: 'test.yaml', text: adapt(yaml(vips)) } as const;
  controller = await startController({ configuration, program: tofino.program, stateDir: directory });
  return controller;
}

/**
 * How many changes of entries there were, when all is written: a plan has a turn of its own, which begins after that.
 */
async function writtenChanges(): Promise<number> {
  await controller!.client.plan({ kind: 'disable', server: 's3' });
  return tofino.changes;
}

/** Another controller takes over, and finds nothing to be changed. */
async function restartController(): Promise<void> {
  const changes = await writtenChanges();
  await controller!.stop();
  await start();
  expect(controller!.status()).toMatchObject({ switch: { pipeline: 'kept' } });
  expect(await writtenChanges()).toBe(changes);
}

async function operate(request: OperationRequest) {
  const { client } = controller!;
  const { id } = await client.operate(request);
  return client.waitForOperation(id);
}

/** Asks until something is so. */
async function until<T>(ask: () => Promise<T>, isSo: (answer: T) => boolean): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (isSo(answer)) return answer;
    await controller!.client.status();
  }
}

/** The buckets once they have settled: an operation is done before the switch has the last of it. */
function settled(of = tofino): Promise<Record<string, unknown>[]> {
  return until(
    () => of.entries('buckets'),
    (buckets) => buckets.every(({ base, current, unsettled }) => base === current && unsettled === 0n),
  );
}

async function begin(p4info: P4Info): Promise<void> {
  directory = mkdtempSync(join(tmpdir(), 'mooring-tofino-'));
  tofino = await QuietTofino.start(p4info);
}

afterEach(async () => {
  await controller?.stop();
  controller = undefined;
  tofino.close();
  rmSync(directory, { recursive: true, force: true });
});

describe.each([
  ['whole', whole],
  ['without IPv6, encapsulation, doubt and signals', small],
])('a Tofino, its program %s', (_, p4info) => {
  beforeEach(() => begin(p4info));

  it('gets a VIP and its servers, one more, one less, and goes on where it was', async () => {
    await start();
    expect(await tofino.entries('vips')).toEqual([
      expect.objectContaining({ action: 'set_vip', vip: 1n, bucket_count: 64n, seed: 0n, first_bucket: 0n }),
    ]);
    expect(await tofino.entries('buckets')).toHaveLength(64);
    expect((await tofino.entries('servers')).map(({ server, action }) => [server, action])).toEqual([
      [1n, 'to_server'],
      [2n, 'to_server'],
      [3n, 'to_server'],
    ]);

    const { id } = await controller!.client.operate({ kind: 'add', server: 's4' });
    const moved = await until(
      () => tofino.entries('buckets'),
      (buckets) => buckets.some(({ base, current }) => base !== current),
    );
    const { bucket } = moved.find(({ base, current }) => base !== current)!;
    tofino.confirm({ bucket: Number(bucket), server: 4, client: 0xc0000207n, port: 51_514 });
    const pins = await until(
      () => tofino.entries('pins'),
      ({ length }) => length > 0,
    );
    expect(pins).toEqual([
      { vip: 1n, client_address: 0xc0000207n, client_port: 51_514n, action: 'pin', server: 4n, closing: 0n },
    ]);
    await restartController();
    expect(await tofino.entries('pins')).toEqual(pins);
    expect(controller!.status().counters.pinsExact).toBe(1);
    tofino.target.fallSilent();
    expect(await controller!.client.waitForOperation(id)).toMatchObject({ outcome: 'done' });
    // It knows how many slots there are.
    expect(tofino.target.sweptTo).toBe(32_768);

    expect(await operate({ kind: 'drain', server: 's1' })).toMatchObject({ outcome: 'done' });
    expect([...new Set((await settled()).map(({ current }) => current))].sort()).toEqual([2n, 3n, 4n]);

    await restartController();
    expect(await operate({ kind: 'swap', server: 's2', replacement: 's1' })).toMatchObject({ outcome: 'done' });
  });

  it('is taken up again after a loss, and filled again when it is empty', async () => {
    await start();
    const changes = await writtenChanges();
    await tofino.interrupt(controller!.status().epoch + 3);
    await until(
      async () => controller!.status().counters.reconnects,
      (reconnects) => reconnects === 1,
    );
    expect(tofino.changes).toBe(changes);

    const { id } = await controller!.client.operate({ kind: 'add', server: 's4' });
    await until(
      () => tofino.entries('drain_watch'),
      ({ length }) => length > 0,
    );
    await tofino.restart();
    await until(
      async () => controller!.status().counters.reconnects,
      (reconnects) => reconnects === 2,
    );
    expect(await tofino.entries('buckets')).toHaveLength(64);
    tofino.target.fallSilent();
    expect(await controller!.client.waitForOperation(id)).toMatchObject({ outcome: 'done' });
    // Lost pins are looked for where the program helps.
    expect(tofino.target.hasDoubted).toBe(p4info === whole);
    const { lines } = await controller!.client.log({ contains: 'may have been lost' });
    expect(lines).toHaveLength(p4info === whole ? 1 : 0);
  });

  it('divides its buckets, and refuses what it cannot do before anything is done', async () => {
    await start();
    tofino.target.fallSilent();
    expect(await operate({ kind: 'buckets', buckets: 128 })).toMatchObject({ outcome: 'done' });
    await until(
      () => tofino.entries('vips'),
      ([vip]) => vip!.bucket_count === 128n,
    );
    expect(await settled()).toHaveLength(128);
    const journal = readFileSync(join(directory, 'journal'), 'utf8');
    const changes = await writtenChanges();
    const { client } = controller!;
    const second = { address: '10.0.0.2', port: 80, servers: [{ name: 't1', address: '10.0.0.21', port: 8080 }] };
    const refused = async (request: OperationRequest, message: RegExp, field: string) => {
      const because = { status: 400, body: { message: expect.stringMatching(message), field } };
      await expect(client.operate({ ...request, queue: true }), request.kind).rejects.toMatchObject(because);
      await expect(client.plan(request), request.kind).rejects.toMatchObject(because);
    };
    await refused({ kind: 'buckets', buckets: 32 }, /^VIP `web`: .* a second one/, 'buckets');
    await refused({ kind: 'buckets', buckets: 384 }, /^VIP `web`: .* powers of two .* 384/, 'buckets');
    await refused({ kind: 'remap', hashSeed: 7 }, /^VIP `web`: .* seed 0 only, and it is 7/, 'hashSeed');
    await refused({ kind: 'remap', affinity: 'client' }, /^VIP `web`: .* a second one/, 'affinity');
    const more = (definition: object): OperationRequest => {
      return { kind: 'add-vip', vip: 'more', vipDefinition: { ...second, ...definition } };
    };
    await refused(more({ buckets: 100 }), /^VIP `more`: .* powers of two .* 100/, 'buckets');
    await refused(
      more({ port: 'all', servers: [{ name: 't1', address: '10.0.0.21', port: 'all' }] }),
      /all ports/,
      'port',
    );
    const file = { fileName: 'new.yaml', text: yaml(WEB.replace('buckets: 64', 'buckets: 100\n    hashSeed: 3')) };
    for (const ask of [() => client.apply(file), () => client.diff(file)]) {
      await expect(ask()).rejects.toMatchObject({
        status: 400,
        body: { message: expect.stringMatching(/: VIP `web`, `buckets`.* 100.*; VIP `web`, `hashSeed`/) },
      });
    }
    if (p4info === small) {
      const ipv6 = { address: '2001:db8::2', servers: [{ name: 't1', address: '2001:db8::21', port: 8080 }] };
      await refused(more(ipv6), /no IPv6, and it is 2001:db8::2/, 'address');
      const forwarding = { kind: 'ipip', source: '10.0.0.99' } as const;
      await refused({ kind: 'forwarding', forwarding }, /^VIP `web`: .* `ipip`/, 'forwarding');
    }
    expect(readFileSync(join(directory, 'journal'), 'utf8')).toBe(journal);
    expect(await writtenChanges()).toBe(changes);
    expect(await operate({ kind: 'drain', server: 's1' })).toMatchObject({ outcome: 'done' });
  });
});

it('a configuration that needs what a Tofino lacks is refused, with all of it, before the switch or the journal hear of it', async () => {
  await begin(small);
  const vips = [
    WEB.replace('buckets: 64', 'buckets: 100\n    hashSeed: 9').replace(
      'mac: 02:00:00:00:00:04, switchPort: 4',
      "links: [{ mac: '02:00:00:00:00:04', switchPort: 4 }, { mac: '02:00:00:00:00:05', switchPort: 5 }]",
    ),
    `
  - name: six
    address: 2001:db8::1
    port: 80
    health: { kind: syns }
    overflow: { rule: next, whenFull: drop }
    servers: [{ name: x1, address: '2001:db8::11', port: 8080 }]`,
    `
  - name: any
    address: 10.0.0.3
    port: all
    servers: [{ name: y1, address: 10.0.0.31 }]`,
    `
  - name: inside
    address: 10.0.0.4
    port: 80
    forwarding: gue
    tunnelSource: 10.0.0.99
    servers: [{ name: z1, address: 10.0.0.41 }]`,
    `
  - name: gold
    address: 10.0.0.1
    port: 80
    class: gold
    servers: [{ name: g1, address: 10.0.0.51, port: 8080 }]`,
  ].join('');
  const refused = await start(`${vips}\nclasses: [{ name: gold, prefixes: [192.0.2.0/24] }]`).then(
    () => undefined,
    (error: Error) => error,
  );
  expect(refused).toBeInstanceOf(SwitchRefusedError);
  expect(refused!.message.split('\n')).toEqual([
    "the switch's program cannot do all that is asked of it:",
    '  VIP `web`, `buckets`: the program knows powers of two only, and it is 100: make it 64 or 128',
    '  VIP `web`, `hashSeed`: the program hashes with the seed 0 only, and it is 9: leave it out',
    '  server `s4` of VIP `web`, `links`: the program knows one link to a server: name `mac` and `switchPort` of one of them',
    '  VIP `six`, `address`: the program has no IPv6, and it is 2001:db8::1: give it an IPv4 address, or have the program compiled with IPv6',
    "  VIP `six`, `health`: the program does not count servers' SYNs: check by `tcp`, `http` or `command`",
    '  VIP `six`, `overflow`: the program refuses no SYNs, as `whenFull: drop` would: leave `whenFull` out',
    '  VIP `any`, `port`: the program has no VIPs for all ports: make a VIP of each port',
    '  VIP `inside`, `forwarding`: the program puts no packets inside others, as `gue` would: let it be `nat` or `direct`',
    '  VIP `gold`, `class`: the program has one VIP at an address and port, and `web` is there: give it another address',
  ]);
  expect(tofino.target.running).toBeUndefined();
  expect(readFileSync(join(directory, 'journal'), 'utf8')).toBe('');
  // Nothing is left behind: what it can do it does.
  await start();
  expect(await tofino.entries('vips')).toHaveLength(1);
});

it('two Tofinos get the same, and what one reports is in both', async () => {
  await begin(whole);
  const other = await QuietTofino.start(whole);
  try {
    const both = (text: string): string => {
      const ports = 'ports: [1, 2, 3, 4, 9]';
      const first = `{ address: '${tofino.address}', ${ports} }`;
      return text.replace(/^switch: .*$/m, `switches: [${first}, { address: '${other.address}', ${ports} }]`);
    };
    await start(WEB, both);
    const { id } = await controller!.client.operate({ kind: 'add', server: 's4' });
    const moved = await until(
      () => other.entries('buckets'),
      (buckets) => buckets.some(({ base, current }) => base !== current),
    );
    const { bucket } = moved.find(({ base, current }) => base !== current)!;
    other.confirm({ bucket: Number(bucket), server: 4, client: 0xc0000207n, port: 51_514 });
    const [pin] = await until(
      () => tofino.entries('pins'),
      ({ length }) => length > 0,
    );
    expect(pin).toMatchObject({ client_address: 0xc0000207n, client_port: 51_514n, server: 4n });
    expect(
      await until(
        () => other.entries('pins'),
        ({ length }) => length > 0,
      ),
    ).toEqual([pin]);
    for (const { target } of [tofino, other]) target.fallSilent();
    expect(await controller!.client.waitForOperation(id)).toMatchObject({ outcome: 'done' });
    expect(await settled(other)).toEqual(await settled());
  } finally {
    other.close();
  }
});
