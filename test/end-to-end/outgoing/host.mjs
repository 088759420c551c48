// A host of outgoing.test.ts: a process in a network namespace of its own, on the kernel's TCP. It does what its parent says:
//
//   { kind: 'ip', commands }          lines for iproute2
//   { kind: 'listen', port }          takes connections and sends back what comes
//   { kind: 'open', count, to, port } opens connections, over each of which it sends something else again and again, and compares what comes back
//   { kind: 'rounds', count }         answers when each of its connections has gone so many rounds more, or one has broken
//
// Every order is answered by a line about what it has seen so far. Connections that it does not close end with its namespace.
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { connect, createServer } from 'node:net';

const PAUSE_MS = 20;
const BYTES = 64;
const seen = { opened: 0, accepted: 0, broken: 0, mismatched: 0, peers: [] };
/** Rounds that each connection has gone. */
const rounds = [];
/** Told whenever something has happened. */
let check = () => {};

function breaks() {
  seen.broken++;
  check();
}

function open(to, port) {
  return new Promise((resolve) => {
    const socket = connect({ host: to, port, noDelay: true });
    const index = rounds.push(0) - 1;
    let sent = Buffer.alloc(0);
    let got = [];
    const send = () => {
      sent = randomBytes(BYTES);
      got = [];
      socket.write(sent);
    };
    socket.on('connect', () => {
      seen.opened++;
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
    socket.on('error', () => {});
    socket.on('close', () => {
      breaks();
      resolve();
    });
  });
}

function listen(port) {
  const server = createServer({ noDelay: true }, (socket) => {
    seen.accepted++;
    if (!seen.peers.includes(socket.remoteAddress)) seen.peers.push(socket.remoteAddress);
    socket.on('data', (chunk) => socket.write(chunk));
    socket.on('error', () => {});
    socket.on('close', breaks);
  });
  return new Promise((resolve) => server.listen(port, resolve));
}

function runIp(commands) {
  const { status, stderr } = spawnSync('ip', ['-batch', '-'], { input: `${commands.join('\n')}\n`, encoding: 'utf8' });
  if (status !== 0) throw new Error(`ip: ${stderr}`);
}

function allGo(count) {
  const goals = rounds.map((done) => done + count);
  return new Promise((resolve) => {
    check = () => {
      if (seen.broken > 0 || goals.every((goal, index) => rounds[index] >= goal)) resolve();
    };
    check();
  });
}

process.on('message', async (order) => {
  if (order.kind === 'ip') runIp(order.commands);
  else if (order.kind === 'listen') await listen(order.port);
  else if (order.kind === 'open') {
    await Promise.all(Array.from({ length: order.count }, () => open(order.to, order.port)));
  } else await allGo(order.count);
  process.send(seen);
});
process.on('disconnect', () => process.exit());
process.send(seen);
