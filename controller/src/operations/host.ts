/**
 * What operations act through: the journal, the bucket protocol, the servers' entries, timers and the log, each as one verb.
 * Because all of it is passed in and nothing is waited for, an operation's decisions happen within one step of the engine, and tests
 * can hold every one of these ends.
 */
import type { Configuration } from '../config/types.ts';
import type { OperationStatus } from '../control-api/types.ts';
import type { Intent, IntentRecord, ServerRecord } from '../intent/types.ts';
import type { ShiftState } from '../shift/state.ts';
import type { ShiftEvent } from '../shift/types.ts';

/** See the file's comment. */
export interface OperationHost {
  readonly configuration: Configuration;
  readonly intent: Intent;
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
  /** Asks for the MAC address of a server that has none. */
  resolve(server: ServerRecord): void;
  /** Calls `Operations.onDeadline` then. */
  armDeadline(operation: number, atMs: number): void;
  changed(operation: OperationStatus): void;
  log(level: 'info' | 'warning' | 'error', text: string): void;
}
