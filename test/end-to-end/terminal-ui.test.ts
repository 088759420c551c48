/**
 * The terminal UI in a real pseudo-terminal, on a real controller and switch: `mooring up` in one window,
 * `mooring watch` in another, keys pressed, content waited for. The timers are long, so that a shift stays where it is
 * until it is aborted.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Tmux, tmuxMissing } from './tmux.ts';

const command = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), 'cli', 'bin', 'mooring.mjs');
const mooring = `${process.execPath} ${command}`;
const PATIENCE_MS = 60_000;
const SMALL = { columns: 80, rows: 24 };

const missing = tmuxMissing();

if (missing !== undefined) {
  test(`the terminal UI in a real terminal: not run because ${missing}`, () => {
    expect(tmuxMissing()).toBe(missing);
  });
} else {
  describe('in a real terminal', runAll);
}

function runAll(): void {
  let directory: string;
  let theSwitch: ChildProcess;
  let up: Tmux;
  let watch: Tmux;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'mooring-test-'));
    theSwitch = spawn(
      process.execPath,
      [command, 'switch', '--no-p4', '--log-console', '--', '--grpc-server-addr', '127.0.0.1:0', '--cpu-port', '510'],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const address = await new Promise<string>((resolve, reject) => {
      let text = '';
      theSwitch.stdout!.on('data', (chunk: Buffer) => {
        const match = /P4Runtime server at (\S+:\d+)/.exec((text += chunk.toString()));
        if (match) resolve(match[1]!);
      });
      theSwitch.on('close', () => reject(new Error(`the switch ended: ${text}`)));
    });
    writeFileSync(
      join(directory, 'mooring.yaml'),
      [
        `switch: { address: ${address}, ports: [1, 2, 3, 4] }`,
        'timers: { handshake: 30s, idle: 30s, inFlight: 1s, learnAfter: 0s }',
        'vips:',
        '  - name: web',
        '    address: 10.0.0.1',
        '    port: 80',
        '    buckets: 256',
        '    servers:',
        ...[1, 2, 3].map(
          (n) =>
            `      - { name: s${n}, address: 10.0.0.1${n}, port: 8080, mac: "02:00:00:00:00:0${n}", switchPort: ${n}${n > 2 ? ', spare: true' : ''} }`,
        ),
        '',
      ].join('\n'),
    );
    up = Tmux.start(directory, `${mooring} up --switch-address ${address}; echo up ended with $?; cat`, SMALL);
    await up.shows('the switch at');
    watch = Tmux.start(directory, `${mooring} watch; echo watch ended with $?; cat`, SMALL);
    await watch.shows('1 Overview');
  }, PATIENCE_MS);

  afterAll(async () => {
    await watch?.close();
    await up?.close();
    if (theSwitch !== undefined && theSwitch.exitCode === null) {
      const closed = new Promise((resolve) => theSwitch.once('close', resolve));
      theSwitch.kill('SIGTERM');
      await closed;
    }
    rmSync(directory, { recursive: true, force: true });
  });

  test(
    'up and watch show the same controller',
    async () => {
      for (const window of [up, watch]) {
        const screen = await window.shows(/s1 .*active +128 buckets/);
        expect(screen).toContain('web 10.0.0.1:80 tcp, 256 buckets');
        expect(screen.split('\n').filter((line) => line.length > 80)).toEqual([]);
      }
    },
    PATIENCE_MS,
  );

  test(
    'a swap is typed, watched and aborted after a question; the other window sees it',
    async () => {
      watch.press(':');
      await watch.shows('mooring ');
      watch.type('swap s2 s3');
      watch.press('Enter');
      watch.press('3');
      await watch.shows(/#1 swap s2 by s3 · web/);
      await watch.shows(/128 shifting|128 learning/);
      await up.shows(/swap s2 by s3/);
      watch.press('p');
      await watch.shows('pause #1 swap s2 by s3?');
      watch.press('y');
      await watch.shows('PAUSED');
      watch.press('p');
      await watch.shows('let #1 swap s2 by s3 go on?');
      watch.press('y');
      await watch.shows(/✓preparing ─ +shifting/);
      watch.press('a');
      await watch.shows('abort #1 swap s2 by s3?  y yes  n no  (mooring abort 1)');
      watch.press('n');
      await watch.shows('a abort');
      watch.press('a');
      await watch.shows('abort #1 swap s2 by s3?');
      watch.press('y');
      await watch.shows(/rolling-back|aborted/);
      watch.press('6');
      await watch.shows(/\d\d-\d\d \d\d:\d\d:\d\d info +operation 1.*swap s2/);
    },
    PATIENCE_MS,
  );

  test(
    'a refusal is shown with its choices',
    async () => {
      watch.press(':');
      watch.type('drain s7');
      watch.press('Enter');
      const screen = await watch.shows('mooring: error');
      expect(screen).toMatch(/s7.*s1/s);
      // Any key ends a message; esc ends long output as well. Sent together with the next key it would be something
      // else.
      const cleared = /^(?!.*(esc closes this|mooring: error)).*j\/k scroll/s;
      watch.press('Escape');
      await watch.shows(cleared);
      watch.press(':');
      watch.type('plan drain s1');
      watch.press('Enter');
      await watch.shows(/─ mooring plan drain s1.*esc closes this/s);
      watch.press('Escape');
      await watch.shows(cleared);
    },
    PATIENCE_MS,
  );

  test(
    'a connection is found, and its packet traced on the running switch',
    async () => {
      watch.press('5', '/');
      await watch.shows('client, address or address:port');
      watch.type('192.0.2.7:51514');
      watch.press('Enter');
      await watch.shows(/goes to s[123] by base/);
      watch.press('t');
      await watch.shows('received at port');
      watch.press('G');
      await watch.shows(/sent to port [123]/);
    },
    PATIENCE_MS,
  );

  test(
    'the switch shows its program, tables and ports',
    async () => {
      watch.press('7');
      await watch.shows(/program pushed, id 0x[0-9a-f]{16}/);
      await watch.shows(/buckets +256 of 65,536/);
      watch.press('G');
      await watch.shows(/port 1 .*servers s1/);
    },
    PATIENCE_MS,
  );

  test(
    'map, servers and help; a larger window is used at once',
    async () => {
      watch.press('2');
      await watch.shows('bucket 0:');
      watch.press('Right', 'Down');
      await watch.shows('bucket 79:');
      watch.press('4', 'j');
      await watch.shows('s2 of web');
      watch.press('?');
      await watch.shows('keys of this page: server');
      watch.press('Escape');
      await watch.shows('d drain');
      watch.resize(200, 60);
      const screen = await watch.shows(/s1 .*weight 1/);
      expect(screen.split('\n')[1]).toContain('8 Trace');
      watch.resize(80, 24);
      await watch.shows(/^(?!.*weight 1 +base of).*s2 of web/s);
    },
    PATIENCE_MS,
  );

  test(
    'NO_COLOR: no colours, all the letters',
    async () => {
      const plain = Tmux.start(directory, `${mooring} watch`, SMALL, { NO_COLOR: '1' });
      try {
        await plain.shows('1 Overview');
        await plain.shows('what just happened');
        await plain.shows(/A s1/);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: terminal escapes begin with one
        const codes = [...plain.colouredScreen().matchAll(/\x1b\[([\d;]*)m/g)].flatMap(([, list]) => list!.split(';'));
        expect(codes.filter((code) => /^(3[0-7]|4[0-7]|9[0-7]|10[0-7])$/.test(code))).toEqual([]);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: terminal escapes begin with one
        expect(watch.colouredScreen()).toMatch(/\x1b\[[\d;]*3[0-7]/);
      } finally {
        await plain.close();
      }
    },
    PATIENCE_MS,
  );

  test(
    'leaving the view leaves the controller alone; leaving up ends it, and watchers say so',
    async () => {
      watch.press('1', 'q');
      await watch.shows('watch ended with 0');
      const again = Tmux.start(directory, `${mooring} watch`, SMALL);
      try {
        await again.shows(/A s1/);
        up.press('q');
        await up.shows('stop the controller? The switch goes on alone.  y yes  n no');
        up.press('n');
        await up.shows('q quit');
        up.press('q');
        await up.shows('y yes');
        up.press('y');
        await up.shows('up ended with 0');
        await again.shows(/CONTROLLER DOWN for 0:\d\d {2}\d\d:\d\d:\d\d UTC/);
      } finally {
        await again.close();
      }
    },
    PATIENCE_MS,
  );
}
