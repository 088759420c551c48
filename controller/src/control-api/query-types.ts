/**
 * Questions that the control socket answers beside the status: one connection's way, the switch in detail, the event
 * log. They are asked on demand, because their answers are long or take a look into the switch. Plain JSON, as
 * everything on the socket.
 */
import type { ServicePort } from '../config/types.ts';
import type { BucketPhase, LogLine } from './types.ts';

/** What decides where a connection's packets go (rule R1). */
export type DecidedBy = 'register pin' | 'exact pin' | 'base';

/** Why a connection's packets go where they go. Servers by their names. */
export interface ConnectionExplanation {
  readonly clientAddress: string;
  /** Undefined where affinity is by client, and so every port's connection goes the same way. */
  readonly clientPort?: number;
  readonly vip: string;
  readonly vipAddress: string;
  /** `all` where it is a VIP for all ports, and every port's connection goes the same way. */
  readonly vipPort: ServicePort;
  readonly bucket: number;
  readonly phase: BucketPhase;
  readonly base: string;
  readonly current: string;
  readonly decidedBy: DecidedBy;
  /** Where its packets go now, if it lives. */
  readonly server: string;
  /** Where a connection with these ends would go that is opened now. */
  readonly newConnectionServer: string;
  /** In a few sentences. */
  readonly reason: string;
}

/** `GET /v1/connections?client=ADDRESS[:PORT]&vip=NAME&port=PORT` */
export interface ConnectionsAnswer {
  readonly connections: readonly ConnectionExplanation[];
  /** How many more there were. */
  readonly omitted: number;
}

/** A table of the switch, as far as the controller fills it. */
export interface TableStatus {
  readonly name: string;
  readonly entries: number;
  /** Entries it has room for; 0 where unknown. */
  readonly size: number;
}

/** A port of the switch. */
export interface PortStatus {
  readonly port: number;
  /** P4Runtime does not tell, so `unknown` it is. */
  readonly state: 'up' | 'down' | 'unknown';
  /** Names of the servers behind it. */
  readonly servers: readonly string[];
  /** MAC addresses seen behind it. */
  readonly addresses: number;
}

/** `GET /v1/switch` */
export interface SwitchDetails {
  readonly address: string;
  readonly connected: boolean;
  /** Hexadecimal; the cookie the program was pushed with, which is a hash of it. Undefined while the switch is away. */
  readonly pipelineId?: string;
  readonly tables: readonly TableStatus[];
  readonly ports: readonly PortStatus[];
  /** Packets the program dropped, by its reasons; only those that are not zero. */
  readonly drops: readonly { readonly reason: string; readonly packets: number }[];
}

/** `GET /v1/log?level=LEVEL&contains=TEXT&after=SEQUENCE` */
export interface LogAnswer {
  /** Oldest first. */
  readonly lines: readonly LogLine[];
}
