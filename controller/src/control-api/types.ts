/**
 * What travels over the control socket: status, operations, events and errors, as JSON. The command line, the terminal UI
 * and the demo know the controller by these types only, whether it runs in their process or in another, so that
 * killing and restarting it changes nothing for them. Times are Unix milliseconds, durations milliseconds, everything
 * is plain JSON (no Map, no bigint). Fields may be added; none changes its meaning.
 */

/** Where a server stands. `spare`: known by configuration, serves nothing. `drained`: safe to power off (rule R9). */
export type ServerState = 'spare' | 'joining' | 'active' | 'draining' | 'drained';

/** Whether the server answers; `unknown` until something has asked it. */
export type ServerHealth = 'unknown' | 'up' | 'down';

/**
 * How far a bucket is. `steady`: base = current, no state in the switch. `shifting`: new connections go to `current`, unpinned
 * ones to `base`. `learning`: as shifting, and what is left unpinned is being pinned to the base. `sealed`: the last check
 * before the commit. `settling`: committed (or aborted), pins may still lie in the registers.
 */
export type BucketPhase = 'steady' | 'shifting' | 'learning' | 'sealed' | 'settling';

/** Every bucket of a VIP; the three arrays run parallel, one element a bucket; servers by their id (`ServerStatus.id`). */
export interface BucketMap {
  readonly base: readonly number[];
  readonly current: readonly number[];
  readonly phase: readonly BucketPhase[];
}

/** A virtual address as the controller serves it. */
export interface VipStatus {
  readonly name: string;
  /** IPv4, dotted. */
  readonly address: string;
  readonly port: number;
  readonly protocol: 'tcp' | 'udp';
  readonly affinity: 'client' | 'connection';
  /** How many buckets. */
  readonly buckets: number;
  readonly bucketMap: BucketMap;
}

/** A server of a VIP. */
export interface ServerStatus {
  /** The number the switch knows it by; 0 for a spare, which the switch does not know. Never used again for another server. */
  readonly id: number;
  readonly name: string;
  /** Name of the VIP it serves. */
  readonly vip: string;
  readonly address: string;
  readonly port: number;
  readonly weight: number;
  readonly health: ServerHealth;
  readonly state: ServerState;
  /** Buckets whose new connections go to it. */
  readonly buckets: number;
  /** Buckets whose base it is. */
  readonly baseBuckets: number;
  /** Exact pins that name it. */
  readonly pins: number;
  /** Packets sent to it, where the switch was asked lately. */
  readonly packets?: number;
}

export type OperationKind = 'add' | 'drain' | 'swap' | 'remove';

/**
 * What an operation is doing now. `preparing`: finding the servers' MAC addresses. `shifting`: buckets wait for their
 * unpinned connections to end. `draining`: the leaving server still has pinned connections. `settling`: clearing the
 * registers. `rolling-back`: it was aborted, and what it had begun is being undone.
 */
export type OperationPhase = 'preparing' | 'shifting' | 'draining' | 'settling' | 'rolling-back' | 'finished';

/** `done`; `aborted` by request; `failed` with the reason in `message`. */
export type OperationOutcome = 'done' | 'aborted' | 'failed';

/** How far an operation is. */
export interface OperationProgress {
  /** Buckets it moves. */
  readonly buckets: number;
  /** Those of them that are committed. */
  readonly committed: number;
  /** Those of them that are committed and clear of the registers. */
  readonly settled: number;
  /** Exact pins that name the leaving server; 0 when none leaves. */
  readonly pinsLeft: number;
  /** Buckets whose base is still the leaving server. */
  readonly baseBucketsLeft: number;
}

/** A connection that was ended on purpose at the drain deadline. */
export interface EndedConnection {
  readonly clientAddress: string;
  readonly clientPort: number;
}

/** An operation, running or finished. */
export interface OperationStatus {
  /** Counts from 1; over restarts as well. */
  readonly id: number;
  readonly kind: OperationKind;
  readonly vip: string;
  /** `add`: the server added. `drain`, `remove`: the one that leaves. `swap`: the one that leaves. */
  readonly server: string;
  /** `swap`: the one that comes. */
  readonly replacement?: string;
  readonly phase: OperationPhase;
  readonly progress: OperationProgress;
  readonly startedAtMs: number;
  readonly finishedAtMs?: number;
  /** When what is left will be ended on purpose. */
  readonly deadlineAtMs?: number;
  readonly outcome?: OperationOutcome;
  /** For people: what it waits for, or why it failed. */
  readonly message: string;
  /** Filled in when the deadline has passed. */
  readonly ended?: readonly EndedConnection[];
}

/** Totals since this controller process started, except where it says otherwise. */
export interface Counters {
  /** Exact pins in the switch now. */
  readonly pinsExact: number;
  readonly pinsExactPeak: number;
  /** Pins that the registers hold as far as the controller knows: reported, and their release not yet acknowledged. */
  readonly registerPins: number;
  readonly registerPinsPeak: number;
  /** Pin events of every kind. */
  readonly digests: number;
  readonly confirmed: number;
  readonly learned: number;
  /** Release orders sent. */
  readonly releases: number;
  /** Exact pins that the switch had no room for; they stay in the registers. */
  readonly pinsRefused: number;
  readonly bucketsFlipped: number;
  readonly bucketsCommitted: number;
  readonly bucketsAborted: number;
  /** Times a sealed bucket was opened again because an old connection stirred. */
  readonly bucketsUnsealed: number;
  readonly sweeps: number;
  /** Entries written to the switch. */
  readonly entriesWritten: number;
  readonly writes: number;
  readonly reconnects: number;
}

/** The switch as the controller sees it. */
export interface SwitchStatus {
  /** host:port */
  readonly address: string;
  readonly deviceId: string;
  readonly connected: boolean;
  /** Whether this controller is the primary one. */
  readonly primary: boolean;
  /** `kept`: the switch ran it already. `pushed`: by this controller. */
  readonly pipeline: 'none' | 'kept' | 'pushed';
  /** Slots in each of the two ways of the pin registers; 0 before the switch is known. */
  readonly slots: number;
  /** Why it is not connected. */
  readonly error?: string;
}

/** Something that happened, for the event list. */
export interface LogLine {
  /** Counts from 1 since the process started. */
  readonly sequence: number;
  readonly timeMs: number;
  readonly level: 'info' | 'warning' | 'error';
  readonly text: string;
}

/** `GET /v1/status` */
export interface Status {
  readonly version: string;
  readonly pid: number;
  readonly startedAtMs: number;
  readonly nowMs: number;
  /** Raised with every start; fences packet-outs of earlier ones (rule R11). */
  readonly epoch: number;
  /** `starting` until the switch has everything, `serving` then, `reconnecting` while the switch is away. */
  readonly state: 'starting' | 'serving' | 'reconnecting' | 'stopped';
  /** False when started with `pins: false`. */
  readonly pinning: boolean;
  readonly vips: readonly VipStatus[];
  readonly servers: readonly ServerStatus[];
  /** Newest first; the running ones and the last finished ones. */
  readonly operations: readonly OperationStatus[];
  readonly counters: Counters;
  readonly switch: SwitchStatus;
  /** The last lines, oldest first. */
  readonly log: readonly LogLine[];
}

/** A server that is not in the configuration yet. */
export interface ServerDefinition {
  /** IPv4, dotted. */
  readonly address: string;
  /** TCP port the server listens on; the VIP's where left out. */
  readonly port?: number;
  readonly weight?: number;
  /** aa:bb:cc:dd:ee:ff; asked for by ARP where left out. */
  readonly mac?: string;
  /** The switch port it is behind; found by ARP where left out. */
  readonly switchPort?: number;
}

/** Body of `POST /v1/operations`. */
export interface OperationRequest {
  readonly kind: OperationKind;
  /** May be left out where there is one VIP. */
  readonly vip?: string;
  /** Name of the server to add, drain, remove or swap out. */
  readonly server: string;
  /** `swap`: name of the server that takes its place. */
  readonly replacement?: string;
  /** `add`, `swap`: what the new server is, where the configuration does not list it. */
  readonly definition?: ServerDefinition;
  /** From now; what is left then is listed and ended on purpose. The configured one where left out; 0: none. */
  readonly deadlineMs?: number;
}

/** Reasons for refusing a request; each has its HTTP status. */
export type ControlErrorCode =
  /** 400: the request is not what the API takes. */
  | 'bad-request'
  /** 404: no such server, VIP, operation or path. */
  | 'not-found'
  /** 409: true, but not now: an operation on the same server is running, the server is not in service, ... */
  | 'conflict'
  /** 503: the switch is away, or the controller is still starting. */
  | 'unavailable'
  /** 500: our bug. */
  | 'internal';

/** Body of every 4xx and 5xx answer, under `error`. */
export interface ControlErrorBody {
  readonly code: ControlErrorCode;
  /** One sentence for people. */
  readonly message: string;
  /** Which field of the request. */
  readonly field?: string;
  /** What would have been valid there. */
  readonly choices?: readonly string[];
  /** What to do next. */
  readonly hint?: string;
}

/** A line of `GET /v1/events`. */
export type ControlEvent =
  /** First line, and again every `intervalMs` (query parameter, default 500) while anything has changed. */
  | { readonly kind: 'status'; readonly status: Status }
  | { readonly kind: 'operation'; readonly operation: OperationStatus }
  | { readonly kind: 'log'; readonly line: LogLine };
