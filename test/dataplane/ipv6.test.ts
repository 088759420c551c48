// What IPv6 has of its own: translation with checksums over a pseudo header, UDP that is never without one, neighbour
// discovery, ICMPv6. What it shares with IPv4 is told of both elsewhere.
import {
  diffPackets,
  ethernet,
  icmp,
  ipv6,
  layerOf,
  packet,
  payload,
  TCP,
  tcp,
  udp,
  wrongChecksums,
} from '@mooring/bmv2-harness';
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { COMPILE_TIMEOUT_MS, DROP, UDP_VIP_ID, Workbench } from './bench.ts';
import { Network } from './network.ts';

const network = new Network('ipv6');
const { client, vip } = network;
const one = network.server(1);

let bench: Workbench;
beforeEach(async () => {
  bench = await Workbench.start({}, 'ipv6');
  bench.assign({ base: 1, current: 1 });
  bench.assign({ base: 1, current: 1 }, UDP_VIP_ID);
}, COMPILE_TIMEOUT_MS);

const toVip = { source: client.mac, destination: vip.mac };
const addresses = { source: client.address, destination: vip.address };
const anyAddress = fc
  .array(fc.nat(0xffff), { minLength: 8, maxLength: 8 })
  .map((groups) => groups.map((group) => group.toString(16)).join(':'))
  .filter((address) => address !== vip.address && address !== one.address);

test('TCP to the server and back, whatever the packet holds', () => {
  fc.assert(
    fc.property(
      fc.record({ source: fc.nat(65535), sequence: fc.nat(0xffffffff), flags: fc.nat(255), window: fc.nat(65535) }),
      fc.record({ hopLimit: fc.integer({ min: 1, max: 255 }), flowLabel: fc.nat(0xfffff), trafficClass: fc.nat(255) }),
      anyAddress,
      fc.uint8Array({ maxLength: 64 }),
      (segment, header, from, bytes) => {
        const there = packet(
          ethernet(toVip),
          ipv6({ ...header, source: from, destination: vip.address }),
          tcp({ ...segment, destination: vip.port }),
          payload(bytes),
        );
        const expected = packet(
          ethernet({ source: client.mac, destination: one.mac }),
          ipv6({ ...header, source: from, destination: one.address }),
          tcp({ ...segment, destination: one.port }),
          payload(bytes),
        );
        const [out] = bench.send(client.switchPort, there).outputs;
        expect(diffPackets(expected, out!.bytes)).toEqual([]);
        expect(out!.port).toBe(one.switchPort);

        const reply = { ...segment, source: one.port, destination: segment.source };
        const back = packet(
          ethernet({ source: one.mac, destination: client.mac }),
          ipv6({ ...header, source: one.address, destination: from }),
          tcp(reply),
          payload(bytes),
        );
        const wanted = packet(
          ethernet({ source: one.mac, destination: client.mac }),
          ipv6({ ...header, source: vip.address, destination: from }),
          tcp({ ...reply, source: vip.port }),
          payload(bytes),
        );
        const [seen] = bench.send(one.switchPort, back).outputs;
        expect(diffPackets(wanted, seen!.bytes)).toEqual([]);
        expect(seen!.port).toBe(client.switchPort);
      },
    ),
    { numRuns: 60 },
  );
});

test('UDP: a checksum is kept right and never becomes none', () => {
  fc.assert(
    fc.property(fc.nat(65535), fc.uint8Array({ minLength: 2, maxLength: 2 }), (source, bytes) => {
      const there = packet(ethernet(toVip), ipv6(addresses), udp({ source, destination: vip.port }), payload(bytes));
      const out = bench.send(client.switchPort, there).outputs[0]!.bytes;
      expect(wrongChecksums(out)).toEqual([]);
      expect(layerOf(out, 'udp')?.fields.checksum).not.toBe(0);
      const back = packet(
        ethernet({ source: one.mac, destination: client.mac }),
        ipv6({ source: one.address, destination: client.address }),
        udp({ source: one.port, destination: source }),
        payload(bytes),
      );
      const seen = bench.send(one.switchPort, back).outputs[0]!.bytes;
      expect(wrongChecksums(seen)).toEqual([]);
      expect(layerOf(seen, 'udp')?.fields).toMatchObject({ source: vip.port });
      expect(layerOf(seen, 'udp')?.fields.checksum).not.toBe(0);
    }),
    { numRuns: 60 },
  );
});

test('UDP: the sum that would be zero is sent as all ones', () => {
  // The two bytes of payload that make the sum of the translated packet zero, found from the packet without them.
  const build = (bytes: Uint8Array, destination: string, port: number) =>
    packet(
      ethernet({ source: client.mac, destination: destination === vip.address ? vip.mac : one.mac }),
      ipv6({ source: client.address, destination }),
      udp({ source: 5353, destination: port }),
      payload(bytes),
    );
  const plain = layerOf(build(Uint8Array.of(0, 0), one.address, one.port), 'udp')!.fields.checksum;
  const bytes = Uint8Array.of(plain >> 8, plain & 0xff);
  expect(layerOf(build(bytes, one.address, one.port), 'udp')!.fields.checksum).toBe(0xffff);
  const out = bench.send(client.switchPort, build(bytes, vip.address, vip.port)).outputs[0]!.bytes;
  expect(diffPackets(build(bytes, one.address, one.port), out)).toEqual([]);
});

test('a wrong TCP checksum stays wrong, so that the server finds it', () => {
  const bytes = packet(ethernet(toVip), ipv6(addresses), tcp({ destination: vip.port, checksum: 1 }));
  expect(wrongChecksums(bench.send(client.switchPort, bytes).outputs[0]!.bytes)).toEqual(['tcp']);
});

test('a port that no VIP has: dropped and counted', () => {
  bench.send(client.switchPort, packet(ethernet(toVip), ipv6(addresses), tcp({ destination: 81 })));
  expect(bench.plane.counter('drops', DROP.NO_VIP)).toBe(1);
});

test('connections of clients that differ in any bit of their addresses are different', () => {
  bench.assign({ base: 1, current: 2 });
  bench.pinByHandshake(2000, 2);
  const address = BigInt(
    `0x${[0x2001, 0xdb8, 0, 0, 0, 0, 0, 0x10].map((group) => group.toString(16).padStart(4, '0')).join('')}`,
  );
  for (let bit = 0n; bit < 128n; bit++) {
    const other = (address ^ (1n << bit)).toString(16).padStart(32, '0').match(/..../g)!;
    const bytes = packet(
      ethernet(toVip),
      ipv6({ source: other.join(':'), destination: vip.address }),
      tcp({ source: 2000, destination: vip.port, flags: TCP.ACK }),
    );
    expect(bench.send(client.switchPort, bytes).server).toBe(1);
  }
  expect(bench.fromClient(2000, TCP.ACK).server).toBe(2);
});

describe('neighbour discovery', () => {
  const SOLICITATION = 135;
  const ADVERTISEMENT = 136;
  const solicitedNode = 'ff02:0:0:0:0:1:ff00:100';

  function addressBytes(address: string): number[] {
    return address.split(':').flatMap((group) => {
      const value = Number.parseInt(group, 16);
      return [value >> 8, value & 0xff];
    });
  }

  function message(target: string, option: readonly number[]) {
    return payload(Uint8Array.from([...addressBytes(target), ...option]));
  }

  const macBytes = (mac: string) => mac.split(':').map((part) => Number.parseInt(part, 16));
  const fromMac = (mac: string) => [1, 1, ...macBytes(mac)];
  const hasMac = (mac: string) => [2, 1, ...macBytes(mac)];
  const nonce = [14, 1, 1, 2, 3, 4, 5, 6];

  function solicitation(source: string, option: readonly number[], hopLimit = 255): Uint8Array {
    return packet(
      ethernet({ source: client.mac, destination: '33:33:ff:00:01:00' }),
      ipv6({ source, destination: solicitedNode, hopLimit }),
      icmp({ type: SOLICITATION, rest: 0 }),
      message(vip.address, option),
    );
  }

  function advertisement(destination: string, mac: string, flags: number): Uint8Array {
    return packet(
      ethernet({ source: vip.mac, destination: mac }),
      ipv6({ source: vip.address, destination, hopLimit: 255 }),
      icmp({ type: ADVERTISEMENT, rest: flags }),
      message(vip.address, hasMac(vip.mac)),
    );
  }

  test.each([
    ['with its sender', fromMac(client.mac), 0],
    ['without options', [], 0],
    ['with more options than that', [...fromMac(client.mac), ...nonce], 8],
  ])('a solicitation for a VIP is answered: %s', (_name, option, behind) => {
    const [answer, ...others] = bench.send(client.switchPort, solicitation(client.address, option)).outputs;
    expect(others).toEqual([]);
    expect(answer!.port).toBe(client.switchPort);
    const sound = answer!.bytes.subarray(0, answer!.bytes.length - behind);
    expect(diffPackets(advertisement(client.address, client.mac, 0x60000000), sound)).toEqual([]);
  });

  test('a host that asks whether the address is free hears that it is not', () => {
    const unspecified = '0:0:0:0:0:0:0:0';
    const [answer] = bench.send(client.switchPort, solicitation(unspecified, nonce)).outputs;
    const expected = advertisement('ff02:0:0:0:0:0:0:1', '33:33:00:00:00:01', 0x20000000);
    expect(diffPackets(expected, answer!.bytes)).toEqual([]);
  });

  test('from beyond the link it is not answered', () => {
    expect(bench.send(client.switchPort, solicitation(client.address, fromMac(client.mac), 254)).outputs).toEqual([]);
  });

  test('for a host it is flooded as it is', () => {
    const bytes = packet(
      ethernet({ source: client.mac, destination: '33:33:ff:00:00:21' }),
      ipv6({ source: client.address, destination: 'ff02:0:0:0:0:1:ff00:21', hopLimit: 255 }),
      icmp({ type: SOLICITATION, rest: 0 }),
      message(one.address, fromMac(client.mac)),
    );
    const { outputs } = bench.send(client.switchPort, bytes);
    expect(outputs.map(({ port }) => port).sort()).toEqual([1, 2, 3]);
    expect(outputs.every((output) => diffPackets(bytes, output.bytes).length === 0)).toBe(true);
  });

  test('an advertisement to a VIP goes to the controller', () => {
    const answer = packet(
      ethernet({ source: one.mac, destination: vip.mac }),
      ipv6({ source: one.address, destination: vip.address, hopLimit: 255 }),
      icmp({ type: ADVERTISEMENT, rest: 0x60000000 }),
      message(one.address, hasMac(one.mac)),
    );
    expect(bench.send(one.switchPort, answer).outputs).toEqual([
      { port: bench.plane.cpuPort, bytes: Uint8Array.from([0, one.switchPort, 0, 0, ...answer]) },
    ]);
  });
});

test('echo to a VIP', () => {
  fc.assert(
    fc.property(fc.nat(0xffffffff), fc.uint8Array({ maxLength: 40 }), (rest, bytes) => {
      const asked = packet(ethernet(toVip), ipv6(addresses), icmp({ type: 128, rest }), payload(bytes));
      const [answer] = bench.send(client.switchPort, asked).outputs;
      const expected = packet(
        ethernet({ source: vip.mac, destination: client.mac }),
        ipv6({ source: vip.address, destination: client.address }),
        icmp({ type: 129, rest }),
        payload(bytes),
      );
      expect(diffPackets(expected, answer!.bytes)).toEqual([]);
    }),
    { numRuns: 40 },
  );
});
