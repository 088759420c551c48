/**
 * What the controller needs of a switch, and nothing more: so that its decisions can be run against a fake, a model, or
 * a switch that breaks at a chosen instant. `p4runtime.ts` is the one implementation that talks to a real one.
 *
 * A session is one connection: when it is lost it is over, and the controller opens another and reconciles. Calls are
 * carried out in the order they are made.
 */
import type { PinEvent } from '../shift/types.ts';
import type { IpAddress } from '../text/addresses.ts';
import type { CountedTable, EntryUpdate, ReadEntry, TableName } from './tables.ts';

/** What holds for the whole switch. */
export interface SwitchSettings {
  readonly epoch: number;
  readonly tentativeMs: number;
  readonly reportMs: number;
}

/** How many SYNs a second the clients of a class may send together; undefined: any number. */
export interface ClassRate {
  readonly id: number;
  readonly synRate?: number | undefined;
}

/** An order by packet-out. */
export type PacketOrder =
  | { readonly kind: 'forward'; readonly port: number; readonly packet: Uint8Array }
  | { readonly kind: 'flood'; readonly packet: Uint8Array }
  /** Handled as if it had come in by the port, which is where it came in when it was handed over. */
  | { readonly kind: 'receive'; readonly port: number; readonly packet: Uint8Array }
  /** We are there: packets that only we can judge may be handed over. */
  | { readonly kind: 'alive' }
  | {
      readonly kind: 'release';
      readonly way: number;
      readonly slot: number;
      readonly generation: number;
      readonly vip: number;
      readonly clientAddress: IpAddress;
      readonly clientPort: number;
      readonly vipPort: number;
    }
  | { readonly kind: 'sweep'; readonly first: number; readonly count: number; readonly tag: number };

/** An address seen behind a port. */
export interface MacEvent {
  readonly mac: string;
  readonly port: number;
}

/** What a switch tells on its own. Never throws. */
export interface SwitchListener {
  onPinEvents(events: readonly PinEvent[]): void;
  onMacEvents(events: readonly MacEvent[]): void;
  /** @param keys as `keyText` of the entries */
  onIdle(table: TableName, keys: readonly string[]): void;
  /** @param server of a reset: whose it is, 0 where the switch does not know; 0 for any other packet */
  onPacketIn(port: number, packet: Uint8Array, server: number): void;
  /** The session is over. Told once; not after `close`. */
  onLost(reason: string): void;
  /** Of several switches one has gone or come back: the session is to be opened anew. Told once at most. */
  onMembership(text: string): void;
}

/** Why an update was refused. */
export interface WriteFailure {
  readonly index: number;
  /** The table is full. */
  readonly full: boolean;
  readonly message: string;
}

/** What a counter has counted since the switch started. */
export interface CountedTraffic {
  readonly packets: number;
  readonly bytes: number;
}

/** The program on a switch. */
export interface SwitchProgram {
  /** The cookie it was pushed with, hexadecimal. */
  readonly id: string;
  /** Entries that tables have room for; none for a table that the program has not. */
  readonly tableSizes: Readonly<Partial<Record<TableName, number>>>;
}

/** One of several switches. */
export interface MemberStatus {
  readonly name: string;
  /** Since when it has been away, and why; undefined while it is there. */
  readonly absence?: { readonly sinceMs: number; readonly reason: string };
  /** An operator says that it does not forward. */
  readonly isIsolated: boolean;
}

/** A connection as primary controller, with Mooring's program running on the switch. */
export interface SwitchSession {
  /** Whether the switch ran the program already. */
  readonly pipeline: 'kept' | 'pushed';
  /** Slots in each of the two ways of the pin registers. */
  readonly slots: number;
  /** Exact pins it has room for. */
  readonly pinCapacity: number;
  readonly deviceId: string;
  /** Those behind it, where there are several. */
  readonly switches: readonly MemberStatus[];
  /**
   * Applies updates in order, each by itself; those of tables that the program has not are left out. @throws
   * SwitchLostError
   */
  write(updates: readonly EntryUpdate[]): Promise<readonly WriteFailure[]>;
  /** @throws SwitchLostError */
  writeSettings(settings: SwitchSettings): Promise<void>;
  /** Sets multicast group 1. @throws SwitchLostError */
  writeFloodGroup(ports: readonly number[]): Promise<void>;
  /** Sets how many SYNs a second classes may send. @throws SwitchLostError */
  writeClassRates(rates: readonly ClassRate[]): Promise<void>;
  /**
   * All entries, none of a table that the program has not; with the time since their last hit if `withAge`. @throws
   * SwitchLostError
   */
  readTable(table: TableName, withAge: boolean): Promise<readonly ReadEntry[]>;
  /** Time since the last hit of some entries, undefined where there is no such entry. @throws SwitchLostError */
  readAges(table: TableName, keys: readonly (readonly (number | string)[])[]): Promise<readonly (number | undefined)[]>;
  /**
   * Has reports sent one by one from now on: this switch keeps them back while they could have company. @throws
   * SwitchLostError
   */
  sendDigestsAtOnce(): Promise<void>;
  /** What runs on it; undefined where nobody asks. */
  readonly program?: SwitchProgram;
  /**
   * What a table's entries have counted, by the `keyText` of each; undefined where the program has no such table.
   * @throws SwitchLostError
   */
  readCounts?(table: CountedTable): Promise<ReadonlyMap<string, CountedTraffic> | undefined>;
  /** Packets that the program dropped, by the number of the reason. @throws SwitchLostError */
  readDrops?(): Promise<readonly number[]>;
  /** Fire and forget; carries the epoch of the last `writeSettings`. */
  order(orders: readonly PacketOrder[]): void;
  close(): void;
}

/**
 * Opens a session. `electionId` must be above every earlier one.
 * @param anew the switch is to be given the program even if it runs it: nothing that it holds is of use
 * @throws SwitchLostError, SwitchRefusedError
 */
export type SwitchConnector = (electionId: number, listener: SwitchListener, anew?: boolean) => Promise<SwitchSession>;

/** The switch does not answer, or went away. Worth trying again. */
export class SwitchLostError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'SwitchLostError';
  }
}

/** The switch answers but will not do: another program's tables, another controller, a pipeline it cannot run. */
export class SwitchRefusedError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'SwitchRefusedError';
  }
}
