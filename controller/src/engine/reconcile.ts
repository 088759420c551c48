/**
 * The beginning of a session: what the switch holds and what the journal intends become one state (rule R11), and the
 * tables' shadow is filled from both, so that the flush that follows writes nothing but differences. No table is wiped:
 * a packet that arrives meanwhile finds its entries as they were.
 *
 * A switch that was restarted is empty; it gets everything from the intent, and the pins that this process still knows.
 */
import type { Configuration, Refused, VipConfiguration } from '../config/types.ts';
import { classesServed } from '../intent/classes.ts';
import { isOneWayNow } from '../intent/forwarding.ts';
import { hashOf, switchBucket } from '../intent/mapping.ts';
import { serviceOf } from '../intent/services.ts';
import type { Intent, ServerRecord } from '../intent/types.ts';
import { assignmentOf } from '../shift/buckets.ts';
import { type ConnectionParts, connectionKey } from '../shift/connection-key.ts';
import type { DoubtfulVip } from '../shift/doubt.ts';
import { type RecoveredBucket, type RecoveredPin, recover } from '../shift/recover.ts';
import { type Bucket, createShiftState, type Output, type Pin, type ShiftState } from '../shift/state.ts';
import type { ShiftSettings, VipId } from '../shift/types.ts';
import { SwitchRefusedError, type SwitchSession } from '../switch-port/port.ts';
import type { ProgramFeatures } from '../switch-port/program-features.ts';
import type { Shadow } from '../switch-port/shadow.ts';
import {
  isPinTable,
  keyText,
  PIN_TABLES,
  type ReadEntry,
  TABLE_NAMES,
  type TableName,
  VIP_TABLES,
} from '../switch-port/tables.ts';
import {
  type ServerPlace,
  setAssignment,
  setClassEntries,
  setPin,
  setRefusals,
  setServerEntries,
  setVipEntries,
  setWatch,
  vipKey,
} from './entries.ts';
import { type Locate, locator } from './locate.ts';

/** What reconciling needs to know. */
export interface ReconcileInput {
  readonly configuration: Configuration;
  readonly intent: Intent;
  readonly session: SwitchSession;
  readonly shadow: Shadow;
  readonly pinning: boolean;
  readonly features: Pick<ProgramFeatures, 'doubt'>;
  /** Slots a sweep order covers. */
  readonly sweepChunk: number;
  /** The state of the session before, if there was one in this process. */
  readonly previous: ShiftState | undefined;
}

const SWEEP_LATE_MS = 2_000;

/**
 * Reads the switch and makes the state to go on with.
 * @param out gets what is to be done first
 * @throws SwitchRefusedError when the switch serves what the journal knows nothing of; SwitchLostError
 */
export async function reconcile(input: ReconcileInput, out: Output): Promise<ShiftState> {
  const { configuration, intent, session, shadow } = input;
  const tables = await readTables(session);
  const served = VIP_TABLES.flatMap((table) => tables.get(table)!);
  const foreign = served.find((entry) => Number(entry.params[0]) >= intent.nextVip);
  if (foreign !== undefined) {
    throw new SwitchRefusedError(
      'the switch serves a VIP that this state directory knows nothing of: use the state directory of the controller ' +
        'that set it up, or restart the switch',
    );
  }
  for (const [table, entries] of tables) shadow.load(table, entries);
  const empty = tables.get('buckets')!.length === 0;
  wantStaticEntries(configuration, intent, shadow, empty, tables);

  const { timers } = configuration;
  const settings: ShiftSettings = {
    ...timers,
    slots: session.slots,
    sweepChunk: input.sweepChunk,
    sweepLateMs: SWEEP_LATE_MS,
    pins: input.pinning,
  };
  // Tags of an earlier epoch must not be taken for ours.
  const state = createShiftState(settings, intent.epoch << 8);
  const pins = recoveredPins(input, tables, empty);
  const buckets = recoverBuckets(input, tables);
  const dead = [...intent.servers.values()].filter(({ state: its }) => its === 'dead').map(({ id }) => id);
  const alive = [...intent.servers.values()].filter((server) => !isGone(server));
  const servers = alive.map(({ id }) => id);
  const leaving = alive.filter((server) => server.state === 'draining').map(({ id }) => id);
  for (const table of PIN_TABLES) shadow.clear(table);
  shadow.clear('drain_watch');
  for (const pin of pins) setPin(shadow, pin.key, pin.server, pin.closing, timers);
  const doubts = doubtfulVips(input, tables, buckets);
  const comings = [...intent.vips.values()].flatMap(({ id: vip, coming }) =>
    coming === undefined ? [] : [{ vip, hash: hashOf(coming), servers: [...coming.servers] }],
  );
  // Even where all are there: none may count on another before that has been written.
  const awaiting = session.switches.length > 0;
  recover(
    state,
    { buckets, pins, servers, leaving, dead, pinIdleMs: timers.pinIdleMs, comings, doubts, awaiting },
    out,
  );
  for (const list of state.vips.values()) {
    for (const bucket of list) {
      const assignment = assignmentOf(bucket);
      const key = switchBucket(intent, bucket);
      setAssignment(shadow, key, assignment);
      if (assignment.base !== assignment.current && !assignment.preparing) setWatch(shadow, key, timers);
    }
  }
  return state;
}

/** Whether the switch holds nothing for the server any more. */
function isGone({ state }: ServerRecord): boolean {
  return state === 'drained' || state === 'dead';
}

async function readTables(session: SwitchSession): Promise<Map<TableName, readonly ReadEntry[]>> {
  const tables = new Map<TableName, readonly ReadEntry[]>();
  for (const table of TABLE_NAMES) {
    tables.set(table, await session.readTable(table, isPinTable(table) || table === 'drain_watch'));
  }
  return tables;
}

/** All whose entries follow from the intent alone. */
const STATIC_TABLES = [
  'client_classes',
  'client_classes_v6',
  ...VIP_TABLES,
  'addresses',
  'addresses_v6',
  'returns',
  'returns_v6',
  'returns_all_ports',
  'returns_all_ports_v6',
  'servers',
  'links',
  'signals',
  'pin_servers',
  'slot_servers',
  'buckets',
  'coming_mappings',
  'coming_buckets',
  'refusals',
] as const satisfies readonly TableName[];

function wantStaticEntries(
  configuration: Configuration,
  intent: Intent,
  shadow: Shadow,
  empty: boolean,
  tables: ReadonlyMap<TableName, readonly ReadEntry[]>,
): void {
  for (const table of STATIC_TABLES) shadow.clear(table);
  // What the switch has learned stays; an empty one is told again what it knew.
  if (!empty) {
    for (const table of ['macs', 'mac_sources'] as const) {
      shadow.clear(table);
      for (const entry of tables.get(table)!) shadow.set(entry);
    }
  }
  wantServices(configuration, intent, shadow);
  for (const server of intent.servers.values()) {
    const place = placeOf(configuration, intent, server);
    if (!isGone(server) && place !== undefined) setServerEntries(shadow, server, place);
  }
}

/** New connections of a VIP are refused, or no longer. */
export function wantRefusal(
  configuration: Configuration,
  intent: Intent,
  shadow: Shadow,
  id: VipId,
  how: Refused | undefined,
): void {
  const served = vipsOf(configuration, intent);
  const vips = served.map(({ vip }) => vip);
  const found = served.find((each) => each.id === id);
  if (found === undefined) return;
  setRefusals(shadow, serviceOf(intent, id), classesServed(found.vip, vips, intent.classes), how);
}

/** VIPs, and which clients are at which of them. */
export function wantServices(configuration: Configuration, intent: Intent, shadow: Shadow): void {
  setClassEntries(shadow, intent.classes);
  const served = vipsOf(configuration, intent);
  const vips = served.map(({ vip }) => vip);
  for (const { id, vip } of served) {
    setVipEntries(
      shadow,
      intent.vips.get(id)!,
      vip,
      isOneWayNow(intent, id, vip),
      classesServed(vip, vips, intent.classes),
    );
  }
}

/** Those that the switch serves: their entries are the last to come, so all others are there as well. */
function vipsInSwitch(
  { configuration, intent }: ReconcileInput,
  tables: ReadonlyMap<TableName, readonly ReadEntry[]>,
): Set<number> {
  const keys = new Map(VIP_TABLES.map((table) => [table, new Set(tables.get(table)!.map(({ key }) => keyText(key)))]));
  const served = vipsOf(configuration, intent);
  const vips = served.map(({ vip }) => vip);
  const isThere = (vip: VipConfiguration): boolean =>
    classesServed(vip, vips, intent.classes).some((clientClass) => {
      const { table, key } = vipKey(vip, clientClass);
      return keys.get(table)!.has(keyText(key));
    });
  return new Set(served.filter(({ vip }) => isThere(vip)).map(({ id }) => id));
}

function recoverBuckets(
  input: ReconcileInput,
  tables: ReadonlyMap<TableName, readonly ReadEntry[]>,
): RecoveredBucket[] {
  const { configuration, intent, session } = input;
  const served = vipsOf(configuration, intent).filter(({ id, vip }) => isOneWayNow(intent, id, vip));
  const oneWay = new Set(served.map(({ id }) => id));
  // Where a SYN tells new connections, the others belong to the base: such a flip has to wait like any other.
  const watched = new Set(served.filter(({ vip }) => vip.protocol === 'tcp').map(({ id }) => id));
  const isSeveral = session.switches.length > 0;
  const isOneAway = session.switches.some(({ absence }) => absence !== undefined);
  const inSwitch = new Map(tables.get('buckets')!.map((entry) => [keyText(entry.key), entry]));
  const watches = new Map(tables.get('drain_watch')!.map((entry) => [keyText(entry.key), entry]));
  const inSwitchBefore = vipsInSwitch(input, tables);
  const result: RecoveredBucket[] = [];
  const named = new Set([...intent.servers.values()].filter((server) => !isGone(server)).map(({ id }) => id));
  for (const { closing } of intent.vips.values()) if (closing !== undefined) named.add(closing);
  for (const [vip, { base, current }] of intent.assignments) {
    base.forEach((journaledBase, bucket) => {
      const key = keyText(switchBucket(intent, { vip, bucket }));
      const params = inSwitch.get(key)?.params.map(Number);
      // What names a server that is gone was about to be changed.
      const known = params !== undefined && named.has(params[0]!);
      const intended = current[bucket]!;
      // A commit that was under way when a switch was lost may have been made there: it is finished. Nobody was left on
      // the old base.
      const actualBase = known && !isOneAway ? params[0]! : journaledBase;
      const before = bucketBefore(input, vip, bucket);
      const isFlipped = params?.[1] === intended && !(isSeveral && watched.has(vip));
      result.push({
        vip,
        bucket,
        base: actualBase,
        current: intended,
        learn: known && params[2] === 1,
        flipped: known && isFlipped,
        oneWay: oneWay.has(vip),
        // A bucket of a mapping that is new there may have pins that were made in others.
        // Its pins stay what they are, also where it is about to get another base because its own has died.
        unsettled:
          params === undefined
            ? inSwitchBefore.has(vip)
            : params[4] === 1 || (params[1] !== intended && before?.phase !== 'waiting'),
        watchElapsedMs: watches.get(key)?.elapsedMs,
        former: before?.former ?? [],
      });
    });
  }
  return result;
}

/**
 * Buckets whose registers were lost with pins in them: of a switch that has started anew those that were in shift or
 * not settled, by our own memory, or, where we have started anew as well, those that the journal has in shift; and of a
 * switch that is away and may be forwarding, since its registers cannot be read. What was looked for before still is. A
 * session that was lost, or a controller that was killed, before all was written leaves a switch that has the program,
 * so it has started anew for us as well as long as it does not serve the VIP.
 */
function doubtfulVips(
  input: ReconcileInput,
  tables: ReadonlyMap<TableName, readonly ReadEntry[]>,
  buckets: readonly RecoveredBucket[],
): DoubtfulVip[] {
  const { configuration, intent, session, pinning, features } = input;
  if (!pinning || !features.doubt) return [];
  const mayForward = session.switches.some(({ absence, isIsolated }) => absence !== undefined && !isIsolated);
  const served = vipsInSwitch(input, tables);
  const isAnew = (vip: number): boolean => intent.epoch > 1 && (session.pipeline === 'pushed' || !served.has(vip));
  const marked = new Set(
    tables
      .get('buckets')!
      .filter(({ params }) => Number(params[5]) !== 0)
      .map(({ key }) => keyText(key)),
  );
  const isDoubtful = ({ vip, bucket, base, current, unsettled }: RecoveredBucket): boolean => {
    const before = bucketBefore(input, vip, bucket);
    if (before?.inDoubt || marked.has(keyText(switchBucket(intent, { vip, bucket })))) return true;
    if (mayForward) return before?.unsettled ?? unsettled;
    return isAnew(vip) && (before === undefined ? base !== current : before.unsettled);
  };
  return vipsOf(configuration, intent).flatMap(({ id, vip }): DoubtfulVip[] => {
    const doubtful = buckets.filter((bucket) => bucket.vip === id && isDoubtful(bucket)).map(({ bucket }) => bucket);
    if (vip.protocol !== 'tcp' || doubtful.length === 0) return [];
    const isIts = (server: ServerRecord): boolean => serviceOf(intent, server.vip) === serviceOf(intent, id);
    const servers = [...intent.servers.values()].filter((server) => isIts(server) && !isGone(server));
    return [{ vip: id, buckets: doubtful, servers: servers.map((server) => server.id) }];
  });
}

/**
 * What was known of a bucket in the session before; of one whose connections were in other buckets then, what was true
 * of any of them.
 */
function bucketBefore(
  { intent, previous }: ReconcileInput,
  vip: number,
  bucket: number,
): Pick<Bucket, 'inDoubt' | 'unsettled' | 'former' | 'phase'> | undefined {
  const buckets = previous?.vips.get(vip);
  if (buckets === undefined) return undefined;
  if (!previous!.comings.has(vip) || intent.vips.get(vip)?.coming !== undefined) return buckets[bucket];
  const isTrueOfAny = (fact: 'inDoubt' | 'unsettled'): boolean => buckets.some((each) => each[fact]);
  return { inDoubt: isTrueOfAny('inDoubt'), unsettled: isTrueOfAny('unsettled'), former: [], phase: 'settling' };
}

/** An empty switch gets what we know; of several one that returns, what it has missed. */
function recoveredPins(
  { configuration, intent, previous, session }: ReconcileInput,
  tables: ReadonlyMap<TableName, readonly ReadEntry[]>,
  empty: boolean,
): readonly RecoveredPin[] {
  const locate = locator(vipsOf(configuration, intent), intent);
  const remembered = previous === undefined ? [] : rememberedPins(previous, locate);
  if (empty && previous !== undefined) return remembered;
  const read = readPins(intent, tables, locate);
  if (session.switches.length === 0) return read;
  const known = new Set(read.map(({ key }) => key));
  return [...read, ...remembered.filter(({ key }) => !known.has(key))];
}

function readPins(
  intent: Intent,
  tables: ReadonlyMap<TableName, readonly ReadEntry[]>,
  locate: Locate,
): RecoveredPin[] {
  return PIN_TABLES.flatMap((table) => tables.get(table)!).flatMap((entry) => {
    const key = connectionKey(...(entry.key as ConnectionParts));
    const [server, closing] = entry.params.map(Number) as [number, number];
    const name = locate(key);
    // A pin to a server that is gone is ignored by the switch; it goes with the next flush.
    const record = intent.servers.get(server);
    if (name === undefined || record === undefined || isGone(record)) return [];
    return [{ key, ...name, server, closing: closing === 1, elapsedMs: entry.elapsedMs, guessed: true }];
  });
}

function rememberedPins(previous: ShiftState, locate: Locate): RecoveredPin[] {
  return [...previous.pins.values()].flatMap(({ key, server, guessed = false }: Pin) => {
    const name = locate(key);
    return name === undefined ? [] : [{ key, ...name, server, closing: false, elapsedMs: 0, guessed }];
  });
}

/** The VIPs in service, by both their sides. */
export function vipsOf(
  configuration: Configuration,
  intent: Intent,
): { readonly id: number; readonly vip: VipConfiguration }[] {
  const byName = new Map(configuration.vips.map((vip) => [vip.name, vip]));
  return [...intent.vips.values()].flatMap(({ id, name }) => {
    const vip = byName.get(name);
    return vip === undefined ? [] : [{ id, vip }];
  });
}

/** The VIP a server serves, and its service. */
export function placeOf(configuration: Configuration, intent: Intent, server: ServerRecord): ServerPlace | undefined {
  const name = intent.vips.get(server.vip)?.name;
  const vip = configuration.vips.find((candidate) => candidate.name === name);
  return vip && { vip, service: serviceOf(intent, server.vip) };
}
