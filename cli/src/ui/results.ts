/**
 * What the UI asks for on demand, beside the stream of statuses: one connection's way, the switch's tables, a packet's
 * trace. The types are the UI's own, so that pages and reducer need neither the control API nor the switch;
 * `UiServices` is what whoever opens the display provides, and what a test replaces.
 */

/** Why a connection's packets go where they go. */
export interface ConnectionView {
  /** `address:port`, or the address alone where every port is meant. */
  readonly client: string;
  readonly vip: string;
  readonly endpoint: string;
  readonly bucket: number;
  readonly phase: string;
  readonly base: string;
  readonly current: string;
  /** What decides: a register pin, an exact pin, the bucket's base. */
  readonly decidedBy: string;
  /** Where its packets go now. */
  readonly server: string;
  /** Where a SYN would go that opens it now. */
  readonly newConnection: string;
  /** The reason in a sentence or two. */
  readonly reason: string;
}

/** Answer to a search. */
export interface SearchResult {
  readonly connections: readonly ConnectionView[];
  /** More were found than are told. */
  readonly omitted: number;
}

/** A table of the switch. */
export interface TableView {
  readonly name: string;
  readonly entries: number;
  /** 0: unknown. */
  readonly size: number;
}

/** A port of the switch. */
export interface PortView {
  readonly port: number;
  /** `up`, `down`, or `unknown` where the switch does not tell. */
  readonly state: string;
  /** Names of the servers behind it, and how many addresses were seen there. */
  readonly servers: readonly string[];
  readonly addresses: number;
}

/** The switch in detail. */
export interface SwitchDetails {
  readonly pipelineId: string;
  readonly tables: readonly TableView[];
  readonly ports: readonly PortView[];
  /** Packets dropped, by reason; empty where the switch does not tell. */
  readonly drops: readonly (readonly [reason: string, packets: number])[];
}

/** Packets that can be traced. */
export const PACKET_KINDS = ['SYN', 'data', 'FIN'] as const;
export type PacketKind = (typeof PACKET_KINDS)[number];

/** A packet of a connection, to be traced. */
export interface TraceQuery {
  /** `address:port` */
  readonly client: string;
  /** Undefined where there is one. */
  readonly vip: string | undefined;
  readonly packet: PacketKind;
}

/** What a command printed. */
export interface CommandResult {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What the display can ask. Rejections' messages are for people. */
export interface UiServices {
  /** Runs a command line as the shell would, without `mooring`; undefined: this run takes no orders. */
  readonly runCommand: ((argv: readonly string[]) => Promise<CommandResult>) | undefined;
  search(client: string, vip: string | undefined): Promise<SearchResult>;
  readSwitch(): Promise<SwitchDetails>;
  /** Lines for people. */
  trace(query: TraceQuery): Promise<readonly string[]>;
}
