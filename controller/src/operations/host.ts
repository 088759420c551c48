/**
 * What operations act through: the journal, the bucket protocol, the servers' entries, timers and the log, each as one
 * verb. Because all of it is passed in and nothing is waited for, an operation's decisions happen within one step of
 * the engine, and tests can hold every one of these ends.
 */
import type { ClassConfiguration, Configuration, Refused, VipConfiguration } from '../config/types.ts';
import type { AuditEntry, OperationStatus } from '../control-api/types.ts';
import type { Intent, IntentRecord, ServerRecord } from '../intent/types.ts';
import type { ConnectionEstimate } from '../planning/plan.ts';
import type { ShiftState } from '../shift/state.ts';
import type { ShiftEvent, VipId } from '../shift/types.ts';
import type { ProgramFeatures } from '../switch-port/program-features.ts';

/** Who asks. */
export interface Actor {
  /** `anna`, or `controller` for what it does of its own accord. */
  readonly who: string;
  /** Why, as they say. */
  readonly why?: string | undefined;
}

/** What the audit log is told; the rest it knows itself. */
export type AuditNote = Omit<AuditEntry, 'sequence' | 'at'>;

/** See the file's comment. */
export interface OperationHost {
  readonly configuration: Configuration;
  readonly intent: Intent;
  readonly features: ProgramFeatures;
  /** The present state; replaced after a reconnect. */
  shift(): ShiftState;
  wallMs(): number;
  record(record: IntentRecord): void;
  /** Hands an event to the bucket protocol, in this step. */
  order(event: ShiftEvent): void;
  /** A server's way, name or state has changed: bring its entries up to date. */
  serverChanged(server: ServerRecord): void;
  /** A server is gone for good: delete its entries. */
  serverGone(server: ServerRecord): void;
  /** A VIP's new connections are refused, or welcome again. */
  refuse(vip: VipId, how: Refused | undefined): void;
  /** Asks for the MAC address of a server that has none. */
  resolve(server: ServerRecord): void;
  /** Calls `Operations.onDeadline` then. */
  armDeadline(operation: number, atMs: number): void;
  /** Calls `Operations.onStep` then. */
  armStep(operation: number, atMs: number): void;
  /** Calls that in a turn of its own, with nothing else decided in it; never where the switch is lost before. */
  later(run: () => void): void;
  /** What is known of the connections of a VIP. */
  estimate(vip: VipId): ConnectionEstimate;
  /** The VIPs in service have changed: from now on there are these, and everything is read and written anew. */
  setVips(vips: readonly VipConfiguration[]): void;
  /** The classes of clients are these from now on. */
  setClasses(classes: readonly ClassConfiguration[]): void;
  audit(note: AuditNote): void;
  changed(operation: OperationStatus): void;
  log(level: 'info' | 'warning' | 'error', text: string): void;
}
