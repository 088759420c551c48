/**
 * The switch in detail: how full its tables are, what is behind its ports, what its program drops. Entries are counted
 * in the shadow, which is what the switch has acknowledged, so that a table of a quarter of a million pins is not read
 * for a number.
 */
import type { SwitchDetails } from '../control-api/query-types.ts';
import { TABLE_NAMES } from '../switch-port/tables.ts';
import type { Engine } from './engine.ts';

/** Orders that have done their work are counted as well; nothing is lost with them. */
const CONSUMED = 9;

/** What the program's drop counter counts, by index: `DROP_*` of `p4/core/metadata.p4`. */
const DROP_REASONS: Readonly<Record<number, string>> = {
  1: 'bucket without an assignment',
  2: 'assigned server is not known',
  3: 'SYN of a connection whose pin is closing',
  4: 'SYN in a sealed bucket, no room for its pin',
  5: 'fragment without its first fragment',
  6: 'wrong checksum',
  7: 'not for a port that is served',
  8: 'order that is outdated or unknown',
  10: 'no room',
  11: 'SYN above the rate of its class',
  12: 'SYN of a server, no room for its pin',
  13: 'SYN for which no server has room',
};

/** What is known now. Never throws: while the switch is away, it is told without what only the switch knows. */
export async function switchDetailsOf(engine: Engine, address: string): Promise<SwitchDetails> {
  const { configuration, journal } = engine.options;
  const { session, shadow } = engine;
  const drops = await readDrops(session);
  const servers = [...journal.state.servers.values()].filter((server) => server.state !== 'drained');
  const addresses = new Map<number, number>();
  for (const { action, params } of shadow.entries('macs')) {
    const port = Number(params[0]);
    if (action === 'to_port') addresses.set(port, (addresses.get(port) ?? 0) + 1);
  }
  const ports = new Set([
    ...configuration.switch.ports,
    ...addresses.keys(),
    ...servers.flatMap(({ switchPort }) => (switchPort === undefined ? [] : [switchPort])),
  ]);
  const program = session?.program;
  return {
    address,
    connected: session !== undefined,
    ...(program === undefined ? {} : { pipelineId: program.id }),
    tables: TABLE_NAMES.filter((name) => program === undefined || name in program.tableSizes).map((name) => ({
      name,
      entries: shadow.size(name),
      size: program?.tableSizes[name] ?? 0,
    })),
    ports: [...ports]
      .sort((a, b) => a - b)
      .map((port) => ({
        port,
        state: 'unknown',
        servers: servers.filter((server) => server.switchPort === port).map((server) => server.name),
        addresses: addresses.get(port) ?? 0,
      })),
    drops: drops.flatMap((packets, index) =>
      packets === 0 || index === CONSUMED ? [] : [{ reason: DROP_REASONS[index] ?? `reason ${index}`, packets }],
    ),
  };
}

async function readDrops(session: Engine['session']): Promise<readonly number[]> {
  try {
    return (await session?.readDrops?.()) ?? [];
  } catch {
    // Lost meanwhile: told by `connected` of the next answer.
    return [];
  }
}
