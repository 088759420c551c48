/**
 * Random forwarding state for a program that is known by its P4Info and BMv2 JSON: members and groups, one-shot sets,
 * multicast groups, clone sessions, digests, entries and default actions, as a controller would write them.
 *
 * Keys are mostly those that the packets have which are going to be sent, or nothing would match. Numbers are small, so
 * that what refers to something mostly finds it; multicast groups and clone sessions that the program names as
 * constants are among those that are made. Left out is what simple_switch is known to get wrong (prefixes of keys that
 * are not whole bytes) or leaves open (entries of equal priority).
 */
import type { EntityInput, Program, UpdateInput } from '@mooring/p4runtime-ts';
import { DataPlane, loadProgram } from '@mooring/softswitch';
import type { ProgramJson } from '../differential/program-json.ts';
import type { Random } from '../differential/random.ts';
import { type Packet, PORTS } from '../differential/traffic.ts';

type TableInfo = Program['tables']['items'][number];
type ProfileInfo = Program['profiles']['items'][number];
type ActionInfo = Program['actions']['items'][number];
type MatchFieldInfo = TableInfo['matchFields']['items'][number];

/** How a profile is programmed; members and sets are never mixed. */
interface ProfilePlan {
  readonly style: 'members' | 'sets';
  readonly members: readonly number[];
  readonly groups: readonly number[];
}

/** Groups and sessions that are always made. */
const SMALL_IDS = [1, 2, 3];

/** The numbers of clone sessions and multicast groups that a program names. */
function namedIds(json: ProgramJson): { sessions: number[]; groups: number[] } {
  const text = JSON.stringify(json.actions);
  const numbers = (pattern: RegExp) => [...text.matchAll(pattern)].map(([, value]) => Number(value));
  const isId = (limit: number) => (id: number) => id > 0 && id < limit;
  return {
    sessions: numbers(/"op":"clone_\w+","parameters":\[\{"type":"hexstr","value":"(0x[0-9a-f]+)"/g).filter(
      isId(0x8000),
    ),
    groups: numbers(/"mcast_grp"\]\},\{"type":"hexstr","value":"(0x[0-9a-f]+)"/g).filter(isId(0x8000)),
  };
}

/** Values of a key's fields, by name. */
type Key = Readonly<Record<string, string>>;

/** The keys with which packets come to tables, by table, as long as these have no entries. */
function observedKeys(json: ProgramJson, packets: readonly Packet[]): Map<string, Key[]> {
  const keys = new Map<string, Key[]>();
  const plane = new DataPlane(loadProgram(json), { output: () => {} });
  for (const { port, bytes } of packets)
    for (const event of plane.trace(port, bytes))
      if (event.kind === 'table') keys.set(event.table, [...(keys.get(event.table) ?? []), event.key]);
  return keys;
}

/** Updates in an order in which nothing refers to what comes later, for packets of which some shall match. */
export function randomState(
  program: Program,
  json: ProgramJson,
  packets: readonly Packet[],
  random: Random,
): UpdateInput[] {
  const observed = observedKeys(json, packets);
  const { sessions, groups } = namedIds(json);
  const replicas = () => {
    const pairs = Array.from({ length: random.between(1, 3) }, (_, instance) => ({
      port: random.below(PORTS),
      instance,
    }));
    return random.chance(0.3) ? pairs.map((pair) => ({ ...pair, port: pairs[0]!.port })) : pairs;
  };
  const entities: EntityInput[] = [];
  const plans = new Map<string, ProfilePlan>();
  for (const profile of program.profiles) {
    const plan = planOf(program, profile, random);
    plans.set(profile.name, plan);
    entities.push(...profileEntities(program, profile, plan, random));
  }
  for (const group of new Set([...SMALL_IDS, ...groups]))
    entities.push({ kind: 'multicast', group, replicas: replicas() });
  for (const session of new Set([...SMALL_IDS, ...sessions]))
    entities.push({ kind: 'clone', session, replicas: replicas() });
  for (const digest of program.digests)
    entities.push({
      kind: 'digest',
      digest: digest.name,
      config: { maxTimeoutNs: 0, maxListSize: 1, ackTimeoutNs: 0 },
    });
  const updates = entities.map((entity): UpdateInput => ({ op: 'insert', entity }));
  for (const table of program.tables) {
    const plan = table.profile && plans.get(table.profile.name);
    if (random.chance(0.3)) updates.push(...randomDefault(table, random));
    for (const entity of randomEntries(table, json, plan, observed.get(table.name) ?? [], random))
      updates.push({ op: 'insert', entity });
  }
  return updates;
}

function planOf(program: Program, profile: ProfileInfo, random: Random): ProfilePlan {
  const tables = program.tables.items.filter((table) => table.profile?.name === profile.name);
  if (profile.withSelector && random.chance(0.4)) return { style: 'sets', members: [], groups: [] };
  const members = tables.length === 0 ? [] : Array.from({ length: random.between(1, 5) }, (_, i) => i + 1);
  return { style: 'members', members, groups: profile.withSelector && members.length > 0 ? [1, 2] : [] };
}

function profileEntities(program: Program, profile: ProfileInfo, plan: ProfilePlan, random: Random): EntityInput[] {
  const table = program.tables.items.find((each) => each.profile?.name === profile.name);
  if (table === undefined) return [];
  const members = plan.members.map(
    (member): EntityInput => ({ kind: 'member', profile: profile.name, member, action: entryCall(table, random) }),
  );
  const groups = plan.groups.map((group): EntityInput => {
    const chosen = random.shuffle(plan.members).slice(0, random.between(1, 3));
    // With weights, simple_switch chooses by the order in which it made its copies of members.
    const members = chosen.map((member) => ({ member, weight: 1 }));
    return { kind: 'group', profile: profile.name, group, members, maxSize: profile.maxGroupSize };
  });
  return [...members, ...groups];
}

/** An action that entries of a table may have, with arguments. */
function entryCall(table: TableInfo, random: Random) {
  return call(random.pick(table.actions.items.filter(({ inEntries }) => inEntries)).action, random);
}

function call({ name, params }: ActionInfo, random: Random) {
  return {
    name,
    params: Object.fromEntries(params.items.map((param) => [param.name, argument(param.type.bitwidth, random)])),
  };
}

/** Mostly a port that there is, or the number of a group or session. */
function argument(bitwidth: number, random: Random): bigint {
  if (bitwidth === 9 && random.chance(0.8)) return BigInt(random.below(PORTS));
  if (bitwidth >= 10 && random.chance(0.4)) return BigInt(random.pick(SMALL_IDS)) & ((1n << BigInt(bitwidth)) - 1n);
  return random.value(bitwidth);
}

function randomDefault(table: TableInfo, random: Random): UpdateInput[] {
  const choices = table.actions.items.filter(({ asDefault }) => asDefault);
  if (table.profile !== undefined || table.constDefaultActionId !== undefined || choices.length === 0) return [];
  const action = call(random.pick(choices).action, random);
  return [{ op: 'modify', entity: { kind: 'table', table: table.name, isDefault: true, action } }];
}

function randomEntries(
  table: TableInfo,
  json: ProgramJson,
  plan: ProfilePlan | undefined,
  observed: readonly Key[],
  random: Random,
): EntityInput[] {
  const fields = table.matchFields.items;
  const own = json.pipelines.flatMap(({ tables }) => tables).find(({ name }) => name === table.name);
  const isOdd = fields.some(({ kind, type }) => kind === 'lpm' && type.bitwidth % 8 !== 0);
  const takesActions = table.actions.items.some(({ inEntries }) => inEntries);
  if (table.isConst || fields.length === 0 || isOdd || !takesActions || (own?.entries?.length ?? 0) > 0) return [];
  const seen = new Set<string>();
  return Array.from({ length: random.below(7) }, (_, i) => i + 1).flatMap((priority): EntityInput[] => {
    const key = observed.length > 0 && random.chance(0.8) ? random.pick(observed) : {};
    const match = Object.fromEntries(fields.flatMap((field) => fieldMatch(field, key[field.name], random)));
    const text = Object.entries(match).flat().map(String).join();
    if (seen.has(text)) return [];
    seen.add(text);
    const action = table.profile === undefined ? entryCall(table, random) : indirect(table, plan, random);
    if (action === undefined) return [];
    return [{ kind: 'table', table: table.name, match, ...(table.needsPriority ? { priority } : {}), action }];
  });
}

function indirect(table: TableInfo, plan: ProfilePlan | undefined, random: Random) {
  if (plan === undefined) return undefined;
  if (plan.style === 'sets') {
    const set = Array.from({ length: random.between(1, 3) }, () => ({
      action: entryCall(table, random),
      weight: random.between(1, 3),
    }));
    return { set };
  }
  if (plan.members.length === 0) return undefined;
  return plan.groups.length > 0 && random.chance(0.7)
    ? { group: random.pick(plan.groups) }
    : { member: random.pick(plan.members) };
}

/** A field of a key as text, or nothing where it does not care; it matches `observed`, if there is one. */
function fieldMatch(
  { name, kind, type }: MatchFieldInfo,
  observed: string | undefined,
  random: Random,
): [string, string][] {
  const { bitwidth } = type;
  const greatest = (1n << BigInt(bitwidth)) - 1n;
  const value = observed === undefined ? random.value(bitwidth) : BigInt(observed) & greatest;
  switch (kind) {
    case 'lpm': {
      const prefixLength = random.chance(0.3) ? bitwidth : random.below(bitwidth + 1);
      const mask = (greatest >> BigInt(bitwidth - prefixLength)) << BigInt(bitwidth - prefixLength);
      return prefixLength === 0 ? [] : [[name, `${value & mask}/${prefixLength}`]];
    }
    case 'ternary': {
      const mask = random.chance(0.4) ? greatest : random.value(bitwidth);
      return mask === 0n ? [] : [[name, `${value & mask} &&& ${mask}`]];
    }
    case 'range': {
      const other = random.value(bitwidth);
      const [low, high] = value < other ? [value, other] : [other, value];
      return low === 0n && high === greatest ? [] : [[name, `${low}..${high}`]];
    }
    case 'optional':
      return random.chance(0.3) ? [] : [[name, `${value}`]];
    default:
      return [[name, `${value}`]];
  }
}
