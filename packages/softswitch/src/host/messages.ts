/**
 * Messages between the control thread and the thread of the data plane.
 *
 * Requests are numbered and answered once; events come on their own. One channel per thread carries both in order,
 * which is what the contract of `Switch` asks for: no event of a deleted slot after the answer to its deletion.
 */
import type {
  ColourCells,
  CommitOptions,
  CounterCells,
  EntryBlock,
  EntryParts,
  EntryStates,
  InitialEntry,
  PreparedPipeline,
  SwitchErrorKind,
  SwitchEvent,
  SwitchUpdate,
} from '@mooring/p4runtime-ts/switch';
import type { P4InfoLike } from '../control/p4info.ts';
import type { Played, PortPacket } from '../ports/memory-ports.ts';
import type { FanoutGroups, PortInterface } from '../ports/packet-sockets.ts';
import type { SharedState } from '../runtime/shared-state.ts';

/** What the data plane's thread is started with. */
export interface WorkerSettings {
  /** Position among the threads, and how many there are. */
  readonly worker: number;
  readonly workers: number;
  /** Where all threads wait for each other before and after a change; see `Barrier`. */
  readonly barrier: SharedArrayBuffer;
  readonly ports: WorkerPorts;
  /** Start of the switch on the system's monotonic clock, in ns: all threads tell the same time. */
  readonly startNs: bigint;
  readonly cpuPort: number | undefined;
  readonly dropPort: number;
  readonly priorityQueues: number;
  readonly strict: boolean;
  /** A program to run before any pipeline comes over P4Runtime. */
  readonly program: Uint8Array | undefined;
  /** What the first thread shares for that program; undefined in the first. */
  readonly state: SharedState | undefined;
  /** How often idle timeouts are looked for, in ms. */
  readonly sweepIntervalMs: number;
  /** Folder to record packets in. */
  readonly pcapDirectory: string | undefined;
}

/** What a thread's ports are. */
export type WorkerPorts =
  | {
      readonly kind: 'interfaces';
      readonly interfaces: readonly PortInterface[];
      /** Readable end of the pipe that wakes the thread. */
      readonly wakeFd: number;
      readonly fanout: FanoutGroups | undefined;
    }
  /** `wake`: a word that wakes the thread. */
  | { readonly kind: 'memory'; readonly wake: SharedArrayBuffer };

/** A call of the data plane. `prepared` numbers are chosen by the control thread. */
export type Call =
  | {
      readonly kind: 'prepare';
      readonly prepared: number;
      readonly p4info: P4InfoLike;
      readonly deviceConfig: Uint8Array;
      readonly state: SharedState | undefined;
    }
  | { readonly kind: 'commit'; readonly prepared: number; readonly options: CommitOptions }
  | { readonly kind: 'discard'; readonly prepared: number }
  | { readonly kind: 'apply'; readonly updates: readonly (SwitchUpdate | EntryBlock)[]; readonly atomic: boolean }
  | {
      readonly kind: 'readEntries';
      readonly tableId: number;
      readonly slots: readonly number[];
      readonly parts: EntryParts;
    }
  | { readonly kind: 'readCounter'; readonly counterId: number; readonly indexes: readonly number[] }
  | { readonly kind: 'readMeter'; readonly meterId: number; readonly indexes: readonly number[] }
  | { readonly kind: 'readRegister'; readonly registerId: number; readonly indexes: readonly number[] }
  | { readonly kind: 'packetOut'; readonly packets: readonly Uint8Array[] }
  | {
      readonly kind: 'play';
      readonly packets: readonly PortPacket[];
      readonly rounds: number;
      /** Return what leaves. */
      readonly keep: boolean;
    }
  | { readonly kind: 'portUp'; readonly port: number; readonly up: boolean }
  | { readonly kind: 'statistics' }
  | { readonly kind: 'stop' };

export interface Request {
  readonly id: number;
  readonly call: Call;
}

/** The answer to a `prepare`: the pipeline stays in the thread under its number. */
export interface PreparedAnswer {
  /** For the other threads. */
  readonly state: SharedState | undefined;
  readonly initialEntries: readonly InitialEntry[];
  readonly defaultActions: PreparedPipeline['defaultActions'];
}

/** The answer to an `apply`. */
export type FailuresAnswer = readonly {
  readonly index: number;
  readonly item: number | undefined;
  readonly kind: SwitchErrorKind;
  readonly message: string;
}[];

export type Answer =
  | PreparedAnswer
  | FailuresAnswer
  | EntryStates
  | CounterCells
  | ColourCells
  | readonly Uint8Array[]
  | SwitchStatistics
  | Played
  | undefined;

/** Counts of what the switch did. */
export interface SwitchStatistics {
  readonly received: number;
  readonly sent: number;
  /** Drops by reason. */
  readonly drops: Readonly<Record<string, number>>;
}

export type Reply =
  | { readonly kind: 'answer'; readonly id: number; readonly value: Answer }
  | { readonly kind: 'refusal'; readonly id: number; readonly errorKind: SwitchErrorKind; readonly message: string }
  | { readonly kind: 'event'; readonly event: SwitchEvent }
  | { readonly kind: 'log'; readonly message: string }
  /** The thread's sockets are open and its program is loaded. */
  | { readonly kind: 'ready'; readonly state: SharedState | undefined; readonly fanoutGroups: readonly number[] }
  | { readonly kind: 'failed'; readonly message: string };
