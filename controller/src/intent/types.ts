/**
 * What the operators want and how far it has been ordered: the durable half of the controller's knowledge, the sum of
 * the journal's records. The other half is in the switch. Ids given here to servers and VIPs are what the switch's
 * tables name; a server's is never given to another one, and a server that returns gets a new one (rule R9).
 */
import type { Affinity, ClassConfiguration, Forwarding, Link, ServicePort, VipConfiguration } from '../config/types.ts';
import type {
  EndedConnection,
  OperationKind,
  OperationOutcome,
  OperationPhase,
  OperationRequest,
  Plan,
  ServerState,
} from '../control-api/types.ts';
import type { ServerId, VipId } from '../shift/types.ts';
import type { ClassRecord } from './classes.ts';

/** A server that is or was in service. */
export interface ServerRecord {
  readonly id: ServerId;
  readonly name: string;
  readonly vip: VipId;
  readonly address: string;
  readonly port: ServicePort;
  readonly weight: number;
  /** False: it keeps its connections and gets no buckets. Undefined is true. */
  readonly enabled?: boolean;
  /** As configured, or as found by ARP. */
  readonly mac: string | undefined;
  readonly switchPort: number | undefined;
  readonly links?: readonly Link[] | undefined;
  /** How it gets packets, as long as that is not its VIP's way; undefined: it is. */
  readonly forwarding?: Forwarding | 'nat' | undefined;
  readonly state: Exclude<ServerState, 'spare'>;
}

/** What decides which of a VIP's buckets a connection is in; the seed is 0 where none is named. */
export interface MappingConfiguration {
  readonly buckets: number;
  readonly hashSeed?: number | undefined;
  readonly affinity: Affinity;
}

/** A mapping that is to take the place of a VIP's present one. */
export interface ComingRecord extends MappingConfiguration {
  /** As `VipRecord.firstBucket`: a number from which on the present one's are not. */
  readonly firstBucket: number;
  /** Of each bucket. */
  readonly servers: readonly ServerId[];
}

/** Clients that move between VIPs of a service. */
export interface ClientsMoving {
  /** The class that they are in meanwhile. */
  readonly class: string;
  readonly prefixes: readonly string[];
}

/** A VIP that has been served. */
export interface VipRecord {
  readonly id: VipId;
  readonly name: string;
  readonly buckets: number;
  /** What it is; what the configuration file says of it counts only as far as connections do not depend on it. */
  readonly definition?: VipConfiguration;
  /** Its service's number in the switch (services.ts); undefined is its own id. */
  readonly service?: VipId;
  /** Number of the first of its buckets in the switch; undefined is 0. */
  readonly firstBucket?: number;
  readonly coming?: ComingRecord;
  /** It is for clients that come into another class, as long as they move (operations/reclass.ts). */
  readonly moving?: ClientsMoving;
  /** While it is being removed: the server that does not exist and gets its new connections. */
  readonly closing?: ServerId;
}

/** What a server is to get of its VIP. */
export interface ServerShare {
  readonly weight: number;
  readonly enabled: boolean;
}

/** A server whose share is changed. */
export interface ShareChange {
  readonly server: ServerId;
  readonly before: ServerShare;
  readonly after: ServerShare;
}

/** An operation. */
export interface OperationRecord {
  readonly id: number;
  readonly kind: OperationKind;
  readonly vip: VipId;
  /** As asked for: who leaves, or for `add` who comes; the VIP's name where no single server is meant. */
  readonly server: string;
  readonly replacement: string | undefined;
  /** As asked for; what `queued` and `awaiting-approval` wait to do. */
  readonly request: OperationRequest | undefined;
  /** Who leaves, and whether they are forgotten when they have. */
  readonly leaving: readonly ServerId[];
  readonly forgets: readonly ServerId[];
  readonly coming: readonly ServerId[];
  readonly shares: readonly ShareChange[];
  /** The buckets it moves: bucket, from, to. Empty while it prepares. */
  readonly moves: readonly (readonly [bucket: number, from: ServerId, to: ServerId])[];
  /** How many of `moves` have been ordered. */
  readonly ordered: number;
  readonly rampMs: number;
  readonly phase: OperationPhase;
  readonly paused: boolean;
  readonly aborting: boolean;
  readonly startedAtMs: number;
  readonly deadlineMs: number;
  readonly deadlineAtMs: number | undefined;
  readonly finishedAtMs: number | undefined;
  readonly outcome: OperationOutcome | undefined;
  readonly message: string;
  /** Connections ended at the deadline, or lost with a dead server. */
  readonly ended: readonly EndedConnection[];
  readonly astray: number;
  readonly who: string;
  readonly why: string | undefined;
  readonly plan: Plan | undefined;
  /** A change of mapping: what the mapping was. */
  readonly mappingBefore?: Required<MappingConfiguration>;
  /** `overflow`: because SYNs to it had no answer; else because its agent says that it is full. */
  readonly cause?: 'syns';
  /** Of clients that move: the VIP that they leave, and the one that they come to. Their own is the operation's. */
  readonly route?: { readonly from: VipId; readonly to: VipId };
  /** A change of classes: what they were. */
  readonly classesBefore?: readonly ClassConfiguration[];
  /** A change of forwarding: what it was. */
  readonly forwardingBefore?: Forwarding | 'nat';
  readonly rollsBack: number | undefined;
}

/** A line of the journal is an array of these. */
export type IntentRecord =
  | { readonly kind: 'classes'; readonly classes: readonly ClassRecord[] }
  | { readonly kind: 'start'; readonly epoch: number; readonly atMs: number }
  | { readonly kind: 'vip'; readonly vip: VipRecord }
  | { readonly kind: 'vip-forgotten'; readonly id: VipId }
  | { readonly kind: 'server'; readonly server: ServerRecord }
  | { readonly kind: 'server-forgotten'; readonly id: ServerId }
  | {
      readonly kind: 'assignment';
      readonly vip: VipId;
      readonly changes: readonly (readonly [bucket: number, base: ServerId, current: ServerId])[];
    }
  | { readonly kind: 'operation'; readonly operation: OperationRecord }
  /** One of several switches has been there; or does not forward while it is away, as an operator says. */
  | { readonly kind: 'switch'; readonly name: string; readonly standing: 'joined' | 'isolated' }
  | {
      readonly kind: 'ids';
      readonly nextServer: ServerId;
      readonly nextVip: VipId;
      readonly nextOperation: number;
      readonly removedVips?: readonly string[];
    };

/** The sum of all records. */
export interface Intent {
  epoch: number;
  nextServer: ServerId;
  nextVip: VipId;
  nextOperation: number;
  readonly vips: Map<VipId, VipRecord>;
  /** Classes of clients, with their numbers in the switch. */
  classes: readonly ClassRecord[];
  /** Those of several switches that have been there. */
  readonly switches: Map<string, 'joined' | 'isolated'>;
  /** Names of VIPs that operators have removed; a configuration that still lists them does not bring them back. */
  readonly removedVips: Set<string>;
  readonly servers: Map<ServerId, ServerRecord>;
  /** Base and current server of each bucket, as last ordered. */
  readonly assignments: Map<VipId, { readonly base: ServerId[]; readonly current: ServerId[] }>;
  /** In order of their ids; finished ones are kept up to `FINISHED_KEPT`. */
  readonly operations: Map<number, OperationRecord>;
}
