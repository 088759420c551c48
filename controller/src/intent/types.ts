/**
 * What the operators want and how far it has been ordered: the durable half of the controller's knowledge, the sum of the
 * journal's records. The other half is in the switch. Ids given here to servers and VIPs are what the switch's tables
 * name; a server's is never given to another one, and a server that returns gets a new one (rule R9).
 */
import type { OperationKind, OperationOutcome, OperationPhase, ServerState } from '../control-api/types.ts';
import type { ServerId, VipId } from '../shift/types.ts';

/** A server that is or was in service. */
export interface ServerRecord {
  readonly id: ServerId;
  readonly name: string;
  readonly vip: VipId;
  readonly address: string;
  readonly port: number;
  readonly weight: number;
  /** As configured, or as found by ARP. */
  readonly mac: string | undefined;
  readonly switchPort: number | undefined;
  readonly state: Exclude<ServerState, 'spare'>;
}

/** A VIP that has been served. */
export interface VipRecord {
  readonly id: VipId;
  readonly name: string;
  readonly buckets: number;
}

/** An operation. */
export interface OperationRecord {
  readonly id: number;
  readonly kind: OperationKind;
  readonly vip: VipId;
  /** Who leaves, or for `add` who comes. */
  readonly server: string;
  /** Id of who leaves; undefined for `add`. */
  readonly leaving: ServerId | undefined;
  /** Name and id of who comes; undefined for `drain` and `remove`. */
  readonly replacement: string | undefined;
  readonly coming: ServerId | undefined;
  /** The buckets it moves: bucket, from, to. Empty while it prepares. */
  readonly moves: readonly (readonly [bucket: number, from: ServerId, to: ServerId])[];
  readonly phase: OperationPhase;
  readonly aborting: boolean;
  readonly startedAtMs: number;
  readonly deadlineAtMs: number | undefined;
  readonly finishedAtMs: number | undefined;
  readonly outcome: OperationOutcome | undefined;
  readonly message: string;
  /** Connections ended at the deadline. */
  readonly ended: readonly { readonly clientAddress: string; readonly clientPort: number }[];
}

/** A line of the journal is an array of these. */
export type IntentRecord =
  | { readonly kind: 'start'; readonly epoch: number; readonly atMs: number }
  | { readonly kind: 'vip'; readonly vip: VipRecord }
  | { readonly kind: 'server'; readonly server: ServerRecord }
  | { readonly kind: 'server-forgotten'; readonly id: ServerId }
  | {
      readonly kind: 'assignment';
      readonly vip: VipId;
      readonly changes: readonly (readonly [bucket: number, base: ServerId, current: ServerId])[];
    }
  | { readonly kind: 'operation'; readonly operation: OperationRecord }
  | { readonly kind: 'ids'; readonly nextServer: ServerId; readonly nextVip: VipId; readonly nextOperation: number };

/** The sum of all records. */
export interface Intent {
  epoch: number;
  nextServer: ServerId;
  nextVip: VipId;
  nextOperation: number;
  readonly vips: Map<VipId, VipRecord>;
  readonly servers: Map<ServerId, ServerRecord>;
  /** Base and current server of each bucket, as last ordered. */
  readonly assignments: Map<VipId, { readonly base: ServerId[]; readonly current: ServerId[] }>;
  /** In order of their ids; finished ones are kept up to `FINISHED_KEPT`. */
  readonly operations: Map<number, OperationRecord>;
}
