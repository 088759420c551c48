// A service that has no room for new connections (p4/core/refusal.p4): which packets are refused, what comes back, and
// that nothing that lives notices.
import { ethernet, layerOf, packet, payload, TCP, tcp, vlan } from '@mooring/bmv2-harness';
import { beforeEach, describe, expect, test } from 'vitest';
import { ALL_PORTS_VIP_ID, COMPILE_TIMEOUT_MS, DROP, Workbench } from './bench.ts';
import { FAMILIES } from './network.ts';

const ALIVE = 5;
const PATIENCE_TICKS = 293;
/** A TCP option. */
const MAXIMUM_SEGMENT_SIZE = Uint8Array.from([2, 4, 5, 180]);

describe.each(FAMILIES)('%s', (family) => {
  let bench: Workbench;
  beforeEach(async () => {
    bench = await Workbench.start({}, family);
    bench.assign({ base: 1, current: 1 });
    bench.order(ALIVE);
  }, COMPILE_TIMEOUT_MS);

  const refuse = (how: 'refuse_silently' | 'refuse_with_reset', vip = bench.network.vip.id, clientClass = 0): void =>
    bench.plane.upsert('refusals', [vip, clientClass], how, []);
  const refused = (): number => bench.plane.counter('drops', DROP.REFUSED);

  /** A SYN of the client with an option and data, and the reset that answers it. */
  function exchange(sequence: number, { flags = TCP.SYN as number, tagged = false, acknowledgment = 0 } = {}) {
    const { client, vip } = bench.network;
    const frame = (
      from: typeof client | typeof vip,
      to: typeof client | typeof vip,
      header: Parameters<typeof tcp>[0],
    ) =>
      packet(
        ethernet({ source: from.mac, destination: to.mac }),
        ...(tagged ? [vlan({ id: 7 })] : []),
        bench.network.ip({ source: from.address, destination: to.address }),
        tcp(header, MAXIMUM_SEGMENT_SIZE),
        payload('early'),
      );
    const [there, back] = [
      { source: 1000, destination: vip.port },
      { source: vip.port, destination: 1000 },
    ];
    const answer = { flags: TCP.RST | TCP.ACK, sequence: 0, acknowledgment: (sequence + 1) >>> 0 };
    return {
      syn: frame(client, vip, { ...there, flags, sequence, acknowledgment }),
      reset: frame(vip, client, { ...back, ...answer }),
    };
  }

  test('a SYN is dropped and counted; everything else passes as ever', () => {
    refuse('refuse_silently');
    expect(bench.syn(1000).outputs).toEqual([]);
    expect(bench.syn(1000).outputs).toEqual([]);
    expect(refused()).toBe(2);
    for (const flags of [TCP.ACK, TCP.FIN | TCP.ACK, TCP.RST, TCP.SYN | TCP.ACK])
      expect(bench.fromClient(1000, flags).server).toBe(1);
    expect(bench.fromServer(1, 1000, TCP.ACK).outputs).toHaveLength(1);
    expect(refused()).toBe(2);
  });

  test.each([0, 1, 0x1234_5678, 0xffff_fffe, 0xffff_ffff])(
    'a SYN with sequence number %d is answered with a reset, right to the last bit',
    (sequence) => {
      refuse('refuse_with_reset');
      for (const flags of [TCP.SYN, TCP.SYN | TCP.CWR | TCP.ECE, TCP.SYN | TCP.PSH, TCP.SYN | TCP.FIN | TCP.URG]) {
        for (const tagged of [false, true]) {
          for (const acknowledgment of [0, 0xfedc_ba98]) {
            const { syn, reset } = exchange(sequence, { flags, tagged, acknowledgment });
            const { outputs } = bench.send(bench.network.client.switchPort, syn);
            expect(outputs).toEqual([{ port: bench.network.client.switchPort, bytes: reset }]);
          }
        }
      }
      expect(refused()).toBe(16);
    },
  );

  test('a SYN that was damaged on its way has a reset that is as wrong', () => {
    refuse('refuse_with_reset');
    const { syn, reset } = exchange(77);
    syn[syn.length - 1]! ^= 1;
    reset[reset.length - 1]! ^= 1;
    expect(bench.send(bench.network.client.switchPort, syn).outputs[0]!.bytes).toEqual(reset);
  });

  test('a SYN that is a reset as well is dropped', () => {
    refuse('refuse_with_reset');
    expect(bench.fromClient(1000, TCP.SYN | TCP.RST).outputs).toEqual([]);
    expect(refused()).toBe(1);
  });

  test('of a bucket in shift it takes no slot, and a connection that is pinned goes on', () => {
    bench.assign({ base: 1, current: 2 });
    const event = bench.pinByHandshake(2000, 2);
    refuse('refuse_silently');
    expect(bench.syn(1000).outputs).toEqual([]);
    bench.release(event);
    bench.pin(2000, 2);
    expect(bench.fromClient(2000, TCP.ACK).server).toBe(2);
    expect(bench.sweep(9).map(({ kind }) => kind)).not.toContain(4);
  });

  test('only the VIP and class it is said of are concerned', () => {
    bench.serveAllPorts();
    bench.assign({ base: 1, current: 1 }, ALL_PORTS_VIP_ID);
    refuse('refuse_silently', bench.network.vip.id, 3);
    refuse('refuse_silently', ALL_PORTS_VIP_ID);
    expect(bench.syn(1000).server).toBe(1);
    expect(bench.fromClient(1000, TCP.SYN, { vipPort: 8443 }).outputs).toEqual([]);
    bench.datagram(1000);
    expect(refused()).toBe(1);
  });

  test('what a server opens is not refused', () => {
    bench.serveAllPorts();
    bench.assign({ base: 1, current: 1 }, ALL_PORTS_VIP_ID);
    refuse('refuse_silently', ALL_PORTS_VIP_ID);
    const { outputs } = bench.fromServer(1, 1000, TCP.SYN, 5, 2021);
    expect(outputs.map(({ port }) => port)).toEqual([bench.network.client.switchPort]);
    expect(layerOf(outputs[0]!.bytes, 'tcp')?.fields.flags).toBe(TCP.SYN);
  });

  test('with no controller to take it back nobody is refused', () => {
    refuse('refuse_with_reset');
    bench.plane.advanceTicks(PATIENCE_TICKS - 1);
    expect(bench.syn(1000).server).toBe(0);
    bench.plane.advanceTicks(2);
    expect(bench.syn(1000).server).toBe(1);
    bench.order(ALIVE);
    expect(bench.syn(1000).server).toBe(0);
    bench.plane.remove('refusals', [bench.network.vip.id, 0]);
    expect(bench.syn(1000).server).toBe(1);
  });

  test("a SYN above its class's rate is not answered", () => {
    refuse('refuse_with_reset');
    bench.plane.setMeter('class_syns', 0, 1, 1);
    expect(bench.syn(1000).outputs).toHaveLength(1);
    expect(bench.syn(1000).outputs).toHaveLength(0);
    expect(refused()).toBe(1);
  });
});
