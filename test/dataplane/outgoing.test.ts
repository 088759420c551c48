// Connections that servers open with their VIP's address as the source (rule R10): the client's answer comes to the
// VIP, and must find the server that has spoken, whichever bucket it falls into. Told of a VIP for all ports, behind
// which servers speak from any port, and of a VIP for one port, whose servers speak from their service port (as for
// FTP's data).
import { layerOf, TCP, wrongChecksums } from '@mooring/bmv2-harness';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  ALL_PORTS_VIP_ID,
  type Arrival,
  COMPILE_TIMEOUT_MS,
  DROP,
  EVENT,
  REPORT_INTERVAL_TICKS,
  Workbench,
} from './bench.ts';
import { FAMILIES } from './network.ts';

/** The port that a client listens at, and the one that a server connects from. */
const [CLIENT_PORT, SERVER_PORT] = [7000, 40_000];

describe.each(FAMILIES)('%s', (family) => {
  let bench: Workbench;

  beforeEach(async () => {
    bench = await Workbench.start({}, family);
    bench.serveAllPorts();
    bench.assign({ base: 1, current: 1 }, ALL_PORTS_VIP_ID);
    bench.assign({ base: 1, current: 1 });
  }, COMPILE_TIMEOUT_MS);

  const opens = (id: number, flags: number = TCP.SYN): Arrival =>
    bench.fromServer(id, CLIENT_PORT, flags, 0, SERVER_PORT);
  const answers = (flags: number = TCP.SYN | TCP.ACK): Arrival =>
    bench.fromClient(CLIENT_PORT, flags, { vipPort: SERVER_PORT });
  const refusals = (): number => bench.plane.counter('drops', DROP.OUTGOING);

  test('one of the base passes translated, and needs no pin', () => {
    const { outputs, events } = opens(1);
    expect(outputs.map(({ port }) => port)).toEqual([bench.network.client.switchPort]);
    const { bytes } = outputs[0]!;
    expect(bench.network.addressesOf(bytes)).toMatchObject({ source: bench.network.vip.address });
    expect(layerOf(bytes, 'tcp')?.fields).toMatchObject({ source: SERVER_PORT, destination: CLIENT_PORT });
    expect(wrongChecksums(bytes)).toEqual([]);
    expect(events).toEqual([]);
    expect(answers().server).toBe(1);
  });

  test('one of another server is pinned to it at once, and reported', () => {
    const { address } = bench.network.client;
    const arrival = opens(2);
    expect(arrival.outputs.map(({ port }) => port)).toEqual([bench.network.client.switchPort]);
    expect(arrival.events).toMatchObject([
      {
        kind: EVENT.CONFIRMED,
        server: 2,
        vip: ALL_PORTS_VIP_ID,
        bucket: 0,
        client_address: address,
        client_port: CLIENT_PORT,
        vip_port: SERVER_PORT,
      },
    ]);
    expect(answers().server).toBe(2);
    expect(opens(2, TCP.ACK).outputs).toHaveLength(1);
    expect(answers(TCP.ACK).server).toBe(2);
    // Its SYN was resent.
    expect([opens(2).outputs.length, opens(2).events]).toEqual([1, []]);
    // Promoted by the controller.
    bench.pin(CLIENT_PORT, 2, { vip: ALL_PORTS_VIP_ID, vipPort: SERVER_PORT });
    expect(bench.release(arrival.events[0]!).events).toMatchObject([{ kind: EVENT.RELEASED }]);
    expect(answers(TCP.ACK).server).toBe(2);
    expect(refusals()).toBe(0);
  });

  test.each([
    [1, 2],
    [2, 2],
    [3, 2],
  ])('server %i opens one while its bucket is in shift, and after the commit it lives on', (id) => {
    bench.assign({ base: 1, current: 2 }, ALL_PORTS_VIP_ID);
    bench.plane.insert('drain_watch', [ALL_PORTS_VIP_ID, 0], 'watched', []);
    const arrival = opens(id);
    expect(arrival.outputs).toHaveLength(1);
    expect(arrival.events.map(({ kind, server }) => [kind, server])).toEqual(id === 1 ? [] : [[EVENT.CONFIRMED, id]]);
    // The base's own is waited for.
    expect(bench.plane.directCounter('drain_watch', [ALL_PORTS_VIP_ID, 0])).toBe(id === 1 ? 1 : 0);
    expect(answers().server).toBe(id);
    if (id === 1) return;
    bench.assign({ base: 2, current: 2, unsettled: true }, ALL_PORTS_VIP_ID);
    expect(answers(TCP.ACK).server).toBe(id);
    bench.assign({ base: 2, current: 2 }, ALL_PORTS_VIP_ID);
    expect(answers(TCP.ACK).server).toBe(id);
  });

  test('in a sealed bucket the base pins its own, too', () => {
    bench.assign({ base: 1, current: 2, seal: true }, ALL_PORTS_VIP_ID);
    expect(opens(1).events).toMatchObject([{ kind: EVENT.CONFIRMED, server: 1 }]);
    bench.assign({ base: 2, current: 2, unsettled: true }, ALL_PORTS_VIP_ID);
    expect(answers().server).toBe(1);
  });

  test('without room it is dropped and counted, and passes when it comes again and there is room', async () => {
    bench = await Workbench.start({ MOORING_SLOTS: '1' }, family);
    bench.assign({ base: 1, current: 2 });
    const { port } = bench.network.server(3);
    const events = [50, 51].map((clientPort) => bench.fromServer(3, clientPort, TCP.SYN, 0, port).events[0]!);
    expect(bench.fromServer(3, CLIENT_PORT, TCP.SYN, 0, port).outputs).toEqual([]);
    expect(refusals()).toBe(1);
    expect(bench.plane.counter('drops', DROP.SEALED)).toBe(0);
    // The base's has no need of any.
    expect(bench.fromServer(1, CLIENT_PORT, TCP.SYN, 0, port).outputs).toHaveLength(1);
    bench.release(events[0]!);
    expect(bench.fromServer(3, CLIENT_PORT, TCP.SYN, 0, port).outputs).toHaveLength(1);
    expect(bench.fromClient(CLIENT_PORT, TCP.SYN | TCP.ACK).server).toBe(3);
  });

  test('it takes no connection from another server, wherever that one is pinned', () => {
    const key = { vip: ALL_PORTS_VIP_ID, vipPort: SERVER_PORT };
    bench.pin(CLIENT_PORT, 3, key);
    expect(opens(2).outputs).toEqual([]);
    expect(opens(1).outputs).toEqual([]);
    expect(opens(3).outputs).toHaveLength(1);
    bench.pin(CLIENT_PORT, 3, { ...key, closing: true });
    expect(opens(3).outputs).toEqual([]);
    expect(refusals()).toBe(3);
    bench.plane.remove(bench.network.table('pins'), [
      ALL_PORTS_VIP_ID,
      bench.network.client.address,
      CLIENT_PORT,
      SERVER_PORT,
    ]);
    expect(opens(2).outputs).toHaveLength(1);
    expect(opens(3).outputs).toEqual([]);
    bench.kill(2);
    expect(opens(3).events).toMatchObject([{ kind: EVENT.CONFIRMED, server: 3 }]);
    expect(answers().server).toBe(3);
  });

  test("a client's own SYN under way keeps its slot, and the server's is dropped", () => {
    bench.assign({ base: 1, current: 2 }, ALL_PORTS_VIP_ID);
    bench.fromClient(CLIENT_PORT, TCP.SYN, { vipPort: SERVER_PORT });
    for (const id of [1, 2, 3]) expect(opens(id).outputs).toEqual([]);
    bench.fromServer(2, CLIENT_PORT, TCP.SYN | TCP.ACK, 5000, SERVER_PORT);
    const confirmed = bench.fromClient(CLIENT_PORT, TCP.ACK, { vipPort: SERVER_PORT, acknowledgment: 5001 });
    expect([confirmed.server, confirmed.events.map(({ kind }) => kind)]).toEqual([2, [EVENT.CONFIRMED]]);
  });

  test('a VIP for one port: in a settled bucket it passes once the controller has pinned it', () => {
    const { port } = bench.network.server(2);
    const speaks = (flags: number): Arrival => bench.fromServer(2, CLIENT_PORT, flags, 0, port);
    const first = speaks(TCP.SYN);
    expect(first.outputs).toEqual([]);
    expect(first.events).toMatchObject([{ kind: EVENT.CONFIRMED, server: 2, vip_port: 0 }]);
    // A report that was lost is repeated.
    bench.plane.advanceTicks(REPORT_INTERVAL_TICKS + 1);
    const second = speaks(TCP.SYN);
    expect([second.outputs, second.events.map(({ kind }) => kind)]).toEqual([[], [EVENT.CONFIRMED]]);
    expect(refusals()).toBe(2);
    bench.pin(CLIENT_PORT, 2);
    bench.release(first.events[0]!);
    expect(speaks(TCP.SYN).outputs).toHaveLength(1);
    expect(bench.fromClient(CLIENT_PORT, TCP.SYN | TCP.ACK).server).toBe(2);
    expect(bench.fromServer(1, CLIENT_PORT + 1, TCP.SYN, 0, port).outputs).toHaveLength(1);
  });

  test('a client whose class sees another VIP at that address cannot be reached', () => {
    const { plane, network } = bench;
    const [address, prefix] = [network.client.address, family === 'ipv4' ? 32 : 128];
    plane.insertPrefix(network.table('client_classes'), address, prefix, network.action('set_class'), [2]);
    const entry = [4, 0, 1, 0, 0xffff, 0];
    plane.insert(
      network.table('vips_all_ports'),
      [network.vip.address, 6, 2],
      network.action('set_vip_all_ports'),
      entry,
    );
    bench.assign({ base: 2, current: 2 }, 4);
    expect(opens(2).outputs).toEqual([]);
    expect(refusals()).toBe(1);
  });

  test('the rate of a class is for SYNs of clients', () => {
    bench.plane.setMeter('class_syns', 0, 1, 1);
    for (let count = 0; count < 5; count++) expect(opens(1).outputs).toHaveLength(1);
  });

  test("what is no server's SYN is as ever: answers, resets, and SYNs of machines behind no VIP", () => {
    bench.assign({ base: 3, current: 3 }, ALL_PORTS_VIP_ID);
    for (const flags of [TCP.SYN | TCP.ACK, TCP.ACK, TCP.RST, TCP.RST | TCP.ACK]) {
      const arrival = opens(2, flags);
      expect([arrival.outputs.length, arrival.events]).toEqual([1, []]);
    }
    bench.plane.remove(bench.network.table('returns_all_ports'), [bench.network.server(2).address, 6]);
    const untranslated = opens(2);
    expect(bench.network.addressesOf(untranslated.outputs[0]!.bytes)?.source).toBe(bench.network.server(2).address);
    expect(untranslated.events).toEqual([]);
  });
});
