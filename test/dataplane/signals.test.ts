// What is counted of a server's answers (p4/core/signals.p4): which packets, of which server, and that nothing is
// counted that nobody asked for.
import { TCP } from '@mooring/bmv2-harness';
import { beforeEach, describe, expect, test } from 'vitest';
import { COMPILE_TIMEOUT_MS, Workbench } from './bench.ts';
import { FAMILIES } from './network.ts';

const SIGNALS = { SYN: 1, SYN_ACK: 2, RESET: 3, NO_CONNECTION: 4 } as const;

describe.each(FAMILIES)('%s', (family) => {
  let bench: Workbench;
  beforeEach(async () => {
    bench = await Workbench.start({}, family);
    bench.assign({ base: 1, current: 1 });
    for (const server of [1, 2]) {
      for (const signal of Object.values(SIGNALS)) bench.plane.insert('signals', key(server, signal), 'counted', []);
    }
  }, COMPILE_TIMEOUT_MS);

  const key = (server: number, signal: number) => [bench.network.vip.id, server, signal];

  /** SYNs, SYN-ACKs, resets and "no such connection" of a server. */
  function counted(server: number): number[] {
    return Object.values(SIGNALS).map((signal) => bench.plane.directCounter('signals', key(server, signal)));
  }

  test('a SYN counts where it goes, each time it is sent; the answer where it comes from', () => {
    bench.syn(1000);
    bench.syn(1000);
    bench.assign({ base: 1, current: 2 });
    bench.syn(1001);
    bench.synAck(2, 1001, 5000);
    expect(counted(1)).toEqual([2, 0, 0, 0]);
    expect(counted(2)).toEqual([1, 1, 0, 0]);
  });

  test('a reset without acknowledgment is told apart from one with', () => {
    bench.fromServer(1, 1000, TCP.RST);
    bench.fromServer(1, 1001, TCP.RST | TCP.ACK);
    bench.fromServer(1, 1002, TCP.RST | TCP.ACK);
    expect(counted(1)).toEqual([0, 0, 2, 1]);
    expect(counted(2)).toEqual([0, 0, 0, 0]);
  });

  test('nothing else counts: data, ends, clients that reset or answer', () => {
    for (const flags of [TCP.ACK, TCP.ACK | TCP.PSH, TCP.FIN | TCP.ACK]) bench.fromServer(1, 1000, flags);
    for (const flags of [TCP.ACK, TCP.RST, TCP.RST | TCP.ACK, TCP.SYN | TCP.ACK]) bench.fromClient(1000, flags);
    bench.datagram(1000);
    expect(counted(1)).toEqual([0, 0, 0, 0]);
  });

  test('a SYN that is dropped was not sent', () => {
    bench.pin(1000, 1, { closing: true });
    expect(bench.syn(1000).outputs).toEqual([]);
    expect(counted(1)).toEqual([0, 0, 0, 0]);
  });

  test('a server without entries is not counted, and its packets pass as ever', () => {
    bench.assign({ base: 3, current: 3 });
    expect(bench.syn(1000).server).toBe(3);
    bench.fromServer(3, 1000, TCP.RST);
    expect([...counted(1), ...counted(2)]).toEqual(Array(8).fill(0));
  });

  test('a reset that only helps to find a lost connection does not count', () => {
    bench.plane.insert('doubts', [bench.network.vip.id], 'in_doubt', []);
    bench.fromServer(1, 1000, TCP.RST);
    expect(counted(1)).toEqual([0, 0, 0, 0]);
    bench.fromServer(1, 1000, TCP.RST | TCP.ACK);
    expect(counted(1)).toEqual([0, 0, 1, 0]);
  });
});
