/**
 * Servers, one a line: letter and colour of the map, address, state, buckets, pins, and load: live connections where somebody
 * tells them, else the switch's packet rate, else health alone. On a wide terminal all of them have columns.
 */
import { fit, formatBar, formatCount, formatRate } from './format.ts';
import type { ServerView } from './model.ts';
import { serverColour, serverLetter } from './palette.ts';
import { type Row, row, span } from './rows.ts';

/** From this width on there is a column for everything. */
const WIDE_COLUMNS = 110;

/** What the bars stand for: the greatest value among the servers. */
export interface ServerScale {
  /** Live connections by server, where a load tells them. */
  readonly alive: Readonly<Record<string, number>> | undefined;
  readonly most: number;
}

/** The scale for these servers. */
export function scaleOf(
  servers: readonly ServerView[],
  alive: Readonly<Record<string, number>> | undefined,
): ServerScale {
  let most = 1;
  for (const server of servers) most = Math.max(most, loadOf(server, alive) ?? 0);
  return { alive, most };
}

/** The number a server's load is shown by; undefined when nobody tells. */
function loadOf(server: ServerView, alive: Readonly<Record<string, number>> | undefined): number | undefined {
  if (alive) return alive[server.name] ?? 0;
  return server.agent?.connections ?? server.traffic?.packetsPerSecond;
}

function loadText(server: ServerView, { alive, most }: ServerScale, barWidth: number): string {
  const load = loadOf(server, alive);
  if (load === undefined) return server.health;
  const unit =
    alive || server.agent !== undefined
      ? `${formatCount(load).padStart(5)} live`
      : `${formatRate(load).padStart(5)} pkt/s`;
  const health = server.health === 'unknown' || alive ? '' : ` ${server.health}`;
  return `${formatBar(load / most, barWidth)} ${unit}${health}`;
}

/** A server's line. @param index its place among all servers, which gives letter and colour */
export function serverRow(server: ServerView, index: number, scale: ServerScale, width: number): Row {
  const isWide = width >= WIDE_COLUMNS;
  const barWidth = Math.max(4, Math.min(40, width - (isWide ? 112 : 74)));
  const addressWidth = isWide ? 28 : 15;
  const rest = [
    fit(server.name, 8).padEnd(8),
    fit(server.address, addressWidth).padEnd(addressWidth),
    server.state.padEnd(8),
    `${String(server.buckets).padStart(4)} buckets`,
    `${String(server.pins).padStart(4)} pins`,
    ...(isWide ? [`weight ${String(server.weight).padEnd(4)}`, `base of ${String(server.baseBuckets).padEnd(5)}`] : []),
    loadText(server, scale, barWidth),
  ].join(' ');
  const isOut = server.state === 'removed' || server.state === 'drained' || server.state === 'spare';
  return row(
    ' ',
    span(serverLetter(index), { colour: serverColour(index), bold: true }),
    server.health === 'down' || server.state === 'dead'
      ? span(fit(` ${rest}`, width - 3), { colour: 'red' })
      : span(fit(` ${rest}`, width - 3), isOut ? { dim: true } : {}),
  );
}
