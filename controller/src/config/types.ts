/**
 * The configuration as the rest of the controller sees it: complete (defaults filled in), checked, with numbers in
 * place of text. `read.ts` makes it from YAML. It says what there is to begin with; what operators changed since is in
 * the journal, which wins (see `intent/`).
 */

/** `mooring.yaml`, complete. */
export interface Configuration {
  /** Absolute, or relative to the file it stands in. */
  readonly stateDir: string;
  /** The switch, or the first of several. */
  readonly switch: SwitchConfiguration;
  /** All switches; all of them get the same intent. */
  readonly switches: readonly SwitchConfiguration[];
  readonly timers: Timers;
  readonly policy: Policy;
  /** How servers' agents are reached; undefined where no server has one. */
  readonly agents: AgentAccess | undefined;
  /** Clients that are told apart; everybody else has no class. */
  readonly classes: readonly ClassConfiguration[];
  readonly vips: readonly VipConfiguration[];
}

/** How many classes there can be: the switch counts them in 8 bits, of which 0 is nobody's. */
export const MOST_CLASSES = 255;

/** A class of clients. */
export interface ClassConfiguration {
  readonly name: string;
  /** `address/length`, the address in its canonical form with nothing beyond the prefix. */
  readonly prefixes: readonly string[];
  /** SYNs a second that the class may send; undefined: any number. */
  readonly synRate?: number | undefined;
}

/** The switch to drive. */
export interface SwitchConfiguration {
  /** host:port of its P4Runtime server. */
  readonly address: string;
  readonly deviceId: bigint;
  /** Ports that belong to the network; packets with unknown destination are flooded to these. */
  readonly ports: readonly number[];
}

/** What a switch is called: its address, and its device where several are at one address. */
export function switchName({ address, deviceId }: SwitchConfiguration, all: readonly SwitchConfiguration[]): string {
  return all.filter((other) => other.address === address).length > 1 ? `${address}/${deviceId}` : address;
}

/** Who lets a change go: the controller itself, or a person who has seen its plan. */
export type Approval = 'auto' | 'ask';

/** What happens without being asked for. */
export interface Policy {
  /** By kind of operation; `default` for all that are not named. */
  readonly approval: Readonly<Record<string, Approval>>;
  /**
   * An operation that `auto` would let go asks all the same when it moves more than this share of a VIP's buckets, 0 to
   * 1.
   */
  readonly askAbove: number;
  /** Over how long the buckets of a server that comes are given to it. */
  readonly slowStartMs: number;
}

/** Keys and addresses for mutual TLS with the agents. Files are relative to the configuration's own. */
export interface AgentAccess {
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
  /** How often an agent tells of changes. */
  readonly intervalMs: number;
}

/** How to see whether a server is alive. */
export interface HealthCheck {
  /** `syns`: by the switch's counters, without asking. */
  readonly kind: 'tcp' | 'http' | 'command' | 'syns';
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** Successes in a row after which a server counts as up, failures in a row after which it counts as down. */
  readonly rise: number;
  readonly fall: number;
  /** `http`: what to ask for, and which statuses are good. */
  readonly path: string;
  readonly statuses: readonly [low: number, high: number];
  /** `command`: program and arguments; `{address}`, `{port}` and `{name}` are filled in. Exit status 0 is good. */
  readonly command: readonly string[];
  /** `syns`: from how many SYNs on they say something, and which share of them may not go unanswered, 0 to 1. */
  readonly minimum: number;
  readonly unanswered: number;
  /**
   * `syns`: failures in a row after which new connections go to other servers; undefined: none before it counts as
   * down.
   */
  readonly reassign?: number | undefined;
  /** Where other than the server's own port. */
  readonly port: number | undefined;
  /** What becomes of a server that answers again after it was declared dead. */
  readonly comeback: 'add' | 'wait';
}

/**
 * When clients of a class may come to servers of everybody: `failed`: if none of the class's own is left. `busy`: also
 * if one cannot keep up and no other of its own can. `always`: whenever one cannot keep up, as to any other.
 */
export type Fallback = 'failed' | 'busy' | 'always';

/** When new connections of a server with a long accept queue go to another one. */
export interface OverflowRule {
  readonly rule: 'next' | 'shortest' | 'round-robin';
  /** Share of the accept queue's limit from which on it counts as full, and below which it is relieved. */
  readonly above: number;
  readonly below: number;
  /** What becomes of a SYN for which no server has room. */
  readonly whenFull: WhenFull;
}

/**
 * `pass`: it goes to the server it would go to, whose queue decides. `drop`: the switch drops it. `reset`: the switch
 * answers it with a reset.
 */
export type WhenFull = 'pass' | Refused;

/** How the switch refuses a connection. */
export type Refused = 'drop' | 'reset';

/** How long things may take. All in milliseconds; docs/CONFIGURATION.md says what each is for. */
export interface Timers {
  /** An unpinned connection that sends nothing for this long counts as ended; at least `handshakeMs`. */
  readonly idleMs: number;
  /** A pinned connection that sends nothing for this long may be forgotten. */
  readonly pinIdleMs: number;
  /** The longest a packet is under way between client, switch and server. */
  readonly inFlightMs: number;
  /** The longest from a SYN to the end of its handshake: how long servers resend a SYN-ACK. */
  readonly handshakeMs: number;
  /** A tentative slot may be taken by another connection after this; at least `handshakeMs + inFlightMs`. */
  readonly tentativeMs: number;
  /** A confirmed slot still in use is reported again after this. */
  readonly reportMs: number;
  /** After this a server that stays has the last unpinned connections of a bucket in shift pinned to it. */
  readonly learnAfterMs: number;
  /** What is left on a leaving server after this is ended on purpose; 0: never. */
  readonly drainDeadlineMs: number;
  /** A MAC address that sends nothing for this long is forgotten. */
  readonly macIdleMs: number;
}

export type Protocol = 'tcp' | 'udp';

/** The port of a service, or all ports of its protocol. */
export type ServicePort = number | 'all';

/** GUE's port as registered. */
export const GUE_PORT = 6080;

/** A way to servers that have the VIP's address themselves and answer past the switch. */
export type Forwarding =
  /** By MAC address alone. */
  | { readonly kind: 'direct' }
  /** Inside IP packets from `source` to the server's address. */
  | { readonly kind: 'ipip'; readonly source: string }
  /** Inside UDP datagrams to `port` (GUE). */
  | { readonly kind: 'gue'; readonly source: string; readonly port: number };

/** Forwarding as people write it. */
export function formatForwarding(forwarding: Forwarding | undefined): string {
  if (forwarding === undefined) return 'nat';
  switch (forwarding.kind) {
    case 'direct':
      return 'direct';
    case 'ipip':
      return `ipip from ${forwarding.source}`;
    case 'gue':
      return `gue from ${forwarding.source} to port ${forwarding.port}`;
    default:
      throw new Error(`unexpected forwarding ${JSON.stringify(forwarding satisfies never)}`);
  }
}

/** Why a server's port cannot be another than its VIP's. */
export function sayPortOfVip(port: ServicePort, { kind }: Forwarding): string {
  return `\`port\` must be the VIP's, ${port}: packets come to it untranslated (\`forwarding: ${kind}\`)`;
}

/** What is hashed of a connection: its client's address, or the port as well. */
export type Affinity = 'client' | 'connection';

/** A virtual address. */
export interface VipConfiguration {
  readonly name: string;
  /** IPv4, dotted, or IPv6 in its canonical form. */
  readonly address: string;
  readonly protocol: Protocol;
  readonly port: ServicePort;
  /** aa:bb:cc:dd:ee:ff */
  readonly mac: string;
  readonly buckets: number;
  /** `connection`: spread by client address and port. `client`: all connections of a client to one server. */
  readonly affinity: Affinity;
  /** Goes into the hash; undefined: not said, which is 0 for a new VIP and otherwise what it is. */
  readonly hashSeed?: number | undefined;
  /** Whose clients it serves; undefined: everybody's that no other VIP of the same service is for. */
  readonly class?: string | undefined;
  /** Undefined: with addresses translated, both ways. */
  readonly forwarding?: Forwarding | undefined;
  /** Undefined: servers are not checked. */
  readonly health: HealthCheck | undefined;
  /** Undefined: nothing is redirected. */
  readonly overflow: OverflowRule | undefined;
  /** When its clients may come to servers of the service's VIP for everybody; undefined: never. */
  readonly fallback?: Fallback | undefined;
  readonly servers: readonly ServerConfiguration[];
}

/** One of several ways to a server. */
export interface Link {
  readonly switchPort: number;
  readonly mac: string;
  /** Its share of the server's connections, relative to the other links that are up. */
  readonly weight: number;
}

/** A server of a VIP. */
export interface ServerConfiguration {
  readonly name: string;
  /** Of the VIP's kind: IPv4, dotted, or IPv6 in its canonical form. */
  readonly address: string;
  /** `all` where it is its VIP's: connections keep their ports. */
  readonly port: ServicePort;
  /** Its share of the buckets, relative to the others. */
  readonly weight: number;
  /** Asked for by ARP or neighbour discovery where undefined. */
  readonly mac: string | undefined;
  /** Found in the same way where undefined. */
  readonly switchPort: number | undefined;
  /** Several ways to it; `mac` and `switchPort` are then the first one's. */
  readonly links?: readonly Link[] | undefined;
  /** Known, but in service only once an operator adds it. */
  readonly spare: boolean;
  /** A spare that takes over by itself when a server of its VIP dies. */
  readonly standby: boolean;
  /** Only when that one does. */
  readonly standbyFor?: string | undefined;
  /** New connections go elsewhere while its agent counts so many. */
  readonly maxConnections?: number | undefined;
  /** host:port of its agent. */
  readonly agent: string | undefined;
  /** Where its health is checked, if not at its own address: `host` or `host:port`. */
  readonly checkAddress: string | undefined;
}
