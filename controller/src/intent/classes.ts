/**
 * Classes of clients: which VIP a client's packets are for, and whether a change would take living connections to
 * another one. A VIP's entry in the switch is for one class, so a service without a VIP of its own for a class has an
 * entry of the same parameters for it. A client that comes into another class keeps its connections only if its VIPs
 * are the same in both: another VIP has other buckets and other pins. Such a change is refused, whoever asks for it,
 * and so is a VIP that would take clients away from one in service, also by being for a single port where that one is
 * for all. Numbers of classes are journaled, for the switch's entries name them.
 */
import { type ClassConfiguration, MOST_CLASSES, type ServicePort, type VipConfiguration } from '../config/types.ts';
import { formatEndpoint, type IpAddress, ipAddress, isIpv6, toIpv6Bits } from '../text/addresses.ts';

/** A class with its number in the switch, from 1 on. */
export interface ClassRecord extends ClassConfiguration {
  readonly id: number;
}

/** What decides where clients go. */
export interface ClientRouting {
  readonly vips: readonly VipConfiguration[];
  readonly classes: readonly ClassConfiguration[];
}

/** The class of everybody whom no prefix puts into another. */
export const EVERYBODY = undefined;

/** In place of a class's name: no class. */
export const NO_CLASS = 'none';

/** Gives classes their numbers; those that are known keep theirs. */
export function numberClasses(known: readonly ClassRecord[], wanted: readonly ClassConfiguration[]): ClassRecord[] {
  const used = new Set(known.filter(({ name }) => wanted.some((one) => one.name === name)).map(({ id }) => id));
  return wanted.map((one) => {
    const before = known.find(({ name }) => name === one.name);
    if (before !== undefined) return { ...one, id: before.id };
    let id = 1;
    while (used.has(id) && id < MOST_CLASSES) id++;
    used.add(id);
    return { ...one, id };
  });
}

/** Whether two VIPs are the same service, perhaps for different classes. */
export function isSameService(a: VipConfiguration, b: VipConfiguration): boolean {
  return a.address === b.address && a.protocol === b.protocol && a.port === b.port;
}

/** Numbers of the classes whose clients a VIP serves; 0 is everybody else. */
export function classesServed(
  vip: VipConfiguration,
  vips: readonly VipConfiguration[],
  classes: readonly ClassRecord[],
): number[] {
  if (vip.class !== EVERYBODY) return classes.filter(({ name }) => name === vip.class).map(({ id }) => id);
  const others = new Set(vips.filter((other) => isSameService(vip, other)).map((other) => other.class));
  return [0, ...classes.filter(({ name }) => !others.has(name)).map(({ id }) => id)];
}

/** Clients that would find themselves at another VIP. */
export interface Diversion {
  readonly prefix: string;
  /** Their class. */
  readonly was: string | undefined;
  readonly is: string | undefined;
  readonly port: ServicePort;
  readonly from: VipConfiguration;
  readonly to: VipConfiguration | undefined;
}

/** A diversion in words. */
export function diversionText({ prefix, was, port, from, to }: Diversion): string {
  const who = prefix.endsWith('/0') && was === EVERYBODY ? 'clients without a class' : `clients of ${prefix}`;
  const where = formatEndpoint(from.address, port);
  return to === undefined
    ? `${who} would find no VIP at ${where} any more, where they have connections now`
    : `${who} would go from VIP \`${from.name}\` to VIP \`${to.name}\` at ${where}`;
}

/** Clients that would find themselves at another VIP, in words; undefined where there are none. */
export function divertedClients(before: ClientRouting, after: ClientRouting): string | undefined {
  const [first] = diversions(before, after);
  if (first === undefined) return undefined;
  return `${diversionText(first)}${first.to === undefined ? '' : ', which knows nothing of the connections they have'}`;
}

/** All clients that would find themselves at another VIP. */
export function diversions(before: ClientRouting, after: ClientRouting): Diversion[] {
  const found: Diversion[] = [];
  const prefixes = [...before.classes, ...after.classes].flatMap((one) => one.prefixes);
  for (const prefix of new Set([...prefixes, '0.0.0.0/0', '::/0'])) {
    const [was, is] = [classOf(prefix, before.classes), classOf(prefix, after.classes)];
    for (const vip of before.vips) {
      if (isIpv6(vip.address) !== isIpv6(prefix)) continue;
      for (const port of portsOf(vip, after.vips)) {
        const service = { address: vip.address, protocol: vip.protocol, port };
        if (serving(service, was, before.vips)?.name !== vip.name) continue;
        const now = serving(service, is, after.vips);
        if (now?.name !== vip.name) found.push({ prefix, was, is, port, from: vip, to: now });
      }
    }
  }
  return found;
}

/**
 * The ports of a VIP that others may be for: its own, or, where it is for all, those of others at its address, and the
 * rest.
 */
function portsOf(vip: VipConfiguration, vips: readonly VipConfiguration[]): ServicePort[] {
  if (vip.port !== 'all') return [vip.port];
  return ['all', ...vips.filter(({ address }) => address === vip.address).map(({ port }) => port)];
}

/** What a client connects to; `all`: any port that no VIP is for. */
export type Service = Pick<VipConfiguration, 'address' | 'protocol' | 'port'>;

/**
 * Who serves a class's clients there. A VIP for the port comes before one for all ports, and one for the class before
 * one for everybody.
 */
export function serving(
  { address, protocol, port }: Service,
  clientClass: string | undefined,
  vips: readonly VipConfiguration[],
): VipConfiguration | undefined {
  const there = vips.filter((vip) => vip.address === address && vip.protocol === protocol);
  for (const wanted of [port, 'all']) {
    for (const whose of [clientClass, EVERYBODY]) {
      const found = there.find((vip) => vip.port === wanted && vip.class === whose);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

/** The name of a client's class; undefined where it has none. */
export function classOfClient(client: IpAddress, classes: readonly ClassConfiguration[]): string | undefined {
  return classFinder(classes)(client);
}

/** As `classOfClient`, for many clients. */
export function classFinder(classes: readonly ClassConfiguration[]): (client: IpAddress) => string | undefined {
  const prefixes = classes.flatMap(({ name, prefixes }) => prefixes.map((prefix) => ({ name, ...rangeOf(prefix) })));
  prefixes.sort((a, b) => b.length - a.length);
  const known = new Map<IpAddress, string | undefined>();
  return (client) => {
    if (known.has(client)) return known.get(client);
    const isV6 = typeof client !== 'number';
    const bits = toIpv6Bits(client);
    const found = prefixes.find(({ isV6: its, first, shift }) => its === isV6 && bits >> shift === first)?.name;
    known.set(client, found);
    return found;
  };
}

/** A prefix as what addresses in it have in common. */
function rangeOf(prefix: string) {
  const isV6 = isIpv6(prefix);
  const length = lengthOf(prefix);
  const shift = BigInt((isV6 ? 128 : 32) - length);
  const first = toIpv6Bits(ipAddress(prefix.slice(0, prefix.indexOf('/')))) >> shift;
  return { isV6, length, shift, first };
}

/** The class of those clients of a prefix that no longer one names. */
export function classOf(prefix: string, classes: readonly ClassConfiguration[]): string | undefined {
  let longest = -1;
  let found: string | undefined;
  for (const { name, prefixes } of classes) {
    for (const candidate of prefixes) {
      const length = lengthOf(candidate);
      if (length <= longest || !contains(candidate, prefix)) continue;
      longest = length;
      found = name;
    }
  }
  return found;
}

function lengthOf(prefix: string): number {
  return Number(prefix.slice(prefix.indexOf('/') + 1));
}

function contains(outer: string, inner: string): boolean {
  const [wide, narrow] = [rangeOf(outer), rangeOf(inner)];
  if (wide.isV6 !== narrow.isV6 || wide.length > narrow.length) return false;
  return wide.first === narrow.first >> (wide.shift - narrow.shift);
}
