/** The way of one packet through the program, with the entries the switch has now. */
import { heading } from '../heading.ts';
import { exactly, type Row, row, type Style, span } from '../rows.ts';
import { bodyRows, frameWidth, traceLines } from '../selectors.ts';
import type { UiState } from '../state.ts';
import { textRows } from '../text-pane.ts';

/** Lines that tell the outcome stand out. */
function styleOf(line: string): Style {
  const text = line.trimStart();
  if (/^(sent|received)/.test(text)) return { bold: true, colour: 'green' };
  if (/^(drop|parser error|nothing was sent)/.test(text)) return { bold: true, colour: 'red' };
  if (text.startsWith('table')) return { colour: 'cyan' };
  return {};
}

/** The page. */
export function tracePage(state: UiState): Row[] {
  const width = frameWidth(state);
  const height = bodyRows(state);
  const { client, packet, answer, scroll } = state.trace;
  const vip = state.trace.vip ?? state.view.controller?.vips[0]?.name ?? 'the virtual address';
  const rows: Row[] = [
    heading(`trace of a ${packet} packet from ${client === '' ? 'a client' : client} to ${vip}`, width),
  ];
  if (answer.error !== undefined) {
    rows.push(...textRows(answer.error, width, { bold: true, colour: 'red' }));
  }
  const lines = traceLines(state);
  if (answer.isPending) rows.push(row(' tracing'));
  else if (lines === undefined && answer.error === undefined) {
    const about =
      'The packet is traced in a copy of the switch with the same program and entries; nothing is sent. ' +
      'Registers cannot be read: a connection that is pinned there only shows as not pinned.';
    rows.push(
      ...textRows('/ and a client (192.0.2.7:51514), then enter; p chooses the packet, v the virtual address', width),
      ...textRows(about, width, { dim: true }),
    );
  }
  if (lines !== undefined) {
    const room = Math.max(1, height - rows.length);
    const first = Math.max(0, Math.min(scroll, lines.length - room));
    rows.push(...lines.slice(first, first + room).map((line) => row(span(` ${line}`, styleOf(line)))));
  }
  return exactly(rows, width, height);
}
