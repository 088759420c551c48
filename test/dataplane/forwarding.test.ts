// The ways to a server other than translation: by its MAC address alone, inside an IP packet, inside a UDP datagram;
// and by whichever of its links is up. And who may come that way: classes of clients, each with services and rates of
// its own.
import { diffPackets, ethernet, ipv4, ipv6, packet, payload, TCP, tcp, udp, vlan } from '@mooring/bmv2-harness';
import { beforeEach, describe, expect, test } from 'vitest';
import { COMPILE_TIMEOUT_MS, DROP, Workbench } from './bench.ts';
import { FAMILIES, type Family } from './network.ts';

const GUE_PORT = 6080;
const BY_LINK = 0xffff;
const SWITCH: Record<Family, string> = { ipv4: '10.0.0.254', ipv6: '2001:db8:0:0:0:0:0:fe' };
const REMOTE: Record<Family, string> = { ipv4: '192.0.2.7', ipv6: '2001:db8:0:7:0:0:0:7' };
const PROTOCOL_OF: Record<Family, number> = { ipv4: 4, ipv6: 41 };

describe.each(FAMILIES)('%s', (family) => {
  let bench: Workbench;
  beforeEach(async () => {
    bench = await Workbench.start({}, family);
    bench.assign({ base: 1, current: 1 });
  }, COMPILE_TIMEOUT_MS);

  const segment = () => {
    const { client, vip } = bench.network;
    return [
      bench.network.ip({ source: client.address, destination: vip.address }),
      tcp({ source: 1000, destination: vip.port, flags: TCP.ACK }),
      payload('to the server'),
    ];
  };
  const toVip = () => ethernet({ source: bench.network.client.mac, destination: bench.network.vip.mac });
  const toServer = () => ethernet({ source: bench.network.client.mac, destination: bench.network.server(1).mac });
  const way = () => [bench.network.server(1).mac, bench.network.server(1).switchPort];

  function sent(layers = segment()) {
    const { outputs } = bench.send(bench.network.client.switchPort, packet(toVip(), ...layers));
    expect(outputs.map(({ port }) => port)).toEqual([1]);
    return outputs[0]!.bytes;
  }

  test('direct return: nothing but the MAC address changes', () => {
    bench.plane.upsert('servers', [1, 1], 'to_server_direct', way());
    expect(diffPackets(packet(toServer(), ...segment()), sent())).toEqual([]);
  });

  describe.each(FAMILIES)('inside %s', (outer) => {
    const addresses = { source: SWITCH[outer], destination: REMOTE[outer] };
    const action = (name: string) => (outer === 'ipv4' ? name : `${name}_v6`);
    const outerHeader = (protocol: number) =>
      outer === 'ipv4' ? ipv4({ ...addresses, protocol, flags: 2 }) : ipv6({ ...addresses, nextHeader: protocol });

    test('IP in IP', () => {
      bench.plane.upsert('servers', [1, 1], action('to_server_ipip'), [...way(), SWITCH[outer], REMOTE[outer]]);
      const wanted = packet(toServer(), outerHeader(PROTOCOL_OF[family]), ...segment());
      expect(diffPackets(wanted, sent())).toEqual([]);
    });

    test('IP in IP under a VLAN tag', () => {
      bench.plane.upsert('servers', [1, 1], action('to_server_ipip'), [...way(), SWITCH[outer], REMOTE[outer]]);
      const wanted = packet(toServer(), vlan({ id: 7 }), outerHeader(PROTOCOL_OF[family]), ...segment());
      expect(diffPackets(wanted, sent([vlan({ id: 7 }), ...segment()]))).toEqual([]);
    });

    test('GUE', () => {
      const parameters = [...way(), SWITCH[outer], REMOTE[outer], GUE_PORT];
      bench.plane.upsert('servers', [1, 1], action('to_server_gue'), parameters);
      const inner = packet(ethernet(), ...segment()).subarray(14);
      const wanted = packet(
        toServer(),
        outerHeader(17),
        udp({ source: 1000 | 0xc000, destination: GUE_PORT, checksum: 0 }),
        payload(Uint8Array.from([0, PROTOCOL_OF[family], 0, 0, ...inner])),
      );
      expect(diffPackets(wanted, sent())).toEqual([]);
    });
  });

  test('links: connections are spread over those that are up, and only their way changes', () => {
    const { address, port } = bench.network.server(1);
    const links = [1, 2, 3].map((link) => [[`02:00:00:00:03:0${link}`, link], link] as const);
    const bySelf = ['02:00:00:00:00:00', BY_LINK, address, port];
    bench.plane.upsert('servers', [1, 1], bench.network.action('to_server'), bySelf);
    bench.plane.insertGroup('links', [1], 'to_link', links);
    const ports = Array.from({ length: 40 }, (_, index) => 1000 + index);
    const waysNow = () => ports.map((clientPort) => bench.fromClient(clientPort, TCP.ACK).outputs[0]!.port);
    const before = waysNow();
    expect(new Set(before)).toEqual(new Set([1, 2, 3]));
    expect(waysNow()).toEqual(before);
    bench.plane.setPort(2, false);
    expect(new Set(waysNow())).toEqual(new Set([1, 3]));
    bench.plane.setPort(2, true);
    expect(waysNow()).toEqual(before);
  });

  test('no link: dropped and counted', () => {
    const { address, port } = bench.network.server(1);
    const bySelf = ['02:00:00:00:00:00', BY_LINK, address, port];
    bench.plane.upsert('servers', [1, 1], bench.network.action('to_server'), bySelf);
    expect(bench.fromClient(1000, TCP.ACK).outputs).toEqual([]);
    expect(bench.plane.counter('drops', DROP.NO_SERVER)).toBe(1);
  });

  describe('classes of clients', () => {
    beforeEach(() => {
      const { network, plane } = bench;
      const { vip } = network;
      const [wide, narrow] = family === 'ipv4' ? [24, 32] : [64, 128];
      plane.insertPrefix(network.table('client_classes'), network.address(0), wide, network.action('set_class'), [1]);
      plane.insertPrefix(
        network.table('client_classes'),
        network.client.address,
        narrow,
        network.action('set_class'),
        [2],
      );
      const preferred = [3, 0, 1, 0, 0xffff, 0];
      plane.insert(network.table('vips'), [vip.address, 6, vip.port, 2], network.action('set_vip'), preferred);
      const { address, port, mac, switchPort } = network.server(2);
      plane.insert('servers', [3, 2], network.action('to_server'), [mac, switchPort, address, port]);
      bench.assign({ base: 2, current: 2 }, 3);
    });

    test('the longest prefix decides, and a class sees its own service', () => {
      expect(bench.fromClient(1000, TCP.ACK).server).toBe(2);
    });

    test('a class without a service of its own sees none', () => {
      const { client, vip } = bench.network;
      const other = packet(
        toVip(),
        bench.network.ip({ source: bench.network.address(11), destination: vip.address }),
        tcp({ source: 1000, destination: vip.port }),
      );
      expect(bench.send(client.switchPort, other).outputs).toEqual([]);
      expect(bench.plane.counter('drops', DROP.NO_VIP)).toBe(1);
    });

    test("SYNs above a class's rate are dropped and counted, and nothing else", () => {
      bench.plane.setMeter('class_syns', 2, 1, 3);
      const passed = Array.from({ length: 8 }, (_, index) => bench.syn(1000 + index).outputs.length);
      const count = passed.filter((outputs) => outputs === 1).length;
      expect(count).toBeGreaterThan(0);
      expect(count).toBeLessThan(8);
      expect(bench.plane.counter('drops', DROP.SYN_RATE)).toBe(8 - count);
      expect(bench.fromClient(1000, TCP.ACK).server).toBe(2);
    });

    test('VIPs, classes, servers and buckets in shift are counted', () => {
      const { network, plane } = bench;
      const { vip, client } = network;
      bench.assign({ base: 2, current: 1 }, 3);
      plane.insert('drain_watch', [3, 0], 'watched', []);
      bench.fromClient(1000, TCP.ACK);
      bench.fromClient(1000, TCP.ACK);
      const narrow = family === 'ipv4' ? 32 : 128;
      expect(plane.directCounter(network.table('vips'), [vip.address, 6, vip.port, 2])).toBe(2);
      expect(plane.directCounter(network.table('vips'), [vip.address, 6, vip.port, 0])).toBe(0);
      expect(plane.directCounter('servers', [3, 2])).toBe(2);
      expect(plane.directCounter('drain_watch', [3, 0])).toBe(2);
      expect(plane.directCounter(network.table('client_classes'), [`${client.address}/${narrow}`])).toBe(2);
    });
  });
});
