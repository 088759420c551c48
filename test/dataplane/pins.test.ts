// Rules R1 to R6 as the data plane keeps them: which server each packet of a connection reaches before, during and
// after a shift, whatever is lost, resent, spoofed or full. IPv4 and IPv6 clients are treated alike.
import { TCP } from '@mooring/bmv2-harness';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  COMPILE_TIMEOUT_MS,
  DROP,
  EVENT,
  REPORT_INTERVAL_TICKS,
  releaseOf,
  TENTATIVE_LIFETIME_TICKS,
  Workbench,
} from './bench.ts';
import type { Digest } from './data-plane.ts';
import { FAMILIES } from './network.ts';

describe.each(FAMILIES)('%s', (family) => {
  let bench: Workbench;
  beforeEach(async () => {
    bench = await Workbench.start({}, family);
  }, COMPILE_TIMEOUT_MS);

  const shiftFrom1To2 = { base: 1, current: 2 };

  describe('steady state', () => {
    test('every packet goes to the base, and nothing is remembered', () => {
      bench.assign({ base: 1, current: 1 });
      expect(bench.syn(1000).server).toBe(1);
      expect(bench.fromClient(1000, TCP.ACK).server).toBe(1);
      expect(bench.syn(1000).events).toEqual([]);
      expect(new Set(bench.sweep(9).map(({ kind }) => kind))).toEqual(new Set([EVENT.SWEPT]));
    });

    test('without an assignment a packet is dropped and counted', () => {
      expect(bench.syn(1000).outputs).toEqual([]);
      expect(bench.plane.counter('drops', DROP.NO_ASSIGNMENT)).toBe(1);
    });

    test('a server that the switch has no way to: dropped and counted', () => {
      bench.assign({ base: 9, current: 9 });
      expect(bench.syn(1000).outputs).toEqual([]);
      expect(bench.plane.counter('drops', DROP.NO_SERVER)).toBe(1);
    });
  });

  describe('a shift', () => {
    beforeEach(() => bench.assign(shiftFrom1To2));

    test('an older connection stays with the base', () => {
      expect(bench.fromClient(1000, TCP.ACK).server).toBe(1);
      expect(bench.fromClient(1000, TCP.FIN | TCP.ACK).server).toBe(1);
    });

    test('a new connection goes to the current server, and is reported once its handshake completes', () => {
      expect(bench.syn(2000).server).toBe(2);
      expect(bench.synAck(2, 2000, 7000).outputs).toHaveLength(1);
      const acknowledged = bench.fromClient(2000, TCP.ACK, { acknowledgment: 7001 });
      expect(acknowledged.server).toBe(2);
      expect(acknowledged.events).toMatchObject([
        { kind: EVENT.CONFIRMED, vip: 1, client_port: 2000, server: 2, bucket: 0 },
      ]);
      expect(bench.fromClient(2000, TCP.ACK, { acknowledgment: 9000 }).server).toBe(2);
      expect(bench.fromClient(2000, TCP.RST).server).toBe(2);
    });

    test('a tentative slot moves no packet but the one that acknowledges its server', () => {
      bench.syn(2000);
      bench.synAck(2, 2000, 7000);
      expect(bench.fromClient(2000, TCP.ACK, { acknowledgment: 7002 }).server).toBe(1);
      expect(bench.fromClient(2000, TCP.RST | TCP.ACK, { acknowledgment: 7001 }).server).toBe(1);
      expect(bench.fromClient(2000, TCP.ACK, { acknowledgment: 7001 }).server).toBe(2);
    });

    test('sequence numbers wrap', () => {
      bench.syn(2000);
      bench.synAck(2, 2000, 0xffffffff);
      expect(bench.fromClient(2000, TCP.ACK, { acknowledgment: 0 }).events).toHaveLength(1);
    });

    test('a spoofed or late SYN does not move a live connection of the base', () => {
      expect(bench.syn(1000).server).toBe(2);
      bench.synAck(2, 1000, 7000);
      expect(bench.fromClient(1000, TCP.ACK, { acknowledgment: 4321 }).server).toBe(1);
      expect(bench.fromClient(1000, TCP.ACK | TCP.PSH, { acknowledgment: 4400 }).server).toBe(1);
    });

    test('the SYN-ACK of another server leaves no mark in the slot', () => {
      bench.syn(2000);
      bench.synAck(1, 2000, 7000);
      expect(bench.fromClient(2000, TCP.ACK, { acknowledgment: 7001 }).server).toBe(1);
    });

    test('a resent SYN keeps its slot and server', () => {
      bench.syn(2000);
      bench.assign({ base: 1, current: 3, unsettled: true });
      expect(bench.syn(2000).server).toBe(2);
      expect(bench.syn(2001).server).toBe(3);
      bench.synAck(2, 2000, 7000);
      expect(bench.fromClient(2000, TCP.ACK, { acknowledgment: 7001 }).server).toBe(2);
    });

    test('a resent SYN whose tentative server died starts over with the current one', () => {
      bench.syn(2000);
      bench.synAck(2, 2000, 7000);
      bench.assign({ base: 1, current: 3, unsettled: true });
      bench.kill(2);
      expect(bench.syn(2000).server).toBe(3);
      expect(bench.fromClient(2000, TCP.ACK, { acknowledgment: 7001 }).server).toBe(1);
      bench.synAck(3, 2000, 8000);
      expect(bench.fromClient(2000, TCP.ACK, { acknowledgment: 8001 }).server).toBe(3);
    });

    test('a confirmed slot whose server died starts over as a new pin, in a new generation', () => {
      const before = bench.pinByHandshake(2000, 2);
      bench.assign({ base: 1, current: 3, unsettled: true });
      bench.kill(2);
      expect(bench.fromClient(2000, TCP.ACK).server).toBe(1);
      expect(bench.syn(2000).server).toBe(3);
      expect(bench.fromClient(2000, TCP.ACK).server).toBe(1);
      bench.synAck(3, 2000, 8000);
      expect(bench.fromClient(2000, TCP.ACK, { acknowledgment: 8001 }).events).toMatchObject([
        { kind: EVENT.CONFIRMED, server: 3, generation: Number(before.generation) + 1 },
      ]);
    });

    test('an aborted shift keeps the connections it began', () => {
      bench.pinByHandshake(2000, 2);
      bench.syn(2001);
      bench.synAck(2, 2001, 7000);
      bench.assign({ base: 1, current: 1, unsettled: true });
      expect(bench.fromClient(2000, TCP.ACK).server).toBe(2);
      expect(bench.fromClient(2001, TCP.ACK, { acknowledgment: 7001 }).server).toBe(2);
      expect(bench.syn(2002).server).toBe(1);
    });

    test('a confirmed slot still in use is reported again, not sooner than the interval', () => {
      const first = bench.pinByHandshake(2000, 2);
      expect(bench.fromClient(2000, TCP.ACK).events).toEqual([]);
      bench.plane.advanceTicks(REPORT_INTERVAL_TICKS + 2);
      expect(bench.fromClient(2000, TCP.ACK).events).toMatchObject([
        { kind: EVENT.CONFIRMED, generation: first.generation },
      ]);
      expect(bench.fromClient(2000, TCP.ACK).events).toEqual([]);
    });

    test('a learning bucket reports its unpinned connections, and no SYN', () => {
      bench.assign({ ...shiftFrom1To2, learn: true });
      expect(bench.fromClient(1000, TCP.ACK).events).toMatchObject([
        { kind: EVENT.LEARNED, client_port: 1000, server: 1 },
      ]);
      expect(bench.syn(2000).events).toEqual([]);
      bench.pin(1000, 1);
      expect(bench.fromClient(1000, TCP.ACK).events).toEqual([]);
    });
  });

  describe('release', () => {
    beforeEach(() => bench.assign(shiftFrom1To2));

    test('frees exactly the pin it names, and is answered', () => {
      const event = bench.pinByHandshake(2000, 2);
      bench.pin(2000, 2);
      expect(bench.release(event).events).toMatchObject([
        { kind: EVENT.RELEASED, way: event.way, slot: event.slot, generation: event.generation, client_port: 2000 },
      ]);
      expect(bench.fromClient(2000, TCP.ACK).server).toBe(2);
      bench.unpin(2000);
      expect(bench.fromClient(2000, TCP.ACK).server).toBe(1);
    });

    test('the next pin of the slot has the next generation, and a late release does not free it', () => {
      const first = bench.pinByHandshake(2000, 2);
      bench.release(first);
      const second = bench.pinByHandshake(2000, 2, 6000);
      expect(second).toMatchObject({ way: first.way, slot: first.slot, generation: Number(first.generation) + 1 });
      expect(bench.release(first).events).toMatchObject([{ kind: EVENT.RELEASED }]);
      expect(bench.fromClient(2000, TCP.ACK).server).toBe(2);
    });

    test('an order of a controller that was replaced is ignored and counted', () => {
      const event = bench.pinByHandshake(2000, 2);
      expect(bench.order(2, { ...releaseOf(event), epoch: 6 }).events).toEqual([]);
      expect(bench.plane.counter('drops', DROP.PACKET_OUT)).toBe(1);
      expect(bench.fromClient(2000, TCP.ACK).server).toBe(2);
    });
  });

  describe('sweep', () => {
    test('says at its end how many slots it has reported', () => {
      bench.assign(shiftFrom1To2);
      bench.pinByHandshake(2000, 2);
      bench.syn(2001);
      const reports = bench.sweep(77).filter(({ kind }) => kind === EVENT.SWEPT);
      expect(reports.reduce((sum, { slot }) => sum + Number(slot), 0)).toBe(2);
    });

    test('reports what the registers hold and frees what has expired', () => {
      bench.assign(shiftFrom1To2);
      const event = bench.pinByHandshake(2000, 2);
      bench.syn(2001);
      const held = (events: Digest[]) =>
        events
          .filter(({ kind }) => kind !== EVENT.SWEPT)
          .map(({ kind, client_port }) => [kind, client_port])
          .sort();
      expect(held(bench.sweep(77))).toEqual([
        [EVENT.TENTATIVE, 2001],
        [EVENT.HELD, 2000],
      ]);
      bench.plane.advanceTicks(TENTATIVE_LIFETIME_TICKS + 2);
      const later = bench.sweep(77);
      expect(held(later)).toEqual([[EVENT.HELD, 2000]]);
      expect(later.at(-1)).toMatchObject({ kind: EVENT.SWEPT, generation: 77 });
      expect(later.find(({ kind }) => kind === EVENT.HELD)).toMatchObject({
        slot: event.slot,
        way: event.way,
        generation: event.generation,
        server: 2,
      });
    });
  });

  describe('exact pins', () => {
    test('win over the base, and a closing one drops only a SYN', () => {
      bench.assign({ base: 1, current: 1 });
      bench.pin(3000, 3);
      expect(bench.fromClient(3000, TCP.ACK).server).toBe(3);
      expect(bench.syn(3000).server).toBe(3);
      bench.pin(3000, 3, { closing: true });
      expect(bench.fromClient(3000, TCP.ACK).server).toBe(3);
      expect(bench.syn(3000).outputs).toEqual([]);
      expect(bench.plane.counter('drops', DROP.PIN_CLOSING)).toBe(1);
    });

    test('to a dead server are ignored', () => {
      bench.assign({ base: 1, current: 1 });
      bench.pin(3000, 3);
      bench.kill(3);
      expect(bench.fromClient(3000, TCP.ACK).server).toBe(1);
    });
  });

  describe('no room in the registers', () => {
    beforeEach(async () => {
      bench = await Workbench.start({ MOORING_SLOTS: '1' }, family);
      bench.assign(shiftFrom1To2);
      bench.syn(2000);
      bench.syn(2001);
    }, COMPILE_TIMEOUT_MS);

    test('a new connection goes to the base, alive and draining', () => {
      expect(bench.syn(2002).server).toBe(1);
      expect(bench.fromClient(2002, TCP.ACK).server).toBe(1);
    });

    test('or is dropped, to be resent, while the bucket is sealed', () => {
      bench.assign({ ...shiftFrom1To2, seal: true });
      expect(bench.syn(2002).outputs).toEqual([]);
      expect(bench.plane.counter('drops', DROP.SEALED)).toBe(1);
      expect(bench.syn(2001).server).toBe(2);
    });

    test('an expired tentative slot is taken over with a new generation; a confirmed one never', () => {
      bench.synAck(2, 2000, 7000);
      const [confirmed] = bench.fromClient(2000, TCP.ACK, { acknowledgment: 7001 }).events;
      bench.plane.advanceTicks(TENTATIVE_LIFETIME_TICKS + 2);
      expect(bench.syn(2002).server).toBe(2);
      expect(bench.syn(2003).server).toBe(1);
      bench.synAck(2, 2002, 8000);
      const [taken] = bench.fromClient(2002, TCP.ACK, { acknowledgment: 8001 }).events;
      expect(taken).toMatchObject({ way: 1 - Number(confirmed!.way), generation: 1 });
      expect(bench.fromClient(2000, TCP.ACK).server).toBe(2);
    });
  });
});
