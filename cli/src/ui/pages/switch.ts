/** The switch: which program it runs, how full its tables are, its ports, what it dropped and why. */
import { formatBar, formatCount, formatShare } from '../format.ts';
import { heading } from '../heading.ts';
import type { SwitchView } from '../model.ts';
import type { PortView, TableView } from '../results.ts';
import { columns, exactly, type Row, row, type Span, span } from '../rows.ts';
import { bodyRows, frameWidth } from '../selectors.ts';
import type { UiState } from '../state.ts';

const BAR_COLUMNS = 16;
/** From this share on a table is shown as nearly full. */
const NEARLY_FULL = 0.8;

function tableRow(table: TableView): Row {
  const share = table.size === 0 ? 0 : table.entries / table.size;
  const isFull = share >= NEARLY_FULL;
  return row(
    ` ${columns([table.name, 18], [formatCount(table.entries), -9])} ${table.size === 0 ? ''.padEnd(12) : `of ${formatCount(table.size).padEnd(9)}`} `,
    span(formatBar(share, BAR_COLUMNS), { colour: isFull ? 'red' : 'cyan' }),
    ` ${table.size === 0 ? '' : formatShare(share)}`,
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

/** The page. */
export function switchPage(state: UiState): Row[] {
  const width = frameWidth(state);
  const height = bodyRows(state);
  const { answer, scroll } = state.switch;
  const known = state.view.controller?.switch;
  const rows: Row[] = [];
  if (known) {
    rows.push(heading(`switch ${known.address}, device ${known.deviceId}`, width));
    rows.push(row(' ', standing(known)));
    const id = answer.value === undefined ? '' : `, id ${answer.value.pipelineId}`;
    rows.push(row(` program ${known.pipeline}${id}; 2 x ${formatCount(known.slots)} register slots`));
  }
  for (const other of state.view.controller?.otherSwitches ?? []) {
    rows.push(row(` also ${other.name}: `, standing(other)));
  }
  if (answer.error !== undefined) rows.push(row(span(` ${answer.error}`, { bold: true, colour: 'red' })));
  const details = answer.value;
  if (details === undefined) {
    if (answer.error === undefined) rows.push(row(' reading it'));
    return exactly(rows, width, height);
  }
  const body: Row[] = [
    heading('tables', width),
    ...details.tables.map(tableRow),
    heading('ports', width),
    ...details.ports.map(portRow),
    ...(details.drops.length === 0
      ? []
      : [
          heading('packets dropped', width),
          ...details.drops.map(([reason, packets]) => row(` ${formatCount(packets).padStart(9)} ${reason}`)),
        ]),
  ];
  const controller = state.view.controller;
  if (controller) {
    body.push(
      heading(`controller ${controller.version}, pid ${controller.pid}, epoch ${controller.epoch}`, width),
      ...controller.counters.map(([name, value]) => row(` ${formatCount(value).padStart(9)} ${name}`)),
    );
  }
  const room = height - rows.length;
  const first = Math.max(0, Math.min(scroll, body.length - room));
  rows.push(...body.slice(first, first + room));
  return exactly(rows, width, height);
}
