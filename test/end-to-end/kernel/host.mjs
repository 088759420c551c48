// A host of a story (network.mjs): a process in a network namespace of its own, on the kernel's TCP. It does what its
// parent says:
//
//   { kind: 'ip', commands }               lines for iproute2
//   { kind: 'listen', port, backlog }      takes connections and sends back what comes; so many may wait
//   { kind: 'stall' }                      those that it has taken go on; no more are taken: they wait in the queue
//   { kind: 'recover' }                    takes them again, in another process
//   { kind: 'agent', words }               runs `mooring agent` with these arguments until the end
//   { kind: 'open', count, to, port }      opens connections; over each it sends something else again and again, and
//                                          compares what comes back
//   { kind: 'rounds', count, first }       answers when each of its connections (of the first so many) has gone so many
//                                          rounds more, or one has broken
//
// Every order is answered by a line about what it has seen so far. Connections that it does not close end with its
// namespace.
import { fork, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const PAUSE_MS = 20;
const BYTES = 64;
/** In place of a command: this process takes over a listening socket. */
const TAKER = 'taker';
const [command] = process.argv.slice(2);
const seen = { opened: 0, accepted: 0, refused: 0, broken: 0, mismatched: 0, peers: [] };
/** Rounds that each connection has gone. */
const rounds = [];
/** Told whenever something has happened. */
let check = () => {};
let server;
let taker;

function breaks() {
  seen.broken++;
  check();
}

function open(to, port) {
  return new Promise((resolve) => {
    const socket = connect({ host: to, port, noDelay: true });
    let index;
    let sent = Buffer.alloc(0);
    let got = [];
    const send = () => {
      sent = randomBytes(BYTES);
      got = [];
      socket.write(sent);
    };
    socket.on('connect', () => {
      seen.opened++;
      index = rounds.push(0) - 1;
      send();
      resolve();
    });
    socket.on('data', (chunk) => {
      got.push(chunk);
      const all = Buffer.concat(got);
      if (all.length < BYTES) return;
      if (!all.equals(sent)) seen.mismatched++;
      rounds[index]++;
      check();
      setTimeout(send, PAUSE_MS);
    });
    socket.on('error', ({ code }) => {
      if (index === undefined && code === 'ECONNREFUSED') seen.refused++;
    });
    socket.on('close', () => {
      if (index !== undefined) breaks();
      resolve();
    });
  });
}

function serve(socket) {
  seen.accepted++;
  if (!seen.peers.includes(socket.remoteAddress)) seen.peers.push(socket.remoteAddress);
  socket.on('data', (chunk) => socket.write(chunk));
  socket.on('error', () => {});
  socket.on('close', breaks);
}

async function listen(port, backlog) {
  // Whoever takes the socket over listens anew, with what the runtime asks for: the kernel's limit holds for all.
  if (backlog !== undefined) writeFileSync('/proc/sys/net/core/somaxconn', `${backlog}`);
  server = createServer({ noDelay: true }, serve);
  server.listen({ port });
  await once(server, 'listening');
}

/**
 * Another process gets the listening socket and is stopped: the kernel goes on completing handshakes until the queue is
 * full.
 */
async function stall() {
  taker = fork(fileURLToPath(import.meta.url), [TAKER]);
  await once(taker, 'message');
  taker.send(TAKER, server);
  await once(taker, 'message');
  server.close();
  taker.kill('SIGSTOP');
  while (!/^State:\s+T/m.test(readFileSync(`/proc/${taker.pid}/status`, 'utf8'))) await setImmediate();
}

async function runAgent(words) {
  const agent = spawn(process.execPath, [command, 'agent', ...words], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(agent.stdout, 'data');
}

function runIp(commands) {
  const { status, stderr } = spawnSync('ip', ['-batch', '-'], { input: `${commands.join('\n')}\n`, encoding: 'utf8' });
  if (status !== 0) throw new Error(`ip: ${stderr}`);
}

function allGo(count, first = rounds.length) {
  const goals = rounds.slice(0, first).map((done) => done + count);
  return new Promise((resolve) => {
    check = () => {
      if (seen.broken > 0 || goals.every((goal, index) => rounds[index] >= goal)) resolve();
    };
    check();
  });
}

async function obey(order) {
  switch (order.kind) {
    case 'ip':
      return runIp(order.commands);
    case 'listen':
      return listen(order.port, order.backlog);
    case 'stall':
      return stall();
    case 'recover':
      return taker.kill('SIGCONT');
    case 'agent':
      return runAgent(order.words);
    case 'open':
      return Promise.all(Array.from({ length: order.count }, () => open(order.to, order.port)));
    case 'rounds':
      return allGo(order.count, order.first);
    default:
      throw new Error(`there is no order ${order.kind}`);
  }
}

process.on('disconnect', () => process.exit());
if (command === TAKER) {
  process.on('message', (_, taken) => {
    taken.on('connection', serve);
    process.send(seen);
  });
} else {
  process.on('message', async (order) => {
    await obey(order);
    process.send(seen);
  });
}
process.send(seen);
