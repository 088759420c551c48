/** STF files as the runner reads them: statements, patterns of bytes, and packet capture files. */
import { describe, expect, test } from 'vitest';
import { matchesPattern, parseStf, pcapHeader, pcapRecord, readPcap, StfProgram } from '../../src/stf.ts';

describe('STF text', () => {
  test('packets, expectations and comments', () => {
    const statements = parseStf(`
# a comment
packet 0 0a0b 0C # another
expect 1 0a ** 0c $
expect 2
no_packet
WAIT
`);
    expect(statements).toEqual([
      { kind: 'packet', line: 3, port: 0, data: Uint8Array.of(10, 11, 12) },
      { kind: 'expect', line: 4, port: 1, pattern: '0A**0C', isExact: true },
      { kind: 'expect', line: 5, port: 2, pattern: undefined, isExact: false },
      { kind: 'no-packet', line: 6 },
      { kind: 'wait', line: 7 },
    ]);
  });

  test('entries with priorities, masks, prefixes, quoted names and names of their own', () => {
    const [add, lpm, named] = parseStf(`add t 100 data.$valid$:0b1 data.f[2].x:0x**01 act(port:2, val:0x7f) = A
add t key:0x0a000000/8 act(2)
setdefault "a-table" act()`);
    expect(add).toMatchObject({
      kind: 'add',
      table: 't',
      priority: 100,
      matches: [
        { key: 'data.$valid$', value: '0b1' },
        { key: 'data.f[2].x', value: '0x**01' },
      ],
      action: {
        name: 'act',
        arguments: [
          { name: 'port', value: '2' },
          { name: 'val', value: '0x7f' },
        ],
      },
      entry: 'A',
    });
    expect(lpm).toMatchObject({ matches: [{ key: 'key', value: '0x0a000000', prefixLength: '8' }] });
    expect(named).toMatchObject({ kind: 'set-default', table: 'a-table', action: { name: 'act', arguments: [] } });
  });

  test('commands of the switch', () => {
    const kinds = parseStf(`mirroring_add 5 2
mirroring_add_mc 5 7
mirroring_delete 5
mirroring_get 5
mc_mgrp_create 7
mc_node_create 400 6 7
mc_node_update 0 8
mc_node_associate 7 0
counter_read c 3
counter_write c 3 1 60
register_read r 0
register_write r 0 0xff
register_reset r
meter_get_rates m 0
meter_set_rates m 0 0.5:10 1:20
meter_array_set_rates m 1:20
check_counter c($A) packets >= 3
check_counter c(4)
remove all`).map((statement) => statement.kind);
    expect(kinds).toEqual([
      'mirroring-add',
      'mirroring-add-multicast',
      'mirroring-delete',
      'mirroring-get',
      'multicast-group-create',
      'multicast-node-create',
      'multicast-node-update',
      'multicast-node-associate',
      'counter-read',
      'counter-write',
      'register-read',
      'register-write',
      'register-reset',
      'meter-get-rates',
      'meter-set-rates',
      'meter-array-set-rates',
      'check-counter',
      'check-counter',
      'remove',
    ]);
  });

  test.each([
    ['packet 0 0a0', 'line 1: packet data of 3 digits: an even number expected'],
    ['packet x 00', 'line 1: a port number expected'],
    ['frobnicate 1', 'line 1: unknown command "frobnicate"'],
    ['add t key:1', 'line 1: a key or an action expected at the end of the line'],
    ['check_counter c(1) packets ~ 3', 'line 1: unexpected "~ 3"'],
    ['expect 1 0g', 'line 1: expected data must be hexadecimal digits and *, with $ at the end for an exact length'],
  ])('%s is refused', (text, message) => {
    expect(() => parseStf(text)).toThrow(message);
  });
});

test('patterns', () => {
  const packet = Uint8Array.of(0x0a, 0xbc, 0xff);
  expect(matchesPattern(packet, '0ABC', false)).toBe(true);
  expect(matchesPattern(packet, '0ABC', true)).toBe(false);
  expect(matchesPattern(packet, '0A**FF', true)).toBe(true);
  expect(matchesPattern(packet, '0B', false)).toBe(false);
  expect(matchesPattern(packet, '0ABCFF00', false)).toBe(false);
});

test('pcap files are read as they are written', () => {
  const packets = [Uint8Array.of(1, 2, 3), Uint8Array.of(), Uint8Array.of(255)];
  const file = Buffer.concat([pcapHeader(), ...packets.map((packet, at) => pcapRecord(packet, at))]);
  expect(readPcap(file)).toEqual(packets);
  // A record that is still being written is left for later.
  expect(readPcap(file.subarray(0, file.length - 1))).toEqual(packets.slice(0, 2));
});

describe('names and values', () => {
  const program = new StfProgram({
    header_types: [{ name: 'h_t', fields: [['f', 16, false]] }],
    headers: [{ name: 'h', header_type: 'h_t' }],
    actions: [{ name: 'c.set', id: 3, runtime_data: [{ name: 'port', bitwidth: 9 }] }],
    pipelines: [
      {
        tables: [
          {
            name: 'c.t',
            match_type: 'ternary',
            key: [
              { match_type: 'ternary', name: 'hdr.s[1].f', target: ['h', 'f'] },
              { match_type: 'lpm', target: ['h', 'f'] },
              { match_type: 'exact', name: 'hdr.h.$valid$', target: ['h', '$valid$'] },
            ],
            action_ids: [3],
          },
        ],
      },
    ],
  });
  const action = { name: 'set', arguments: [{ name: 'port', value: '7' }] };
  const match = (key: string, value: string, prefixLength?: string) => ({ key, value, prefixLength });

  test('shortened names, wildcards and prefixes', () => {
    const entry = program.entry(
      't',
      5,
      [match('s$1.f', '0x12**'), match('h.f', '0xab**'), match('h.valid', '1')],
      action,
      1,
    );
    expect(entry).toMatchObject({
      priority: 5,
      matches: [
        { kind: 'ternary', value: 0x1200n, mask: 0xff00n },
        { kind: 'lpm', value: 0xab00n, prefixLength: 8 },
        { kind: 'exact', value: 1n },
      ],
      arguments: [7n],
    });
  });

  test('keys that are left out match anything', () => {
    expect(program.entry('c.t', undefined, [], action, 1).matches).toEqual([
      { kind: 'ternary', value: 0n, mask: 0n },
      { kind: 'lpm', value: 0n, prefixLength: 0 },
      { kind: 'exact', value: 0n },
    ]);
  });

  test('unknown names are answered with the known ones', () => {
    expect(() => program.table('u', 4)).toThrow('line 4: no table "u"; there are: c.t');
    expect(() => program.entry('t', 1, [match('g', '1')], action, 2)).toThrow(
      /has no key "g"; its keys are hdr\.s\[1\]\.f/,
    );
    expect(() => program.entry('t', 1, [], { name: 'set', arguments: [] }, 2)).toThrow('no value for parameter port');
  });
});
