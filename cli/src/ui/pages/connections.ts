/**
 * Where a client's connections go, and why: which bucket, pin or base, which server. The answer is the controller's.
 */
import { fitMiddle } from '../format.ts';
import { heading } from '../heading.ts';
import type { ConnectionView } from '../results.ts';
import { columns, exactly, fitRow, type Row, row, selected, span } from '../rows.ts';
import { bodyRows, frameWidth, windowStart } from '../selectors.ts';
import { selectedConnection, type UiState } from '../state.ts';
import { textRows } from '../text-pane.ts';

/** Why the selected connection goes where it goes, whole: it is what was asked. */
function detailRows(chosen: ConnectionView | undefined, width: number): Row[] {
  if (chosen === undefined) return [];
  const { client, endpoint, server, decidedBy, bucket, phase, base, current, newConnection } = chosen;
  const standing = `bucket ${bucket} is ${phase}: base ${base}, current ${current}; a new one would go to ${newConnection}`;
  return [
    heading(`${client} to ${endpoint}`, width),
    row(' goes to ', span(server, { bold: true }), ` by ${decidedBy}`),
    ...textRows(standing, width),
    ...textRows(chosen.reason, width),
  ];
}

/** The page. */
export function connectionsPage(state: UiState): Row[] {
  const width = frameWidth(state);
  const height = bodyRows(state);
  const { text, vip, answer, index } = state.search;
  const rows: Row[] = [
    heading(
      `connections of ${text === '' ? 'a client' : text}, ${vip === undefined ? 'any virtual address' : vip}`,
      width,
    ),
  ];
  if (answer.error !== undefined) rows.push(...textRows(answer.error, width, { colour: 'red', bold: true }));
  const found = answer.value;
  if (found === undefined) {
    if (answer.isPending) rows.push(row(' asking the controller'));
    else if (answer.error === undefined) {
      rows.push(
        ...textRows('/ and a client: 192.0.2.7:51514 explains one connection, 192.0.2.7 lists its pinned ones', width),
        ...textRows('A connection that is not pinned leaves no trace: its way follows from bucket and base.', width, {
          dim: true,
        }),
      );
    }
    return exactly(rows, width, height);
  }
  if (found.connections.length === 0)
    rows.push(row(' nothing is pinned of it; with a port, any connection can be explained'));
  const wide = width >= 110;
  const cells = (client: string, name: string, bucket: string, phase: string, by: string, server: string): string =>
    columns(
      [fitMiddle(client, wide ? 44 : 21), wide ? 44 : 21],
      [fitMiddle(name, wide ? 16 : 10), wide ? 16 : 10],
      [bucket, -7],
      [phase, 9],
      [by, wide ? 20 : 13],
      [fitMiddle(server, wide ? 24 : 12), wide ? 24 : 12],
    );
  rows.push(row(span(` ${cells('client', 'VIP', 'bucket', 'phase', 'decided by', 'server')}`, { dim: true })));
  const details = detailRows(selectedConnection(state), width);
  const listRows = Math.max(2, height - rows.length - details.length - (found.omitted > 0 ? 1 : 0));
  const first = windowStart(found.connections.length, index, listRows);
  found.connections.slice(first, first + listRows).forEach((connection, line) => {
    const { client, bucket, phase, decidedBy, server } = connection;
    const text = row(` ${cells(client, connection.vip, String(bucket), phase, decidedBy, server)}`);
    rows.push(first + line === index ? selected(text, width) : fitRow(text, width));
  });
  if (found.omitted > 0) rows.push(row(span(` and ${found.omitted} more`, { dim: true })));
  while (rows.length < height - details.length) rows.push([]);
  rows.push(...details);
  return exactly(rows, width, height);
}
