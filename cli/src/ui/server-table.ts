/**
 * Servers, one a line: letter and colour of the map, name, address, state, buckets, pins, and load: live connections
 * where somebody tells them, else the switch's packet rate. Names and addresses are what one acts by, so columns are as
 * wide as the longest of them, and the bar, then the address, give way; what still does not fit is cut where it says
 * least. A server that is down says so in place of its state.
 */
import { fitMiddle, fitNames, formatBar, formatCount, formatRate } from './format.ts';
import { isDown, type ServerView } from './model.ts';
import { serverColour, serverLetter } from './palette.ts';
import { columns, fitRow, type Row, row, span } from './rows.ts';

/** From this width on there is a column for everything. */
const WIDE_COLUMNS = 110;
const NAME_LEAST = 8;
const ADDRESS_LEAST = 12;
const ADDRESS_SHORT = 15;
const BAR_LEAST = 4;
const BAR_MOST = 40;
/** Columns of a line beside name, address and bar, blanks included. */
const FIXED_COLUMNS = 47;
const WIDE_EXTRA_COLUMNS = 31;

/** What all lines have in common. */
export interface ServerTable {
  /** Live connections by server, where a load tells them. */
  readonly alive: Readonly<Record<string, number>> | undefined;
  /** What a whole bar stands for: the greatest load. */
  readonly most: number;
  /** Columns of the line, and of its parts; 0: left out. */
  readonly width: number;
  readonly nameWidth: number;
  readonly addressWidth: number;
  readonly barWidth: number;
  /** Names as they are shown. */
  readonly names: ReadonlyMap<string, string>;
}

/** The table of these servers on a screen of `width` columns. */
export function tableOf(
  servers: readonly ServerView[],
  alive: Readonly<Record<string, number>> | undefined,
  width: number,
): ServerTable {
  let most = 1;
  let nameWanted = NAME_LEAST;
  let addressWanted = ADDRESS_LEAST;
  for (const server of servers) {
    most = Math.max(most, loadOf(server, alive) ?? 0);
    nameWanted = Math.max(nameWanted, server.name.length);
    addressWanted = Math.max(addressWanted, server.address.length);
  }
  const widths = share(
    width - FIXED_COLUMNS - (width >= WIDE_COLUMNS ? WIDE_EXTRA_COLUMNS : 0),
    nameWanted,
    addressWanted,
  );
  const all = servers.map(({ name }) => name);
  const shown = fitNames(all, widths.nameWidth);
  return { alive, most, width, ...widths, names: new Map(all.map((name, index) => [name, shown[index]!])) };
}

/** Shares columns out between name, address and bar. */
function share(
  room: number,
  nameWanted: number,
  addressWanted: number,
): Pick<ServerTable, 'nameWidth' | 'addressWidth' | 'barWidth'> {
  // Address and bar have a blank each.
  const left = room - nameWanted - 1 - addressWanted;
  if (left >= 0) {
    const barWidth = left > BAR_LEAST ? Math.min(BAR_MOST, left - 1) : 0;
    return { nameWidth: nameWanted, addressWidth: addressWanted, barWidth };
  }
  const nameWidth = Math.min(nameWanted, Math.max(NAME_LEAST, room - 1 - Math.min(addressWanted, ADDRESS_SHORT)));
  const addressWidth = room - 1 - nameWidth;
  if (addressWidth >= ADDRESS_LEAST) return { nameWidth, addressWidth, barWidth: 0 };
  return { nameWidth: Math.min(nameWanted, Math.max(NAME_LEAST, room)), addressWidth: 0, barWidth: 0 };
}

/** The number a server's load is shown by; undefined when nobody tells. */
function loadOf(server: ServerView, alive: Readonly<Record<string, number>> | undefined): number | undefined {
  if (alive) return alive[server.name] ?? 0;
  return server.agent?.connections ?? server.traffic?.packetsPerSecond;
}

function loadText(server: ServerView, { alive, most, barWidth }: ServerTable): string {
  const load = loadOf(server, alive);
  if (load === undefined) return '';
  const bar = barWidth === 0 ? '' : `${formatBar(load / most, barWidth)} `;
  return alive || server.agent !== undefined
    ? `${bar}${formatCount(load).padStart(5)} live`
    : `${bar}${formatRate(load).padStart(5)} pkt/s`;
}

/** A server's line. @param index its place among all servers, which gives letter and colour */
export function serverRow(server: ServerView, index: number, table: ServerTable): Row {
  const isWide = table.width >= WIDE_COLUMNS;
  const { nameWidth, addressWidth } = table;
  const rest = [
    (table.names.get(server.name) ?? server.name).padEnd(nameWidth),
    ...(addressWidth === 0 ? [] : [fitMiddle(server.address, addressWidth).padEnd(addressWidth)]),
    columns([isDown(server) ? `!${server.state === 'dead' ? 'dead' : 'down'}` : server.state, 8]),
    `${String(server.buckets).padStart(4)} buckets`,
    `${String(server.pins).padStart(4)} pins`,
    ...(isWide
      ? [
          columns([server.health === 'unknown' ? '' : server.health, 4]),
          `weight ${String(server.weight).padEnd(4)}`,
          `base of ${String(server.baseBuckets).padEnd(5)}`,
        ]
      : []),
    loadText(server, table),
  ].join(' ');
  const isOut = server.state === 'removed' || server.state === 'drained' || server.state === 'spare';
  return fitRow(
    row(
      ' ',
      span(serverLetter(index), { colour: serverColour(index), bold: true }),
      span(` ${rest}`, isDown(server) ? { colour: 'red' } : isOut ? { dim: true } : {}),
    ),
    table.width,
  );
}

/** How many are down, and how many are on their way; empty where all is quiet. */
export function troubleText(servers: readonly ServerView[]): string {
  const counts = [
    ['DOWN', servers.filter(isDown).length],
    ...(['joining', 'draining', 'disabled'] as const).map(
      (state) => [state, servers.filter((server) => server.state === state && !isDown(server)).length] as const,
    ),
  ] as const;
  return counts.flatMap(([what, count]) => (count === 0 ? [] : [` · ${formatCount(count)} ${what}`])).join('');
}
