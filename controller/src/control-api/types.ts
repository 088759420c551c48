/**
 * What travels over the control socket: status, operations, events and errors, as JSON. The command line, the terminal
 * UI and the demo know the controller by these types only, whether it runs in their process or in another, so that
 * killing and restarting it changes nothing for them. Times are Unix milliseconds, durations milliseconds, everything
 * is plain JSON (no Map, no bigint). Fields may be added; none changes its meaning.
 */
import type { Affinity, ClassConfiguration, Forwarding, Link, ServicePort } from '../config/types.ts';
import type { VipStatus } from './vip-status.ts';

export type * from './vip-status.ts';

/**
 * Where a server stands. `spare`: known by configuration, serves nothing. `drained`: safe to power off (rule R9).
 * `dead`: it failed its health checks and has been given up; should it come back, it will be another one.
 */
export type ServerState = 'spare' | 'joining' | 'active' | 'draining' | 'drained' | 'dead';

/** Whether the server answers; `unknown` until something has asked it. */
export type ServerHealth = 'unknown' | 'up' | 'down';

/** A server of a VIP. */
export interface ServerStatus {
  /** The number the switch knows it by; 0 for a spare, which it does not know. Never used again for another server. */
  readonly id: number;
  readonly name: string;
  /** Name of the VIP it serves. */
  readonly vip: string;
  readonly address: string;
  readonly port: ServicePort;
  readonly weight: number;
  /** False: it keeps its connections and gets no new ones. */
  readonly enabled: boolean;
  readonly health: ServerHealth;
  /** Why it is down, as its last check says. */
  readonly healthReason?: string;
  readonly state: ServerState;
  /** Takes over by itself when a server dies. */
  readonly standby: boolean;
  /** Buckets whose new connections go to it. */
  readonly buckets: number;
  /** Buckets whose base it is. */
  readonly baseBuckets: number;
  /** Exact pins that name it. */
  readonly pins: number;
  /** What goes to it; undefined where nobody has looked lately. */
  readonly traffic?: ServerTraffic;
  /** What its agent tells; undefined where it has none, or the agent does not answer. */
  readonly agent?: AgentStatus;
}

/** What the switch sends to a server; totals since the switch started. */
export interface ServerTraffic {
  readonly packets: number;
  readonly bytes: number;
  readonly packetsPerSecond: number;
  readonly bytesPerSecond: number;
  /** SYNs a second, and how many of them had no answer; undefined where answers do not pass the switch. */
  readonly synsPerSecond?: number;
  readonly unansweredPerSecond?: number;
}

/** A server as its own agent sees it. */
export interface AgentStatus {
  /** Connections it holds, half-open ones included. */
  readonly connections: number;
  readonly halfOpen: number;
  /** Connections that wait to be accepted, and how many may. */
  readonly acceptQueue: number;
  readonly acceptQueueLimit: number;
}

/** What may be asked for. */
export type RequestedKind =
  | 'add'
  | 'drain'
  | 'swap'
  | 'remove'
  | 'weight'
  | 'enable'
  | 'disable'
  | 'change'
  | 'add-vip'
  | 'remove-vip'
  | 'buckets'
  | 'remap'
  | 'forwarding'
  | 'reclass';

/** What the controller does by itself: a dead server's buckets are given away, new connections are redirected. */
export type OwnKind = 'failover' | 'overflow';

export type OperationKind = RequestedKind | OwnKind;

/**
 * What an operation is doing now. `awaiting-approval`: planned, and waits for somebody's consent. `queued`: waits for
 * another operation. `paused`: stands still on request. `preparing`: finding the servers' MAC addresses. `shifting`:
 * buckets wait for their unpinned connections to end. `draining`: the leaving server still has pinned connections.
 * `settling`: clearing the registers. `rolling-back`: it was aborted, and what it had begun is being undone.
 */
export type OperationPhase =
  | 'awaiting-approval'
  | 'queued'
  | 'paused'
  | 'preparing'
  | 'shifting'
  | 'draining'
  | 'settling'
  | 'rolling-back'
  | 'finished';

/** What can be done about an operation that there is. */
export type OperationAction = 'approve' | 'pause' | 'resume' | 'abort' | 'rollback';

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
  /** Which port of a VIP for all ports. */
  readonly vipPort?: number;
}

/**
 * Resets by which servers say "no such connection", from those that took part in a shift. A connection that changed
 * server shows as one; so does a packet of a connection that never was, or has been closed. What servers send outside
 * shifts tells how many are no news.
 */
export interface ResetsStatus {
  readonly seen: number;
  /** As many as the same servers hardly ever exceed in that time outside shifts. */
  readonly usual: number;
  /** What is above that and is not explained by connections that were ended on purpose. */
  readonly suspected: number;
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
  /** Filled in when the deadline has passed, or when a server has died: connections that were lost by name. */
  readonly ended?: readonly EndedConnection[];
  /** Live connections whose packets changed server during it. Must be 0. */
  readonly astray: number;
  /** What its servers' resets say, since this controller process started; undefined where the switch tells nothing. */
  readonly resets?: ResetsStatus;
  /** Who asked for it, and why, if they said so. */
  readonly who?: string;
  readonly why?: string;
  /** What it was to do, when it was asked for; for operations that wait for approval. */
  readonly plan?: Plan;
  /** The operation that this one takes back. */
  readonly rollsBack?: number;
}

/** What a server has of a VIP's buckets, before and after. */
export interface PlannedShare {
  readonly server: string;
  readonly weight: number;
  readonly bucketsBefore: number;
  readonly bucketsAfter: number;
  /** Its exact share by weight, in buckets. */
  readonly fairShare: number;
}

/** Where the numbers about connections come from. `agents`: counted. `observed`: from earlier shifts. */
export type EstimateSource = 'agents' | 'observed' | 'unknown';

/** What a change would do to one VIP. */
export interface VipPlan {
  readonly vip: string;
  readonly buckets: number;
  /** Buckets that would move. */
  readonly moves: number;
  /** The fewest that any assignment with these shares can move. */
  readonly leastMoves: number;
  /** By pair: how many buckets go from whom to whom. */
  readonly flows: readonly { readonly from: string; readonly to: string; readonly buckets: number }[];
  readonly shares: readonly PlannedShare[];
  /** The largest of all servers' buckets over fair share; 1 is perfect. */
  readonly oversubscription: number;
  /** Live connections of the buckets that move. */
  readonly liveConnections?: number;
  /** Pins that the change is expected to take at most, against the room for them. */
  readonly pinsNeeded?: number;
  readonly pinsRoom?: number;
  readonly estimate: EstimateSource;
  /** From the first flip to the last commit, as far as can be told. */
  readonly expectedDrainMs: number;
}

/** What a change would do. */
export interface Plan {
  /** In words: `swap s2 for s5`. */
  readonly title: string;
  readonly vips: readonly VipPlan[];
  /** What the operator should know before saying yes. */
  readonly remarks: readonly string[];
  /** Whether it would start at once, wait for approval, or wait in the queue. */
  readonly start: 'now' | 'approval' | 'queue';
}

/** Answer of `POST /v1/plans`. */
export interface PlanAnswer {
  readonly plan: Plan;
  /** Live connections seen astray since the controller started; a gate is closed unless it is 0. */
  readonly astray: number;
  /** Suspected by resets in the last shift of each VIP; a gate is closed unless it is 0. */
  readonly suspected: number;
}

/** One difference between a configuration file and what runs. */
export interface Difference {
  readonly kind: 'add' | 'remove' | 'change';
  readonly what: string;
  readonly detail: string;
  /** Why it cannot be applied, if it cannot. */
  readonly refused?: string;
}

/** Body of `POST /v1/diff` and `POST /v1/apply`. */
export interface ApplyRequest {
  /** Stands in messages. */
  readonly fileName: string;
  readonly text: string;
  readonly approve?: boolean;
  readonly reason?: string;
}

/** Answer of `POST /v1/diff` and `POST /v1/apply`. */
export interface ApplyAnswer {
  readonly differences: readonly Difference[];
  /** Operations that were started; none by `diff`. */
  readonly operations: readonly OperationStatus[];
  readonly plans: readonly Plan[];
}

/** A line of the audit log. */
export interface AuditEntry {
  /** Counts from 1. */
  readonly sequence: number;
  readonly at: string;
  readonly who: string;
  /** `swap s2 for s5` */
  readonly what: string;
  readonly why?: string;
  readonly operation?: number;
  /** `accepted`, `refused: ...`, `done`, `aborted: ...`, ... */
  readonly result: string;
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
  /** Live connections whose packets changed server, as digests and agents show. Must be 0. */
  readonly astray: number;
  /** Suspected by resets in the last shift of each VIP (`ResetsStatus`). */
  readonly suspected?: number;
  /** Connections whose pins were lost with a switch's registers and that were found again on their servers. */
  readonly found?: number;
  /** Buckets whose connections are being looked for in that way, now. */
  readonly bucketsInDoubt?: number;
  /** Connections that servers' agents have been compared with. */
  readonly audited: number;
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
  /** What it is called: its address, with its device where several are at one address. */
  readonly name: string;
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
  /** Of several switches: it is away, and the others are driven without it. */
  readonly away?: SwitchAbsence;
}

/** One of several switches is away. */
export interface SwitchAbsence {
  readonly sinceMs: number;
  /** An operator says that it does not forward: nothing waits for it, and it is emptied when it returns. */
  readonly isolated: boolean;
  /** Buckets in shift that wait until it is back, and operations that do. */
  readonly waitingBuckets: number;
  readonly waitingOperations: readonly number[];
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
  /** Classes of clients; while clients move from one to another theirs is one more. */
  readonly classes: readonly ClassConfiguration[];
  readonly servers: readonly ServerStatus[];
  /** Newest first; the running ones and the last finished ones. */
  readonly operations: readonly OperationStatus[];
  readonly counters: Counters;
  readonly switch: SwitchStatus;
  /** All switches; `switch` is the first of them. */
  readonly switches: readonly SwitchStatus[];
  /** The last lines, oldest first. */
  readonly log: readonly LogLine[];
}

/** A server that is not in the configuration yet. */
export interface ServerDefinition {
  /** IPv4, dotted. */
  readonly address: string;
  /** Port the server listens on; the VIP's where left out. */
  readonly port?: ServicePort;
  readonly weight?: number;
  /** aa:bb:cc:dd:ee:ff; asked for by ARP where left out. */
  readonly mac?: string;
  /** The switch port it is behind; found by ARP where left out. */
  readonly switchPort?: number;
  /** Several ways to it, as a checked file has them. */
  readonly links?: readonly Link[];
}

/** A virtual address that the configuration does not list; as in `mooring.yaml`. */
export interface VipDefinition {
  readonly address: string;
  readonly port: ServicePort;
  readonly protocol?: 'tcp' | 'udp';
  readonly buckets?: number;
  readonly affinity?: Affinity;
  readonly hashSeed?: number;
  readonly mac?: string;
  readonly class?: string;
  /** As in a file, with its keys beside it; or complete, as the controller keeps it. */
  readonly forwarding?: Forwarding | 'nat' | 'direct' | 'ipip' | 'gue';
  readonly tunnelSource?: string;
  readonly tunnelPort?: number;
  readonly servers: readonly (ServerDefinition & { readonly name: string; readonly spare?: boolean })[];
}

/** One of several changes that are made as one. */
export type Change =
  | { readonly change: 'add'; readonly server: string; readonly definition?: ServerDefinition }
  | { readonly change: 'drain' | 'remove' | 'enable' | 'disable'; readonly server: string }
  | { readonly change: 'weight'; readonly server: string; readonly weight: number };

/** Body of `POST /v1/operations` and `POST /v1/plans`. */
export interface OperationRequest {
  readonly kind: RequestedKind;
  /** May be left out where there is one VIP. `add-vip`, `remove-vip`: the VIP itself. */
  readonly vip?: string;
  /** Name of the server that it is about; none for `change`, `buckets`, `add-vip` and `remove-vip`. */
  readonly server?: string;
  /** `weight`: the new one. */
  readonly weight?: number;
  /** `buckets`, `remap`: the new number. */
  readonly buckets?: number;
  /** `remap`: what goes into the hash, 32 bits. */
  readonly hashSeed?: number;
  /** `remap` */
  readonly affinity?: Affinity;
  /** `forwarding`: how packets are to get to the servers. */
  readonly forwarding?: Forwarding | { readonly kind: 'nat' };
  /** `reclass`: the clients that come into another class, as an IP prefix, and the class's name, or `none`. */
  readonly prefix?: string;
  readonly class?: string;
  /** `reclass`, in place of the two: all classes as they are to be. */
  readonly classes?: readonly ClassConfiguration[];
  /** `change`: what to do, all at once. */
  readonly changes?: readonly Change[];
  /** `add-vip`: what it is. */
  readonly vipDefinition?: VipDefinition;
  /** Over how long the buckets are moved; the policy's slow start for servers that come, where left out. */
  readonly rampMs?: number;
  /** Wait for operations that are in the way instead of refusing. */
  readonly queue?: boolean;
  /** Start without asking, whatever the policy says. */
  readonly approve?: boolean;
  /** Why, for the audit log. */
  readonly reason?: string;
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
