/**
 * What keys do. Whatever has the keyboard comes first: a question wants a yes or no, a field wants text, the help wants
 * to be left; else the key's action on this page decides (`keys.ts`). Everything that changes the load balancer is a
 * command line, shown before it is run: the UI can do what the commands can and nothing else.
 */
import {
  abortArguments,
  approveArguments,
  type CommandTemplate,
  pauseArguments,
  rollbackArguments,
  splitCommandLine,
} from './commands.ts';
import { type Action, actionOf } from './keys.ts';
import { lastHelpScroll } from './pages/help.ts';
import { switchScroll } from './pages/switch.ts';
import { PACKET_KINDS } from './results.ts';
import {
  bodyRows,
  listedEvents,
  listedServers,
  mapSize,
  outputLines,
  outputRoom,
  placeOf,
  selectedOperation,
  selectedServer,
  selectedVip,
  serverKey,
  serverOfBucket,
  shownEvents,
  traceLines,
  traceRoom,
} from './selectors.ts';
import {
  type InputPurpose,
  LOG_LEVELS,
  PAGES,
  type PageName,
  SERVER_ORDERS,
  selectedConnection,
  type UiState,
} from './state.ts';
import { askSwitch, only, type Step } from './step.ts';

const HISTORY_KEPT = 20;

/** Takes a key: a printable character, or the name of a special key. */
export function reduceKey(before: UiState, key: string): Step {
  const state = before.message === undefined ? before : { ...before, message: undefined };
  // Esc takes a message away and nothing else; other keys do both.
  if (state !== before && key === 'escape') return only(state);
  if (key === 'ctrl-c') return quit(state);
  if (state.confirm !== undefined) return answerQuestion(state, key);
  if (state.input !== undefined) return typeInto(state, key);
  if (state.output !== undefined) return only(readOutput(state, key));
  if (state.isHelpOpen) return only(readHelp(state, key));
  const action = actionOf(state.page, key);
  return action === undefined ? only(state) : act(state, action, key);
}

/** Leaves; asks before, where that stops more than the screen. Who insists is not asked again. */
function quit(state: UiState): Step {
  const { quitQuestion, confirm } = state;
  if (quitQuestion === undefined || confirm?.kind === 'quit') return { state, effects: [{ kind: 'quit' }] };
  return only({ ...state, confirm: { kind: 'quit', question: quitQuestion } });
}

/** Scrolls a command's output, or leaves it. */
function readOutput(state: UiState, key: string): UiState {
  const output = state.output!;
  if (key === 'escape' || key === 'enter' || key === 'q') return { ...state, output: undefined };
  const room = outputRoom(state);
  const scroll = scrolled(key, output.scroll, Math.max(0, outputLines(state).length - room), room);
  return scroll === undefined ? state : { ...state, output: { ...output, scroll } };
}

/** Scrolls the help, or leaves it. */
function readHelp(state: UiState, key: string): UiState {
  if (key === '?' || key === 'escape' || key === 'enter' || key === 'q') {
    return { ...state, isHelpOpen: false, helpScroll: 0 };
  }
  const helpScroll = scrolled(key, state.helpScroll, lastHelpScroll(state), bodyRows(state));
  return helpScroll === undefined ? state : { ...state, helpScroll };
}

/** Lines above the first one shown after a key, which means what it means on the events page; undefined: nothing. */
function scrolled(key: string, scroll: number, last: number, page: number): number | undefined {
  const to = (line: number): number => Math.max(0, Math.min(last, line));
  switch (actionOf('events', key)) {
    case 'down':
      return to(scroll + 1);
    case 'up':
      return to(scroll - 1);
    case 'page-down':
      return to(scroll + page);
    case 'page-up':
      return to(scroll - page);
    case 'first':
      return 0;
    case 'last':
      return last;
    default:
      return undefined;
  }
}

function answerQuestion(state: UiState, key: string): Step {
  const { confirm, ...rest } = state;
  if (key === 'y' || key === 'enter') {
    const answered = { ...rest, confirm: undefined };
    if (confirm!.kind === 'quit') return { state: answered, effects: [{ kind: 'quit' }] };
    return { state: answered, effects: [{ kind: 'command', argv: confirm!.argv }] };
  }
  if (key === 'n' || key === 'escape' || key === 'q') return only({ ...rest, confirm: undefined });
  return only(state);
}

function typeInto(state: UiState, key: string): Step {
  const { purpose, text } = state.input!;
  if (key === 'enter') return submit({ ...state, input: undefined }, purpose, text.trim());
  if (key === 'escape') return only(withField({ ...state, input: undefined }, purpose, undefined));
  if (key === 'up' || key === 'down') return only(purpose === 'command' ? recall(state, key) : state);
  const next = key === 'backspace' ? text.slice(0, -1) : key === 'ctrl-u' ? '' : key.length === 1 ? text + key : text;
  // Filters take hold while they are typed.
  return only(withField({ ...state, input: { purpose, text: next } }, purpose, next));
}

/** The command line typed before, or after, the one in the prompt: what was mistyped need not be typed again. */
function recall(state: UiState, key: 'up' | 'down'): UiState {
  const { typed, input } = state;
  const place = typed.lastIndexOf(input!.text);
  const next = key === 'up' ? (place < 0 ? typed.length : place) - 1 : place < 0 ? typed.length : place + 1;
  return next < 0 ? state : { ...state, input: { purpose: 'command', text: typed[next] ?? '' } };
}

/** Filters the page by what stands in the field; undefined: the field was left, and there is no filter any more. */
function withField(state: UiState, purpose: InputPurpose, text: string | undefined): UiState {
  if (purpose === 'server') return { ...state, serverFilter: text ?? '' };
  if (purpose === 'events') return { ...state, events: { ...state.events, filter: text ?? '', back: 0 } };
  return state;
}

function submit(state: UiState, purpose: InputPurpose, text: string): Step {
  switch (purpose) {
    case 'command': {
      const argv = splitCommandLine(text);
      if (argv.length === 0) return only(state);
      const typed = [...state.typed.filter((line) => line !== text), text].slice(-HISTORY_KEPT);
      return { state: { ...state, typed }, effects: [{ kind: 'command', argv }] };
    }
    case 'connections':
      return search({ ...state, search: { ...state.search, text } });
    case 'trace':
      return trace({ ...state, trace: { ...state.trace, client: text } });
    case 'server':
    case 'events':
      return only(withField(state, purpose, text));
    default: {
      const never: never = purpose;
      throw new Error(`unknown field ${never}`);
    }
  }
}

/** Goes to a page; what it shows and is not told by itself is asked for. */
function goTo(state: UiState, page: PageName): Step {
  if (page === state.page) return only(state);
  const next = { ...state, page, history: [...state.history, state.page].slice(-HISTORY_KEPT) };
  return page === 'switch' ? askSwitch(next) : only(next);
}

function search(state: UiState): Step {
  const { text, vip, answer } = state.search;
  if (text === '' || answer.isPending) return only(state);
  return {
    state: { ...state, search: { ...state.search, answer: { ...answer, isPending: true } } },
    effects: [{ kind: 'search', client: text, vip }],
  };
}

function trace(state: UiState): Step {
  const { client, vip, packet, answer } = state.trace;
  if (client === '' || answer.isPending) return only(state);
  return {
    state: { ...state, trace: { ...state.trace, answer: { ...answer, isPending: true } } },
    effects: [{ kind: 'trace', query: { client, vip, packet } }],
  };
}

function act(state: UiState, action: Action, key: string): Step {
  switch (action) {
    case 'page':
      return goTo(state, PAGES[Number(key) - 1]!);
    case 'next-page':
      return goTo(state, PAGES[(PAGES.indexOf(state.page) + 1) % PAGES.length]!);
    case 'previous-page':
      return goTo(state, PAGES[(PAGES.indexOf(state.page) + PAGES.length - 1) % PAGES.length]!);
    case 'back': {
      const page = state.history[state.history.length - 1];
      return only(page === undefined ? state : { ...state, page, history: state.history.slice(0, -1) });
    }
    case 'help':
      return only({ ...state, isHelpOpen: true });
    case 'quit':
      return quit(state);
    case 'command':
      return prompt(state, '');
    case 'up':
      return only(move(state, -1, 'line'));
    case 'down':
      return only(move(state, 1, 'line'));
    case 'left':
      return only(moveCursor(state, -mapSize(state).perCell));
    case 'right':
      return only(moveCursor(state, mapSize(state).perCell));
    case 'page-up':
      return only(move(state, -screenful(state), 'line'));
    case 'page-down':
      return only(move(state, screenful(state), 'line'));
    case 'first':
      return only(move(state, Number.NEGATIVE_INFINITY, 'end'));
    case 'last':
      return only(move(state, Number.POSITIVE_INFINITY, 'end'));
    case 'open':
      return open(state);
    case 'edit':
      return only({ ...state, input: fieldOf(state) });
    case 'next-vip':
      return only(nextVip(state));
    case 'focus': {
      return only({ ...state, onlyServer: state.onlyServer === undefined ? serverOfBucket(state) : undefined });
    }
    case 'sort': {
      const next = SERVER_ORDERS[(SERVER_ORDERS.indexOf(state.serverOrder) + 1) % SERVER_ORDERS.length]!;
      return only({ ...state, serverOrder: next });
    }
    case 'level': {
      const next = LOG_LEVELS[(LOG_LEVELS.indexOf(state.events.level) + 1) % LOG_LEVELS.length]!;
      return only({ ...state, events: { ...state.events, level: next, back: 0 } });
    }
    case 'abort':
      return askAbout(state, abortArguments);
    case 'pause':
      return askAbout(state, pauseArguments);
    case 'approve':
      return askAbout(state, approveArguments);
    case 'rollback':
      return askAbout(state, rollbackArguments);
    case 'drain':
    case 'remove':
    case 'swap':
      return promptForServer(state, action);
    case 'add':
      return promptForServer(state, 'add');
    case 'refresh':
      return state.page === 'switch' ? askSwitch(state) : state.page === 'trace' ? trace(state) : search(state);
    case 'packet': {
      const packet = PACKET_KINDS[(PACKET_KINDS.indexOf(state.trace.packet) + 1) % PACKET_KINDS.length]!;
      return trace({ ...state, trace: { ...state.trace, packet } });
    }
    case 'trace': {
      const connection = selectedConnection(state);
      if (connection === undefined) return only(state);
      const step = goTo(state, 'trace');
      return trace({
        ...step.state,
        trace: { ...step.state.trace, client: connection.client, vip: connection.vip },
      });
    }
    default: {
      const never: never = action;
      throw new Error(`unknown action ${never}`);
    }
  }
}

/** Lines that are on the screen at once: an event may take several rows. */
function screenful(state: UiState): number {
  return state.page === 'events' ? Math.max(1, shownEvents(state).length) : bodyRows(state);
}

/** Moves the page's selection or its scroll by `by` lines; `end` for the first or last. */
function move(state: UiState, by: number, kind: 'line' | 'end'): UiState {
  const clamp = (place: number, count: number): number => Math.max(0, Math.min(count - 1, place));
  switch (state.page) {
    case 'overview':
    case 'server': {
      // The overview lists them as they are.
      const list = listedServers(
        state.page === 'server' ? state : { ...state, serverOrder: 'place', serverFilter: '' },
      );
      if (list.length === 0) return state;
      // Nothing is marked on the overview before somebody has moved; the first step marks the first.
      const isMarked = state.server !== undefined || state.page === 'server' || kind === 'end';
      const place = isMarked ? placeOf(list, ({ server }) => serverKey(server) === state.server) : -by;
      return { ...state, server: serverKey(list[clamp(place + by, list.length)]!.server) };
    }
    case 'shift': {
      const operations = state.view.controller?.operations ?? [];
      if (operations.length === 0) return state;
      const place = placeOf(operations, (operation) => operation.id === selectedOperation(state)?.id);
      return { ...state, operation: operations[clamp(place + by, operations.length)]!.id };
    }
    case 'buckets': {
      const { columns, perCell } = mapSize(state);
      return moveCursor(state, kind === 'end' ? by : by * columns * perCell);
    }
    case 'connections': {
      const count = state.search.answer.value?.connections.length ?? 0;
      return { ...state, search: { ...state.search, index: clamp(state.search.index + by, count) } };
    }
    case 'events': {
      const count = listedEvents(state).length;
      return { ...state, events: { ...state.events, back: Math.max(0, Math.min(count - 1, state.events.back - by)) } };
    }
    case 'switch': {
      const { count, room } = switchScroll(state);
      return { ...state, switch: { ...state.switch, scroll: clamp(state.switch.scroll + by, count - room + 1) } };
    }
    case 'trace': {
      const count = traceLines(state)?.length ?? 0;
      const scroll = clamp(state.trace.scroll + by, count - traceRoom(state) + 1);
      return { ...state, trace: { ...state.trace, scroll } };
    }
    default: {
      const never: never = state.page;
      throw new Error(`unknown page ${never}`);
    }
  }
}

function moveCursor(state: UiState, by: number): UiState {
  const count = selectedVip(state)?.current.length ?? 0;
  const bucket = state.bucket + by;
  // A step off the map's edge is not taken; one to its end is.
  if (Number.isFinite(by) && (bucket < 0 || bucket >= count)) return state;
  return { ...state, bucket: Math.max(0, Math.min(count - 1, bucket)) };
}

function open(state: UiState): Step {
  switch (state.page) {
    case 'overview': {
      const chosen = selectedServer({ ...state, serverOrder: 'place', serverFilter: '' });
      if (chosen === undefined) return only(state);
      return goTo({ ...state, server: serverKey(chosen.server), serverFilter: '' }, 'server');
    }
    case 'buckets': {
      const id = serverOfBucket(state);
      return openServer(state, (server) => server.id === id);
    }
    case 'connections': {
      const connection = selectedConnection(state);
      return openServer(state, (server) => server.name === connection?.server && server.vip === connection.vip);
    }
    case 'shift': {
      const operation = selectedOperation(state);
      return operation === undefined ? only(state) : goTo({ ...state, vip: operation.vip, bucket: 0 }, 'buckets');
    }
    case 'server': {
      const chosen = selectedServer(state)?.server;
      if (chosen === undefined) return only(state);
      const vip = state.view.controller?.vips.find((candidate) => candidate.name === chosen.vip);
      // A server that leaves has old connections only.
      const [first, firstOld] = [vip?.current.indexOf(chosen.id) ?? 0, vip?.base.indexOf(chosen.id) ?? 0];
      const bucket = Math.max(0, first >= 0 ? first : firstOld);
      return goTo({ ...state, vip: chosen.vip, bucket, onlyServer: chosen.id }, 'buckets');
    }
    default:
      return only(state);
  }
}

function openServer(state: UiState, isWanted: (server: { id: number; name: string; vip: string }) => boolean): Step {
  const server = state.view.controller?.servers.find(isWanted);
  return server === undefined ? only(state) : goTo({ ...state, server: serverKey(server), serverFilter: '' }, 'server');
}

function fieldOf(state: UiState): UiState['input'] {
  switch (state.page) {
    case 'server':
      return { purpose: 'server', text: state.serverFilter };
    case 'events':
      return { purpose: 'events', text: state.events.filter };
    case 'connections':
      return { purpose: 'connections', text: state.search.text };
    case 'trace':
      return { purpose: 'trace', text: state.trace.client };
    default:
      return undefined;
  }
}

function nextVip(state: UiState): UiState {
  const names = (state.view.controller?.vips ?? []).map((vip) => vip.name);
  const after = (name: string | undefined, choices: readonly (string | undefined)[]): string | undefined =>
    choices[(choices.indexOf(name) + 1) % choices.length];
  switch (state.page) {
    case 'connections':
      return { ...state, search: { ...state.search, vip: after(state.search.vip, [undefined, ...names]) } };
    case 'trace':
      return { ...state, trace: { ...state.trace, vip: after(state.trace.vip ?? names[0], names) } };
    default:
      return { ...state, vip: after(selectedVip(state)?.name, names), bucket: 0, onlyServer: undefined };
  }
}

const NO_ORDERS = { text: 'this run takes no orders: it goes by its own script', isError: true };

function prompt(state: UiState, text: string): Step {
  if (!state.canSteer) return only({ ...state, message: NO_ORDERS });
  return only({ ...state, input: { purpose: 'command', text } });
}

/** Asks before a command about the selected operation. */
function askAbout(state: UiState, template: CommandTemplate): Step {
  if (!state.canSteer) return only({ ...state, message: NO_ORDERS });
  const operation = selectedOperation(state);
  if (operation === undefined) return only({ ...state, message: { text: 'there is no operation', isError: true } });
  const made = template(operation);
  if ('refusal' in made) return only({ ...state, message: { text: made.refusal, isError: true } });
  return only({ ...state, confirm: made });
}

/** A command about the selected server, in the prompt: it can be added to, and enter runs it. */
function promptForServer(state: UiState, command: 'add' | 'drain' | 'swap' | 'remove'): Step {
  const server = selectedServer(state)?.server;
  const several = (state.view.controller?.vips.length ?? 0) > 1;
  const vip = several && server ? `--vip ${server.vip} ` : '';
  return prompt(state, `${command} ${vip}${server ? `${server.name} ` : ''}`);
}
