// The story of outgoing.test.ts, told inside namespaces of its own: `unshare ... node world.mjs COMMAND`, where COMMAND
// is the `mooring` program. Prints what has come of it as one line of JSON. Two servers behind a VIP for all ports
// connect to a client, and go on talking over all their connections while a third server comes and takes its share of
// the buckets; while that goes on, all three open more.
import { configure, mooring, output, says, startHosts, startSwitch } from '../kernel/network.mjs';

const VIP = '10.0.0.100';
const PORT = 7000;
/** By switch port. */
const HOSTS = { 1: '10.0.0.11', 2: '10.0.0.12', 3: '10.0.0.13', 9: '10.0.0.10' };
const CLIENT = 9;

/** Of each server: its buckets, and the connections that are pinned to it. */
async function standing() {
  const { servers } = JSON.parse(await output(mooring('status', '--json'))).status;
  return Object.fromEntries(servers.map(({ name, buckets, pins }) => [name, { buckets, pins }]));
}

const hosts = await startHosts(HOSTS);
const address = await startSwitch(HOSTS);
const server = (port, more = '') =>
  `      - { name: s${port}, address: ${HOSTS[port]}, mac: "${hosts[port].mac}", switchPort: ${port}${more} }`;
configure([
  `switch: { address: ${address}, ports: [${Object.keys(HOSTS).join(', ')}] }`,
  'timers: { handshake: 1s, idle: 2s, inFlight: 200ms, learnAfter: 5s }',
  'vips:',
  '  - name: all',
  `    address: ${VIP}`,
  '    port: all',
  '    buckets: 32',
  '    servers:',
  server(1),
  server(2),
  server(3, ', spare: true'),
]);
await says(mooring('up', '--plain', '--switch-address', address), /the switch at \S+ is ready/);

await hosts[CLIENT].ask({ kind: 'listen', port: PORT });
const open = (port, count) => hosts[port].ask({ kind: 'open', count, to: HOSTS[CLIENT], port: PORT });
const talk = async (...ports) =>
  Object.fromEntries(
    await Promise.all(ports.map(async (port) => [port, await hosts[port].ask({ kind: 'rounds', count: 5 })])),
  );

await Promise.all([open(1, 20), open(2, 20)]);
const settled = { servers: await talk(1, 2), standing: await standing() };
const coming = mooring('add', 's3', '--approve');
let isOver = false;
const over = output(coming).finally(() => (isOver = true));
await Promise.race([says(coming, /s3/), over]);
await Promise.all([open(1, 20), open(2, 20), open(3, 20)]);
const during = { servers: await talk(1, 2, 3), isOver };
await over;
const after = {
  servers: await talk(1, 2, 3),
  client: await hosts[CLIENT].ask({ kind: 'rounds', count: 0 }),
  standing: await standing(),
};
console.log(JSON.stringify({ settled, during, after }));
process.exit(0);
