/** The switch: which program it runs, how full its tables are, its ports, what it dropped and why. */
import { formatBar, formatCount, formatShare } from '../format.ts';
import { heading } from '../heading.ts';
import type { SwitchView } from '../model.ts';
import type { PortView, TableView } from '../results.ts';
import { columns, exactly, type Row, row, type Span, span } from '../rows.ts';
import { bodyRows, frameWidth } from '../selectors.ts';
import type { UiState } from '../state.ts';
import { textRows } from '../text-pane.ts';

const BAR_COLUMNS = 16;
const NAME_LEAST = 18;
/** Columns of a table's line beside its name. */
const BESIDE_NAME = 46;
const UNTOLD = span('nobody tells while the controller is down; what follows is how it was', {
  bold: true,
  colour: 'red',
});
/** From this share on a table is shown as nearly full. */
const NEARLY_FULL = 0.8;

function tableRow(table: TableView, nameWidth: number): Row {
  const share = table.size === 0 ? 0 : table.entries / table.size;
  const isFull = share >= NEARLY_FULL;
  return row(
    ` ${columns([table.name, nameWidth], [formatCount(table.entries), -9])} ${table.size === 0 ? ''.padEnd(12) : `of ${formatCount(table.size).padEnd(9)}`} `,
    ...(table.size === 0
      ? []
      : [span(formatBar(share, BAR_COLUMNS), { colour: isFull ? 'red' : 'cyan' }), ` ${formatShare(share)}`]),
    ...(isFull ? [span(' nearly full', { bold: true, colour: 'red' })] : []),
  );
}

function portRow(port: PortView): Row {
  const servers = port.servers.length === 0 ? '' : ` servers ${port.servers.join(' ')}`;
  const addresses = port.addresses === 1 ? '1 address seen' : `${formatCount(port.addresses)} addresses seen`;
  return row(
    ` port ${String(port.port).padEnd(4)} `,
    span(port.state.padEnd(8), { colour: port.state === 'up' ? 'green' : port.state === 'down' ? 'red' : undefined }),
    ` ${addresses}${servers}`,
  );
}

function standing({ connected, primary, error, absence }: SwitchView): Span {
  const why = `${absence === undefined ? '' : ` ${absence}`}${error ? `: ${error}` : ''}`;
  if (!connected) return span(`not connected${why}`, { bold: true, colour: 'red' });
  return span(primary ? 'connected, this controller is the primary one' : 'connected, not primary', {
    colour: 'green',
  });
}

/** The page's rows: those that stay, and those that scroll. */
function rowsOf(state: UiState): { readonly fixed: Row[]; readonly body: Row[] } {
  const width = frameWidth(state);
  const { controller, controllerReachable } = state.view;
  const { value: details, error } = state.switch.answer;
  const fixed: Row[] = [];
  if (controller) {
    const { switch: known, otherSwitches } = controller;
    fixed.push(heading(`switch ${known.address}, device ${known.deviceId}`, width));
    fixed.push(row(' ', controllerReachable ? standing(known) : UNTOLD));
    const id = details === undefined ? '' : `, id ${details.pipelineId}`;
    const program = `program ${known.pipeline}${id}; 2 x ${formatCount(known.slots)} register slots`;
    fixed.push(row(known.connected ? ` ${program}` : ' its program is looked at when it is back'));
    for (const other of otherSwitches) {
      fixed.push(row(` also ${other.name}: `, controllerReachable ? standing(other) : 'as well'));
    }
  }
  // That the controller does not answer is said already.
  if (error !== undefined && (controller === undefined || controllerReachable)) {
    fixed.push(...textRows(error, width, { bold: true, colour: 'red' }));
  }
  if (details === undefined) {
    if (error === undefined) fixed.push(row(' reading it'));
    return { fixed, body: [] };
  }
  const isCurrent = controllerReachable && controller?.switch.connected !== false;
  const longest = Math.max(...details.tables.map(({ name }) => name.length));
  const nameWidth = Math.max(NAME_LEAST, Math.min(longest, width - BESIDE_NAME));
  const body: Row[] = [
    heading(`tables${isCurrent ? '' : ' as last written; the switch may have lost them'}`, width),
    ...details.tables.map((table) => tableRow(table, nameWidth)),
    heading('ports', width),
    ...details.ports.map(portRow),
    ...(details.drops.length === 0
      ? []
      : [
          heading('packets dropped', width),
          ...details.drops.map(([reason, packets]) => row(` ${formatCount(packets).padStart(9)} ${reason}`)),
        ]),
  ];
  if (controller) {
    body.push(
      heading(`controller ${controller.version}, pid ${controller.pid}, epoch ${controller.epoch}`, width),
      ...controller.counters.map(([name, value]) => row(` ${formatCount(value).padStart(9)} ${name}`)),
    );
  }
  return { fixed, body };
}

/** Rows that scroll, and how many of them are shown at once. */
export function switchScroll(state: UiState): { readonly count: number; readonly room: number } {
  const { fixed, body } = rowsOf(state);
  return { count: body.length, room: bodyRows(state) - fixed.length };
}

/** The page. */
export function switchPage(state: UiState): Row[] {
  const height = bodyRows(state);
  const { fixed, body } = rowsOf(state);
  const room = height - fixed.length;
  const first = Math.max(0, Math.min(state.switch.scroll, body.length - room));
  return exactly([...fixed, ...body.slice(first, first + room)], frameWidth(state), height);
}
