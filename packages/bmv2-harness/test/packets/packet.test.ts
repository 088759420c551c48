// The packet library against packets whose bytes are known from outside, and against itself: what is built is read
// back the same, and every checksum it computes is right by the receiver's own rule.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  arp,
  BROKEN,
  decodePacket,
  diffPackets,
  ethernet,
  gue,
  icmp,
  ipv4,
  ipv6,
  layerOf,
  packet,
  payload,
  TCP,
  tcp,
  udp,
  vlan,
  vxlan,
  wrongChecksums,
} from '../../src/index.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

test('an IPv4 header of known checksum', () => {
  // The worked example of the Internet checksum: its header sums to b861.
  const bytes = packet(
    ipv4({ source: '192.168.0.1', destination: '192.168.0.199', flags: 2, ttl: 64, protocol: 17, totalLength: 115 }),
  );
  expect(hex(bytes)).toBe('45000073000040004011b861c0a80001c0a800c7');
});

test('ARP request', () => {
  const bytes = packet(
    ethernet({ destination: 'ff:ff:ff:ff:ff:ff', source: '02:00:00:00:00:0a' }),
    arp({ senderMac: '02:00:00:00:00:0a', senderAddress: '10.0.0.10', targetAddress: '10.0.0.100' }),
  );
  expect(hex(bytes)).toBe('ffffffffffff02000000000a0806000108000604000102000000000a0a00000a0000000000000a000064');
});

const address4 = fc.ipV4();
const address6 = fc
  .array(fc.integer({ min: 0, max: 0xffff }), { minLength: 8, maxLength: 8 })
  .map((groups) => groups.map((group) => group.toString(16)).join(':'));

test('what is built is read back, with sound checksums', () => {
  const transport = fc.oneof(
    fc
      .record({ source: fc.nat(65535), sequence: fc.nat(0xffffffff) })
      .map((fields) => tcp({ ...fields, flags: TCP.SYN })),
    fc.record({ source: fc.nat(65535), destination: fc.constant(53) }).map((fields) => udp(fields)),
  );
  const network = fc.oneof(
    fc.record({ source: address4, destination: address4 }).map((fields) => ipv4(fields)),
    fc.record({ source: address6, destination: address6 }).map((fields) => ipv6(fields)),
  );
  fc.assert(
    fc.property(network, transport, fc.uint8Array({ minLength: 1, maxLength: 90 }), (outer, inner, bytes) => {
      const layers = [ethernet(), vlan({ id: 7 }), outer, inner, payload(bytes)];
      const built = packet(...layers);
      const read = decodePacket(built);
      expect(read.map((layer) => layer.kind)).toEqual(layers.map((layer) => layer.kind));
      layers.forEach((layer, index) => {
        if (layer.kind !== 'payload') expect(read[index]).toMatchObject({ fields: layer.fields });
      });
      expect(wrongChecksums(built)).toEqual([]);
    }),
  );
});

test('a broken checksum is sent as it is, and found', () => {
  const bytes = packet(ethernet(), ipv4({ checksum: 1 }), tcp({ checksum: 2 }), payload('x'));
  expect(wrongChecksums(bytes)).toEqual(['ipv4', 'tcp']);
  expect(wrongChecksums(packet(ethernet(), ipv4(), icmp({ checksum: 3 })))).toEqual(['icmp']);
  expect(wrongChecksums(packet(ethernet(), ipv4(), udp({ checksum: 0 })))).toEqual([]);
});

test('checksums broken on purpose are wrong by one bit', () => {
  const right = packet(ethernet(), ipv4(), tcp(), payload('x'));
  const wrong = packet(ethernet(), ipv4({ checksum: BROKEN }), tcp({ checksum: BROKEN }), payload('x'));
  expect(wrongChecksums(wrong)).toEqual(['ipv4', 'tcp']);
  expect([...wrong].filter((byte, at) => byte !== right[at])).toHaveLength(2);
});

test('tunnels in UDP: GUE with private data, VXLAN', () => {
  const bytes = packet(ethernet(), ipv4(), udp(), gue({}, Uint8Array.of(1, 2, 3, 4)), ipv4(), tcp());
  expect(decodePacket(bytes).map((layer) => layer.kind)).toEqual(['ethernet', 'ipv4', 'udp', 'gue', 'ipv4', 'tcp']);
  expect(layerOf(bytes, 'udp')?.fields.destination).toBe(6080);
  // Variant and control 0, one word of private data; IPv4 inside.
  expect(hex(bytes.subarray(42, 50))).toBe('0104000001020304');
  expect(decodePacket(packet(ethernet(), ipv4(), udp(), vxlan(), ethernet(), ipv4())).map(({ kind }) => kind)).toEqual([
    'ethernet',
    'ipv4',
    'udp',
    'vxlan',
    'ethernet',
    'ipv4',
  ]);
});

test('IPv4 and TCP options lie between the headers', () => {
  const bytes = packet(
    ethernet(),
    ipv4({}, new Uint8Array([1, 1, 1, 0])),
    tcp({ flags: TCP.SYN }, new Uint8Array([2, 4, 5, 180])),
    payload('abc'),
  );
  expect(layerOf(bytes, 'ipv4')).toMatchObject({ fields: { ihl: 6 }, options: new Uint8Array([1, 1, 1, 0]) });
  expect(layerOf(bytes, 'tcp')).toMatchObject({ fields: { dataOffset: 6 }, options: new Uint8Array([2, 4, 5, 180]) });
  expect(wrongChecksums(bytes)).toEqual([]);
});

test('differences are told by field', () => {
  const one = packet(ethernet(), ipv4({ ttl: 63, checksum: 0 }), udp({ checksum: 0 }), payload('a'));
  const other = packet(ethernet(), ipv4({ ttl: 64, checksum: 0 }), udp({ checksum: 0 }), payload('b'));
  expect(diffPackets(one, other)).toEqual(['ipv4.ttl: expected 63, seen 64', 'payload: expected 61, seen 62']);
  expect(diffPackets(one, one)).toEqual([]);
  expect(diffPackets(one, packet(ethernet(), arp()))).toContain('layer 2: expected ipv4, seen arp');
});

test('a value that does not fit names its field', () => {
  expect(() => packet(ethernet(), ipv4({ ttl: 256 }))).toThrow('ttl: 256 does not fit 8 bits');
  expect(() => packet(ethernet({ source: 'nonsense' }))).toThrow("'nonsense' is not a MAC address");
});
