/**
 * The display on a pretended terminal that understands what it is sent: that what stands on the screen is the frame,
 * that nothing is cleared between frames and only changed rows are written, and that keys and answers go their way.
 */
import { EventEmitter } from 'node:events';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CommandContext } from '../../src/command-line/command.ts';
import { openDisplay } from '../../src/ui/display.ts';
import type { UiServices } from '../../src/ui/results.ts';
import { RowWriter } from '../../src/ui/row-writer.ts';
import { type Row, rowText } from '../../src/ui/rows.ts';
import { CONNECTIONS, SWITCH_DETAILS, viewInShift } from './fixtures.ts';
import { Keyboard } from './keyboard.ts';

/** A terminal's screen, as far as the display uses it. */
class Screen extends EventEmitter {
  readonly isTTY = true;
  columns = 80;
  rows = 24;
  lines: string[] = [];
  readonly writes: string[] = [];
  private waiting: (() => void)[] = [];

  write(text: string): boolean {
    this.writes.push(text);
    let line = 0;
    let column = 0;
    // biome-ignore lint/suspicious/noControlCharactersInRegex: terminal escapes begin with one
    for (const [part, row, of] of text.matchAll(/\x1b\[(\d+);(\d+)H|\x1b\[\??[\d;]*[a-zA-Z]|[^\x1b]/g)) {
      if (row !== undefined) {
        line = Number(row) - 1;
        column = Number(of) - 1;
      } else if (part === '\x1b[2J') this.lines = [];
      else if (part === '\x1b[K') this.lines[line] = (this.lines[line] ?? '').slice(0, column);
      else if (!part.startsWith('\x1b')) {
        const before = (this.lines[line] ?? '').padEnd(column);
        this.lines[line] = before.slice(0, column) + part + before.slice(column + 1);
        column++;
      }
    }
    for (const wake of this.waiting.splice(0)) wake();
    return true;
  }

  get text(): string {
    return this.lines.map((line) => (line ?? '').trimEnd()).join('\n');
  }

  /** Resolves when the text stands on the screen. */
  async shows(text: string): Promise<void> {
    while (!this.text.includes(text)) {
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
  }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the terminal's sequences for clearing it
const CLEARS = /\x1b\[[0123]?J|\x1bc/;

async function open(services?: Partial<UiServices>, environment: Record<string, string> = {}) {
  const screen = new Screen();
  const keyboard = new Keyboard();
  let quits = 0;
  const display = await openDisplay({ stdout: screen, stdin: keyboard, environment } as unknown as CommandContext, {
    title: 'mooring',
    subtitle: 'test',
    withLoad: false,
    onQuit: () => quits++,
    plain: false,
    ...(services === undefined
      ? {}
      : {
          services: {
            runCommand: undefined,
            search: () => Promise.reject(new Error('not asked for')),
            readSwitch: () => Promise.reject(new Error('not asked for')),
            trace: () => Promise.reject(new Error('not asked for')),
            ...services,
          },
        }),
  });
  return { screen, keyboard, display, quits: () => quits };
}

test('rows: the screen is the frame, whatever stood there before', () => {
  const text = fc.stringMatching(/^[a-zA-Z─█· ]{0,30}$/);
  const row: fc.Arbitrary<Row> = fc
    .array(fc.record({ text, bold: fc.boolean() }), { maxLength: 2 })
    .map((spans) => (rowText(spans).length <= 40 ? spans : []));
  fc.assert(
    fc.property(fc.array(fc.array(row, { maxLength: 6 }), { minLength: 1, maxLength: 8 }), (frames) => {
      const screen = new Screen();
      const writer = new RowWriter((out) => screen.write(out));
      for (const frame of frames) {
        writer.draw(frame, 40, 20, false);
        const wanted = frame.map((line) => rowText(line).trimEnd()).join('\n');
        expect(screen.text.trimEnd()).toBe(wanted.trimEnd());
      }
    }),
  );
});

test('nothing is cleared between frames, and only rows that changed are written', async () => {
  const { screen, display } = await open();
  const { controller } = viewInShift(5, 256, false);
  display.dispatch({ kind: 'controller', view: controller! });
  await screen.shows('swap s2 by s5');
  const first = screen.writes.length;
  for (let pins = 100; pins < 105; pins++) {
    display.dispatch({ kind: 'controller', view: { ...controller!, pins } });
    await screen.shows(`pins ${pins}`);
  }
  const later = screen.writes.slice(first);
  expect(later).toHaveLength(5);
  for (const written of later) {
    expect(written).not.toMatch(CLEARS);
    // One row: that with the pins.
    expect(written.match(/;1H/g)).toHaveLength(1);
    expect(written.startsWith('\x1b[?2026h') && written.endsWith('\x1b[?2026l')).toBe(true);
  }
  // A status that says the same costs nothing.
  display.dispatch({ kind: 'controller', view: { ...controller!, pins: 104 } });
  display.dispatch({ kind: 'clock', nowMs: 61_000 });
  await screen.shows('1:01');
  expect(screen.writes.at(-1)!.match(/;1H/g)).toHaveLength(1);
  display.close();
});

test('a screen that changes its size is drawn anew, once', async () => {
  const { screen, display } = await open();
  display.dispatch({ kind: 'controller', view: viewInShift(5, 256, false).controller! });
  await screen.shows('swap s2 by s5');
  const before = screen.writes.length;
  Object.assign(screen, { columns: 120, rows: 40 });
  screen.emit('resize');
  await screen.shows('weight 1');
  const after = screen.writes.slice(before);
  expect(after.filter((text) => CLEARS.test(text))).toHaveLength(1);
  expect(screen.lines.length).toBeLessThan(40);
  expect(Math.max(...screen.lines.map((line) => line.length))).toBeLessThanOrEqual(120);
  display.close();
});

test('a terminal that is too small shows a part, and is not written beyond', async () => {
  const { screen, display } = await open();
  Object.assign(screen, { columns: 20, rows: 5 });
  screen.emit('resize');
  display.dispatch({ kind: 'controller', view: viewInShift(5, 256, false).controller! });
  await screen.shows('web 10.0.0.1');
  expect(screen.lines.length).toBeLessThanOrEqual(5);
  expect(Math.max(...screen.lines.map((line) => line.length))).toBeLessThanOrEqual(20);
  display.close();
});

test('the terminal gets back its own screen and its cursor', async () => {
  const { screen, display } = await open();
  display.close();
  display.close();
  const all = screen.writes.join('');
  expect(all.startsWith('\x1b[?1049h')).toBe(true);
  expect(all.endsWith('\x1b[?25h\x1b[?1049l')).toBe(true);
  expect(all.split('\x1b[?1049l')).toHaveLength(2);
  screen.emit('resize');
  expect(screen.writes.join('')).toBe(all);
});

test('NO_COLOR: bold and inverse are left, colours are not', async () => {
  const { screen, display } = await open(undefined, { NO_COLOR: '1' });
  display.dispatch({ kind: 'controller', view: viewInShift(5, 256, false).controller! });
  await screen.shows('swap s2 by s5');
  const styles = new Set(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: terminal escapes begin with one
    [...screen.writes.join('').matchAll(/\x1b\[([\d;]*)m/g)].flatMap(([, codes]) => codes!.split(';')),
  );
  expect([...styles].sort()).toEqual(['0', '1', '2', '7']);
  display.close();
});

describe('keys', () => {
  test('an abort goes through question, command and answer', async () => {
    const commands: (readonly string[])[] = [];
    const { screen, keyboard, display, quits } = await open({
      runCommand: async (argv) => {
        commands.push(argv);
        return { status: 0, stdout: '#3 swap s2 by s5 rolling-back, 22 of 64 buckets\n', stderr: '' };
      },
    });
    display.dispatch({ kind: 'controller', view: viewInShift(5, 256, false).controller! });
    keyboard.press('3');
    await screen.shows('committed');
    keyboard.press('a');
    await screen.shows('abort #3 swap s2 by s5?  y yes  n no');
    keyboard.press('y');
    await screen.shows('#3 swap s2 by s5 rolling-back');
    expect(commands).toEqual([['abort', '3']]);
    keyboard.press(':status\r');
    await screen.shows('rolling-back');
    expect(commands.at(-1)).toEqual(['status']);
    keyboard.press('q');
    expect(quits()).toBe(1);
    display.close();
  });

  test('search, switch and trace show answers and errors', async () => {
    let isAway = true;
    const { screen, keyboard, display } = await open({
      search: async (client) => ({
        connections: CONNECTIONS.filter((found) => found.client.startsWith(client)),
        omitted: 0,
      }),
      readSwitch: async () => {
        if (isAway) throw new Error('the switch does not answer');
        return SWITCH_DETAILS;
      },
      trace: async (query) => [`received ${query.client} ${query.packet}`],
    });
    display.dispatch({ kind: 'controller', view: viewInShift(5, 256, false).controller! });
    keyboard.press('5/192.0.2.7:51515\r');
    await screen.shows('It is not pinned, so it is older');
    keyboard.press('t');
    await screen.shows('received 192.0.2.7:51515 SYN');
    keyboard.press('7');
    await screen.shows('the switch does not answer');
    isAway = false;
    keyboard.press('r');
    await screen.shows('nearly full');
    display.close();
  });

  test('before there is a controller, questions are answered all the same', async () => {
    const { screen, keyboard, display } = await open();
    keyboard.press('8/192.0.2.7:1\r');
    await screen.shows('there is no controller to ask yet');
    keyboard.press(':');
    await screen.shows('takes no orders');
    display.close();
  });
});
