// TCP through a switch, with the kernel's TCP on both sides: a host is a process in a network namespace of its own that
// has one interface.
//
// The parent makes the interface and pushes it into the process's namespace once the process has said that it is there;
// the process then gives it its addresses. Neighbours are fixed, since Mooring's program answers ARP for what it knows
// only.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { connect, createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

const CONNECTIONS = 4;
const VIRTUAL_ADDRESS = '10.0.0.100';
const WARM_UP_MS = 1000;

/** How a host's only interface is set up. */
export interface HostPlan {
  readonly role: 'client' | 'server';
  readonly interfaceName: string;
  readonly mac: string;
  readonly address: string;
  readonly neighbour: { readonly address: string; readonly mac: string };
  readonly seconds: number;
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** What a host process does: waits for its plan on standard input, then plays its part. */
export async function runHost(): Promise<void> {
  console.log('here');
  const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  const plan = JSON.parse((await lines.next()).value as string) as HostPlan;
  const ip = (...words: string[]) => execFileSync('ip', words);
  const { interfaceName: name, neighbour } = plan;
  ip('link', 'set', name, 'address', plan.mac);
  ip('address', 'add', plan.address, 'dev', name);
  ip('link', 'set', name, 'up');
  ip('neigh', 'add', neighbour.address, 'lladdr', neighbour.mac, 'dev', name, 'nud', 'permanent');
  if (plan.role === 'server') {
    createServer((socket) => {
      socket.resume();
      socket.on('error', () => {});
    }).listen(8080, () => console.log('listening'));
    return;
  }
  console.log(JSON.stringify({ megabitsPerSecond: await send(plan.seconds) }));
  process.exit(0);
}

/** Sends over some connections for a while and tells what the other side has taken, in Mbit/s. */
async function send(seconds: number): Promise<number> {
  const chunk = Buffer.alloc(256 * 1024);
  const sockets: Socket[] = [];
  while (sockets.length < CONNECTIONS) {
    const socket = await connectOnce();
    if (socket === undefined) {
      await pause(200);
      continue;
    }
    sockets.push(socket);
    const more = () => {
      while (!socket.destroyed && socket.write(chunk));
    };
    socket.on('drain', more);
    socket.on('error', () => {});
    more();
  }
  const taken = () => sockets.reduce((sum, socket) => sum + socket.bytesWritten - socket.writableLength, 0);
  await pause(WARM_UP_MS);
  const [before, startMs] = [taken(), performance.now()];
  await pause(seconds * 1000);
  return ((taken() - before) * 8) / (performance.now() - startMs) / 1000;
}

function connectOnce(): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host: VIRTUAL_ADDRESS, port: 80 });
    socket.once('connect', () => resolve(socket));
    socket.once('error', () => resolve(undefined));
    socket.setTimeout(1000, () => {
      if (socket.connecting) {
        socket.destroy();
        resolve(undefined);
      }
    });
  });
}

/** A host process seen from its parent. */
export interface Host {
  readonly child: ChildProcess;
  /** The next line it prints. */
  line(): Promise<string>;
}

/** Starts a host in a namespace of its own and gives it its interface. */
export async function startHost(module: string, plan: HostPlan): Promise<Host> {
  const script = `import(${JSON.stringify(module)}).then((bench) => bench.runHost())`;
  const child = spawn('unshare', ['--net', process.execPath, '-e', script], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  const line = async () => (await lines.next()).value as string;
  await line();
  execFileSync('ip', ['link', 'set', plan.interfaceName, 'netns', String(child.pid)]);
  child.stdin!.write(`${JSON.stringify(plan)}\n`);
  return { child, line };
}
