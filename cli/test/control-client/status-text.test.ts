/** `mooring status` as text: columns stand under each other, whatever names and addresses there are. */
import type { Status } from '@mooring/controller/control';
import { expect, test } from 'vitest';
import { statusText } from '../../src/commands/status.ts';

test('columns are as wide as what they hold, and a server that is down says why', () => {
  const server = { vip: 'web', port: 853, state: 'active', buckets: 500, pins: 0, health: 'unknown' };
  const servers = [
    { ...server, name: 's1', address: '10.0.0.11' },
    { ...server, name: 'backend-with-a-long-name.example.com', address: '2001:db8:1234:5678:9abc:def0:1234:1001' },
    { ...server, name: 's3', address: '10.0.0.13', health: 'down', healthReason: 'connection refused' },
  ];
  const vip = {
    name: 'web',
    address: '10.0.0.1',
    port: 853,
    protocol: 'udp',
    buckets: 1_000,
    bucketMap: { phase: [] },
  };
  const classes = [{ name: 'gold', prefixes: ['10.1.0.0/16'], synRate: 1_000 }];
  const status = { switches: [], counters: {}, classes, servers, vips: [vip], operations: [], pinning: true };
  const text = statusText(status as unknown as Status);
  expect(text).toContain('class       gold: 10.1.0.0/16, 1,000 SYNs/s\n');
  const lines = text.split('\n').filter((line) => line.includes(' buckets '));
  expect(lines).toHaveLength(3);
  expect(new Set(lines.map((line) => line.indexOf('500 buckets'))).size).toBe(1);
  expect(lines[0]).toMatch(/ not checked$/);
  expect(lines[2]).toMatch(/ down: connection refused$/);
});
