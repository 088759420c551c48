/** Processes of foreign switches, with Node.js in their place: what is told when one ends, and that none is left. */
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { accepts, freePort, SwitchProcess } from '../../src/switch/child-process.ts';

const LONG_MS = 20_000;

function start(script: string): SwitchProcess {
  return new SwitchProcess({ name: 'the switch', commandLine: [process.execPath, '-e', script], folder: tmpdir() });
}

test('what a process prints can be waited for, and it takes input', async () => {
  const child = start('process.stdin.on("data", (text) => console.log("got " + text))');
  try {
    child.write('this');
    await child.until(() => child.printed.includes('got this'), LONG_MS);
    child.checkAlive();
  } finally {
    await child.close();
  }
  expect(() => process.kill(child.pid, 0)).toThrow('ESRCH');
  expect(() => child.checkAlive()).toThrow('the switch ended: got this');
});

test('waiting for a process that ends fails with what it printed', async () => {
  const child = start('console.error("no such interface")');
  await expect(child.until(() => false, LONG_MS)).rejects.toThrow('the switch ended: no such interface');
  await child.close();
});

test('waiting has an end', async () => {
  const child = start('setInterval(() => {}, 1000)');
  await expect(child.until(() => false, 0)).rejects.toThrow('the switch does not answer within 0 ms');
  await child.close();
});

test('a free port accepts once somebody listens', async () => {
  const port = await freePort();
  expect(await accepts(port)).toBe(false);
  const server = createServer().listen(port, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  expect(await accepts(port)).toBe(true);
  await new Promise((resolve) => server.close(resolve));
});
