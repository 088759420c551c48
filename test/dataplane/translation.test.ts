// What the switch does to packets: translation both ways with sound checksums, answers of its own, plain switching.
import {
  arp,
  diffPackets,
  ethernet,
  icmp,
  ipv4,
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

const network = new Network('ipv4');
const { client: CLIENT, vip: VIP } = network;

let bench: Workbench;
beforeEach(async () => {
  bench = await Workbench.start();
  bench.assign({ base: 1, current: 1 });
}, COMPILE_TIMEOUT_MS);

const toVip = { source: CLIENT.mac, destination: VIP.mac };
const addresses = { source: CLIENT.address, destination: VIP.address };
const one = network.server(1);

test('client to server and back, whatever the packet holds', () => {
  fc.assert(
    fc.property(
      fc.record({
        source: fc.nat(65535),
        sequence: fc.nat(0xffffffff),
        acknowledgment: fc.nat(0xffffffff),
        flags: fc.nat(255),
        window: fc.nat(65535),
      }),
      fc.record({ ttl: fc.integer({ min: 1, max: 255 }), identification: fc.nat(65535), typeOfService: fc.nat(255) }),
      fc.uint8Array({ maxLength: 64 }),
      fc.constantFrom(new Uint8Array(0), new Uint8Array([1, 1, 1, 0]), new Uint8Array(40).fill(1)),
      (segment, header, bytes, options) => {
        const there = packet(
          ethernet(toVip),
          ipv4({ ...header, ...addresses }, options),
          tcp({ ...segment, destination: VIP.port }),
          payload(bytes),
        );
        const expected = packet(
          ethernet({ source: CLIENT.mac, destination: one.mac }),
          ipv4({ ...header, source: CLIENT.address, destination: one.address }, options),
          tcp({ ...segment, destination: one.port }),
          payload(bytes),
        );
        const [out] = bench.plane.send(CLIENT.switchPort, there).outputs;
        expect(diffPackets(expected, out!.bytes)).toEqual([]);
        expect(out!.port).toBe(one.switchPort);

        const reply = { source: one.port, destination: segment.source };
        const back = packet(
          ethernet({ source: one.mac, destination: CLIENT.mac }),
          ipv4({ ...header, source: one.address, destination: CLIENT.address }, options),
          tcp({ ...segment, ...reply }),
          payload(bytes),
        );
        const [seen] = bench.plane.send(one.switchPort, back).outputs;
        const wanted = packet(
          ethernet({ source: one.mac, destination: CLIENT.mac }),
          ipv4({ ...header, source: VIP.address, destination: CLIENT.address }, options),
          tcp({ ...segment, source: VIP.port, destination: segment.source }),
          payload(bytes),
        );
        expect(diffPackets(wanted, seen!.bytes)).toEqual([]);
        expect(seen!.port).toBe(CLIENT.switchPort);
      },
    ),
    { numRuns: 60 },
  );
});

test('a wrong TCP checksum stays wrong, so that the server finds it', () => {
  const bytes = packet(ethernet(toVip), ipv4(addresses), tcp({ destination: VIP.port, checksum: 1 }));
  expect(wrongChecksums(bench.plane.send(CLIENT.switchPort, bytes).outputs[0]!.bytes)).toEqual(['tcp']);
});

test('a wrong IPv4 checksum is dropped and counted', () => {
  const bytes = packet(ethernet(toVip), ipv4({ ...addresses, checksum: 1 }), tcp({ destination: VIP.port }));
  expect(bench.plane.send(CLIENT.switchPort, bytes).outputs).toEqual([]);
  expect(bench.plane.counter('drops', DROP.CHECKSUM)).toBe(1);
});

describe('UDP', () => {
  beforeEach(() => {
    bench.assign({ base: 1, current: 1 }, UDP_VIP_ID);
  });

  test('no checksum stays none', () => {
    const bytes = packet(ethernet(toVip), ipv4(addresses), udp({ destination: VIP.port, checksum: 0 }), payload('x'));
    const out = bench.plane.send(CLIENT.switchPort, bytes).outputs[0]!.bytes;
    expect(layerOf(out, 'udp')?.fields).toMatchObject({ destination: one.port, checksum: 0 });
  });

  test('a checksum is kept right', () => {
    fc.assert(
      fc.property(fc.nat(65535), fc.uint8Array({ minLength: 2, maxLength: 2 }), (source, bytes) => {
        const there = packet(ethernet(toVip), ipv4(addresses), udp({ source, destination: VIP.port }), payload(bytes));
        const out = bench.plane.send(CLIENT.switchPort, there).outputs[0]!.bytes;
        expect(wrongChecksums(out)).toEqual([]);
        expect(layerOf(out, 'udp')?.fields.checksum).not.toBe(0);
      }),
      { numRuns: 60 },
    );
  });
});

test('a port that no VIP has, and a later fragment: dropped and counted', () => {
  bench.plane.send(CLIENT.switchPort, packet(ethernet(toVip), ipv4(addresses), tcp({ destination: 81 })));
  expect(bench.plane.counter('drops', DROP.NO_VIP)).toBe(1);
  const fragment = packet(ethernet(toVip), ipv4({ ...addresses, protocol: 6, fragmentOffset: 10 }), payload('rest'));
  bench.plane.send(CLIENT.switchPort, fragment);
  expect(bench.plane.counter('drops', DROP.FRAGMENT)).toBe(1);
});

describe('answers of the switch', () => {
  test('ARP for a VIP', () => {
    const asked = packet(
      ethernet({ source: CLIENT.mac, destination: 'ff:ff:ff:ff:ff:ff' }),
      arp({ senderMac: CLIENT.mac, senderAddress: CLIENT.address, targetAddress: VIP.address }),
    );
    const [answer, ...others] = bench.plane.send(CLIENT.switchPort, asked).outputs;
    const expected = packet(
      ethernet({ source: VIP.mac, destination: CLIENT.mac }),
      arp({
        operation: 2,
        senderMac: VIP.mac,
        senderAddress: VIP.address,
        targetMac: CLIENT.mac,
        targetAddress: CLIENT.address,
      }),
    );
    expect(others).toEqual([]);
    expect(answer!.port).toBe(CLIENT.switchPort);
    expect(diffPackets(expected, answer!.bytes)).toEqual([]);
  });

  test('echo to a VIP', () => {
    fc.assert(
      fc.property(fc.nat(0xffffffff), fc.uint8Array({ maxLength: 40 }), (rest, bytes) => {
        const asked = packet(ethernet(toVip), ipv4(addresses), icmp({ type: 8, rest }), payload(bytes));
        const [answer] = bench.plane.send(CLIENT.switchPort, asked).outputs;
        const expected = packet(
          ethernet({ source: VIP.mac, destination: CLIENT.mac }),
          ipv4({ source: VIP.address, destination: CLIENT.address }),
          icmp({ type: 0, rest }),
          payload(bytes),
        );
        // One's complement has two zeros, and sums cannot tell them apart: right is what the receiver finds right.
        expect(diffPackets(expected, answer!.bytes, { ignore: ['icmp.checksum'] })).toEqual([]);
        expect(wrongChecksums(answer!.bytes)).toEqual([]);
      }),
      {
        numRuns: 40,
        examples: [
          [0, new Uint8Array(8)],
          [0xffffffff, new Uint8Array()],
        ],
      },
    );
  });

  test('the answer to an ARP probe goes to the controller if the probe was its own, else to who asked', () => {
    const answerTo = (mac: string) =>
      packet(
        ethernet({ source: one.mac, destination: mac }),
        arp({
          operation: 2,
          senderMac: one.mac,
          senderAddress: one.address,
          targetMac: mac,
          targetAddress: '0.0.0.0',
        }),
      );
    const octets = VIP.address.split('.').map((octet) => Number(octet).toString(16).padStart(2, '0'));
    const own = answerTo(`02:4d:${octets.join(':')}`);
    expect(bench.plane.send(one.switchPort, own).outputs).toEqual([
      { port: bench.plane.cpuPort, bytes: Uint8Array.from([0, one.switchPort, 0, 0, ...own]) },
    ]);
    const foreign = bench.plane.send(one.switchPort, answerTo(CLIENT.mac)).outputs;
    expect(foreign.some(({ port }) => port === bench.plane.cpuPort)).toBe(false);
    expect(foreign.length).toBeGreaterThan(0);
  });

  test('an ARP reply to a VIP goes to the controller', () => {
    const reply = packet(
      ethernet({ source: one.mac, destination: VIP.mac }),
      arp({
        operation: 2,
        senderMac: one.mac,
        senderAddress: one.address,
        targetMac: VIP.mac,
        targetAddress: VIP.address,
      }),
    );
    expect(bench.plane.send(one.switchPort, reply).outputs).toEqual([
      { port: bench.plane.cpuPort, bytes: Uint8Array.from([0, one.switchPort, 0, 0, ...reply]) },
    ]);
  });
});

describe('plain switching', () => {
  const other = { source: CLIENT.mac, destination: '02:00:00:00:00:99' };
  const bytes = packet(ethernet({ ...other, etherType: 0x88b5 }), payload('hello'));

  test('unknown addresses are flooded, but not back', () => {
    const { outputs } = bench.plane.send(CLIENT.switchPort, bytes);
    expect(outputs.map(({ port }) => port).sort()).toEqual([1, 2, 3]);
    expect(outputs.every((output) => diffPackets(bytes, output.bytes).length === 0)).toBe(true);
  });

  test('known ones are not', () => {
    bench.plane.insert('macs', [other.destination], 'to_port', [3]);
    expect(bench.plane.send(CLIENT.switchPort, bytes).outputs.map(({ port }) => port)).toEqual([3]);
  });

  test('a new source address is reported, also when it moves', () => {
    const named = (port: number) =>
      bench.plane.send(port, bytes).digests.filter((digest) => digest.name === 'mac_event_t');
    expect(named(CLIENT.switchPort)).toEqual([]);
    expect(named(2)).toMatchObject([{ mac: 0x02000000000a, port: 2 }]);
  });
});

describe('packet-outs', () => {
  const inner = packet(
    ethernet({ source: VIP.mac, destination: 'ff:ff:ff:ff:ff:ff', etherType: 0x88b5 }),
    payload('?'),
  );

  test('forward and flood', () => {
    expect(bench.order(0, { egress_port: 3 }, inner).outputs).toEqual([{ port: 3, bytes: inner }]);
    const flooded = bench.order(1, {}, inner).outputs;
    expect(flooded.map(({ port }) => port).sort()).toEqual([1, 2, 3, CLIENT.switchPort]);
  });

  test('an operation that does not exist is dropped and counted', () => {
    expect(bench.order(9, {}, inner).outputs).toEqual([]);
    expect(bench.plane.counter('drops', DROP.PACKET_OUT)).toBe(1);
  });
});

test('a reset of a server reaches the client as the VIP', () => {
  const { outputs } = bench.fromServer(1, 4000, TCP.RST | TCP.ACK);
  expect(layerOf(outputs[0]!.bytes, 'ipv4')?.fields.source).toBe(VIP.address);
  expect(layerOf(outputs[0]!.bytes, 'tcp')?.fields.source).toBe(VIP.port);
});
