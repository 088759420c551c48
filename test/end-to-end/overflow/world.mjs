// The story of overflow.test.ts, told inside namespaces of its own: `unshare ... node world.mjs COMMAND FOLDER`, where
// COMMAND is the `mooring` program and FOLDER has certificates. Prints what has come of it as one line of JSON. A
// client has connections to two servers that report their accept queues. The first stops accepting: new connections go
// to the other one. That one stops as well: new connections are refused, by a reset. The first accepts again, and then
// the second: everybody is served.
import { join } from 'node:path';
import { configure, mooring, output, plugAside, says, startHosts, startSwitch } from '../kernel/network.mjs';

const [, certificates] = process.argv.slice(2);
const VIP = '10.0.0.100';
const PORT = 80;
const AGENT_PORT = 7946;
const BACKLOG = 16;
/** By switch port. */
const HOSTS = { 1: '10.0.0.11', 2: '10.0.0.12', 9: '10.0.0.10' };
const SERVERS = [1, 2];
const LIVING = 20;
/** More than two queues take. */
const MOST_ATTEMPTS = 200;

const papers = (name) => ({
  certificate: join(certificates, `${name}.pem`),
  key: join(certificates, `${name}.key`),
  ca: join(certificates, 'ca.pem'),
});

const hosts = await startHosts(HOSTS);
const client = hosts[9];
const address = await startSwitch(HOSTS);
for (const port of SERVERS) {
  const listen = `${await plugAside(hosts[port], port)}:${AGENT_PORT}`;
  await hosts[port].ask({ kind: 'listen', port: PORT, backlog: BACKLOG });
  const files = Object.entries(papers('server')).flatMap(([name, file]) => [`--${name}`, file]);
  await hosts[port].ask({ kind: 'agent', words: ['--listen', listen, '--service', `${PORT}`, ...files] });
}
const { certificate, key, ca } = papers('controller');
const server = (port) =>
  `      - { name: s${port}, address: ${HOSTS[port]}, mac: "${hosts[port].mac}", switchPort: ${port}, agent: "10.1.${port}.2:${AGENT_PORT}" }`;
configure([
  `switch: { address: ${address}, ports: [${Object.keys(HOSTS).join(', ')}] }`,
  'timers: { handshake: 1s, idle: 2s, inFlight: 200ms, learnAfter: 5s }',
  `agents: { certificate: ${certificate}, key: ${key}, ca: ${ca}, interval: 20ms }`,
  'vips:',
  '  - name: web',
  `    address: ${VIP}`,
  `    port: ${PORT}`,
  '    buckets: 16',
  '    overflow: { rule: next, above: 50%, below: 25%, whenFull: reset }',
  '    servers:',
  ...SERVERS.map(server),
]);
const controller = mooring('up', '--plain', '--switch-address', address);
const agents = SERVERS.map((port) => says(controller, new RegExp(`the agent of server .s${port}. answers`)));
await says(controller, /the switch at \S+ is ready/);
await Promise.all(agents);

const open = (count) => client.ask({ kind: 'open', count, to: VIP, port: PORT });
const status = async () => JSON.parse(await output(mooring('status', '--json'))).status;

/**
 * Opens connections one after the other until the controller has said something, and then until one comes out as is
 * wanted.
 */
async function openUntil(pattern, isWanted) {
  let isSaid = false;
  const said = says(controller, pattern).then(() => (isSaid = true));
  let attempts = 0;
  for (; !isSaid; attempts++) await open(1);
  await said;
  // What is said is being written to the switch.
  for (let more = 1; more <= MOST_ATTEMPTS; more++) {
    const before = await client.ask({ kind: 'rounds', count: 0 });
    if (isWanted(before, await open(1))) return attempts + more;
  }
  throw new Error(`none of ${MOST_ATTEMPTS} connections came out as expected after ${pattern}`);
}

const isServed = (before, after) => after.opened > before.opened;
const isRefused = (before, after) => after.refused > before.refused;

await open(LIVING);
const begun = await client.ask({ kind: 'rounds', count: 5 });
await hosts[1].ask({ kind: 'stall' });
const attempts = await openUntil(/new connections go to .s2./, isServed);
const redirected = { ...(await open(10)), attempts };
await hosts[2].ask({ kind: 'stall' });
await openUntil(/no server of VIP .web. has room/, isRefused);
const atLast = await client.ask({ kind: 'rounds', count: 0 });
const full = { ...(await open(10)), refuses: (await status()).vips[0].refuses };
const living = await client.ask({ kind: 'rounds', count: 5, first: LIVING });
const { drops } = JSON.parse(await output(mooring('inspect', '--json'))).switch;
await hosts[1].ask({ kind: 'recover' });
await openUntil(/takes new connections again/, isServed);
const relieved = await open(10);
await hosts[2].ask({ kind: 'recover' });
const after = await client.ask({ kind: 'rounds', count: 5 });
console.log(JSON.stringify({ begun, redirected, atLast, full, living, drops, relieved, after }));
process.exit(0);
