/**
 * What pages and reducer read out of the state, in one place, so that what is selected and what is shown are the same
 * thing.
 */
import { bucketsPerCell } from './bucket-cells.ts';
import { wholeLogRows } from './log-pane.ts';
import { isDown, type LogLine, type OperationView, type ServerView, type VipView } from './model.ts';
import type { Row } from './rows.ts';
import { LOG_LEVELS, type UiState } from './state.ts';
import { wrapLines } from './text-pane.ts';

/**
 * Rows of the screen that are not the page's: title, tabs, footer, and one that stays free, since a full last row would
 * scroll.
 */
export const FRAME_ROWS = 4;

/** Narrowest and lowest screen that is laid out; a smaller terminal shows a part of it. */
const LEAST_COLUMNS = 40;
const LEAST_BODY_ROWS = 6;

/** Columns of a frame. */
export function frameWidth(state: UiState): number {
  return Math.max(LEAST_COLUMNS, state.size.columns);
}

/** Rows of the page between tabs and footer. */
export function bodyRows(state: UiState): number {
  return Math.max(LEAST_BODY_ROWS, state.size.rows - FRAME_ROWS);
}

/** A server's name among all, also where servers share an id (spares have 0). */
export function serverKey(server: ServerView): string {
  return `${server.vip}/${server.name}/${server.id}`;
}

/** A server with its place among all, which gives its letter. */
export interface PlacedServer {
  readonly server: ServerView;
  readonly index: number;
}

/** Those that are down first, then those on their way in or out. */
function troubleRank(server: ServerView): number {
  if (isDown(server)) return 0;
  return server.state === 'active' || server.state === 'spare' ? 2 : 1;
}

/** The servers of the server page: filtered and ordered. */
export function listedServers(state: UiState): PlacedServer[] {
  const filter = state.serverFilter.toLowerCase();
  const placed = (state.view.controller?.servers ?? []).map((server, index) => ({ server, index }));
  const matching =
    filter === ''
      ? placed
      : placed.filter(({ server }) =>
          [server.name, server.address, server.state, server.health, server.vip]
            .join(' ')
            .toLowerCase()
            .includes(filter),
        );
  const load = ({ server }: PlacedServer): number => server.agent?.connections ?? server.traffic?.packetsPerSecond ?? 0;
  switch (state.serverOrder) {
    case 'place':
      return matching;
    case 'trouble':
      return matching.sort((a, b) => troubleRank(a.server) - troubleRank(b.server) || a.index - b.index);
    case 'name':
      return matching.sort((a, b) => a.server.name.localeCompare(b.server.name, 'en', { numeric: true }));
    case 'buckets':
      return matching.sort((a, b) => b.server.buckets - a.server.buckets || a.index - b.index);
    case 'pins':
      return matching.sort((a, b) => b.server.pins - a.server.pins || a.index - b.index);
    case 'load':
      return matching.sort((a, b) => load(b) - load(a) || a.index - b.index);
    default: {
      const never: never = state.serverOrder;
      throw new Error(`unknown order ${never}`);
    }
  }
}

/** Where the selection is in a list: the selected element's place, else the first. */
export function placeOf<T>(list: readonly T[], isSelected: (element: T) => boolean): number {
  return Math.max(0, list.findIndex(isSelected));
}

/** The selected server among those listed. */
export function selectedServer(state: UiState): PlacedServer | undefined {
  const list = listedServers(state);
  return list[placeOf(list, ({ server }) => serverKey(server) === state.server)];
}

/** The selected operation: the newest that runs where none was chosen. */
export function selectedOperation(state: UiState): OperationView | undefined {
  const operations = state.view.controller?.operations ?? [];
  return (
    operations.find((operation) => operation.id === state.operation) ??
    operations.find((operation) => !operation.isOver) ??
    operations[0]
  );
}

/** The virtual address that map and search are about. */
export function selectedVip(state: UiState): VipView | undefined {
  const vips = state.view.controller?.vips ?? [];
  return vips.find((vip) => vip.name === state.vip) ?? vips[0];
}

/**
 * The server that the bucket under the cursor is shown as: its current one, where it has one for all new connections.
 */
export function serverOfBucket(state: UiState): number | undefined {
  const vip = selectedVip(state);
  return vip?.current[state.bucket] || vip?.base[state.bucket];
}

/** Cells of the bucket page's map, and rows of the coming mapping's below it. */
export function mapSize(state: UiState): {
  readonly columns: number;
  readonly rows: number;
  readonly perCell: number;
  readonly comingRows: number;
} {
  const columns = frameWidth(state) - 2;
  const vip = selectedVip(state);
  const buckets = vip?.current.length ?? 0;
  // Heading, and five lines about phases and the bucket under the cursor.
  const room = bodyRows(state) - 6;
  if (vip?.coming === undefined) {
    const rows = Math.max(1, room);
    return { columns, rows, perCell: bucketsPerCell(buckets, columns, rows), comingRows: 0 };
  }
  // A heading of its own, and a line about its servers.
  const both = Math.max(2, room - 2);
  const rows = Math.min(Math.ceil(buckets / columns), Math.floor(both / 2));
  return { columns, rows, perCell: bucketsPerCell(buckets, columns, rows), comingRows: both - rows };
}

/** Whether a line is shown on the events page. */
export function isListed(line: LogLine, events: UiState['events']): boolean {
  if (LOG_LEVELS.indexOf(line.severity) < LOG_LEVELS.indexOf(events.level)) return false;
  return events.filter === '' || line.text.toLowerCase().includes(events.filter.toLowerCase());
}

/** The lines of the events page, all of them. */
export function listedEvents(state: UiState): readonly LogLine[] {
  const { events, view } = state;
  if (events.filter === '' && events.level === 'info') return view.log;
  return view.log.filter((line) => isListed(line, events));
}

/** The lines of the events page that there is room for, the last one at the bottom, each as its rows. */
export function shownEvents(state: UiState): Row[][] {
  const lines = listedEvents(state);
  const shown: Row[][] = [];
  let room = bodyRows(state) - 1;
  for (let index = lines.length - state.events.back - 1; index >= 0; index--) {
    const rows = wholeLogRows(lines[index]!, state.view.clock, frameWidth(state));
    room -= rows.length;
    // A line that is longer than the screen shows its beginning.
    if (room < 0 && shown.length > 0) break;
    shown.unshift(rows);
    if (room <= 0) break;
  }
  return shown;
}

/** First of `rows` lines to show of `count`, such that the selected one is among them. */
export function windowStart(count: number, selected: number, rows: number): number {
  if (count <= rows) return 0;
  return Math.max(0, Math.min(count - rows, selected - Math.floor(rows / 2)));
}

/** A command's output as the screen is wide. */
export function outputLines(state: UiState): string[] {
  return wrapLines(state.output?.lines ?? [], frameWidth(state) - 2);
}

/** Lines of a command's output that are shown at once. */
export function outputRoom(state: UiState): number {
  return bodyRows(state) - 1;
}

/** A trace as the screen is wide; undefined: there is none. */
export function traceLines(state: UiState): string[] | undefined {
  const { value } = state.trace.answer;
  return value && wrapLines(value, frameWidth(state) - 2);
}

/** Lines of a trace that are shown at once. */
export function traceRoom(state: UiState): number {
  return bodyRows(state) - 1;
}
