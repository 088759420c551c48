// Fragments follow their first one, in both directions; VLAN tags stay on whatever the switch does.
import { diffPackets, ethernet, ipv4, ipv6, type Layer, packet, payload, vlan } from '@mooring/bmv2-harness';
import { beforeEach, describe, expect, test } from 'vitest';
import { COMPILE_TIMEOUT_MS, DROP, UDP_VIP_ID, Workbench } from './bench.ts';
import { FAMILIES } from './network.ts';

/** Waited for missing fragments, in ticks of 1.024 ms. */
const LIFETIME_TICKS = 29_297;
const UDP = 17;
const FRAGMENT_HEADER = 44;

describe.each(FAMILIES)('%s', (family) => {
  let bench: Workbench;
  beforeEach(async () => {
    bench = await Workbench.start({}, family);
    bench.assign({ base: 1, current: 2 }, UDP_VIP_ID);
  }, COMPILE_TIMEOUT_MS);

  const macs = { source: '02:00:00:00:00:0a', destination: '02:00:00:00:01:00' };

  /** The network header of a fragment at `offset` (units of 8 bytes). */
  function fragment(source: string, destination: string, id: number, offset: number, more: boolean): Layer[] {
    if (family === 'ipv4') {
      const flags = more ? 1 : 0;
      return [ipv4({ source, destination, identification: id, flags, fragmentOffset: offset, protocol: UDP })];
    }
    const word = (offset << 3) | (more ? 1 : 0);
    const header = [UDP, 0, word >> 8, word & 255, id >>> 24, (id >> 16) & 255, (id >> 8) & 255, id & 255];
    return [ipv6({ source, destination, nextHeader: FRAGMENT_HEADER }), payload(Uint8Array.from(header))];
  }

  /** A UDP header (its checksum is of the whole datagram, which nobody here has) and some bytes. */
  function head(source: number, destination: number, checksum: number): Layer {
    const bytes = [source, destination, 2000, checksum].flatMap((word) => [word >> 8, word & 255]);
    return payload(Uint8Array.from([...bytes, ...new Uint8Array(16)]));
  }

  function fromClient(id: number, offset: number, more: boolean, body: Layer): Uint8Array {
    const { client, vip } = bench.network;
    return packet(ethernet(macs), ...fragment(client.address, vip.address, id, offset, more), body);
  }

  const rest = payload('the rest of the datagram');

  test('later fragments go to the server of the first, whose addresses alone they need', () => {
    const { client } = bench.network;
    const first = bench.send(client.switchPort, fromClient(77, 0, true, head(1000, 80, 0)));
    expect(first.server).toBe(2);
    const second = bench.send(client.switchPort, fromClient(77, 3, false, rest));
    expect(second.server).toBe(2);
    const two = bench.network.server(2);
    const wanted = packet(
      ethernet({ source: client.mac, destination: two.mac }),
      ...fragment(client.address, two.address, 77, 3, false),
      rest,
    );
    expect(diffPackets(wanted, second.outputs[0]!.bytes)).toEqual([]);
  });

  test('also when the bucket has moved on in between', () => {
    const { client } = bench.network;
    bench.send(client.switchPort, fromClient(77, 0, true, head(1000, 80, 0)));
    bench.assign({ base: 1, current: 3 }, UDP_VIP_ID);
    expect(bench.send(client.switchPort, fromClient(77, 3, true, rest)).server).toBe(2);
  });

  test('of another datagram, or too late: dropped and counted', () => {
    const { client } = bench.network;
    bench.send(client.switchPort, fromClient(77, 0, true, head(1000, 80, 0)));
    expect(bench.send(client.switchPort, fromClient(78, 3, false, rest)).outputs).toEqual([]);
    bench.plane.advanceTicks(LIFETIME_TICKS + 2);
    expect(bench.send(client.switchPort, fromClient(77, 3, false, rest)).outputs).toEqual([]);
    expect(bench.plane.counter('drops', DROP.FRAGMENT)).toBe(2);
  });

  test('from a server to a client, all come from the VIP', () => {
    const { client, vip } = bench.network;
    const one = bench.network.server(1);
    const back = { source: one.mac, destination: client.mac };
    const send = (id: number, offset: number, more: boolean, body: Layer) =>
      bench.send(
        one.switchPort,
        packet(ethernet(back), ...fragment(one.address, client.address, id, offset, more), body),
      ).outputs[0]!.bytes;
    const wanted = (id: number, offset: number, more: boolean, body: Layer) =>
      packet(ethernet(back), ...fragment(vip.address, client.address, id, offset, more), body);
    expect(diffPackets(wanted(5, 0, true, head(80, 1000, 0)), send(5, 0, true, head(8080, 1000, 0)))).toEqual([]);
    expect(diffPackets(wanted(5, 3, false, rest), send(5, 3, false, rest))).toEqual([]);
    const stranger = packet(ethernet(back), ...fragment(one.address, client.address, 6, 3, false), rest);
    expect(diffPackets(stranger, send(6, 3, false, rest))).toEqual([]);
  });

  test('of a VIP for all ports they follow in the same way, both ways, with the port as it was', () => {
    const { plane, network } = bench;
    const { client, vip } = network;
    const three = network.server(3);
    plane.insert(network.table('vips_all_ports'), [vip.address, UDP, 0], network.action('set_vip_all_ports'), [
      ...[3, 0, 1, 0, 0xffff, 1],
    ]);
    plane.insert(network.table('returns_all_ports'), [three.address, UDP], network.action('from_server_all_ports'), [
      ...[3, 3, vip.address],
    ]);
    plane.insert('servers', [3, 3], network.action('to_server_all_ports'), [three.mac, 3, three.address]);
    bench.assign({ base: 3, current: 3 }, 3);
    const there = { source: client.mac, destination: three.mac };
    const back = { source: three.mac, destination: client.mac };
    for (const [offset, more, toServer, toClient] of [
      [0, true, head(1000, 5000, 0), head(5000, 1000, 0)],
      [3, false, rest, rest],
    ] as const) {
      const asked = bench.send(client.switchPort, fromClient(77, offset, more, toServer)).outputs;
      const wanted = packet(ethernet(there), ...fragment(client.address, three.address, 77, offset, more), toServer);
      expect(asked.map(({ bytes }) => diffPackets(wanted, bytes))).toEqual([[]]);
      const answer = packet(ethernet(back), ...fragment(three.address, client.address, 5, offset, more), toClient);
      const seen = packet(ethernet(back), ...fragment(vip.address, client.address, 5, offset, more), toClient);
      expect(bench.send(3, answer).outputs.map(({ bytes }) => diffPackets(seen, bytes))).toEqual([[]]);
    }
  });

  test('a VLAN tag stays on, to the server and back', () => {
    const { client, vip } = bench.network;
    const two = bench.network.server(2);
    const tag = vlan({ id: 42, priority: 5 });
    const datagram = (source: string, destination: string, ports: [number, number]) => [
      tag,
      bench.network.ip({ source, destination, protocol: UDP }),
      head(...ports, 0),
    ];
    const there = packet(ethernet(macs), ...datagram(client.address, vip.address, [1000, 80]));
    const { outputs } = bench.send(client.switchPort, there);
    const wanted = packet(
      ethernet({ source: client.mac, destination: two.mac }),
      ...datagram(client.address, two.address, [1000, 8080]),
    );
    expect(diffPackets(wanted, outputs[0]!.bytes)).toEqual([]);
    const back = packet(
      ethernet({ source: two.mac, destination: client.mac }),
      ...datagram(two.address, client.address, [8080, 1000]),
    );
    const seen = packet(
      ethernet({ source: two.mac, destination: client.mac }),
      ...datagram(vip.address, client.address, [80, 1000]),
    );
    expect(diffPackets(seen, bench.send(two.switchPort, back).outputs[0]!.bytes)).toEqual([]);
  });
});
