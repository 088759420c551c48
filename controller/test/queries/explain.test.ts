/** The explanation of a connection's way, case by case, and what clients' names are understood. */
import { describe, expect, test } from 'vitest';
import { parseClient } from '../../src/control-api/queries.ts';
import { explain } from '../../src/engine/explain-connection.ts';
import { ratesBetween } from '../../src/engine/traffic.ts';
import { OperationRefusedError } from '../../src/operations/errors.ts';

describe('explanation', () => {
  const moving = { base: 's2', current: 's5' };

  test('a pin decides, whatever the bucket does', () => {
    const pin = { server: 's5', closing: false, inRegister: false };
    for (const phase of ['shifting', 'learning', 'sealed'] as const) {
      expect(explain(7, { phase, ...moving }, pin)).toMatchObject({
        decidedBy: 'exact pin',
        server: 's5',
        newConnectionServer: 's5',
      });
    }
    expect(explain(7, { phase: 'steady', ...moving }, { ...pin, inRegister: true }).decidedBy).toBe('register pin');
    expect(explain(7, { phase: 'shifting', ...moving }, { ...pin, closing: true }).reason).toContain(
      'a new SYN is dropped',
    );
    expect(explain(7, { phase: 'steady', base: 's5', current: 's5' }, pin).reason).toContain('superfluous');
  });

  test('without a pin the base decides, and new connections go to the current server once the bucket has flipped', () => {
    const ways = (['steady', 'preparing', 'shifting', 'learning', 'sealed', 'settling'] as const).map((phase) => {
      const isStill = phase === 'steady' || phase === 'settling';
      const { decidedBy, server, newConnectionServer } = explain(
        7,
        { phase, base: 's2', current: isStill ? 's2' : 's5' },
        undefined,
      );
      return [phase, decidedBy, server, newConnectionServer];
    });
    expect(ways).toEqual([
      ['steady', 'base', 's2', 's2'],
      ['preparing', 'base', 's2', 's2'],
      ['shifting', 'base', 's2', 's5'],
      ['learning', 'base', 's2', 's5'],
      ['sealed', 'base', 's2', 's5'],
      ['settling', 'base', 's2', 's2'],
    ]);
  });
});

test('clients: IPv4 and IPv6, with and without port; everything else is refused', () => {
  expect(parseClient('192.0.2.7')).toEqual({ address: 0xc0000207, port: undefined });
  expect(parseClient('192.0.2.7:51514')).toEqual({ address: 0xc0000207, port: 51_514 });
  expect(parseClient('2001:DB8::7')).toEqual({ address: '2001:db8::7', port: undefined });
  expect(parseClient('[2001:db8::7]:443')).toEqual({ address: '2001:db8::7', port: 443 });
  for (const wrong of [
    null,
    '',
    's1',
    '192.0.2',
    '192.0.2.7:',
    '192.0.2.7:70000',
    '[2001:db8::7',
    '::g',
    '1.2.3.4:5:6',
  ]) {
    expect(() => parseClient(wrong), String(wrong)).toThrow(OperationRefusedError);
  }
});

test('rates are differences over time; a counter that went backwards begins again', () => {
  const first = { atMs: 1_000, counts: new Map([['1/1', { packets: 100, bytes: 10_000 }]]) };
  const second = {
    atMs: 3_000,
    counts: new Map([
      ['1/1', { packets: 300, bytes: 50_000 }],
      ['1/2', { packets: 9, bytes: 900 }],
    ]),
  };
  const restarted = { atMs: 4_000, counts: new Map([['1/1', { packets: 5, bytes: 500 }]]) };
  expect(ratesBetween(undefined, first).get('1/1')).toEqual({
    packets: 100,
    bytes: 10_000,
    packetsPerSecond: 0,
    bytesPerSecond: 0,
  });
  expect(Object.fromEntries(ratesBetween(first, second))).toEqual({
    '1/1': { packets: 300, bytes: 50_000, packetsPerSecond: 100, bytesPerSecond: 20_000 },
    '1/2': { packets: 9, bytes: 900, packetsPerSecond: 0, bytesPerSecond: 0 },
  });
  expect(ratesBetween(second, restarted).get('1/1')).toMatchObject({ packets: 5, packetsPerSecond: 0 });
});
