// Hosts on the kernel's own TCP around an embedded switch, for stories that are told inside namespaces of their own:
// `unshare ... node STORY COMMAND`, where COMMAND is the `mooring` program. Each host is a process in a network
// namespace, `host.mjs`; everything goes when the story's process ends.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = dirname(fileURLToPath(import.meta.url));
const [command] = process.argv.slice(2);
const directory = mkdtempSync(join(tmpdir(), 'mooring-story-'));
process.on('exit', () => rmSync(directory, { recursive: true, force: true }));

function ip(...words) {
  const { status, stderr } = spawnSync('ip', words, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`ip ${words.join(' ')}: ${stderr}`);
}

/** Joins this namespace to a host's by a cable. */
function plug(name, far, pid, ...more) {
  ip('link', 'add', name, 'type', 'veth', 'peer', 'name', far, ...more, 'netns', `${pid}`);
  ip('link', 'set', name, 'up');
}

async function startHost(port, address) {
  const host = spawn('unshare', ['--net', process.execPath, join(folder, 'host.mjs'), command], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  await once(host, 'message');
  const mac = `02:00:00:00:00:0${port}`;
  const ask = async (order) => {
    host.send(order);
    const [seen] = await once(host, 'message');
    return seen;
  };
  plug(`sw${port}`, 'eth0', host.pid, 'address', mac);
  await ask({ kind: 'ip', commands: ['link set lo up', `addr add ${address}/24 dev eth0`, 'link set eth0 up'] });
  return { mac, ask, pid: host.pid };
}

/**
 * Hosts by the switch port that each is behind; `sw1` is what the switch gets of port 1. @param addresses IPv4, by port
 */
export async function startHosts(addresses) {
  ip('link', 'set', 'lo', 'up');
  const hosts = await Promise.all(
    Object.entries(addresses).map(async ([port, address]) => [port, await startHost(port, address)]),
  );
  return Object.fromEntries(hosts);
}

/** A way to a host that does not lead through the switch. @returns its address there */
export async function plugAside({ ask, pid }, port) {
  const [here, there] = [`10.1.${port}.1`, `10.1.${port}.2`];
  plug(`aside${port}`, 'aside0', pid);
  ip('addr', 'add', `${here}/24`, 'dev', `aside${port}`);
  await ask({ kind: 'ip', commands: [`addr add ${there}/24 dev aside0`, 'link set aside0 up'] });
  return there;
}

/** The embedded switch with a port for each host. @returns its P4Runtime server's address */
export async function startSwitch(addresses) {
  const interfaces = Object.keys(addresses).flatMap((port) => ['-i', `${port}@sw${port}`]);
  const grpc = ['--grpc-server-addr', '127.0.0.1:0', '--cpu-port', '510'];
  const theSwitch = mooring('switch', '--no-p4', '--log-console', ...interfaces, '--', ...grpc);
  const [, address] = await says(theSwitch, /P4Runtime server at (\S+:\d+)/);
  return address;
}

/** Writes `mooring.yaml`. */
export function configure(lines) {
  writeFileSync(join(directory, 'mooring.yaml'), `${lines.join('\n')}\n`);
}

/** Runs a command of the program beside that file. */
export function mooring(...words) {
  return spawn(process.execPath, [command, ...words], { cwd: directory, stdio: ['ignore', 'pipe', 'pipe'] });
}

/** The first match in what a process says from now on. */
export function says(child, pattern) {
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

/** What a command prints, when it has ended well. */
export async function output(child) {
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (text += chunk));
  const [status] = await once(child, 'close');
  if (status !== 0) throw new Error(`exit status ${status}:\n${text}`);
  return text;
}
