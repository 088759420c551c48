/**
 * The overview: what one wants to see at a glance. Space goes by importance: scenes, load, virtual addresses and the
 * running operation always; servers as many as they are up to a share of the height; the bucket map of the selected
 * address what it needs if a few lines are left, else up to another; the log takes the rest. Heights are computed here,
 * so that the frame never grows beyond the terminal (which would make it scroll and flicker).
 */
import { bucketsPerCell } from '../bucket-cells.ts';
import { bucketMap } from '../bucket-map.ts';
import { formatCount, formatRate } from '../format.ts';
import { heading } from '../heading.ts';
import { loadLine } from '../load-line.ts';
import { logPane } from '../log-pane.ts';
import type { ControllerView, VipView } from '../model.ts';
import { operationPane } from '../operation-pane.ts';
import { exactly, type Row, row, selected, span } from '../rows.ts';
import { sceneLine } from '../scene-line.ts';
import { bodyRows, frameWidth, placeOf, selectedVip, serverKey, windowStart } from '../selectors.ts';
import { serverRow, tableOf, troubleText } from '../server-table.ts';
import type { UiState } from '../state.ts';

const VIPS_SHOWN = 4;
const OPERATIONS_SHOWN = 3;
/** What a map that could be shown bucket by bucket leaves to the log. */
const LOG_ROWS_LEAST = 3;

/** `12k pkt/s, 98M bit/s`; empty where the switch has not been asked. */
export function trafficText(traffic: VipView['traffic']): string {
  if (traffic === undefined) return '';
  return `${formatRate(traffic.packetsPerSecond)} pkt/s, ${formatRate(traffic.bytesPerSecond * 8)} bit/s`;
}

const REFUSED_WORDS = { drop: 'FULL: new connections dropped', reset: 'FULL: new connections reset' } as const;

/** A virtual address in a line. */
export function vipText(vip: VipView, perCell: number): string {
  const unsettled = vip.phase.filter((phase) => phase !== 'steady').length;
  return [
    `${vip.name} ${vip.endpoint} ${vip.protocol}`,
    ...(vip.refuses === undefined ? [] : [REFUSED_WORDS[vip.refuses]]),
    `${vip.current.length} buckets`,
    ...(perCell > 1 ? [`${perCell} a cell`] : []),
    ...(unsettled > 0 && vip.coming === undefined ? [`${unsettled} not settled`] : []),
    ...(vip.coming === undefined ? [] : [`${vip.coming.ready} ready for another mapping`]),
    ...(vip.traffic === undefined ? [] : [trafficText(vip.traffic)]),
  ].join(', ');
}

/** The controller and its pins in the heading above the operations. */
function operationHeading(state: UiState, controller: ControllerView | undefined): string {
  if (controller === undefined) return 'operation';
  const parts = [`operation · pins ${formatCount(controller.pins)}, at most ${formatCount(controller.peakPins)}`];
  if (!state.view.controllerReachable) parts.push('CONTROLLER DOWN, the switch goes on alone');
  else if (!controller.switch.connected) parts.push('SWITCH AWAY');
  else if (controller.state !== 'serving') parts.push(controller.state);
  if (controller.astray > 0) parts.push(`${formatCount(controller.astray)} CONNECTIONS ASTRAY`);
  if (!controller.pinning) parts.push('PINNING OFF');
  return parts.join(' · ');
}

/** The page. */
export function overviewPage(state: UiState): Row[] {
  const { view } = state;
  const { controller } = view;
  const width = frameWidth(state);
  const top: Row[] = [];
  if (view.scenes.length > 0) top.push(sceneLine(view.scenes, width));
  if (view.tally) top.push(loadLine(view.tally));
  const vip = selectedVip(state);
  // The selected address has its line in the map's heading.
  const others = (controller?.vips ?? []).filter((candidate) => candidate !== vip).slice(0, VIPS_SHOWN - 1);
  top.push(...others.map((other) => row(`  ${vipText(other, 1)}`)));
  const hidden = (controller?.vips.length ?? 0) - others.length - 1;
  if (hidden > 0) top.push(row(span(`  and ${hidden} more: v shows the next one`, { dim: true })));

  const running = (controller?.operations ?? []).filter((operation) => !operation.isOver);
  const operationRows = Math.max(1, Math.min(running.length, OPERATIONS_SHOWN));
  const servers = controller?.servers ?? [];
  let left = bodyRows(state) - top.length - (1 + operationRows);
  const serverRows = Math.min(servers.length, Math.max(3, Math.floor(left / 2) - 2));
  left -= 1 + serverRows;
  const mapWanted = vip ? Math.ceil(vip.current.length / (width - 2)) : 0;
  const fitsWhole = mapWanted <= left - 2 - LOG_ROWS_LEAST;
  const mapRows = fitsWhole ? mapWanted : Math.min(mapWanted, Math.max(2, Math.floor((left - 4) * 0.6)));
  left -= vip ? 1 + mapRows : 0;
  const logRows = Math.max(1, left - 1);

  const rows = [...top];
  if (vip) {
    rows.push(heading(vipText(vip, bucketsPerCell(vip.current.length, width - 2, mapRows)), width));
    rows.push(...bucketMap({ vip, servers, columns: width - 2, rows: mapRows }));
  }
  const place = placeOf(servers, (server) => serverKey(server) === state.server);
  const first = windowStart(servers.length, place, serverRows);
  const more = servers.length - serverRows;
  const shown = more > 0 ? `, ${first + 1} to ${first + serverRows} of ${servers.length}` : '';
  rows.push(heading(`servers${shown}${troubleText(servers)}`, width));
  const table = tableOf(servers, view.tally?.aliveByServer, width);
  servers.slice(first, first + serverRows).forEach((server, index) => {
    const line = serverRow(server, first + index, table);
    // Nothing is marked before somebody has moved.
    rows.push(state.server !== undefined && first + index === place ? selected(line, width) : line);
  });
  rows.push(heading(operationHeading(state, controller), width));
  rows.push(...operationPane(running.slice(0, OPERATIONS_SHOWN), width));
  rows.push(heading('what just happened', width));
  rows.push(...logPane(view, logRows, width));
  return exactly(rows, width, bodyRows(state));
}
