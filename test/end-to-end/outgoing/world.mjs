// The story of outgoing.test.ts, told inside namespaces of its own: `unshare ... node world.mjs COMMAND`, where COMMAND is the `mooring` program. Prints what has come of it as
// one line of JSON. Two servers behind a VIP for all ports connect to a client, and go on talking over all their connections while a third server comes and takes its share
// of the buckets; while that goes on, all three open more.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = dirname(fileURLToPath(import.meta.url));
const [command] = process.argv.slice(2);
const directory = mkdtempSync(join(tmpdir(), 'mooring-outgoing-'));
process.on('exit', () => rmSync(directory, { recursive: true, force: true }));
const VIP = '10.0.0.100';
const PORT = 7000;
/** By switch port. */
const HOSTS = { 1: '10.0.0.11', 2: '10.0.0.12', 3: '10.0.0.13', 9: '10.0.0.10' };
const CLIENT = 9;

function ip(...words) {
  const { status, stderr } = spawnSync('ip', words, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`ip ${words.join(' ')}: ${stderr}`);
}

const macOf = (port) => `02:00:00:00:00:0${port}`;

async function startHost([port, address]) {
  const host = spawn('unshare', ['--net', process.execPath, join(folder, 'host.mjs')], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  await once(host, 'message');
  ip(
    'link',
    'add',
    `sw${port}`,
    'type',
    'veth',
    'peer',
    'name',
    'eth0',
    'address',
    macOf(port),
    'netns',
    `${host.pid}`,
  );
  ip('link', 'set', `sw${port}`, 'up');
  const ask = async (order) => {
    host.send(order);
    const [seen] = await once(host, 'message');
    return seen;
  };
  await ask({ kind: 'ip', commands: ['link set lo up', `addr add ${address}/24 dev eth0`, 'link set eth0 up'] });
  return [port, ask];
}

function mooring(...words) {
  return spawn(process.execPath, [command, ...words], { cwd: directory, stdio: ['ignore', 'pipe', 'pipe'] });
}

/** The first match in what a process says. */
function says(child, pattern) {
  return new Promise((resolve, reject) => {
    let text = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        text += chunk;
        const match = pattern.exec(text);
        if (match) resolve(match);
      });
    }
    child.on('close', () => reject(new Error(`it ended without ${pattern}:\n${text}`)));
  });
}

async function output(child) {
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (text += chunk));
  const [status] = await once(child, 'close');
  if (status !== 0) throw new Error(`exit status ${status}:\n${text}`);
  return text;
}

/** Of each server: its buckets, and the connections that are pinned to it. */
async function standing() {
  const { servers } = JSON.parse(await output(mooring('status', '--json'))).status;
  return Object.fromEntries(servers.map(({ name, buckets, pins }) => [name, { buckets, pins }]));
}

ip('link', 'set', 'lo', 'up');
const hosts = Object.fromEntries(await Promise.all(Object.entries(HOSTS).map(startHost)));
const interfaces = Object.keys(HOSTS).flatMap((port) => ['-i', `${port}@sw${port}`]);
const grpc = ['--grpc-server-addr', '127.0.0.1:0', '--cpu-port', '510'];
const theSwitch = mooring('switch', '--no-p4', '--log-console', ...interfaces, '--', ...grpc);
const [, address] = await says(theSwitch, /P4Runtime server at (\S+:\d+)/);
const server = (port, more = '') =>
  `      - { name: s${port}, address: ${HOSTS[port]}, mac: "${macOf(port)}", switchPort: ${port}${more} }`;
writeFileSync(
  join(directory, 'mooring.yaml'),
  [
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
    '',
  ].join('\n'),
);
await says(mooring('up', '--plain', '--switch-address', address), /the switch at \S+ is ready/);

await hosts[CLIENT]({ kind: 'listen', port: PORT });
const open = (port, count) => hosts[port]({ kind: 'open', count, to: HOSTS[CLIENT], port: PORT });
const talk = async (...ports) =>
  Object.fromEntries(
    await Promise.all(ports.map(async (port) => [port, await hosts[port]({ kind: 'rounds', count: 5 })])),
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
  client: await hosts[CLIENT]({ kind: 'rounds', count: 0 }),
  standing: await standing(),
};
console.log(JSON.stringify({ settled, during, after }));
process.exit(0);
