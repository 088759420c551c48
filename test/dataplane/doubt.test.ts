// Connections whose pins were lost (p4/core/doubt.p4): who is asked where they live, and who hears of a server that
// does not know them. Whatever has a pin, and whatever opens a connection, goes its way as ever.
import { TCP } from '@mooring/bmv2-harness';
import { beforeEach, describe, expect, test } from 'vitest';
import { COMPILE_TIMEOUT_MS, DROP, Workbench } from './bench.ts';
import { FAMILIES } from './network.ts';

const RECEIVE = 4;
const ALIVE = 5;
const PATIENCE_TICKS = 293;
const PACKET_IN_BYTES = 4;

describe.each(FAMILIES)('%s', (family) => {
  let bench: Workbench;
  beforeEach(async () => {
    bench = await Workbench.start({}, family);
    bench.plane.insert('doubts', [bench.network.vip.id], 'in_doubt', []);
    bench.assign({ base: 1, current: 2, doubt: true });
    expect(bench.order(ALIVE).outputs).toEqual([]);
  }, COMPILE_TIMEOUT_MS);

  /** The one packet that went to the controller: its header's fields and itself. */
  function handedOver(outputs: readonly { port: number; bytes: Uint8Array }[]) {
    expect(outputs.map(({ port }) => port)).toEqual([bench.plane.cpuPort]);
    const { bytes } = outputs[0]!;
    return {
      ingressPort: bytes[0]! * 256 + bytes[1]!,
      server: bytes[2]! * 256 + bytes[3]!,
      packet: bytes.subarray(PACKET_IN_BYTES),
    };
  }

  test('a packet of a connection without a pin goes to the controller, and once it has one to its server', () => {
    const { client } = bench.network;
    const { ingressPort, server, packet } = handedOver(bench.fromClient(1000, TCP.ACK).outputs);
    expect([ingressPort, server]).toEqual([client.switchPort, 0]);
    bench.pin(1000, 2);
    expect(bench.order(RECEIVE, { egress_port: ingressPort }, packet).server).toBe(2);
    expect(bench.fromClient(1000, TCP.ACK).server).toBe(2);
  });

  test('a packet that is received once more teaches the switch nothing wrong about its sender', () => {
    const { packet } = handedOver(bench.fromClient(1000, TCP.ACK).outputs);
    bench.pin(1000, 1);
    const again = bench.order(RECEIVE, { egress_port: bench.network.client.switchPort }, packet);
    expect(again.result.digests).toEqual([]);
    expect(bench.order(RECEIVE, { egress_port: 3, epoch: 6 }, packet).outputs).toEqual([]);
    expect(bench.plane.counter('drops', DROP.PACKET_OUT)).toBe(1);
  });

  test('whoever opens a connection is not asked about, and keeps its pin', () => {
    bench.pinByHandshake(2000, 2);
    expect(bench.fromClient(2000, TCP.ACK).server).toBe(2);
  });

  test('a reset that says "no such connection" goes to the controller; it names its server', () => {
    const { server, packet } = handedOver(bench.fromServer(1, 1000, TCP.RST).outputs);
    expect(server).toBe(1);
    expect(bench.network.addressesOf(packet)?.source).toBe(bench.network.vip.address);
    // The controller lets it go on.
    expect(bench.order(1, {}, packet).outputs.map(({ port }) => port)).toEqual([bench.network.client.switchPort]);
  });

  test('a connection that its server ends, or refuses, hears of it at once', () => {
    for (const flags of [TCP.RST | TCP.ACK, TCP.FIN | TCP.ACK, TCP.ACK]) {
      const { outputs } = bench.fromServer(1, 1000, flags);
      expect(outputs.map(({ port }) => port)).toEqual([bench.network.client.switchPort]);
    }
  });

  test('without a controller packets go to the base; resets are held back all the same', () => {
    bench.plane.advanceTicks(PATIENCE_TICKS - 1);
    handedOver(bench.fromClient(1000, TCP.ACK).outputs);
    bench.plane.advanceTicks(1);
    expect(bench.fromClient(1000, TCP.ACK).server).toBe(1);
    handedOver(bench.fromServer(1, 1000, TCP.RST).outputs);
    bench.order(ALIVE);
    handedOver(bench.fromClient(1000, TCP.ACK).outputs);
  });

  test('a controller that has been replaced does not count', () => {
    bench.plane.advanceTicks(PATIENCE_TICKS);
    bench.order(ALIVE, { epoch: 6 });
    expect(bench.fromClient(1000, TCP.ACK).server).toBe(1);
  });

  test('nobody is pinned to the base by learning while it is in doubt', () => {
    bench.assign({ base: 1, current: 2, learn: true, doubt: true });
    const { outputs, events } = bench.fromClient(1000, TCP.ACK);
    handedOver(outputs);
    expect(events).toEqual([]);
  });

  test('afterwards everything is as ever', () => {
    bench.assign({ base: 1, current: 2 });
    bench.plane.remove('doubts', [bench.network.vip.id]);
    expect(bench.fromClient(1000, TCP.ACK).server).toBe(1);
    const { outputs } = bench.fromServer(1, 1000, TCP.RST);
    expect(outputs.map(({ port }) => port)).toEqual([bench.network.client.switchPort]);
  });
});
