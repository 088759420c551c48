/** The reducer: what each key and answer makes of the screen, and what it asks to be done. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { refusalOf, splitCommandLine } from '../../src/ui/commands.ts';
import { keyNames } from '../../src/ui/key-names.ts';
import { actionOf, GLOBAL_BINDINGS, PAGE_BINDINGS } from '../../src/ui/keys.ts';
import { initialView } from '../../src/ui/model.ts';
import { rowText } from '../../src/ui/rows.ts';
import { screenRows } from '../../src/ui/screen.ts';
import { listedEvents, listedServers, selectedServer } from '../../src/ui/selectors.ts';
import { PAGES } from '../../src/ui/state.ts';
import { CONNECTIONS, play, SWITCH_DETAILS, stateOf, swapView, typed, viewInShift } from './fixtures.ts';

const state = stateOf(viewInShift(5, 256, false));

describe('pages', () => {
  test('numbers and tab change the page, esc goes back', () => {
    expect(PAGES.map((_, index) => play(state, String(index + 1)).state.page)).toEqual([...PAGES]);
    expect(play(state, 'tab', 'tab').state.page).toBe('shift');
    expect(play(state, 'shift-tab').state.page).toBe('trace');
    expect(play(state, '4', '6', 'escape').state.page).toBe('server');
    expect(play(state, '4', '6', 'escape', 'escape', 'escape').state.page).toBe('overview');
  });

  test('help covers the page until it is left, and takes the keyboard', () => {
    const help = play(state, '3', '?');
    expect(help.state.isHelpOpen).toBe(true);
    expect(play(help.state, 'a', '5').state).toBe(help.state);
    expect(play(help.state, 'escape').state).toMatchObject({ isHelpOpen: false, page: 'shift' });
  });

  test('q and Ctrl-C leave, Ctrl-C from anywhere', () => {
    expect(play(state, 'q').effects).toEqual([{ kind: 'quit' }]);
    expect(play(state, '3', 'a', 'ctrl-c').effects).toEqual([{ kind: 'quit' }]);
    expect(play(state, ':', 'q').effects).toEqual([]);
  });

  test('where leaving stops more than the screen it is asked about, once', () => {
    const up = { ...state, quitQuestion: 'stop the controller?' };
    for (const key of ['q', 'ctrl-c']) {
      const asked = play(up, key);
      expect(asked).toMatchObject({
        effects: [],
        state: { confirm: { kind: 'quit', question: 'stop the controller?' } },
      });
      expect(play(asked.state, 'n')).toMatchObject({ effects: [], state: { confirm: undefined } });
      expect(play(asked.state, 'y').effects).toEqual([{ kind: 'quit' }]);
      expect(play(asked.state, 'ctrl-c').effects).toEqual([{ kind: 'quit' }]);
    }
    expect(play(up, '3', 'a', 'ctrl-c').state.confirm?.kind).toBe('quit');
  });

  test('no key means two things on a page, and every binding is reached', () => {
    for (const page of PAGES) {
      const keys = PAGE_BINDINGS[page].flatMap((binding) => binding.keys);
      expect(new Set(keys).size, page).toBe(keys.length);
      for (const binding of PAGE_BINDINGS[page]) {
        for (const key of binding.keys) expect(actionOf(page, key)).toBe(binding.action);
      }
      for (const binding of GLOBAL_BINDINGS) expect(actionOf(page, binding.keys[0]!)).toBe(binding.action);
    }
  });
});

describe('orders', () => {
  test('an abort is asked about, shown as a command, and run on yes only', () => {
    const asked = play(state, '3', 'a');
    expect(asked.effects).toEqual([]);
    expect(asked.state.confirm).toEqual({ kind: 'command', question: 'abort #3 swap s2 by s5?', argv: ['abort', '3'] });
    expect(play(asked.state, 'y').effects).toEqual([{ kind: 'command', argv: ['abort', '3'] }]);
    expect(play(asked.state, 'y').state.confirm).toBeUndefined();
    for (const key of ['n', 'escape']) {
      expect(play(asked.state, key)).toMatchObject({ effects: [], state: { confirm: undefined } });
    }
    expect(play(asked.state, 'j', 'x').state).toEqual(asked.state);
  });

  test('pause, resume and approve go by what the operation is doing', () => {
    const withOperation = (changes: Parameters<typeof swapView>[1]) => {
      const view = viewInShift(5, 256, false);
      return stateOf({ ...view, controller: { ...view.controller!, operations: [swapView('s5', changes)] } });
    };
    expect(play(withOperation({}), '3', 'p').state.confirm).toMatchObject({ argv: ['pause', '3'] });
    expect(play(withOperation({ isPaused: true }), '3', 'p').state.confirm).toMatchObject({ argv: ['resume', '3'] });
    expect(play(withOperation({ awaitsApproval: true }), '3', 'y').state.confirm).toMatchObject({
      argv: ['approve', '3'],
    });
    expect(play(withOperation({}), '3', 'y').state).toMatchObject({
      confirm: undefined,
      message: { text: '#3 swap s2 by s5 does not wait for approval', isError: true },
    });
    for (const key of ['a', 'p']) {
      expect(play(withOperation({ isOver: true }), '3', key).state.message?.text).toBe('#3 swap s2 by s5 is over');
    }
  });

  test('an operation is taken back also when it is over', () => {
    expect(play(state, '3', 'j', 'u').state.confirm).toEqual({
      kind: 'command',
      question: 'take #2 add s4 back?',
      argv: ['rollback', '2'],
    });
  });

  test('the selected operation is the one that is meant', () => {
    const second = play(state, '3', 'j');
    expect(second.state.operation).toBe('2');
    expect(play(second.state, 'a').state.message?.text).toBe('#2 add s4 is over');
    expect(play(second.state, 'k', 'a').state.confirm).toMatchObject({ argv: ['abort', '3'] });
  });

  test('keys of the server page open the prompt with a command for the selected server', () => {
    const third = play(state, '4', 'j', 'j').state;
    expect(play(third, 's').state.input).toEqual({ purpose: 'command', text: 'swap s3 ' });
    expect(play(third, 's', ...typed('s5'), 'enter').effects).toEqual([
      { kind: 'command', argv: ['swap', 's3', 's5'] },
    ]);
    expect(play(third, 'd', 'enter').effects).toEqual([{ kind: 'command', argv: ['drain', 's3'] }]);
    expect(play(third, 'x', 'escape', 'enter').effects).toEqual([]);
  });

  test('the prompt takes any command line', () => {
    const run = play(state, ':', ...typed('drainn'), 'backspace', ...typed(' s1 --deadline 5'), 'enter');
    expect(run.effects).toEqual([{ kind: 'command', argv: ['drain', 's1', '--deadline', '5'] }]);
    expect(run.state.input).toBeUndefined();
    expect(play(state, ':', ...typed('  '), 'enter').effects).toEqual([]);
    expect(play(state, ':', ...typed('abc'), 'ctrl-u').state.input?.text).toBe('');
  });

  test('where no orders are taken, the keys say so', () => {
    const readOnly = stateOf(viewInShift(5, 256), {}, false);
    for (const keys of [[':'], ['3', 'a'], ['4', 'd']]) {
      const { state: after, effects } = play(readOnly, ...keys);
      expect(after.message?.text).toContain('takes no orders');
      expect([after.input, after.confirm, effects]).toEqual([undefined, undefined, []]);
    }
    expect(play(readOnly, { kind: 'steering', canSteer: true }, ':').state.input?.purpose).toBe('command');
  });

  test('how a command went is shown until the next key', () => {
    const done = play(state, {
      kind: 'commanded',
      argv: ['abort', '3'],
      answer: { value: { status: 0, stdout: '#3 swap s2 by s5 rolling-back\n', stderr: '' } },
    });
    expect(done.state.message).toEqual({ text: '#3 swap s2 by s5 rolling-back', isError: false });
    expect(play(done.state, 'j').state.message).toBeUndefined();
    const onEvents = play(play(state, '6').state, {
      kind: 'commanded',
      argv: ['abort'],
      answer: { value: { status: 0, stdout: 'done', stderr: '' } },
    }).state;
    expect(play(onEvents, 'escape').state).toMatchObject({ message: undefined, page: 'events' });
    expect(play(onEvents, 'escape', 'escape').state.page).toBe('overview');
    const lost = play(state, { kind: 'commanded', argv: ['abort', '3'], answer: { error: 'it is gone' } });
    expect(lost.state.message).toEqual({ text: 'abort 3: it is gone', isError: true });
  });

  test('up in the prompt brings back what was typed, once each', () => {
    const failed = { value: { status: 1, stdout: '', stderr: 'no' } };
    let current = state;
    for (const line of ['drain s1', 'swap s9 s5', 'drain s1']) {
      const step = play(current, ':', ...typed(line), 'enter');
      current = play(step.state, { kind: 'commanded', argv: [], answer: failed }, 'escape').state;
    }
    const recalled = (...keys: string[]): string | undefined => play(current, ':', ...keys).state.input?.text;
    expect([recalled('up'), recalled('up', 'up'), recalled('up', 'up', 'up')]).toEqual([
      ...['drain s1', 'swap s9 s5', 'swap s9 s5'],
    ]);
    expect([recalled('up', 'up', 'down'), recalled('up', 'down'), recalled('down')]).toEqual(['drain s1', '', '']);
    expect(play(current, ':', 'up', 'up', 'backspace', '4', 'enter').effects).toEqual([
      { kind: 'command', argv: ['swap', 's9', 's4'] },
    ]);
    expect(play(current, '6', '/', 'x', 'up').state.input?.text).toBe('x');
  });

  test('a message is shown whole', () => {
    const stderr = `mooring: error: ${'it is said at length. '.repeat(14)}the end`;
    const told = play(state, { kind: 'commanded', argv: ['x'], answer: { value: { status: 1, stdout: '', stderr } } });
    expect(screenRows(told.state).map(rowText).join(' ')).toContain('the end');
  });

  test('what is longer than a message goes over the page, is scrolled and left', () => {
    const stdout = Array.from({ length: 40 }, (_, index) => `line ${index}\n`).join('');
    const { state: open } = play(state, '4', {
      kind: 'commanded',
      argv: ['plan', 'drain', 's1'],
      answer: { value: { status: 0, stdout, stderr: '' } },
    });
    const text = (from: typeof state): string => screenRows(from).map(rowText).join('\n');
    expect(text(open)).toContain('mooring plan drain s1, lines 1 to 19 of 40');
    expect(text(play(open, 'j', 'pagedown').state)).toContain('lines 21 to 39 of 40');
    expect(text(play(open, 'G').state)).toContain('line 39');
    expect(text(play(open, 'G', 'k').state)).toContain('lines 21 to 39');
    expect(text(play(open, 'G', 'g', 'k').state)).toContain('lines 1 to 19');
    expect(play(open, 'd', '1').state).toEqual(open);
    expect(play(open, 'escape').state).toMatchObject({ output: undefined, page: 'server' });
  });

  test('command lines are split as a shell would, and those that never end are refused', () => {
    expect(splitCommandLine('mooring add s6 --address "10.0.0.16" \'a b\'c')).toEqual([
      'add',
      's6',
      '--address',
      '10.0.0.16',
      'a bc',
    ]);
    expect(splitCommandLine(' ')).toEqual([]);
    expect([refusalOf(['demo']), refusalOf(['status', '-w'])]).toEqual([
      'demo runs on; start it in a shell',
      'you are watching already',
    ]);
    expect([refusalOf(['status']), refusalOf(['swap', 's1', 's2'])]).toEqual([undefined, undefined]);
  });
});

describe('servers', () => {
  test('selection stays with the server when the order changes, and stops at the ends', () => {
    const last = play(state, '4', 'G').state;
    expect(selectedServer(last)?.server.name).toBe('s5');
    expect(selectedServer(play(last, 'j').state)?.server.name).toBe('s5');
    expect(selectedServer(play(last, 'o', 'o', 'o').state)?.server.name).toBe('s5');
    expect(selectedServer(play(last, 'g', 'k').state)?.server.name).toBe('s1');
  });

  test('orders: by place, trouble, name, buckets, pins, load', () => {
    const names = (keys: readonly string[]): string[] =>
      listedServers(play(state, '4', ...keys).state).map(({ server }) => server.name);
    expect(names([])).toEqual(['s1', 's2', 's3', 's4', 's5']);
    expect(names(['o'])).toEqual(['s2', 's1', 's3', 's4', 's5']);
    expect(names(['o', 'o', 'o'])).toEqual(['s1', 's3', 's4', 's5', 's2']);
    expect(names(['o', 'o', 'o', 'o'])).toEqual(['s5', 's1', 's2', 's3', 's4']);
    expect(names(['o', 'o', 'o', 'o', 'o'])).toEqual(['s5', 's4', 's3', 's2', 's1']);
    const many = play(stateOf(viewInShift(11, 64, false)), '4', 'o', 'o').state;
    expect(
      listedServers(many)
        .map(({ server }) => server.name)
        .slice(-2),
    ).toEqual(['s10', 's11']);
  });

  test('the filter works while it is typed; enter keeps it, esc clears it', () => {
    const typing = play(state, '4', '/', ...typed('drain')).state;
    expect(listedServers(typing).map(({ server }) => server.name)).toEqual(['s2']);
    expect(listedServers(play(typing, 'enter').state)).toHaveLength(1);
    expect(listedServers(play(typing, 'escape').state)).toHaveLength(5);
    expect(play(typing, ...typed('xyz'), 'enter', 'j').state.page).toBe('server');
  });

  test('enter leads from overview to server to its buckets, and from a bucket to its server', () => {
    const buckets = play(state, 'j', 'enter', 'enter').state;
    expect(buckets).toMatchObject({ page: 'buckets', onlyServer: 1, bucket: 0 });
    // The one that leaves has old connections only.
    expect(play(state, 'j', 'j', 'enter', 'enter').state).toMatchObject({ onlyServer: 2, bucket: 5 });
    const third = play(state, '4', 'j', 'j', 'enter').state;
    expect(third).toMatchObject({ page: 'buckets', onlyServer: 3, bucket: 10 });
    expect(selectedServer(play(third, 'enter').state)?.server.name).toBe('s3');
    expect(play(third, 'enter').state.page).toBe('server');
  });
});

describe('bucket map', () => {
  test('the cursor moves by cells and rows and never leaves the map', () => {
    expect(play(state, '2', 'right', 'l', 'left').state.bucket).toBe(1);
    expect(play(state, '2', 'down').state.bucket).toBe(78);
    expect(play(state, '2', 'up', 'left').state.bucket).toBe(0);
    expect(play(state, '2', 'G').state.bucket).toBe(255);
    expect(play(state, '2', 'G', 'right', 'down').state.bucket).toBe(255);
    // 65,536 buckets share cells; the cursor goes from cell to cell.
    const many = stateOf(viewInShift(5, 65_536, false));
    const perCell = Math.ceil(65_536 / (78 * 14));
    expect(play(many, '2', 'right').state.bucket).toBe(perCell);
    fc.assert(
      fc.property(fc.array(fc.constantFrom('h', 'j', 'k', 'l', 'g', 'G'), { maxLength: 40 }), (keys) => {
        const { bucket } = play(state, '2', ...keys).state;
        expect(bucket >= 0 && bucket < 256).toBe(true);
      }),
    );
  });

  test('f leaves one server, v goes to the next virtual address', () => {
    const view = viewInShift(5, 256, false);
    const { controller } = view;
    const vips = [...controller!.vips, { ...controller!.vips[0]!, name: 'dns', endpoint: '10.0.0.2:53' }];
    const two = stateOf({ ...view, controller: { ...controller!, vips } });
    expect(play(two, '2', 'f').state.onlyServer).toBe(1);
    expect(play(two, '2', 'f', 'f').state.onlyServer).toBeUndefined();
    expect(play(two, '2', 'l', 'f', 'v').state).toMatchObject({ vip: 'dns', bucket: 0, onlyServer: undefined });
    expect(play(two, '2', 'v', 'v').state.vip).toBe('web');
    expect(play(two, '4', 'd').state.input?.text).toBe('drain --vip web s1 ');
  });
});

describe('questions to the controller', () => {
  test('a search is sent once, its answer shown, its connection traced', () => {
    const asked = play(state, '5', '/', ...typed('192.0.2.7 '), 'enter');
    expect(asked.effects).toEqual([{ kind: 'search', client: '192.0.2.7', vip: undefined }]);
    expect(play(asked.state, 'r').effects).toEqual([]);
    const found = play(
      asked.state,
      { kind: 'found', answer: { value: { connections: CONNECTIONS, omitted: 0 } } },
      'j',
    );
    expect(found.state.search.index).toBe(1);
    expect(play(found.state, 'v', 'r').effects).toEqual([{ kind: 'search', client: '192.0.2.7', vip: 'web' }]);
    const traced = play(found.state, 't');
    expect(traced.state.page).toBe('trace');
    expect(traced.effects).toEqual([
      { kind: 'trace', query: { client: '192.0.2.7:51515', vip: 'web', packet: 'SYN' } },
    ]);
    expect(selectedServer(play(found.state, 'enter').state)?.server.name).toBe('s2');
    const failed = play(asked.state, { kind: 'found', answer: { error: 'no such client' } }).state;
    expect(screenRows(failed).map(rowText).join('\n')).toContain('no such client');
  });

  test('the switch is read when its page is opened and each second while it is, never twice at once', () => {
    expect(play(state, { kind: 'tick' }).effects).toEqual([]);
    const open = play(state, '7');
    expect(open.effects).toEqual([{ kind: 'read-switch' }]);
    expect(play(open.state, { kind: 'tick' }, 'r').effects).toEqual([]);
    const read = play(open.state, { kind: 'switch-read', answer: { value: SWITCH_DETAILS } });
    expect(play(read.state, { kind: 'tick' }).effects).toEqual([{ kind: 'read-switch' }]);
    // What was known stays on the screen beside the error.
    const lost = play(read.state, { kind: 'switch-read', answer: { error: 'it is away' } }).state;
    expect(lost.switch.answer).toEqual({ value: SWITCH_DETAILS, error: 'it is away', isPending: false });
  });

  test('a trace is asked anew for another packet', () => {
    const asked = play(state, '8', 'p', '/', ...typed('192.0.2.7:4'), 'enter');
    expect(asked.effects).toEqual([
      { kind: 'trace', query: { client: '192.0.2.7:4', vip: undefined, packet: 'data' } },
    ]);
    const traced = play(
      asked.state,
      { kind: 'traced', answer: { value: Array(22).fill('x') } },
      'j',
      'j',
      'j',
      'j',
      'j',
    );
    // 19 of the 22 lines fit.
    expect(traced.state.trace.scroll).toBe(3);
    expect(play(traced.state, 'k').state.trace.scroll).toBe(2);
    expect(play(traced.state, 'p').effects).toMatchObject([{ query: { packet: 'FIN' } }]);
  });
});

describe('events', () => {
  test('who scrolls back keeps the lines that were there; the end follows what happens', () => {
    const shown = (from: typeof state): readonly string[] => screenRows(from).slice(3, -1).map(rowText);
    const back = play(state, '6', 'k', 'k', 'k').state;
    const line = { kind: 'log', line: { atMs: 30_000, text: 'something new', severity: 'info' } } as const;
    const after = play(back, { kind: 'view', event: line }).state;
    expect(shown(after)).toEqual(shown(back));
    expect(shown(play(after, 'G').state).at(-1)).toContain('something new');
    expect(shown(play(state, '6', { kind: 'view', event: line }).state).at(-1)).toContain('something new');
  });

  test('level and text filter together', () => {
    expect(listedEvents(play(state, '6', 'l').state)).toHaveLength(4);
    expect(listedEvents(play(state, '6', 'l', 'l').state)).toHaveLength(0);
    const filtered = play(state, '6', '/', ...typed('NUMBER 3'), 'enter').state;
    expect(listedEvents(filtered)).toHaveLength(10);
    expect(listedEvents(play(filtered, 'l').state)).toHaveLength(0);
    expect(listedEvents(play(filtered, '/', 'escape').state)).toHaveLength(40);
  });
});

test('any keys on any screen give a frame of the right size and break nothing', () => {
  const keys = [
    ...new Set([...PAGES.flatMap((page) => PAGE_BINDINGS[page]), ...GLOBAL_BINDINGS].flatMap((b) => b.keys)),
  ];
  const key = fc.constantFrom(...keys, 'a', 'z', 'backspace', 'unknown');
  const view = fc.constantFrom(
    viewInShift(5, 64),
    viewInShift(40, 1_000, false),
    initialView('mooring', 'starting', false),
  );
  fc.assert(
    fc.property(view, fc.array(key, { maxLength: 30 }), (shown, pressed) => {
      const { state: after } = play(stateOf(shown), ...pressed);
      const lines = screenRows(after).map(rowText);
      expect(lines).toHaveLength(23);
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
    }),
  );
});

test('what the terminal sends becomes key names', () => {
  const none = {
    upArrow: false,
    downArrow: false,
    leftArrow: false,
    rightArrow: false,
    pageDown: false,
    pageUp: false,
    home: false,
    end: false,
    return: false,
    escape: false,
    ctrl: false,
    shift: false,
    tab: false,
    backspace: false,
    delete: false,
    meta: false,
    super: false,
    hyper: false,
    capsLock: false,
    numLock: false,
  };
  expect(keyNames('abc', none)).toEqual(['a', 'b', 'c']);
  expect(keyNames('10.0.0.1\r', none).at(-1)).toBe('enter');
  expect(keyNames('', { ...none, tab: true, shift: true })).toEqual(['shift-tab']);
  expect(keyNames('c', { ...none, ctrl: true })).toEqual(['ctrl-c']);
  expect(keyNames('', { ...none, delete: true })).toEqual(['backspace']);
  expect(keyNames('x', { ...none, meta: true })).toEqual([]);
  expect(keyNames('\x00\x7f', none)).toEqual([]);
});
