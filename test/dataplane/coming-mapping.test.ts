// A VIP whose hash changes while connections live: what the switch does with two mappings side by side, and with the
// one change of the VIP's entry that puts the coming one in the present one's place. The hash is computed here anew,
// from what docs/DATAPLANE.md says of it.
import { parseIpv4, parseIpv6, TCP } from '@mooring/bmv2-harness';
import { beforeEach, describe, expect, test } from 'vitest';
import { COMPILE_TIMEOUT_MS, EVENT, UDP_VIP_ID, Workbench } from './bench.ts';
import { FAMILIES } from './network.ts';

const COMING = { first: 100, count: 5, seed: 0xc0ffee43, portMask: 0xffff };
/** Server of each bucket of the coming mapping. */
const COMING_SERVERS = [1, 2, 3, 1, 2];

function crc32(bytes: readonly number[]): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

function bytesOf(value: bigint, count: number): number[] {
  return Array.from({ length: count }, (_, index) => Number((value >> BigInt(8 * (count - 1 - index))) & 0xffn));
}

function wordsOf(value: bigint, count: number): bigint[] {
  return Array.from({ length: count }, (_, index) => BigInt.asUintN(32, value >> BigInt(32 * (count - 1 - index))));
}

describe.each(FAMILIES)('%s', (family) => {
  let bench: Workbench;

  const comingBucket = (clientPort: number): number => {
    const { address } = bench.network.client;
    const client = family === 'ipv4' ? wordsOf(parseIpv4(address), 1) : wordsOf(parseIpv6(address), 4);
    const seed = BigInt(COMING.seed);
    const product = (word: bigint): bigint => BigInt.asUintN(32, word * seed);
    const mixed = client.reduce((before, word) => product(before ^ (before >> 16n) ^ word), 0n);
    const port = BigInt(clientPort & COMING.portMask) ^ (mixed >> 16n);
    const hashed = [seed, ...client.slice(0, -1), client.at(-1)! ^ product(port)];
    return crc32([...bytesOf(port, 2), ...hashed.flatMap((word) => bytesOf(word, 4))]) % COMING.count;
  };
  const comingServer = (clientPort: number): number => COMING_SERVERS[comingBucket(clientPort)]!;
  /** A client's port whose connection is for this server in the coming mapping. */
  const portFor = (server: number, nth = 0): number =>
    Array.from({ length: 500 }, (_, index) => 2000 + index).filter((port) => comingServer(port) === server)[nth]!;

  const announce = (vip: number): void => {
    const { plane } = bench;
    plane.insert('coming_mappings', [vip], 'set_coming', [COMING.count, COMING.seed, COMING.portMask]);
    COMING_SERVERS.forEach((server, bucket) => {
      plane.insert('coming_buckets', [vip, bucket], 'set_coming_server', [server]);
    });
  };
  const flip = (): void => {
    const { plane, network } = bench;
    const { vip } = network;
    COMING_SERVERS.forEach((server, bucket) => {
      plane.insert('buckets', [vip.id, COMING.first + bucket], 'set_assignment', [server, server, 0, 0, 1, 0]);
    });
    const { first, count, seed, portMask } = COMING;
    const entry = [vip.id, first, count, seed, portMask, 0];
    plane.upsert(network.table('vips'), [vip.address, 6, vip.port, 0], network.action('set_vip'), entry);
    plane.remove('buckets', [vip.id, 0]);
  };

  beforeEach(async () => {
    bench = await Workbench.start({}, family);
    announce(bench.network.vip.id);
    announce(UDP_VIP_ID);
  }, COMPILE_TIMEOUT_MS);

  test('a coming mapping that no bucket refers to changes nothing', () => {
    bench.assign({ base: 1, current: 1 });
    expect(bench.syn(portFor(2)).server).toBe(1);
    bench.assign({ base: 1, current: 3 });
    expect(bench.syn(portFor(2)).server).toBe(3);
  });

  test('each new connection goes to the server of its bucket in the coming mapping, and is pinned where that is not the base', () => {
    bench.assign({ base: 1, current: 0, unsettled: true });
    for (let port = 2000; port < 2040; port++) {
      const server = comingServer(port);
      expect(bench.syn(port).server).toBe(server);
      bench.synAck(server, port, 7000);
      const acknowledged = bench.fromClient(port, TCP.ACK, { acknowledgment: 7001 });
      expect(acknowledged.server).toBe(server);
      expect(acknowledged.events.map(({ kind }) => kind)).toEqual(server === 1 ? [] : [EVENT.CONFIRMED]);
    }
  });

  test('an older connection stays with the base, and is waited for and learned only where its server is to change', () => {
    const { id } = bench.network.vip;
    bench.assign({ base: 1, current: 0, learn: true, unsettled: true });
    bench.plane.insert('drain_watch', [id, 0], 'watched', []);
    const stays = bench.fromClient(portFor(1), TCP.ACK);
    expect([stays.server, stays.events, bench.plane.directCounter('drain_watch', [id, 0])]).toEqual([1, [], 0]);
    const moves = bench.fromClient(portFor(2), TCP.ACK);
    expect(moves.server).toBe(1);
    expect(moves.events).toMatchObject([{ kind: EVENT.LEARNED, server: 1, bucket: 0 }]);
    expect(bench.plane.directCounter('drain_watch', [id, 0])).toBe(1);
  });

  test('what the coming mapping does not say is served by the base', () => {
    const { plane, network } = bench;
    bench.assign({ base: 3, current: 0, unsettled: true });
    plane.remove('coming_buckets', [network.vip.id, comingBucket(2000)]);
    expect(bench.syn(2000).server).toBe(3);
    plane.remove('coming_mappings', [network.vip.id]);
    expect(bench.syn(portFor(2)).server).toBe(3);
    expect(
      bench
        .sweep(1)
        .map(({ kind }) => kind)
        .filter((kind) => kind !== EVENT.SWEPT),
    ).toEqual([]);
  });

  test('one change of the entry of the VIP makes it the present one: pins and handshakes under way go on', () => {
    bench.assign({ base: 1, current: 0, unsettled: true });
    const [confirmed, tentative, older] = [portFor(2), portFor(3), portFor(3, 1)];
    bench.pinByHandshake(confirmed, 2);
    bench.pin(older, 1);
    bench.syn(tentative);
    bench.synAck(3, tentative, 7000);
    flip();
    expect(bench.fromClient(confirmed, TCP.ACK).server).toBe(2);
    expect(bench.fromClient(older, TCP.ACK).server).toBe(1);
    expect(bench.fromClient(tentative, TCP.ACK, { acknowledgment: 7001 }).server).toBe(3);
    const fresh = portFor(3, 2);
    expect(bench.syn(fresh).server).toBe(3);
    expect(bench.fromClient(fresh, TCP.ACK).server).toBe(3);
  });

  test('one-way VIPs: whoever has no pin is new, and goes where the coming mapping says', () => {
    bench.assign({ base: 1, current: 0, unsettled: true }, UDP_VIP_ID);
    for (const port of [portFor(1), portFor(2), portFor(3)]) {
      const arrival = bench.datagram(port);
      const server = comingServer(port);
      expect(arrival.server).toBe(server);
      expect(arrival.events.map(({ kind }) => kind)).toEqual(server === 1 ? [] : [EVENT.CONFIRMED]);
    }
  });
});
