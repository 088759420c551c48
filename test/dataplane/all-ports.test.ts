// VIPs for all ports of a protocol: which VIP a packet is for, what is translated and what is kept, and that
// connections which differ by nothing but the service's port are different connections, to pins and slots and to all
// that speaks of them.
import { ethernet, icmp, layerOf, packet, payload, TCP, tcp, wrongChecksums } from '@mooring/bmv2-harness';
import { beforeEach, describe, expect, test } from 'vitest';
import { ALL_PORTS_VIP_ID, type Arrival, COMPILE_TIMEOUT_MS, EVENT, Workbench } from './bench.ts';
import { FAMILIES } from './network.ts';

const [SSH, HTTPS] = [22, 443];

describe.each(FAMILIES)('%s', (family) => {
  let bench: Workbench;
  const all = { vip: ALL_PORTS_VIP_ID };

  beforeEach(async () => {
    bench = await Workbench.start({}, family);
    bench.serveAllPorts();
    bench.assign({ base: 3, current: 3 });
    bench.assign({ base: 1, current: 1 }, ALL_PORTS_VIP_ID);
  }, COMPILE_TIMEOUT_MS);

  const client = (vipPort: number, clientPort: number, flags: number, acknowledgment = 0): Arrival =>
    bench.fromClient(clientPort, flags, { vipPort, acknowledgment });

  /** A handshake with server `id` that is to be pinned. */
  function pinByHandshake(vipPort: number, clientPort: number, id: number, sequence: number) {
    client(vipPort, clientPort, TCP.SYN);
    bench.fromServer(id, clientPort, TCP.SYN | TCP.ACK, sequence, vipPort);
    return client(vipPort, clientPort, TCP.ACK, sequence + 1);
  }

  test.each([SSH, HTTPS, 1, 65_535])('to port %i: the address alone is translated, both ways', (port) => {
    const { address, vip } = { address: bench.network.server(1).address, vip: bench.network.vip.address };
    const [there] = client(port, 1000, TCP.ACK).outputs;
    expect(bench.network.addressesOf(there!.bytes)).toMatchObject({ destination: address });
    expect(layerOf(there!.bytes, 'tcp')?.fields).toMatchObject({ source: 1000, destination: port });
    expect(wrongChecksums(there!.bytes)).toEqual([]);
    const [back] = bench.fromServer(1, 1000, TCP.ACK, 0, port).outputs;
    expect(bench.network.addressesOf(back!.bytes)).toMatchObject({ source: vip });
    expect(layerOf(back!.bytes, 'tcp')?.fields).toMatchObject({ source: port, destination: 1000 });
    expect(wrongChecksums(back!.bytes)).toEqual([]);
  });

  test('the VIP of a port comes first, both ways', () => {
    const there = client(80, 1000, TCP.ACK);
    expect(there.server).toBe(3);
    expect(layerOf(there.outputs[0]!.bytes, 'tcp')?.fields.destination).toBe(8080);
    const back = bench.fromServer(3, 1000, TCP.ACK, 0, 8080).outputs[0]!;
    expect(layerOf(back.bytes, 'tcp')?.fields.source).toBe(80);
  });

  test('other protocols are not for it', () => {
    bench.plane.remove(bench.network.table('vips'), [bench.network.vip.address, 17, 80, 0]);
    expect(bench.datagram(1000).outputs).toEqual([]);
  });

  test('a pin is for one of two connections that differ by the port of the service alone', () => {
    bench.pin(1000, 2, { ...all, vipPort: HTTPS });
    expect(client(HTTPS, 1000, TCP.ACK).server).toBe(2);
    expect(client(SSH, 1000, TCP.ACK).server).toBe(1);
  });

  describe('a shift', () => {
    beforeEach(() => bench.assign({ base: 1, current: 2 }, ALL_PORTS_VIP_ID));

    test('of two connections that differ by the port alone one is old and one new', () => {
      const [event] = pinByHandshake(HTTPS, 1000, 2, 7000).events;
      expect(event).toMatchObject({
        kind: EVENT.CONFIRMED,
        vip: ALL_PORTS_VIP_ID,
        client_port: 1000,
        vip_port: HTTPS,
        server: 2,
      });
      expect(client(HTTPS, 1000, TCP.ACK).server).toBe(2);
      expect(client(SSH, 1000, TCP.ACK).server).toBe(1);
      // A handshake at the one says nothing of the other.
      client(SSH, 1000, TCP.SYN);
      bench.fromServer(2, 1000, TCP.SYN | TCP.ACK, 8000, HTTPS);
      expect(client(SSH, 1000, TCP.ACK, 8001).server).toBe(1);
    });

    test('a slot is released by the port it is for', () => {
      const [event] = pinByHandshake(HTTPS, 1000, 2, 7000).events;
      expect(bench.release({ ...event!, vip_port: SSH }).events).toMatchObject([
        { kind: EVENT.RELEASED, vip_port: SSH },
      ]);
      expect(client(HTTPS, 1000, TCP.ACK).server).toBe(2);
      expect(bench.release(event!).events).toMatchObject([{ kind: EVENT.RELEASED, vip_port: HTTPS }]);
      expect(client(HTTPS, 1000, TCP.ACK).server).toBe(1);
    });

    test('a sweep tells the port', () => {
      pinByHandshake(HTTPS, 1000, 2, 7000);
      pinByHandshake(SSH, 1000, 2, 7000);
      const held = bench.sweep(9).filter(({ kind }) => kind === EVENT.HELD);
      expect(held.map(({ vip_port }) => vip_port).sort()).toEqual([SSH, HTTPS]);
    });

    test('learning tells the port', () => {
      bench.assign({ base: 1, current: 2, learn: true }, ALL_PORTS_VIP_ID);
      expect(client(SSH, 1000, TCP.ACK).events).toMatchObject([{ kind: EVENT.LEARNED, vip_port: SSH, server: 1 }]);
    });

    test("an ICMP error goes where its connection's packets go, and speaks of the server's address and the same port", () => {
      bench.pin(1000, 2, { ...all, vipPort: HTTPS });
      const { network } = bench;
      for (const [port, id] of [
        [HTTPS, 2],
        [SSH, 1],
      ] as const) {
        const quoted = packet(
          ethernet(),
          network.ip({ source: network.vip.address, destination: network.client.address }),
          tcp({ source: port, destination: 1000, sequence: 1, flags: TCP.ACK }),
        ).subarray(14);
        const arrival = bench.send(
          network.client.switchPort,
          packet(
            ethernet({ source: network.client.mac, destination: network.vip.mac }),
            network.ip({ source: network.address(200), destination: network.vip.address }),
            icmp({ type: family === 'ipv4' ? 3 : 2, code: family === 'ipv4' ? 4 : 0, rest: 1280 }),
            payload(quoted),
          ),
        );
        expect(arrival.server).toBe(id);
        const { bytes } = arrival.outputs[0]!;
        const inside = bytes.subarray(bytes.length - quoted.length);
        const translated = network.addressesOf(Uint8Array.of(...bytes.subarray(0, 14), ...inside));
        expect(translated?.source).toBe(network.server(id).address);
        expect([...inside.subarray(-20, -16)]).toEqual([port >> 8, port & 255, 1000 >> 8, 1000 & 255]);
      }
    });
  });

  test('a coming mapping looks at the port as well', () => {
    const { plane } = bench;
    plane.insert('coming_mappings', [ALL_PORTS_VIP_ID], 'set_coming', [2, 0, 0xffff]);
    for (const bucket of [0, 1]) {
      plane.insert('coming_buckets', [ALL_PORTS_VIP_ID, bucket], 'set_coming_server', [bucket + 1]);
    }
    bench.assign({ base: 3, current: 0, unsettled: true }, ALL_PORTS_VIP_ID);
    const reached = new Set(Array.from({ length: 20 }, (_, port) => client(2000 + port, 1000, TCP.SYN).server));
    expect(reached).toEqual(new Set([1, 2]));
  });

  test.each([
    { affinity: 'connection', portMask: 0xffff, sameBucket: false },
    { affinity: 'client', portMask: 0, sameBucket: true },
  ])('affinity by $affinity', ({ portMask, sameBucket }) => {
    bench.serveAllPorts(2, portMask);
    for (const bucket of [0, 1]) {
      bench.plane.upsert('buckets', [ALL_PORTS_VIP_ID, bucket], 'set_assignment', [bucket + 1, bucket + 1, 0, 0, 0, 0]);
    }
    const reached = new Set(Array.from({ length: 20 }, (_, port) => client(2000 + port, 1000, TCP.ACK).server));
    expect(reached.size).toBe(sameBucket ? 1 : 2);
  });
});
