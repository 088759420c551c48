/**
 * What goes into and comes out of the client, apart from entities: options, pipelines, packets, lists, notifications.
 * Types only, so that `client.ts` holds nothing but behaviour.
 */
import type { DataOutput, TableEntry, Values } from '../entities/types.ts';
import type { P4Info } from '../gen/p4/config/v1/p4info_pb.ts';
import type { Program } from '../schema/program.ts';
import type { Timers } from '../timers.ts';
import type { ClientTlsOptions } from '../transport/grpc-transport.ts';
import type { Code } from '../transport/rpc-error.ts';
import type { Transport } from '../transport/transport.ts';

/** How to connect. */
export interface ConnectOptions {
  /** `host:port` or `unix:path`. Either this or `transport`. */
  readonly address?: string;
  readonly transport?: Transport;
  readonly tls?: ClientTlsOptions;
  /** 0 by default, as BMv2's. */
  readonly deviceId?: bigint | number;
  /** 1 by default. `null`: never primary. */
  readonly electionId?: bigint | number | null;
  /** The default role, which may do everything, by default. */
  readonly role?: string;
  /**
   * The program that names are looked up in, until a pipeline is set or fetched: P4Info as message, file content, or
   * Program.
   */
  readonly p4info?: P4Info | Program | Uint8Array | string;
  /** Keep trying to connect for this long; 10 s by default. */
  readonly connectTimeoutMs?: number;
  /** A call without answer fails after this long; 60 s by default. */
  readonly callTimeoutMs?: number;
  /** Come back after the stream broke; true by default. */
  readonly reconnect?: boolean;
  /** First pause before coming back (it doubles from attempt to attempt); 50 ms by default. */
  readonly reconnectDelayMs?: number;
  /** Longest pause; 2 s by default. */
  readonly maximumReconnectDelayMs?: number;
  readonly timers?: Timers;
  /** Hears what handlers throw and what cannot be decoded; by default it is written to the standard error output. */
  readonly onError?: (error: unknown) => void;
}

/** A packet from the switch. */
export interface PacketIn {
  readonly payload: Uint8Array;
  readonly metadata: Values<bigint | string>;
}

/** A list of digests from the switch. */
export interface DigestList {
  readonly digest: string;
  readonly listId: bigint;
  readonly entries: readonly DataOutput[];
  /** When the switch made the list, in ns since the epoch. */
  readonly timestampNs: bigint;
}

/** Entries that were not hit for as long as their idle timeout. */
export interface IdleTimeout {
  readonly entries: readonly TableEntry[];
  readonly timestampNs: bigint;
}

/** A message on the stream that the switch did not obey. */
export interface StreamFault {
  readonly code: Code;
  readonly message: string;
  readonly about: 'packet-out' | 'digest-ack' | 'other';
}

/** What to run on the switch. */
export interface PipelineInput {
  /** P4Info as message, or a file's content in any of its formats. */
  readonly p4info: P4Info | Uint8Array | string;
  /** The target's own format; for BMv2 and the embedded switch the content of the BMv2 JSON file. */
  readonly deviceConfig: Uint8Array | string;
  /** `verify-and-commit` by default: starts it with empty tables. `reconcile-and-commit` keeps what still fits. */
  readonly action?: 'verify' | 'verify-and-save' | 'verify-and-commit' | 'reconcile-and-commit';
  /** The controller's own name for the config. */
  readonly cookie?: bigint;
}

/** What runs on the switch. */
export interface RunningPipeline {
  readonly p4info: P4Info | undefined;
  readonly deviceConfig: Uint8Array;
  readonly cookie: bigint | undefined;
}

/** How to write. */
export interface WriteOptions {
  /**
   * What happens when an update fails: `continue` (the others go on; default), `rollback` (none stays),
   * `dataplane-atomic` (and no packet sees a part). Switches may support `continue` only.
   */
  readonly atomicity?: 'continue' | 'rollback' | 'dataplane-atomic';
  /** Updates in one message, 5,000 by default. Atomic writes are never split. */
  readonly batchSize?: number;
  readonly signal?: AbortSignal;
}
