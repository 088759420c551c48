// Packets with checksums left to the hardware: presentable to the program, right for the receiver, mistakes stay
// visible.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TransportChecksum, VNET_HEADER_BYTES } from '../src/ports/transport-checksum.ts';
import { sum16 } from '../src/runtime/hash.ts';

const START = 64;
const TCP = 34;

function fold(sum: number): number {
  let value = sum;
  while (value > 0xffff) value = (value & 0xffff) + (value >>> 16);
  return value;
}

/**
 * An Ethernet frame with IPv4 and TCP and its checksum over pseudo header, header and payload, in memory behind a
 * virtio header.
 */
function frame(payload: Uint8Array) {
  const M = new Uint8Array(4096);
  const D = new DataView(M.buffer);
  const length = TCP + 20 + payload.length;
  D.setUint16(START + 12, 0x0800);
  M.set(Buffer.from('4500000000000000400600000a0000010a000002', 'hex'), START + 14);
  D.setUint16(START + 16, length - 14);
  M.set(Buffer.from('3039005000000001000000025010010000000000', 'hex'), START + TCP);
  M.set(payload, START + TCP + 20);
  const pseudo = () => fold(sum16(M, START + 26, START + 34) + 6 + length - TCP);
  const correct = () => {
    const given = D.getUint16(START + TCP + 16);
    D.setUint16(START + TCP + 16, 0);
    const sum = ~fold(pseudo() + sum16(M, START + TCP, START + length)) & 0xffff;
    D.setUint16(START + TCP + 16, given);
    return sum;
  };
  // As the sender's kernel hands it out: the pseudo header's sum in the field, the rest to be done by hardware.
  D.setUint16(START + TCP + 16, pseudo());
  M[0] = 1;
  M[1] = 1;
  D.setUint16(4, 1448, true);
  D.setUint16(6, TCP, true);
  D.setUint16(8, 16, true);
  return { M, D, length, pseudo, correct, state: new TransportChecksum(M, D) };
}

/** RFC 1624: the checksum after a 16-bit word changed. */
function update(checksum: number, before: number, after: number): number {
  return ~fold((~checksum & 0xffff) + (~before & 0xffff) + after) & 0xffff;
}

const payload = fc.uint8Array({ minLength: 0, maxLength: 200 });

describe('checksums left to the hardware', () => {
  test('an address and port translated with incremental updates leaves unfinished and right', () => {
    fc.assert(
      fc.property(
        payload,
        fc.integer({ min: 0, max: 65535 }),
        fc.integer({ min: 0, max: 65535 }),
        fc.boolean(),
        (bytes, address, port, real) => {
          const { D, M, length, pseudo, correct, state } = frame(bytes);
          state.received(0, START, length, real);
          if (real) expect(D.getUint16(START + TCP + 16) % 0xffff).toBe(correct() % 0xffff);
          for (const [at, after] of [
            [START + 32, address],
            [START + TCP + 2, port],
          ] as const) {
            D.setUint16(START + TCP + 16, update(D.getUint16(START + TCP + 16), D.getUint16(at), after));
            D.setUint16(at, after);
          }
          expect(state.sending(16, START, length)).toBe(true);
          expect([M[16], M[17], D.getUint16(22, true), D.getUint16(24, true)]).toEqual([1, 1, TCP, 16]);
          expect(D.getUint16(START + TCP + 16)).toBe(pseudo());
        },
      ),
    );
  });

  test('a packet that leaves by another way gets its real checksum', () => {
    fc.assert(
      fc.property(payload, (bytes) => {
        const { D, length, correct, state } = frame(bytes);
        state.received(0, START, length, false);
        state.finish(START, length);
        expect(D.getUint16(START + TCP + 16) % 0xffff).toBe(correct() % 0xffff);
      }),
    );
  });

  test('a checksum that the program spoiled stays wrong', () => {
    const { M, D, length, correct, state } = frame(Uint8Array.of(1, 2, 3));
    M[1] = 0;
    state.received(0, START, length, false);
    D.setUint16(START + 32, 0x1234);
    expect(state.sending(16, START, length)).toBe(true);
    expect(M[16]).toBe(0);
    expect(D.getUint16(START + TCP + 16) % 0xffff).not.toBe(correct() % 0xffff);
  });

  test('an oversized packet with a spoiled checksum cannot be sent', () => {
    const { D, length, state } = frame(Uint8Array.of(1, 2, 3));
    state.received(0, START, length, false);
    D.setUint16(START + 32, 0x1234);
    expect(state.sending(16, START, length)).toBe(false);
  });

  test('packets with finished checksums are left alone', () => {
    const { M, D, length, state } = frame(Uint8Array.of(1));
    M[0] = 0;
    const before = D.getUint16(START + TCP + 16);
    state.received(0, START, length, false);
    expect(state.sending(16, START, length)).toBe(true);
    expect(M.subarray(16, 16 + VNET_HEADER_BYTES).every((byte) => byte === 0)).toBe(true);
    expect(D.getUint16(START + TCP + 16)).toBe(before);
  });
});
