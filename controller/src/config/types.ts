/**
 * The configuration as the rest of the controller sees it: complete (defaults filled in), checked, with numbers in place of
 * text. `read.ts` makes it from YAML. It says what there is to begin with; what operators changed since is in the
 * journal, which wins (see `intent/`).
 */

/** `mooring.yaml`, complete. */
export interface Configuration {
  /** Absolute, or relative to the file it stands in. */
  readonly stateDir: string;
  readonly switch: SwitchConfiguration;
  readonly timers: Timers;
  readonly vips: readonly VipConfiguration[];
}

/** The switch to drive. */
export interface SwitchConfiguration {
  /** host:port of its P4Runtime server. */
  readonly address: string;
  readonly deviceId: bigint;
  /** Ports that belong to the network; packets with unknown destination are flooded to these. */
  readonly ports: readonly number[];
}

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

/** A virtual address. */
export interface VipConfiguration {
  readonly name: string;
  /** IPv4, dotted, or IPv6 in its canonical form. */
  readonly address: string;
  readonly protocol: Protocol;
  readonly port: number;
  /** aa:bb:cc:dd:ee:ff */
  readonly mac: string;
  readonly buckets: number;
  /** `connection`: spread by client address and port. `client`: all connections of a client to one server. */
  readonly affinity: 'client' | 'connection';
  readonly servers: readonly ServerConfiguration[];
}

/** A server of a VIP. */
export interface ServerConfiguration {
  readonly name: string;
  /** Of the VIP's kind: IPv4, dotted, or IPv6 in its canonical form. */
  readonly address: string;
  readonly port: number;
  /** Its share of the buckets, relative to the others. */
  readonly weight: number;
  /** Asked for by ARP or neighbour discovery where undefined. */
  readonly mac: string | undefined;
  /** Found in the same way where undefined. */
  readonly switchPort: number | undefined;
  /** Known, but in service only once an operator adds it. */
  readonly spare: boolean;
}
