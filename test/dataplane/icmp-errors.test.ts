// ICMP errors speak of a connection and reach whoever holds its other end: a server by the same lookup as the
// connection's own packets (slot, pin, base), a client as if the VIP had said it. The packet they quote is translated
// back, so that the receiver knows it for its own.
import {
  diffPackets,
  ethernet,
  icmp,
  layerOf,
  packet,
  payload,
  TCP,
  tcp,
  udp,
  wrongChecksums,
} from '@mooring/bmv2-harness';
import { beforeEach, describe, expect, test } from 'vitest';
import { COMPILE_TIMEOUT_MS, DROP, UDP_VIP_ID, Workbench } from './bench.ts';
import { FAMILIES, type Family } from './network.ts';

/** Types and codes: an MTU exceeded on the way, nobody at a port. */
const ERRORS: Record<Family, { tooBig: [number, number]; noPort: [number, number] }> = {
  ipv4: { tooBig: [3, 4], noPort: [3, 3] },
  ipv6: { tooBig: [2, 0], noPort: [1, 4] },
};
const MTU = 1280;
/** What a quotation must hold at least: the network header and eight bytes. */
const LEAST_QUOTED: Record<Family, number> = { ipv4: 28, ipv6: 48 };

describe.each(FAMILIES)('%s', (family) => {
  let bench: Workbench;
  beforeEach(async () => {
    bench = await Workbench.start({}, family);
    bench.assign({ base: 1, current: 1 });
    bench.assign({ base: 1, current: 1 }, UDP_VIP_ID);
  }, COMPILE_TIMEOUT_MS);

  interface End {
    address: string;
    port: number;
  }

  /** The beginning of a packet between two ends, without its Ethernet header. */
  function quoted(transport: 'tcp' | 'udp', source: End, destination: End, bytes = 1000): Uint8Array {
    const ports = { source: source.port, destination: destination.port };
    const whole = packet(
      ethernet(),
      bench.network.ip({ source: source.address, destination: destination.address }),
      transport === 'tcp' ? tcp({ ...ports, sequence: 12345, flags: TCP.ACK, checksum: 0x1234 }) : udp(ports),
      payload('some bytes'),
    );
    return whole.subarray(14, 14 + bytes);
  }

  function errorMessage(
    macs: { source: string; destination: string },
    source: string,
    destination: string,
    [type, code]: [number, number],
    quotation: Uint8Array,
  ): Uint8Array {
    return packet(
      ethernet(macs),
      bench.network.ip({ source, destination }),
      icmp({ type, code, rest: MTU }),
      payload(quotation),
    );
  }

  const router = () => bench.network.address(200);
  const clientEnd = (port: number) => ({ address: bench.network.client.address, port });
  const vipEnd = () => ({ address: bench.network.vip.address, port: bench.network.vip.port });
  const serverEnd = (id: number) => {
    const { address, port } = bench.network.server(id);
    return { address, port };
  };

  /** A router's complaint about a packet of the VIP to the client, and how server `id` should see it. */
  function complaint(transport: 'tcp' | 'udp', clientPort: number, id: number, bytes?: number) {
    const { client, vip } = bench.network;
    const { tooBig } = ERRORS[family];
    const server = bench.network.server(id);
    return {
      sent: errorMessage(
        { source: client.mac, destination: vip.mac },
        router(),
        vip.address,
        tooBig,
        quoted(transport, vipEnd(), clientEnd(clientPort), bytes),
      ),
      wanted: errorMessage(
        { source: client.mac, destination: server.mac },
        router(),
        server.address,
        tooBig,
        quoted(transport, serverEnd(id), clientEnd(clientPort), bytes),
      ),
    };
  }

  test.each(['tcp', 'udp'] as const)('%s: an error to the VIP reaches the server of the connection', (transport) => {
    const { sent, wanted } = complaint(transport, 1000, 1);
    const { outputs } = bench.send(bench.network.client.switchPort, sent);
    expect(outputs.map(({ port }) => port)).toEqual([1]);
    expect(diffPackets(wanted, outputs[0]!.bytes)).toEqual([]);
  });

  test('a quotation of the least length', () => {
    const { sent, wanted } = complaint('udp', 1000, 1, LEAST_QUOTED[family]);
    expect(diffPackets(wanted, bench.send(bench.network.client.switchPort, sent).outputs[0]!.bytes)).toEqual([]);
  });

  test('wherever that is: by slot, by pin, or by base', () => {
    bench.assign({ base: 1, current: 2 });
    bench.pinByHandshake(2000, 2);
    bench.pin(3000, 3);
    const reached = [1000, 2000, 3000].map((clientPort) => {
      const { sent } = complaint('tcp', clientPort, 1);
      return bench.send(bench.network.client.switchPort, sent).server;
    });
    expect(reached).toEqual([1, 2, 3]);
  });

  test('it opens no connection and is no sign of one', () => {
    bench.assign({ base: 1, current: 1, learn: true, unsettled: true }, UDP_VIP_ID);
    bench.plane.insert('drain_watch', [UDP_VIP_ID, 0], 'watched', []);
    const { sent } = complaint('udp', 1000, 1);
    expect(bench.send(bench.network.client.switchPort, sent)).toMatchObject({ server: 1, events: [] });
    expect(bench.plane.directCounter('drain_watch', [UDP_VIP_ID, 0])).toBe(0);
    bench.assign({ base: 1, current: 2 }, UDP_VIP_ID);
    expect(bench.send(bench.network.client.switchPort, sent)).toMatchObject({ server: 1, events: [] });
  });

  test.each(['tcp', 'udp'] as const)("%s: a server's error reaches the client as the VIP's", (transport) => {
    const { client, vip } = bench.network;
    const one = bench.network.server(1);
    const { noPort } = ERRORS[family];
    const macs = { source: one.mac, destination: client.mac };
    const sent = errorMessage(
      macs,
      one.address,
      client.address,
      noPort,
      quoted(transport, clientEnd(1000), serverEnd(1)),
    );
    const wanted = errorMessage(
      macs,
      vip.address,
      client.address,
      noPort,
      quoted(transport, clientEnd(1000), vipEnd()),
    );
    const { outputs } = bench.send(one.switchPort, sent);
    expect(outputs.map(({ port }) => port)).toEqual([client.switchPort]);
    expect(diffPackets(wanted, outputs[0]!.bytes)).toEqual([]);
  });

  test('a router between switch and server speaks for itself, of the packet the client sent', () => {
    const { client } = bench.network;
    const one = bench.network.server(1);
    const { tooBig } = ERRORS[family];
    const macs = { source: one.mac, destination: client.mac };
    const sent = errorMessage(macs, router(), client.address, tooBig, quoted('tcp', clientEnd(1000), serverEnd(1)));
    const wanted = errorMessage(macs, router(), client.address, tooBig, quoted('tcp', clientEnd(1000), vipEnd()));
    expect(diffPackets(wanted, bench.send(one.switchPort, sent).outputs[0]!.bytes)).toEqual([]);
  });

  test('of a service that is not there: dropped and counted', () => {
    const { client, vip } = bench.network;
    const nowhere = { address: vip.address, port: 81 };
    const quotation = quoted('tcp', nowhere, clientEnd(1000));
    const macs = { source: client.mac, destination: vip.mac };
    const sent = errorMessage(macs, router(), vip.address, ERRORS[family].tooBig, quotation);
    expect(bench.send(client.switchPort, sent).outputs).toEqual([]);
    expect(bench.plane.counter('drops', DROP.NO_VIP)).toBe(1);
  });

  test('one that is cut short is not translated', () => {
    const { sent } = complaint('tcp', 1000, 1, LEAST_QUOTED[family] - 4);
    expect(bench.send(bench.network.client.switchPort, sent).outputs).toEqual([]);
  });

  test('between hosts it passes as it is', () => {
    const { client } = bench.network;
    const two = bench.network.server(2);
    const between = quoted('tcp', clientEnd(1000), { address: two.address, port: 22 });
    const macs = { source: two.mac, destination: client.mac };
    const sent = errorMessage(macs, two.address, client.address, ERRORS[family].noPort, between);
    const { outputs } = bench.send(two.switchPort, sent);
    expect(diffPackets(sent, outputs[0]!.bytes)).toEqual([]);
    expect(wrongChecksums(outputs[0]!.bytes)).toEqual([]);
    expect(layerOf(outputs[0]!.bytes, 'icmp')).toBeDefined();
  });
});
