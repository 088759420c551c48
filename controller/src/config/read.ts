/**
 * From `mooring.yaml` to a `Configuration`: reads every key, fills in defaults, then checks what spans several places
 * (names and addresses used twice, timers that must not be shorter than others). Nothing is returned unless all of it
 * is right, so that a wrong file is never half applied. docs/CONFIGURATION.md describes each key; a test holds the two
 * together.
 */
import { isSameService, NO_CLASS } from '../intent/classes.ts';
import { isOneWay } from '../intent/mapping.ts';
import { formatEndpoint, generatedMac, isIpv6 } from '../text/addresses.ts';
import { didYouMean } from '../text/did-you-mean.ts';
import { ConfigurationError } from './diagnostics.ts';
import { readGroups, type ServerGroups, serversOf } from './read-groups.ts';
import { readLinks } from './read-links.ts';
import { readAgents, readHealth, readOverflow, readPolicy } from './read-policies.ts';
import * as scalar from './scalars.ts';
import { type TakenEndpoint, takenEndpoint, wrongServerPort } from './server-port.ts';
import {
  type ClassConfiguration,
  type Configuration,
  type Fallback,
  type Forwarding,
  GUE_PORT,
  type HealthCheck,
  MOST_CLASSES,
  type OverflowRule,
  type ServerConfiguration,
  type ServicePort,
  type SwitchConfiguration,
  sayPortOfVip,
  type Timers,
  type VipConfiguration,
} from './types.ts';
import { type MapReader, YamlReader } from './yaml-reader.ts';

/**
 * Defaults for a real network: Linux servers resend a SYN-ACK for 63 s, and most middleboxes forget a silent connection
 * in 6 minutes.
 */
export const DEFAULT_TIMERS: Timers = {
  idleMs: 360_000,
  pinIdleMs: 360_000,
  inFlightMs: 2_000,
  handshakeMs: 64_000,
  tentativeMs: 66_000,
  reportMs: 1_000,
  learnAfterMs: 30_000,
  drainDeadlineMs: 0,
  macIdleMs: 300_000,
};

/** Buckets of a VIP that names no number: enough for a share of 0.4 %. */
export const DEFAULT_BUCKETS = 256;

/**
 * Reads a configuration.
 * @param fileName stands in messages
 * @throws ConfigurationError with all that is wrong
 */
export function readConfiguration(fileName: string, text: string): Configuration {
  const reader = new YamlReader(text);
  const root = reader.root();
  const configuration = root === undefined ? undefined : readRoot(root);
  if (configuration === undefined || reader.diagnostics.length > 0) {
    throw new ConfigurationError(fileName, text, reader.diagnostics);
  }
  return configuration;
}

function readRoot(root: MapReader): Configuration | undefined {
  const stateDir = root.optional('stateDir', scalar.text, 'mooring-state');
  const switches = readSwitches(root);
  const timersReader = root.map('timers', '`timers`');
  const timers = timersReader === undefined ? DEFAULT_TIMERS : readTimers(timersReader);
  const classes = readClasses(root.maps('classes', 'class') ?? []);
  const vipReaders = root.maps('vips', 'VIP');
  const groups = readGroups(root.maps('groups', 'group') ?? []);
  const vips = (vipReaders ?? []).map((vip) => readVip(vip, groups));
  if (vipReaders === undefined) root.error(undefined, 'the file has no `vips`: name at least one virtual address');
  else if (vipReaders.length === 0) root.error('vips', '`vips` is empty: name at least one virtual address');
  checkUnique(vipReaders ?? [], vips);
  checkFallbacks(vipReaders ?? [], vips);
  vips.forEach(({ vip }, index) => {
    const names = classes.map(({ name }) => name);
    if (vip.class === undefined || names.includes(vip.class)) return;
    const meant = didYouMean(vip.class, names);
    const more =
      meant === undefined ? `; \`classes\` lists ${names.join(', ') || 'none'}` : `; did you mean \`${meant}\`?`;
    vipReaders![index]!.error('class', `there is no class \`${vip.class}\`${more}`);
  });
  const policy = readPolicy(root.map('policy', '`policy`'));
  const agents = readAgents(root.map('agents', '`agents`'));
  if (agents === undefined) {
    vips.forEach(({ vip, serverReaders }) => {
      vip.servers.forEach((server, index) => {
        if (server.agent === undefined) return;
        serverReaders[index]!.error(
          'agent',
          'an `agent` needs `agents` with its certificate files at the top of the file',
        );
      });
    });
  }
  root.finish();
  if (switches === undefined) return undefined;
  return {
    stateDir,
    switch: switches[0]!,
    switches,
    timers,
    policy,
    agents,
    classes,
    vips: vips.map(({ vip }) => vip),
  };
}

function readClasses(readers: readonly MapReader[]): ClassConfiguration[] {
  const names = new Set<string>();
  const owners = new Map<string, string>();
  if (readers.length > MOST_CLASSES) readers[MOST_CLASSES]!.error(undefined, `there can be ${MOST_CLASSES} classes`);
  return readers.map((reader) => {
    const name = reader.required('name', scalar.name) ?? '';
    if (names.has(name)) reader.error('name', `two classes are named \`${name}\``);
    if (name === NO_CLASS) reader.error('name', `\`${NO_CLASS}\` says of clients that they are in no class`);
    names.add(name);
    const prefixes = reader.scalars('prefixes', scalar.prefix);
    if (prefixes === undefined) {
      reader.error(undefined, `${reader.what} has no \`prefixes\`: say who is in it, or \`[]\` for nobody yet`);
    }
    for (const prefix of prefixes ?? []) {
      const other = owners.get(prefix);
      if (other !== undefined) reader.error('prefixes', `${prefix} is in class \`${other}\` already`);
      owners.set(prefix, name);
    }
    const synRate = reader.optional('synRate', scalar.integer(1, 1_000_000_000, 'SYNs a second'), undefined);
    reader.finish();
    return { name, prefixes: prefixes ?? [], synRate };
  });
}

/** `switch` for one, `switches` for several. */
function readSwitches(root: MapReader): readonly SwitchConfiguration[] | undefined {
  const single = root.map('switch', '`switch`');
  const several = root.maps('switches', 'switch');
  if (single !== undefined && several !== undefined) {
    root.error('switches', 'the file has both `switch` and `switches`: one switch or a list, not both');
    return undefined;
  }
  if (single !== undefined) {
    const only = readSwitch(single);
    return only === undefined ? undefined : [only];
  }
  if (several === undefined) {
    root.error(undefined, 'the file has no `switch`: say where its P4Runtime server listens');
    return undefined;
  }
  if (several.length === 0) root.error('switches', '`switches` is empty: name at least one switch');
  const read = several.map((reader) => readSwitch(reader));
  const seen = new Set<string>();
  read.forEach((one, index) => {
    const device = `${one?.address} device ${one?.deviceId}`;
    if (one !== undefined && seen.has(device)) several[index]!.error('address', `${device} is listed twice`);
    seen.add(device);
  });
  return read.length > 0 && read.every((one) => one !== undefined) ? (read as SwitchConfiguration[]) : undefined;
}

function readSwitch(reader: MapReader): SwitchConfiguration | undefined {
  const address = reader.required('address', scalar.hostAndPort);
  const deviceId = reader.optional('deviceId', scalar.deviceId, 0n);
  const ports = reader.scalars('ports', scalar.switchPort);
  if (ports === undefined) reader.error(undefined, '`switch` has no `ports`: list the switch ports of the network');
  else if (new Set(ports).size < ports.length) reader.error('ports', '`ports` names a port twice');
  reader.finish();
  return address === undefined || ports === undefined ? undefined : { address, deviceId, ports };
}

function readTimers(reader: MapReader): Timers {
  const handshakeMs = reader.optional('handshake', scalar.durationMs, DEFAULT_TIMERS.handshakeMs);
  const inFlightMs = reader.optional('inFlight', scalar.durationMs, DEFAULT_TIMERS.inFlightMs);
  const idleMs = reader.optional('idle', scalar.durationMs, Math.max(DEFAULT_TIMERS.idleMs, handshakeMs));
  const timers: Timers = {
    idleMs,
    pinIdleMs: reader.optional('pinIdle', scalar.durationMs, idleMs),
    inFlightMs,
    handshakeMs,
    tentativeMs: reader.optional('tentative', scalar.durationMs, handshakeMs + inFlightMs),
    reportMs: reader.optional('report', scalar.durationMs, DEFAULT_TIMERS.reportMs),
    learnAfterMs: reader.optional('learnAfter', scalar.durationMs, DEFAULT_TIMERS.learnAfterMs),
    drainDeadlineMs: reader.optional('drainDeadline', scalar.durationOrNoneMs, DEFAULT_TIMERS.drainDeadlineMs),
    macIdleMs: reader.optional('macIdle', scalar.durationMs, DEFAULT_TIMERS.macIdleMs),
  };
  atLeast(reader, 'inFlight', inFlightMs, 1, '1ms');
  atLeast(reader, 'handshake', handshakeMs, 1, '1ms');
  atLeast(reader, 'report', timers.reportMs, 10, '10ms');
  atLeast(reader, 'macIdle', timers.macIdleMs, 1000, '1s');
  const why = 'or a handshake under way would be taken for an ended connection';
  atLeast(reader, 'idle', idleMs, handshakeMs, `\`handshake\` (${handshakeMs}ms), ${why}`);
  atLeast(reader, 'pinIdle', timers.pinIdleMs, handshakeMs, `\`handshake\` (${handshakeMs}ms), ${why}`);
  const tentativeLeast = handshakeMs + inFlightMs;
  const sum = `\`handshake\` + \`inFlight\` (${tentativeLeast}ms), or a new connection's slot could be taken from it`;
  atLeast(reader, 'tentative', timers.tentativeMs, tentativeLeast, sum);
  reader.finish();
  return timers;
}

function atLeast(reader: MapReader, key: string, valueMs: number, leastMs: number, what: string): void {
  if (valueMs < leastMs) reader.error(key, `\`${key}\` must be at least ${what}`);
}

/** What was read of a VIP, with the readers for checks across VIPs. */
interface ReadVip {
  readonly vip: VipConfiguration;
  readonly serverReaders: readonly MapReader[];
}

function readVip(reader: MapReader, groups: ServerGroups): ReadVip {
  const name = reader.required('name', scalar.name) ?? '';
  const address = reader.required('address', scalar.address);
  const port = reader.required('port', scalar.servicePort) ?? 0;
  const protocol = reader.optional('protocol', scalar.oneOf('tcp', 'udp'), 'tcp' as const);
  const mac = reader.optional('mac', scalar.mac, undefined);
  if (mac !== undefined && Number.parseInt(mac.slice(0, 2), 16) & 1) {
    reader.error('mac', "a VIP's `mac` must be a unicast address (its first byte even)");
  }
  const buckets = reader.optional('buckets', scalar.integer(1, 65535), DEFAULT_BUCKETS);
  const affinity = reader.optional('affinity', scalar.oneOf('client', 'connection'), 'connection' as const);
  const hashSeed = reader.optional('hashSeed', scalar.integer(0, 0xffff_ffff), undefined);
  const forwarding = readForwarding(reader, address);
  const clientClass = reader.optional('class', scalar.name, undefined);
  const health = readHealth(reader.map('health', '`health`'));
  if (health?.kind === 'syns' && (protocol === 'udp' || forwarding !== undefined)) {
    const why = protocol === 'udp' ? 'UDP has none' : 'its servers answer past the switch';
    reader.error('health', `a \`syns\` check needs SYNs and their answers to pass the switch: ${why}`);
  }
  const overflow = readOverflow(reader.map('overflow', '`overflow`'));
  if (overflow !== undefined && overflow.whenFull !== 'pass' && protocol === 'udp') {
    reader.error('overflow', `\`whenFull: ${overflow.whenFull}\` refuses SYNs: UDP has none`);
  }
  const fallback = readFallback(reader, clientClass, overflow);
  if (port === 'all') checkAllPorts(reader, health, overflow);
  const serverReaders = serversOf(reader, groups);
  const servers = (serverReaders ?? []).map((server) => readServer(server, port));
  servers.forEach(({ name: own, standbyFor }, index) => {
    const names = servers.map((server) => server.name).filter((other) => other !== own);
    if (standbyFor === undefined || names.includes(standbyFor)) return;
    const meant = didYouMean(standbyFor, names);
    const hint = meant === undefined ? '' : `; did you mean \`${meant}\`?`;
    serverReaders![index]!.error('standbyFor', `the VIP has no other server \`${standbyFor}\`${hint}`);
  });
  servers.forEach((server, index) => {
    if (forwarding === undefined || server.port === port) return;
    serverReaders![index]!.error('port', sayPortOfVip(port, forwarding));
  });
  if (serverReaders !== undefined && !servers.some((server) => !server.spare)) {
    reader.error('servers', `${reader.what} has no server in service: name at least one that is not \`spare\``);
  }
  const inService = servers.filter((server) => !server.spare).length;
  if (inService > buckets) {
    reader.error('buckets', `${reader.what} has fewer buckets (${buckets}) than servers in service (${inService})`);
  }
  reader.finish();
  return {
    vip: {
      name,
      address: address ?? '0.0.0.0',
      protocol,
      port,
      mac: mac ?? generatedMac(address ?? '0.0.0.0'),
      buckets,
      affinity,
      hashSeed,
      class: clientClass,
      forwarding,
      health,
      overflow,
      fallback,
      servers,
    },
    serverReaders: serverReaders ?? [],
  };
}

/** What looks at the one port of a service has none to look at. */
function readFallback(
  reader: MapReader,
  clientClass: string | undefined,
  overflow: OverflowRule | undefined,
): Fallback | undefined {
  const fallback = reader.optional('fallback', scalar.oneOf('failed', 'busy', 'always'), undefined);
  if (fallback !== undefined && clientClass === undefined) {
    reader.error('fallback', '`fallback` is for a VIP with a `class`: to the servers of the VIP for everybody');
  } else if (fallback !== undefined && fallback !== 'failed' && overflow === undefined) {
    reader.error('fallback', `\`fallback: ${fallback}\` needs \`overflow\`, which says when a server cannot keep up`);
  }
  return fallback;
}

/** Who may come to the servers of everybody needs these at the same service, and answers that go the same way. */
function checkFallbacks(readers: readonly MapReader[], vips: readonly ReadVip[]): void {
  vips.forEach(({ vip }, index) => {
    if (vip.fallback === undefined || vip.class === undefined) return;
    const general = vips.find(({ vip: other }) => isSameService(other, vip) && other.class === undefined)?.vip;
    if (general === undefined) {
      const where = formatEndpoint(vip.address, vip.port);
      readers[index]!.error('fallback', `there is no VIP for everybody at ${where}/${vip.protocol}`);
    } else if (isOneWay(general) !== isOneWay(vip)) {
      readers[index]!.error('fallback', `servers of VIP \`${general.name}\` answer in another way: see \`forwarding\``);
    }
  });
}

function checkAllPorts(reader: MapReader, health: HealthCheck | undefined, overflow: OverflowRule | undefined): void {
  if (health?.kind === 'syns') {
    const why = 'whoever tries ports at which nobody listens would make its servers look dead';
    reader.error('health', `a \`syns\` check needs a VIP for one port: ${why}`);
  } else if (health !== undefined && health.port === undefined) {
    reader.error('health', '`health` needs a `port`: the VIP is for all ports, so there is none to check by default');
  }
  if (overflow !== undefined) {
    reader.error('overflow', '`overflow` needs a VIP for one port: every port has an accept queue of its own');
  }
}

function readForwarding(reader: MapReader, address: string | undefined): Forwarding | undefined {
  const kind = reader.optional('forwarding', scalar.oneOf('nat', 'direct', 'ipip', 'gue'), 'nat' as const);
  const source = reader.optional('tunnelSource', scalar.address, undefined);
  const port = reader.optional('tunnelPort', scalar.port, undefined);
  const isTunnel = kind === 'ipip' || kind === 'gue';
  if (source !== undefined && !isTunnel) {
    reader.error('tunnelSource', '`tunnelSource` goes with `forwarding: ipip` or `forwarding: gue`');
  }
  if (port !== undefined && kind !== 'gue') reader.error('tunnelPort', '`tunnelPort` goes with `forwarding: gue`');
  if (isTunnel && source === undefined) {
    reader.error('forwarding', `\`forwarding: ${kind}\` needs a \`tunnelSource\`: where its outer packets come from`);
  } else if (source !== undefined && address !== undefined && isIpv6(source) !== isIpv6(address)) {
    reader.error('tunnelSource', '`tunnelSource` must be of the same kind as the addresses of the VIP and its servers');
  }
  if (kind === 'nat') return undefined;
  if (kind === 'direct') return { kind };
  const from = { source: source ?? '' };
  return kind === 'ipip' ? { kind, ...from } : { kind, ...from, port: port ?? GUE_PORT };
}

function readServer(reader: MapReader, vipPort: ServicePort): ServerConfiguration {
  const mac = reader.optional('mac', scalar.mac, undefined);
  const switchPort = reader.optional('switchPort', scalar.switchPort, undefined);
  const links = readLinks(reader, mac);
  const standbyFor = reader.optional('standbyFor', scalar.name, undefined);
  const server: ServerConfiguration = {
    name: reader.required('name', scalar.name) ?? '',
    address: reader.required('address', scalar.address) ?? '0.0.0.0',
    port: reader.optional('port', scalar.servicePort, vipPort),
    weight: reader.optional('weight', scalar.integer(1, 1000), 1),
    mac: links?.[0]?.mac ?? mac,
    switchPort: links?.[0]?.switchPort ?? switchPort,
    links,
    spare: reader.optional('spare', scalar.boolean, false),
    standby: reader.optional('standby', scalar.boolean, false) || standbyFor !== undefined,
    standbyFor,
    maxConnections: reader.optional('maxConnections', scalar.integer(1, 100_000_000, 'connections'), undefined),
    agent: reader.optional('agent', scalar.hostAndPort, undefined),
    checkAddress: reader.optional('checkAddress', scalar.hostAndMaybePort, undefined),
  };
  const wrong = wrongServerPort(server.port, vipPort);
  if (wrong !== undefined) reader.error('port', wrong);
  if (server.standby && !server.spare) {
    const key = standbyFor === undefined ? 'standby' : 'standbyFor';
    reader.error(key, `${reader.what} is in service: only a \`spare\` can be a \`standby\``);
  }
  if (server.maxConnections !== undefined && server.agent === undefined) {
    reader.error('maxConnections', `${reader.what} has no \`agent\`, which would count its connections`);
  }
  if (links !== undefined && switchPort !== undefined) {
    reader.error('switchPort', `${reader.what} has \`links\`: their switch ports are its own`);
  }
  if ((server.mac === undefined) !== (server.switchPort === undefined)) {
    const given = server.mac === undefined ? 'switchPort' : 'mac';
    reader.error(given, `${reader.what} names only one of \`mac\` and \`switchPort\`: name both, or neither`);
  }
  reader.finish();
  return server;
}

function checkUnique(readers: readonly MapReader[], vips: readonly ReadVip[]): void {
  const vipNames = new Map<string, string>();
  const services = new Map<string, string>();
  const macs = new Map<string, string>();
  const endpoints: TakenEndpoint[] = [];
  const virtualAddresses = new Set(vips.map(({ vip }) => vip.address).filter((address) => address !== '0.0.0.0'));
  vips.forEach(({ vip, serverReaders }, index) => {
    const reader = readers[index]!;
    once(vipNames, vip.name, reader.what, () => reader.error('name', `two VIPs are named \`${vip.name}\``));
    const service = `${formatEndpoint(vip.address, vip.port)}/${vip.protocol}`;
    const served = vip.class === undefined ? service : `${service} for class ${vip.class}`;
    once(services, served, vip.name, (other) => {
      reader.error('address', `${served} is VIP \`${other}\` already`);
    });
    if ((macs.get(vip.address) ?? vip.mac) !== vip.mac) {
      reader.error('mac', `VIPs of one address (${vip.address}) must have one \`mac\``);
    }
    macs.set(vip.address, vip.mac);
    const serverNames = new Map<string, string>();
    vip.servers.forEach((server, serverIndex) => {
      const serverReader = serverReaders[serverIndex]!;
      once(serverNames, server.name, '', () => {
        serverReader.error('name', `two servers of ${reader.what} are named \`${server.name}\``);
      });
      // Where answers are translated they are told apart by it.
      const isTold = vip.forwarding === undefined && server.address !== '0.0.0.0';
      const endpoint = { ...server, protocol: vip.protocol };
      const taken = isTold ? takenEndpoint(endpoint, endpoints) : undefined;
      if (taken !== undefined) serverReader.error('address', taken);
      else if (isTold) endpoints.push({ ...endpoint, owner: `\`${server.name}\` of VIP \`${vip.name}\`` });
      const kind = (address: string): string => (isIpv6(address) ? 'IPv6' : 'IPv4');
      if (server.address !== '0.0.0.0' && vip.address !== '0.0.0.0' && kind(server.address) !== kind(vip.address)) {
        const what = `${server.address} is ${kind(server.address)}, but its VIP ${vip.address} is ${kind(vip.address)}`;
        serverReader.error('address', `${what}: a server needs an address of its VIP's kind`);
      }
      if (virtualAddresses.has(server.address)) {
        serverReader.error('address', `${server.address} is a VIP's address; a server needs its own`);
      }
    });
  });
}

function once(seen: Map<string, string>, key: string, owner: string, twice: (other: string) => void): void {
  const other = seen.get(key);
  if (key === '' || key.startsWith('0.0.0.0:')) return;
  if (other !== undefined) twice(other);
  else seen.set(key, owner);
}
