// The socket list against text as kernels write it, and against this machine's own kernel with real connections.

import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { parseProcNetTcp, readSockets, reportAllServices, reportService } from '../src/index.ts';

const HEADING = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode';
const line = (local: string, remote: string, state: string, queues = '00000000:00000000') =>
  `   0: ${local} ${remote} ${state} ${queues} 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0`;

test('addresses, states and queues', () => {
  const text = [
    HEADING,
    line('0B00000A:1F90', '6500000A:9C40', '01', '00000005:00000007'),
    line('00000000:1F90', '00000000:0000', '0A', '00000000:00000003'),
    '',
  ].join('\n');
  expect(parseProcNetTcp(text, true)).toEqual([
    {
      local: { address: '10.0.0.11', port: 8080 },
      remote: { address: '10.0.0.101', port: 40000 },
      state: 'ESTABLISHED',
      sendQueue: 5,
      receiveQueue: 7,
    },
    {
      local: { address: '0.0.0.0', port: 8080 },
      remote: { address: '0.0.0.0', port: 0 },
      state: 'LISTEN',
      sendQueue: 0,
      receiveQueue: 3,
    },
  ]);
});

test('IPv6, IPv4 inside IPv6, and the other byte order', () => {
  const six = [HEADING, line('B80D0120000000000000000001000000:0050', '0000000000000000FFFF00000A00000A:0400', '01')];
  expect(parseProcNetTcp(six.join('\n'), true)).toMatchObject([
    { local: { address: '2001:db8:0:0:0:0:0:1', port: 80 }, remote: { address: '10.0.0.10', port: 1024 } },
  ]);
  const big = [HEADING, line('0A00000B:0050', '0A000065:0400', '06')];
  expect(parseProcNetTcp(big.join('\n'), false)).toMatchObject([
    { local: { address: '10.0.0.11' }, state: 'TIME-WAIT' },
  ]);
});

test('a line that is no socket is named', () => {
  expect(() => parseProcNetTcp(`${HEADING}\nnonsense`, true)).toThrow(
    "line 2 is not a socket as /proc/net/tcp lists them: 'nonsense'",
  );
});

test('a service: its connections, half-open ones apart, and its accept queue', () => {
  const text = [
    HEADING,
    line('0B00000A:1F90', '6500000A:0001', '01'),
    line('0B00000A:1F90', '6500000A:0002', '03'),
    line('0B00000A:1F90', '6500000A:0003', '06'),
    line('0B00000A:1F91', '6500000A:0004', '01'),
    line('00000000:1F90', '00000000:0000', '0A', '00000000:00000002'),
  ].join('\n');
  expect(reportService(parseProcNetTcp(text, true), 8080)).toEqual({
    listening: true,
    acceptQueue: 2,
    connections: [
      { client: { address: '10.0.0.101', port: 1 }, port: 8080, halfOpen: false },
      { client: { address: '10.0.0.101', port: 2 }, port: 8080, halfOpen: true },
    ],
  });
});

test('all services of an address: whoever opened the connection, but not those of other addresses and to who reports', () => {
  const text = [
    HEADING,
    line('0B00000A:1F90', '6500000A:0001', '01'),
    line('0B00000A:0016', '6500000A:0001', '03'),
    line('0B00000A:C000', '6600000A:0050', '01'),
    line('0C00000A:1F90', '6500000A:0002', '01'),
    line('0B00000A:1F0A', '6500000A:0003', '01'),
    line('00000000:1F90', '00000000:0000', '0A', '00000000:00000002'),
  ].join('\n');
  expect(reportAllServices(parseProcNetTcp(text, true), '10.0.0.11', 0x1f0a)).toEqual({
    listening: true,
    acceptQueue: 2,
    connections: [
      { client: { address: '10.0.0.101', port: 1 }, port: 8080, halfOpen: false },
      { client: { address: '10.0.0.101', port: 1 }, port: 22, halfOpen: true },
      { client: { address: '10.0.0.102', port: 80 }, port: 0xc000, halfOpen: false },
    ],
  });
});

test.each(['2001:db8::1', '2001:db8:0:0:0:0:0:1'])('all services of an IPv6 address written %s', (address) => {
  const text = [HEADING, line('B80D0120000000000000000001000000:0050', 'B80D0120000000000000000002000000:0400', '01')];
  expect(reportAllServices(parseProcNetTcp(text.join('\n'), true), address, 7946).connections).toHaveLength(1);
});

test('this kernel: a connection is there while it lives', async () => {
  const server: Server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const client = connect(port, '127.0.0.1');
  const [[served]] = await Promise.all([accepted, once(client, 'connect')]);
  expect(reportService(readSockets(), port, '127.0.0.1')).toEqual({
    listening: true,
    acceptQueue: 0,
    connections: [{ client: { address: '127.0.0.1', port: client.localPort }, port, halfOpen: false }],
  });
  const closed = Promise.all([once(client, 'close'), once(served, 'close')]);
  client.end();
  served.end();
  served.resume();
  client.resume();
  await closed;
  server.close();
  await once(server, 'close');
  expect(reportService(readSockets(), port)).toEqual({ listening: false, acceptQueue: 0, connections: [] });
});
