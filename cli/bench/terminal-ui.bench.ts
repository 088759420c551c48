/**
 * What the terminal UI costs: statuses of 1,000 buckets on 100 servers, ten a second, as JSON texts through parser,
 * reducer and display, drawn at 200x60. Processor time over elapsed time is measured for each page, and that the screen
 * was never cleared.
 */
import { EventEmitter } from 'node:events';
import type { CommandContext } from '../src/command-line/command.ts';
import { openDisplay } from '../src/ui/display.ts';
import type { ControllerView } from '../src/ui/model.ts';
import { PAGES } from '../src/ui/state.ts';
import { viewInShift } from '../test/ui/fixtures.ts';
import { Keyboard } from '../test/ui/keyboard.ts';

const SECONDS = 4;
const UPDATES_PER_SECOND = 10;
const DIFFERENT_STATUSES = 50;

/** The n-th status: a shift that goes on, with all rates changing. */
function statusText(base: ControllerView, n: number): string {
  return JSON.stringify({
    ...base,
    pins: base.pins + n,
    servers: base.servers.map((server, index) => ({
      ...server,
      pins: server.pins + ((n * 7 + index) % 50),
      traffic: { packetsPerSecond: ((n + 1) * 977 * (index + 1)) % 90_000, bytesPerSecond: 1e6 },
    })),
    vips: base.vips.map((vip) => ({
      ...vip,
      current: vip.current.map((id, bucket) => ((bucket + n) % 97 === 0 ? 1 + ((bucket + n) % 100) : id)),
      phase: vip.phase.map((phase, bucket) => ((bucket + n) % 31 === 0 ? 'settling' : phase)),
    })),
    operations: base.operations.map((operation) => ({ ...operation, elapsedMs: operation.elapsedMs + n * 100 })),
  });
}

/** A pretended terminal that counts what it is sent. */
class Terminal extends EventEmitter {
  readonly isTTY = true;
  readonly columns = 200;
  readonly rows = 60;
  bytes = 0;
  clears = 0;

  write(text: string): boolean {
    this.bytes += Buffer.byteLength(text);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the terminal's sequences for clearing it
    if (/\x1b\[[23]?J|\x1bc/.test(text)) this.clears++;
    return true;
  }
}

/** Measures every page; `scripts/bench.mjs` prints it. */
export async function benchmark() {
  const stdout = new Terminal();
  const stdin = new Keyboard();
  const view = viewInShift(100, 1_000, false);
  const display = await openDisplay({ stdout, stdin, environment: {} } as unknown as CommandContext, {
    title: 'mooring',
    subtitle: 'measurement',
    withLoad: false,
    onQuit: () => {},
    plain: false,
  });
  for (const line of view.log) display.dispatch({ kind: 'log', line });
  const texts = Array.from({ length: DIFFERENT_STATUSES }, (_, n) => statusText(view.controller!, n));
  const rows = [];
  for (const [index, page] of PAGES.entries()) {
    stdin.press(String(index + 1));
    stdout.bytes = 0;
    stdout.clears = 0;
    const before = process.cpuUsage();
    const startedMs = performance.now();
    await feed(texts, (text, n) => {
      display.dispatch({ kind: 'controller', view: JSON.parse(text) as ControllerView });
      display.dispatch({ kind: 'clock', nowMs: (n * 1000) / UPDATES_PER_SECOND });
    });
    const { user, system } = process.cpuUsage(before);
    rows.push({
      name: `terminal UI, 1,000 buckets, 100 servers, ${UPDATES_PER_SECOND} updates/s: ${page}`,
      unit: '% of a core',
      ours: ((user + system) / 1000 / (performance.now() - startedMs)) * 100,
      better: 'lower',
      bar: '< 20',
      note: `${Math.round(stdout.bytes / SECONDS / 1024)} KiB/s written, screen cleared ${stdout.clears} times`,
    });
  }
  display.close();
  return rows;
}

function feed(texts: readonly string[], take: (text: string, n: number) => void): Promise<void> {
  return new Promise((resolve) => {
    let n = 0;
    const timer = setInterval(() => {
      take(texts[n % texts.length]!, n);
      if (++n < SECONDS * UPDATES_PER_SECOND) return;
      clearInterval(timer);
      resolve();
    }, 1000 / UPDATES_PER_SECOND);
  });
}
