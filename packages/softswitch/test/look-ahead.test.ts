// Looking a batch of packets up ahead of time changes nothing but the time: same outputs, whatever the packets are.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PacketMemory } from '../src/runtime/memory.ts';
import { action, assign, base, EGRESS_SPEC, run } from './support/program.ts';

/** An exact table of 40,000 entries over both fields of `h`, one of them masked; action `to(port)`. */
function large(): object {
  const json = base();
  json.actions = [action(0, 'to', [assign(EGRESS_SPEC, { type: 'runtime_data', value: 0 })], [['port', 9]])];
  Object.assign(json.pipelines[0]!, {
    init_table: 'start',
    tables: [
      {
        name: 'start',
        id: 0,
        key: [
          { match_type: 'exact', name: 'a', target: ['h', 'a'] },
          { match_type: 'exact', name: 'b', target: ['h', 'b'], mask: '0x0000ffff' },
        ],
        match_type: 'exact',
        type: 'simple',
        max_size: 40_000,
        with_counters: false,
        support_timeout: false,
        action_ids: [0],
        actions: ['to'],
        next_tables: { to: null },
        default_entry: { action_id: 0, action_const: false, action_data: ['0x1'], action_entry_const: false },
      },
    ],
  });
  return json;
}

const MEMORY_BUFFERS = 8;
const keyOf = (n: number) => [BigInt(Math.imul(n, 0x9e3779b1) >>> 0), BigInt(n & 0xffff)] as const;

function filled() {
  const sut = run(large(), { memory: new PacketMemory(MEMORY_BUFFERS) });
  const [table] = sut.plane.tables;
  for (let n = 0; n < 40_000; n++) {
    const [a, b] = keyOf(n);
    const match = [a, b].map((value) => ({ kind: 'exact' as const, value }));
    table!.insert(n, match, 0, { kind: 'action', action: 0, data: Int32Array.of(2 + (n % 400)) }, 0);
  }
  return sut;
}

test('batches give what single packets give', () => {
  const [single, batched] = [filled(), filled()];
  expect(batched.plane.compiled.source).toMatch(/function ahead0\(/);
  const frame = fc.oneof(
    // Hits, with bits set that the mask hides; short packets; anything.
    fc.tuple(fc.nat(45_000), fc.nat(0xffff)).map(([n, hidden]) => {
      const bytes = new Uint8Array(12);
      const view = new DataView(bytes.buffer);
      view.setUint32(0, Number(keyOf(n)[0]));
      view.setUint32(4, ((hidden << 16) | Number(keyOf(n)[1])) >>> 0);
      return bytes;
    }),
    fc.uint8Array({ maxLength: 20 }),
  );
  fc.assert(
    fc.property(fc.array(frame, { maxLength: MEMORY_BUFFERS }), (frames) => {
      single.sent.length = 0;
      for (const each of frames) single.plane.receive(0, each);
      batched.sent.length = 0;
      const { memory } = batched.plane;
      const first = PacketMemory.firstPortBuffer;
      for (const [i, each] of frames.entries()) memory.bytes.set(each, memory.packetStart(first + i));
      batched.plane.lookAhead(first, frames.length);
      for (const [i, each] of frames.entries()) batched.plane.receiveInPlace(0, each.length, first + i);
      expect(batched.sent).toEqual(single.sent);
    }),
  );
});
