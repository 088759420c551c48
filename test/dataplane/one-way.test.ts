// Connections whose beginning cannot be watched: UDP, where any packet may be a connection's first, and TCP whose
// servers answer past the switch. They are pinned to the base before the current server changes, so that whoever is
// unknown afterwards is new; no packet is sent anywhere that a pin could not be kept for.
import { TCP } from '@mooring/bmv2-harness';
import { beforeEach, describe, expect, test } from 'vitest';
import { COMPILE_TIMEOUT_MS, DROP, EVENT, TENTATIVE_LIFETIME_TICKS, UDP_VIP_ID, Workbench } from './bench.ts';
import { FAMILIES } from './network.ts';

describe.each(FAMILIES)('%s', (family) => {
  let bench: Workbench;
  beforeEach(async () => {
    bench = await Workbench.start({}, family);
  }, COMPILE_TIMEOUT_MS);

  describe('UDP', () => {
    const assign = (assignment: Parameters<Workbench['assign']>[0]) => bench.assign(assignment, UDP_VIP_ID);
    const learning = { base: 1, current: 1, learn: true, unsettled: true };

    test('steady: to the base, nothing remembered', () => {
      assign({ base: 1, current: 1 });
      expect(bench.datagram(1000).server).toBe(1);
      expect(bench.datagram(1000).events).toEqual([]);
    });

    test('while the bucket learns, every flow is pinned to the base and reported once', () => {
      assign(learning);
      const first = bench.datagram(1000);
      expect(first.server).toBe(1);
      expect(first.events).toMatchObject([
        { kind: EVENT.CONFIRMED, vip: UDP_VIP_ID, client_address: bench.network.client.address, server: 1 },
      ]);
      expect(bench.datagram(1000).events).toEqual([]);
    });

    test('after the flip the pinned flows stay, and an unknown one is new', () => {
      assign(learning);
      bench.datagram(1000);
      assign({ base: 1, current: 2 });
      expect(bench.datagram(1000).server).toBe(1);
      const next = bench.datagram(2000);
      expect(next.server).toBe(2);
      expect(next.events).toMatchObject([{ kind: EVENT.CONFIRMED, client_port: 2000, server: 2 }]);
      expect(bench.datagram(2000).server).toBe(2);
      assign({ base: 2, current: 2, unsettled: true });
      expect(bench.datagram(1000).server).toBe(1);
      expect(bench.datagram(2000).server).toBe(2);
    });

    test('a released slot leaves the flow to its exact pin', () => {
      assign(learning);
      const [event] = bench.datagram(1000).events;
      bench.pin(1000, 1, { vip: UDP_VIP_ID });
      bench.release(event!);
      assign({ base: 1, current: 2 });
      expect(bench.datagram(1000).server).toBe(1);
      expect(bench.datagram(1000).events).toEqual([]);
    });

    test('an aborted shift keeps what it began', () => {
      assign({ base: 1, current: 2 });
      bench.datagram(2000);
      assign({ base: 1, current: 1, unsettled: true });
      expect(bench.datagram(2000).server).toBe(2);
      expect(bench.datagram(3000).server).toBe(1);
    });

    test('a flow whose server died starts over', () => {
      assign({ base: 1, current: 2 });
      bench.datagram(2000);
      bench.kill(2);
      assign({ base: 1, current: 3, unsettled: true });
      expect(bench.datagram(2000).events).toMatchObject([{ kind: EVENT.CONFIRMED, server: 3, generation: 1 }]);
      expect(bench.datagram(2000).server).toBe(3);
    });

    describe('without room', () => {
      beforeEach(async () => {
        bench = await Workbench.start({ MOORING_SLOTS: '1' }, family);
        assign(learning);
        bench.datagram(1000);
        bench.datagram(1001);
      }, COMPILE_TIMEOUT_MS);

      test('a learning bucket reports the flow, for the controller to pin it', () => {
        const without = bench.datagram(1002);
        expect(without.server).toBe(1);
        expect(without.events).toMatchObject([{ kind: EVENT.LEARNED, client_port: 1002, server: 1 }]);
      });

      test('sealed as well, just before its flip, a learning bucket drops it: nobody unpinned reaches the base any more', () => {
        assign({ ...learning, seal: true });
        expect(bench.datagram(1002)).toMatchObject({ outputs: [], events: [] });
        expect(bench.datagram(1000).server).toBe(1);
      });

      test('a new flow of a bucket in shift is dropped, however old the slots are', () => {
        assign({ base: 1, current: 2 });
        bench.plane.advanceTicks(TENTATIVE_LIFETIME_TICKS + 2);
        expect(bench.datagram(2000).outputs).toEqual([]);
        expect(bench.plane.counter('drops', DROP.NO_ROOM)).toBe(1);
        expect(bench.datagram(1000).server).toBe(1);
      });
    });
  });

  describe('TCP whose servers answer past the switch', () => {
    const oneWay = (): void => {
      const { vip } = bench.network;
      bench.plane.upsert(bench.network.table('vips'), [vip.address, 6, vip.port, 0], bench.network.action('set_vip'), [
        vip.id,
        0,
        1,
        0,
        0xffff,
        1,
      ]);
    };
    beforeEach(oneWay);

    test('learning pins whatever speaks', () => {
      bench.assign({ base: 1, current: 1, learn: true, unsettled: true });
      expect(bench.fromClient(1000, TCP.ACK).events).toMatchObject([{ kind: EVENT.CONFIRMED, server: 1 }]);
      expect(bench.syn(1001).events).toMatchObject([{ kind: EVENT.CONFIRMED, server: 1 }]);
      bench.assign({ base: 1, current: 2 });
      expect(bench.fromClient(1000, TCP.ACK).server).toBe(1);
      expect(bench.fromClient(1001, TCP.ACK).server).toBe(1);
    });

    test('after the flip a SYN is pinned at once, and what is no SYN and unknown is old', () => {
      bench.assign({ base: 1, current: 2 });
      expect(bench.syn(2000).events).toMatchObject([{ kind: EVENT.CONFIRMED, server: 2 }]);
      expect(bench.fromClient(2000, TCP.ACK).server).toBe(2);
      expect(bench.fromClient(1000, TCP.ACK).server).toBe(1);
    });

    describe('without room', () => {
      beforeEach(async () => {
        bench = await Workbench.start({ MOORING_SLOTS: '1' }, family);
        oneWay();
        bench.assign({ base: 1, current: 2 });
        bench.syn(1000);
        bench.syn(1001);
      }, COMPILE_TIMEOUT_MS);

      test('a new connection goes to the base, alive and draining, and the controller is to pin it there', () => {
        const syn = bench.syn(2000);
        expect(syn.server).toBe(1);
        expect(syn.events).toMatchObject([{ kind: EVENT.LEARNED, client_port: 2000, server: 1 }]);
        expect(bench.fromClient(2000, TCP.ACK)).toMatchObject({ server: 1, events: [] });
        bench.pin(2000, 1);
        expect(bench.syn(2000)).toMatchObject({ server: 1, events: [] });
      });

      test('in a sealed bucket it is dropped, to be resent', () => {
        bench.assign({ base: 1, current: 2, seal: true });
        expect(bench.syn(2000).outputs).toEqual([]);
        expect(bench.plane.counter('drops', DROP.SEALED)).toBe(1);
      });
    });
  });
});
