/**
 * The keys, as data: which key does what on which page. The reducer looks actions up here, and footer and help are
 * printed from here, so that none of the three can disagree with the others. A key is a printable character or the name
 * of a special key.
 */
import type { PageName } from './state.ts';

/** What a key can mean. */
export type Action =
  | 'page'
  | 'next-page'
  | 'previous-page'
  | 'help'
  | 'command'
  | 'quit'
  | 'back'
  | 'up'
  | 'down'
  | 'left'
  | 'right'
  | 'page-up'
  | 'page-down'
  | 'first'
  | 'last'
  | 'open'
  | 'edit'
  | 'next-vip'
  | 'focus'
  | 'sort'
  | 'level'
  | 'abort'
  | 'pause'
  | 'approve'
  | 'rollback'
  | 'drain'
  | 'swap'
  | 'remove'
  | 'add'
  | 'refresh'
  | 'packet'
  | 'trace';

/** A binding: its keys, what the footer calls it, and what the help says. */
export interface Binding {
  readonly action: Action;
  readonly keys: readonly string[];
  /** How the keys are printed; the first key where left out. */
  readonly shown?: string;
  /** In the footer; left out of it where undefined. */
  readonly short?: string;
  /** In the help; left out of it where another binding's line speaks for it. */
  readonly long?: string;
}

/** Works everywhere. */
export const GLOBAL_BINDINGS: readonly Binding[] = [
  {
    action: 'page',
    keys: ['1', '2', '3', '4', '5', '6', '7', '8'],
    shown: '1-8',
    long: 'go to the page of that number',
  },
  { action: 'next-page', keys: ['tab'], shown: 'tab', long: 'next page; shift-tab: previous page' },
  { action: 'previous-page', keys: ['shift-tab'] },
  { action: 'back', keys: ['escape'], shown: 'esc', long: 'back to the page before' },
  {
    action: 'command',
    keys: [':'],
    short: 'command',
    long: 'type a command as in the shell, without "mooring"; up: one typed before',
  },
  { action: 'help', keys: ['?'], short: 'help', long: 'this help' },
  { action: 'quit', keys: ['q', 'ctrl-c'], short: 'quit', long: 'leave' },
];

const LIST: readonly Binding[] = [
  { action: 'down', keys: ['j', 'down'], shown: 'j/k', short: 'select', long: 'next, previous line (also arrows)' },
  { action: 'up', keys: ['k', 'up'] },
  { action: 'page-down', keys: ['pagedown', ' '], shown: 'pgdn/pgup', long: 'a screen further, back' },
  { action: 'page-up', keys: ['pageup'] },
  { action: 'first', keys: ['g', 'home'], shown: 'g/G', long: 'first, last line' },
  { action: 'last', keys: ['G', 'end'] },
];

const SCROLL: readonly Binding[] = LIST.map((binding) =>
  binding.action === 'down' ? { ...binding, short: 'scroll', long: 'scroll (also arrows)' } : binding,
);

/** What a page adds. Its keys come before the global ones. */
export const PAGE_BINDINGS: Readonly<Record<PageName, readonly Binding[]>> = {
  overview: [
    ...LIST,
    { action: 'open', keys: ['enter'], shown: 'enter', short: 'server', long: 'open the server' },
    { action: 'next-vip', keys: ['v'], short: 'next VIP', long: 'the map of the next virtual address' },
  ],
  buckets: [
    { action: 'left', keys: ['h', 'left'], shown: 'arrows', short: 'move', long: 'move the cursor (also h j k l)' },
    { action: 'down', keys: ['j', 'down'] },
    { action: 'up', keys: ['k', 'up'] },
    { action: 'right', keys: ['l', 'right'] },
    { action: 'first', keys: ['g', 'home'], shown: 'g/G', long: 'first, last bucket' },
    { action: 'last', keys: ['G', 'end'] },
    {
      action: 'focus',
      keys: ['f'],
      short: 'one server',
      long: 'only the buckets of the server under the cursor, or all',
    },
    { action: 'next-vip', keys: ['v'], short: 'next VIP', long: 'the next virtual address' },
    { action: 'open', keys: ['enter'], shown: 'enter', short: 'server', long: 'open the server under the cursor' },
  ],
  shift: [
    ...LIST,
    { action: 'abort', keys: ['a'], short: 'abort', long: 'abort the operation: what has moved goes back as gently' },
    { action: 'pause', keys: ['p'], short: 'pause', long: 'pause it, or let it go on' },
    { action: 'approve', keys: ['y'], short: 'approve', long: 'approve a planned operation' },
    { action: 'rollback', keys: ['u'], short: 'undo', long: 'take it back, also when it is over' },
    {
      action: 'open',
      keys: ['enter'],
      shown: 'enter',
      short: 'buckets',
      long: 'show its virtual address on the bucket map',
    },
  ],
  server: [
    ...LIST,
    { action: 'drain', keys: ['d'], short: 'drain', long: 'drain it: new connections go elsewhere' },
    { action: 'swap', keys: ['s'], short: 'swap', long: 'replace it by another one' },
    { action: 'remove', keys: ['x'], short: 'remove', long: 'drain it and take it out' },
    { action: 'add', keys: ['+'], short: 'add', long: 'add it, or another one' },
    { action: 'edit', keys: ['/'], short: 'find', long: 'only servers with this text in name, address or state' },
    { action: 'sort', keys: ['o'], short: 'order', long: 'order by place, trouble, name, buckets, pins or load' },
    { action: 'open', keys: ['enter'], shown: 'enter', long: 'its buckets on the map' },
  ],
  connections: [
    {
      action: 'edit',
      keys: ['/', 'i'],
      short: 'search',
      long: 'search for a client: address, address:port, address:port and service port',
    },
    ...LIST,
    { action: 'next-vip', keys: ['v'], short: 'VIP', long: 'of one virtual address, or of all' },
    { action: 'trace', keys: ['t'], short: 'trace', long: 'trace a packet of this connection' },
    { action: 'refresh', keys: ['r'], short: 'again', long: 'search again' },
    { action: 'open', keys: ['enter'], shown: 'enter', short: 'server', long: 'open its server' },
  ],
  events: [
    ...SCROLL,
    { action: 'edit', keys: ['/'], short: 'filter', long: 'only lines with this text' },
    { action: 'level', keys: ['l'], short: 'level', long: 'all lines, warnings and errors, or errors alone' },
  ],
  switch: [...SCROLL, { action: 'refresh', keys: ['r'], short: 'again', long: 'read it again at once' }],
  trace: [
    {
      action: 'edit',
      keys: ['/', 'i'],
      short: 'client',
      long: 'the client, address:port, and the service port where there are all',
    },
    { action: 'packet', keys: ['p'], short: 'packet', long: 'SYN, data or FIN' },
    { action: 'next-vip', keys: ['v'], short: 'VIP', long: 'the next virtual address' },
    { action: 'refresh', keys: ['r', 'enter'], short: 'run', long: 'trace it' },
    ...SCROLL,
  ],
};

const LOOKUP: ReadonlyMap<PageName, ReadonlyMap<string, Action>> = new Map(
  (Object.keys(PAGE_BINDINGS) as PageName[]).map((page) => {
    const actions = new Map<string, Action>();
    for (const { action, keys } of [...GLOBAL_BINDINGS, ...PAGE_BINDINGS[page]]) {
      for (const key of keys) actions.set(key, action);
    }
    return [page, actions];
  }),
);

/** What a key means on a page; undefined: nothing. */
export function actionOf(page: PageName, key: string): Action | undefined {
  return LOOKUP.get(page)!.get(key);
}

/** How a binding's keys are printed. */
export function shownKeys(binding: Binding): string {
  return binding.shown ?? binding.keys[0]!;
}
