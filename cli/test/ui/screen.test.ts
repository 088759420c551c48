/** Whole frames of every page, small and large, with and without colour, and that none ever outgrows its terminal. */
import { describe, expect, test } from 'vitest';
import { emptyTally } from '../../src/load/tally.ts';
import { initialView } from '../../src/ui/model.ts';
import { encodeRow, rowText } from '../../src/ui/rows.ts';
import { screenRows } from '../../src/ui/screen.ts';
import { PAGES, type UiState } from '../../src/ui/state.ts';
import { CONNECTIONS, play, SWITCH_DETAILS, stateOf, swapView, typed, viewInRemap, viewInShift } from './fixtures.ts';

/** A frame as text, without colour. */
function frame(state: UiState): string {
  return screenRows(state).map(rowText).join('\n');
}

/** A frame with its escape sequences, which are printed in angle brackets. */
function colourFrame(state: UiState): string {
  const text = screenRows(state).map((line) => encodeRow(line, true));
  return text.join('\n').replaceAll('\x1b[0m', '<>').replaceAll('\x1b[', '<');
}

/** A state with an answer to everything that can be asked. */
function answered(base: UiState): UiState {
  const lines = ['received at port 1: 54 bytes 4500', '  parser state start', '    table vips (): hit, entry 0'];
  return play(
    base,
    ...['5', '/', ...typed('192.0.2.7'), 'enter'],
    { kind: 'found', answer: { value: { connections: CONNECTIONS, omitted: 3 } } },
    '7',
    { kind: 'switch-read', answer: { value: SWITCH_DETAILS } },
    ...['8', '/', ...typed('192.0.2.7:51514'), 'enter'],
    { kind: 'traced', answer: { value: [...lines, 'sent at port 3: 54 bytes 4500'] } },
  ).state;
}

const SIZES = [
  { columns: 80, rows: 24, view: viewInShift(5, 256) },
  { columns: 200, rows: 60, view: viewInShift(100, 1_000, false) },
] as const;

describe.each(SIZES)('$columns x $rows', ({ columns, rows, view }) => {
  const state = answered(stateOf(view, { columns, rows }));

  test.each(PAGES.map((page, index) => [page, String(index + 1)]))('%s', (_, key) => {
    expect(frame(play(state, key).state)).toMatchSnapshot();
  });

  test.each(PAGES.map((page, index) => [page, String(index + 1)]))('%s, in colour', (_, key) => {
    const shown = play(state, key).state;
    expect(colourFrame(shown)).toMatchSnapshot();
    expect(colourFrame(shown).replace(/<[\d;]*m?>?/g, '')).toBe(frame(shown).replace(/<[\d;]*m?>?/g, ''));
  });

  test.each(PAGES.map((page, index) => [page, String(index + 1)]))('help of %s', (_, key) => {
    expect(frame(play(state, key, '?').state)).toMatchSnapshot();
  });
});

describe.each([
  { columns: 80, rows: 24, view: viewInRemap(5, 256, 300) },
  { columns: 80, rows: 24, view: viewInRemap(3, 16, 12) },
  { columns: 200, rows: 60, view: viewInRemap(100, 1_000, 20_000) },
])('while a mapping changes, $columns x $rows', ({ columns, rows, view }) => {
  const state = play(stateOf(view, { columns, rows }), '2').state;

  test('the coming one is shown with its servers, with and without colour', () => {
    expect(frame(state)).toMatchSnapshot();
    expect(colourFrame(state)).toMatchSnapshot('in colour');
    expect(frame(play(state, '1').state)).toContain('ready for another mapping');
  });

  test('one server alone, in both mappings', () => {
    const shown = play(state, 'right', 'f').state;
    expect(shown.onlyServer).toBe(view.controller!.vips[0]!.base[shown.bucket]);
    expect(frame(shown)).toMatchSnapshot();
    expect(play(shown, 'enter').state.page).toBe('server');
  });
});

describe('80 x 24', () => {
  test('before anything is known', () => {
    const state = stateOf(initialView('mooring up', 'starting', false));
    for (const key of ['1', '2', '3', '4', '5', '6', '7', '8']) {
      expect(frame(play(state, key).state)).toMatchSnapshot(`page ${key}`);
    }
  });

  test('the controller is down and connections broke', () => {
    const view = viewInShift(5, 256);
    const tally = { ...emptyTally(), alive: 500, opened: 2_000, finished: 1_480, reset: 12, refused: 8, stalled: 3 };
    const text = frame(stateOf({ ...view, controllerReachable: false, tally }));
    expect(text).toContain('CONTROLLER DOWN');
    expect(text).toContain('!20 reset');
    expect(text).toContain('!3 stalled');
    expect(text).toContain(' 0 mismatched');
  });

  test('a virtual address that refuses new connections says so', () => {
    const view = viewInShift(5, 256);
    const controller = view.controller!;
    const shownWith = (refuses: 'drop' | 'reset'): string =>
      frame(stateOf({ ...view, controller: { ...controller, vips: [{ ...controller.vips[0]!, refuses }] } }));
    expect(shownWith('drop')).toContain('web 10.0.0.1:80 tcp, FULL: new connections dropped');
    expect(shownWith('reset')).toContain('web 10.0.0.1:80 tcp, FULL: new connections reset');
  });

  test('what must be seen is in the title of every page', () => {
    const view = viewInShift(5, 256, false);
    const controller = view.controller!;
    const servers = controller.servers.map((server, index) => (index === 3 ? { ...server, health: 'down' } : server));
    const away = { ...controller.switch, connected: false };
    const full = { ...controller.vips[0]!, refuses: 'drop' as const };
    const waiting = swapView('s5', { awaitsApproval: true });
    const cases = [
      [{ ...controller, servers }, '1 DOWN'],
      [{ ...controller, astray: 3 }, '3 ASTRAY'],
      [{ ...controller, vips: [full] }, 'web FULL'],
      [{ ...controller, vips: [full, full] }, '2 VIPS FULL'],
      [{ ...controller, switch: away }, 'SWITCH AWAY'],
      [{ ...controller, otherSwitches: [{ ...away, name: 'b' }] }, 'SWITCH b AWAY'],
      [{ ...controller, operations: [waiting] }, 'APPROVE #3?'],
      [{ ...controller, operations: [swapView('s5', { isPaused: true })] }, '#3 PAUSED'],
      [{ ...controller, pinning: false }, 'PINNING OFF'],
    ] as const;
    for (const columns of [60, 80]) {
      for (const [changed, alert] of cases) {
        const state = stateOf({ ...view, controller: changed }, { columns });
        for (const key of ['1', '4', '8']) {
          expect(frame(play(state, key).state).split('\n')[0]).toMatch(
            new RegExp(`${alert.replace('?', '[?]')}  03:14:27 UTC$`),
          );
        }
      }
    }
    const quiet = { ...view, controller };
    expect(frame(stateOf(quiet)).split('\n')[0]).toMatch(/control\.sock {2,}03:14:27 UTC$/);
  });

  test('a controller that is down has been so for a time, and is not any more when it answers', () => {
    const view = viewInShift(5, 256, false);
    const gone = play(
      stateOf(view),
      { kind: 'view', event: { kind: 'controller-lost' } },
      { kind: 'view', event: { kind: 'clock', nowMs: view.nowMs + 65_000 } },
      { kind: 'view', event: { kind: 'controller-lost' } },
    ).state;
    expect(frame(gone).split('\n')[0]).toContain('CONTROLLER DOWN for 1:05');
    const back = play(gone, { kind: 'view', event: { kind: 'controller', view: view.controller! } }).state;
    expect(frame(back).split('\n')[0]).not.toContain('DOWN');
  });

  test('the switch page does not pass what it was told off as how it is', () => {
    const view = viewInShift(5, 256, false);
    const read = play(stateOf(view), '7', { kind: 'switch-read', answer: { value: SWITCH_DETAILS } }).state;
    expect(frame(read)).toContain('connected, this controller is the primary one');
    const gone = play(
      read,
      { kind: 'view', event: { kind: 'controller-lost' } },
      { kind: 'switch-read', answer: { error: 'no controller answers' } },
    ).state;
    expect(frame(gone)).not.toContain('connected, this controller');
    expect(frame(gone)).toContain('nobody tells while the controller is down');
    expect(frame(gone)).toContain('tables as last written');
    const controller = view.controller!;
    const away = {
      ...controller,
      switch: { ...controller.switch, connected: false, error: 'the connection was lost' },
    };
    const unread = { ...SWITCH_DETAILS, tables: [{ name: 'a_table_with_a_long_name', entries: 5, size: 0 }] };
    const lost = play(stateOf({ ...view, controller: away }), '7', {
      kind: 'switch-read',
      answer: { value: unread },
    }).state;
    expect(frame(lost)).toContain('not connected: the connection was lost');
    expect(frame(lost)).toContain('tables as last written');
    expect(frame(lost)).toMatch(/a_table_with_a_long_name +5 *$/m);
  });

  test('what one decides by is whole at any width: plan, remarks, result, output of commands, hints', () => {
    const remark =
      'a live connection that is silent for more than 30 s breaks when its bucket commits, and nobody is told';
    const view = viewInShift(5, 256, false);
    const withOperation = (changes: Parameters<typeof swapView>[1]) =>
      ({ ...view, controller: { ...view.controller!, operations: [swapView('s5', changes)] } }) as const;
    const inOneLine = (state: UiState): string => frame(state).replace(/\s+/g, ' ');
    for (const columns of [60, 80]) {
      const asked = stateOf(withOperation({ awaitsApproval: true, remarks: [remark], plans: [] }), { columns });
      expect(inOneLine(play(asked, '3').state)).toContain(remark);
      const failed = stateOf(withOperation({ isOver: true, phase: 'failed', message: remark }), { columns, rows: 15 });
      expect(inOneLine(play(failed, '3').state)).toContain(`result ${remark}`);
      const taller = play(failed, { kind: 'resize', columns, rows: 24 }, '3').state;
      expect(frame(taller)).toContain('time       7.4 s, 11-22 03:14:19 to 03:14:26');
      const printed = { value: { status: 0, stdout: `${remark}\n1\n2\n3\n4\n`, stderr: '' } };
      const told = play(stateOf(view, { columns }), { kind: 'commanded', argv: ['plan'], answer: printed }).state;
      expect(inOneLine(told)).toContain(remark);
      const traced = play(stateOf(view, { columns }), '8', { kind: 'traced', answer: { value: [`  ${remark}`] } });
      expect(inOneLine(traced.state)).toContain(remark);
      expect(inOneLine(play(stateOf(view, { columns }), '5').state)).toContain('192.0.2.7 lists its pinned ones');
      expect(inOneLine(play(stateOf(view, { columns }), '8').state)).toContain('v the virtual address');
      const tabs = frame(stateOf(view, { columns })).split('\n')[1];
      expect(tabs).toMatch(/^1 Overview {2}2.* 8( Trace)?$/);
    }
  });

  test('an operation that is paused shows how far it is; one that goes back counts what is back', () => {
    const view = viewInShift(5, 256, false);
    const shown = (changes: Parameters<typeof swapView>[1]): string => {
      const controller = { ...view.controller!, operations: [swapView('s5', changes)] };
      return frame(play(stateOf({ ...view, controller }), '3').state);
    };
    expect(shown({ phase: 'paused', isPaused: true })).toMatch(/✓preparing ─ {2}shifting .*PAUSED: p goes on/);
    expect(shown({ phase: 'rolling-back' })).toMatch(/back +█+░* 22 of 64 buckets/);
    expect(shown({ phase: 'shifting' })).toMatch(/committed +█+░* 22 of 64 buckets/);
  });

  test('an operation says between which servers, and addresses that have no line are told of', () => {
    const view = viewInShift(5, 256, false);
    const controller = view.controller!;
    const long = swapView('s5', { title: 'swap backend-005.example.com by backend-099.example.com' });
    const vips = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => ({ ...controller.vips[0]!, name }));
    for (const columns of [80, 120]) {
      const state = stateOf({ ...view, controller: { ...controller, vips, operations: [long] } }, { columns });
      for (const key of ['1', '3']) {
        expect(frame(play(state, key).state)).toMatch(/swap backend-005\S* by backend-099/);
      }
      expect(frame(state)).toContain('─ a 10.0.0.1:80');
      expect(frame(state)).toContain('and 2 more: v shows the next one');
      expect(frame(play(state, 'v', 'v').state)).toContain('─ c 10.0.0.1:80');
    }
  });

  test('help explains the words of a page, and is scrolled where it is longer than the screen', () => {
    for (const rows of [12, 24, 60]) {
      let state = play(stateOf(viewInShift(5, 256, false), { rows }), '3', '?').state;
      const seen = new Set<string>();
      for (let line = 0; line < 40; line++) {
        for (const text of frame(state).split('\n')) seen.add(text.trim());
        state = play(state, 'j').state;
      }
      expect([...seen]).toContainEqual(expect.stringMatching(/^committed +buckets that no old connection needs/));
      expect([...seen]).toContainEqual(expect.stringMatching(/^q +leave$/));
      expect(play(state, 'G', 'g').state.helpScroll).toBe(0);
      expect(play(state, 'escape', '?').state.helpScroll).toBe(0);
    }
  });

  test('a server: its lines are whole, and cells of several buckets are said to be', () => {
    const view = viewInShift(5, 4_000, false);
    const agent = { connections: 1_200, halfOpen: 3, acceptQueue: 17, acceptQueueLimit: 128 };
    const servers = view.controller!.servers.map((server) => ({ ...server, agent }));
    const shown = { ...view, controller: { ...view.controller!, servers } };
    const text = frame(play(stateOf(shown, { columns: 60, rows: 30 }), '4').state);
    expect(text.replace(/\s+/g, ' ')).toContain('1,200 connections, 3 half open, 17 of 128 wait to be accepted');
    expect(text.replace(/\s+/g, ' ')).toContain('of 1,000 it is the base');
    expect(text).toMatch(/\d+ buckets a cell: its letter where any of them is its/);
    expect(frame(play(stateOf(viewInShift(5, 64, false)), '4').state)).not.toContain('buckets a cell:');
    const vipGone = swapView('s5', { title: 'remove-vip web', vip: '' });
    const controller = { ...view.controller!, operations: [vipGone] };
    expect(frame(play(stateOf({ ...view, controller }), '3').state)).toContain('─ #3 remove-vip web ───');
  });

  test('why a connection goes where it goes is whole, however long the names', () => {
    const name = 'backend-with-a-very-long-name-01.example.com';
    const reason = `Bucket 9 gets ready to go from ${name} to ${name}: what lives is being pinned to it, which takes as long as told.`;
    const long = { ...CONNECTIONS[1]!, server: name, base: name, current: name, newConnection: name, reason };
    for (const connections of [[long], Array(30).fill(long)]) {
      const answer = { value: { connections, omitted: 2 } };
      const text = frame(play(stateOf(viewInShift(5, 256, false)), '5', { kind: 'found', answer }).state);
      expect(text.replace(/\s+/g, ' ')).toContain(reason);
      expect(text).toContain('and 2 more');
    }
  });

  test('under help and output the footer has their keys, not those of the page', () => {
    const state = stateOf(viewInShift(5, 256, false));
    expect(
      frame(play(state, '3', '?').state)
        .split('\n')
        .at(-1),
    ).toBe(' esc closes this  j/k scroll');
    const printed = { value: { status: 0, stdout: '1\n2\n3\n4\n5\n', stderr: '' } };
    const told = play(state, '3', { kind: 'commanded', argv: ['plan'], answer: printed }).state;
    expect(frame(told).split('\n').at(-1)).toBe(' esc closes this  j/k scroll');
  });

  test('an event is shown whole, and none is skipped while paging', () => {
    const view = viewInShift(5, 256, false);
    const log = Array.from({ length: 60 }, (_, index) => ({
      atMs: view.nowMs,
      severity: 'warning' as const,
      text: `the switch is away: number ${index}, ${'and so on, '.repeat(index % 5)}end ${index}.`,
    }));
    let state = play(stateOf({ ...view, log }), '6').state;
    const seen = new Set<string>();
    for (let screens = 0; screens < 30; screens++) {
      const text = frame(state).replace(/\s+/g, ' ');
      for (const [, number, end] of text.matchAll(/number (\d+), (?:(?:and so on, )*end (\d+)\.)?/g)) {
        expect(end).toBe(number);
        seen.add(number!);
      }
      state = play(state, 'pageup').state;
    }
    expect(seen.size).toBe(60);
    expect(frame(play(state, 'g').state)).toContain('11-22 03:14:27 warning  the switch is away: number 0');
  });

  test('a question, a field, and how a command went', () => {
    const state = stateOf(viewInShift(5, 256, false));
    expect(
      frame(play(state, '3', 'a').state)
        .split('\n')
        .at(-1),
    ).toBe(' abort #3 swap s2 by s5?  y yes  n no  (mooring abort 3)');
    expect(
      frame(play(state, '4', 'd').state)
        .split('\n')
        .at(-1),
    ).toBe(' mooring drain s1  ');
    const failed = play(state, {
      kind: 'commanded',
      argv: ['drain', 's9'],
      answer: { value: { status: 1, stdout: '', stderr: 'mooring: there is no server `s9`\n  choices: s1, s2\n' } },
    }).state;
    expect(frame(failed).split('\n').at(-2)).toContain('there is no server `s9` · choices: s1, s2');
  });

  test('an operation that waits for approval shows its plan; one that lost connections says so', () => {
    const view = viewInShift(5, 256, false);
    const waiting = swapView('s5', {
      phase: 'awaiting-approval',
      awaitsApproval: true,
      astray: 2,
      resets: { seen: 9, usual: 4, suspected: 5 },
      ended: ['192.0.2.7:51514'],
    });
    const state = stateOf({ ...view, controller: { ...view.controller!, operations: [waiting], astray: 2 } });
    const text = frame(play(state, '3').state);
    expect(text).toContain('waits for approval   y lets it go, a discards it');
    expect(text).toContain('64 buckets move, at least 64 must; about 9.0 s');
    expect(text).toContain('137 live connections, 90 pins needed, room for 16,384');
    expect(text).toContain('2 live connections changed server');
    expect(text).toContain('SUSPECTED  9 "no such connection" from its servers, 4 at most are usual');
    expect(text).toContain('ended      1 at the deadline or with their server: 192.0.2.7:51514');
    expect(frame(state)).toContain('2 CONNECTIONS ASTRAY');
  });
});

test('a frame never outgrows its terminal', () => {
  const sizes = [
    [80, 24],
    [100, 30],
    [120, 40],
    [200, 60],
    [60, 20],
  ] as const;
  for (const [columns, rows] of sizes) {
    for (const servers of [2, 40]) {
      for (const buckets of [16, 1_000, 65_536]) {
        const views = [false, true].map((withLoad) => viewInShift(servers, buckets, withLoad));
        for (const view of [...views, viewInRemap(servers, buckets, 1_000)]) {
          const base = answered(stateOf(view, { columns, rows }));
          for (const [index, page] of PAGES.entries()) {
            for (const keys of [[], ['?']]) {
              const lines = screenRows(play(base, String(index + 1), ...keys).state).map(rowText);
              const where = `${page}, ${columns}x${rows}, ${servers} servers, ${buckets} buckets`;
              expect(lines.length, where).toBeLessThan(rows);
              expect(Math.max(...lines.map((line) => line.length)), where).toBeLessThanOrEqual(columns);
            }
          }
        }
      }
    }
  }
});
