/**
 * The vocabulary of the bucket protocol: what can happen (`ShiftEvent`), what is to be done about it (`Effect`) and
 * what others may want to know (`Notice`). All plain data, no time and no network: the very same decisions run in the
 * controller, in tests with a fault after every effect, and in the exhaustive search that checks the invariant.
 *
 * The order in which effects of one step take hold is part of the contract with whoever carries them out:
 * journal, then entries added or changed for pins, then assignments and watches, then pins removed, then orders to
 * the switch, then reads and timers. Each stage is over before the next begins. So a pin is in the table before its
 * slot is released, and an assignment has changed before pins that it makes superfluous go.
 */

/** A server as the switch knows it: 1 to 65535. */
export type ServerId = number;

/** As a bucket's current server: each connection's is the one it has in the VIP's coming mapping (`remap.ts`). */
export const BY_COMING_MAPPING: ServerId = 0;
/** A VIP as the switch knows it: 1 to 65535. */
export type VipId = number;

/**
 * A connection of a VIP, as text: `vip/address/port/vip port`, an IPv4 address a number below 2^32 (connection-key.ts).
 */
export type ConnectionKey = string;

/** How far a bucket is; see docs/CONTROLLER.md for the graph. */
export type BucketPhase = 'steady' | 'waiting' | 'preparing' | 'shifting' | 'learning' | 'sealed' | 'settling';

/** Names a bucket. */
export interface BucketName {
  readonly vip: VipId;
  readonly bucket: number;
}

/** A bucket's entry in the switch, written as one (rule R7). */
export interface Assignment {
  readonly base: ServerId;
  readonly current: ServerId;
  /** The switch shall still have the base as its current server; `current` is what is intended. */
  readonly preparing: boolean;
  readonly learn: boolean;
  readonly seal: boolean;
  readonly unsettled: boolean;
  /** Pins have been lost: packets without one come to us (`doubt.ts`). */
  readonly doubt?: boolean;
}

/** What the switch's digest says; see docs/DATAPLANE.md. */
export type PinEvent =
  /** A register slot holds a live pin. */
  | {
      readonly kind: 'confirmed';
      readonly slot: SlotName;
      readonly generation: number;
      readonly pin: ReportedPin;
      /** A sweep met it. */
      readonly swept?: true;
    }
  /** An unpinned connection of a learning bucket, which lives on `pin.server`, its base. */
  | { readonly kind: 'learned'; readonly pin: ReportedPin }
  /** The slot does not hold that pin (any more). */
  | { readonly kind: 'released'; readonly slot: SlotName; readonly generation: number; readonly key: ConnectionKey }
  /** A sweep met a tentative slot. */
  | { readonly kind: 'tentative'; readonly slot: SlotName; readonly pin: ReportedPin }
  /** A sweep order with this tag has ended, having reported so many slots. */
  | { readonly kind: 'swept'; readonly tag: number; readonly reports: number };

/** A register slot: way and index, as one number (`index * 2 + way`). */
export type SlotName = number;

/** A connection and where it lives, as reported. */
export interface ReportedPin {
  readonly key: ConnectionKey;
  readonly vip: VipId;
  readonly bucket: number;
  readonly server: ServerId;
}

/** A connection that a server holds, as its agent tells. */
export interface ReportedConnection {
  readonly key: ConnectionKey;
  readonly vip: VipId;
  readonly bucket: number;
  /** Its handshake has not been completed. */
  readonly halfOpen: boolean;
}

/** A bucket of a VIP and where it shall go. */
export interface BucketMove extends BucketName {
  readonly to: ServerId;
}

/** What can happen. */
export type ShiftEvent =
  /** Somebody wants these buckets' new connections on these servers. */
  | {
      readonly kind: 'retarget';
      readonly vip: VipId;
      readonly moves: readonly (readonly [bucket: number, to: ServerId])[];
    }
  /**
   * A server is to leave: nothing is pinned to it by learning before its deadline, and its end is watched for (rule
   * R9).
   */
  | { readonly kind: 'server-leaves'; readonly server: ServerId }
  /** It stays after all. */
  | { readonly kind: 'server-stays'; readonly server: ServerId }
  /** What is left on a leaving server is to be listed and ended. */
  | { readonly kind: 'deadline'; readonly server: ServerId }
  /** A server has died: its buckets go to the servers named here (at least all whose current server it is), at once. */
  | { readonly kind: 'server-died'; readonly server: ServerId; readonly moves: readonly BucketMove[] }
  /** Buckets of the coming mapping whose server has died get another. */
  | {
      readonly kind: 'coming-servers';
      readonly vip: VipId;
      readonly changes: readonly (readonly [bucket: number, server: ServerId])[];
    }
  /** Buckets in shift are to stay as they are (a pause), or to go on. */
  | { readonly kind: 'hold'; readonly vip: VipId; readonly buckets: readonly number[]; readonly held: boolean }
  /** Whether the server's agent can be asked from now on. */
  | { readonly kind: 'agent'; readonly server: ServerId; readonly reachable: boolean }
  /**
   * The server's agent tells all its connections; `token` answers `ask-agent`, undefined for news of its own accord.
   */
  | {
      readonly kind: 'server-report';
      readonly server: ServerId;
      readonly token: number | undefined;
      readonly connections: readonly ReportedConnection[];
    }
  | { readonly kind: 'pin-event'; readonly event: PinEvent }
  /** A packet of a connection that has no pin, in a bucket in doubt. */
  | ({ readonly kind: 'unknown-packet'; readonly key: ConnectionKey; readonly frame: Frame } & BucketName)
  /**
   * A server says that it has no such connection; of a VIP in doubt. `server` is 0 where it is not known whose word it
   * is.
   */
  | ({
      readonly kind: 'reset';
      readonly key: ConnectionKey;
      readonly server: ServerId;
      readonly frame: Frame;
    } & BucketName)
  /** No packet hit the bucket's watch for the idle time. */
  | { readonly kind: 'watch-idle'; readonly name: BucketName }
  /** No packet hit the pin for the pin idle time. */
  | { readonly kind: 'pin-idle'; readonly key: ConnectionKey }
  /** Answer to `read-watch`; `elapsedMs` undefined when there is no such entry. */
  | {
      readonly kind: 'watch-read';
      readonly name: BucketName;
      readonly token: number;
      readonly elapsedMs: number | undefined;
    }
  /** Answer to `read-pin`. */
  | { readonly kind: 'pin-read'; readonly key: ConnectionKey; readonly elapsedMs: number | undefined }
  /** The switch keeps up with sweep orders over so many slots. */
  | { readonly kind: 'sweep-pace'; readonly chunk: number }
  /** Every switch that may be forwarding has been told all there is to tell, and hears us. */
  | { readonly kind: 'switches-complete' }
  /** The switch had no room for a pin. */
  | { readonly kind: 'pin-refused'; readonly key: ConnectionKey }
  | TimerEvent;

/** A packet that the switch has handed over, and the port it came in by; nothing here looks into it. */
export interface Frame {
  readonly port: number;
  readonly bytes: Uint8Array;
}

/** What a timer brings back. Stale ones are told by their token. */
export type TimerEvent =
  | { readonly kind: 'doubt-over'; readonly vip: VipId; readonly token: number }
  | { readonly kind: 'prepared-due'; readonly name: BucketName; readonly token: number }
  | { readonly kind: 'learn-due'; readonly name: BucketName; readonly token: number }
  | { readonly kind: 'seal-due'; readonly name: BucketName; readonly token: number }
  | { readonly kind: 'recheck-due'; readonly name: BucketName; readonly token: number }
  | { readonly kind: 'force-due'; readonly server: ServerId }
  | { readonly kind: 'closing-due'; readonly keys: readonly ConnectionKey[] }
  | { readonly kind: 'sweep-late'; readonly tag: number }
  | { readonly kind: 'tentative-over'; readonly name: BucketName; readonly token: number }
  | { readonly kind: 'server-tentative-over'; readonly server: ServerId; readonly token: number }
  | { readonly kind: 'in-flight-over'; readonly server: ServerId; readonly token: number };

/** What is to be done. */
export type Effect =
  /** Write a bucket's assignment; to the journal first if base or current differ from what it has. */
  | { readonly kind: 'assign'; readonly name: BucketName; readonly assignment: Assignment }
  /** Write who serves a bucket of the coming mapping. */
  | { readonly kind: 'assign-coming'; readonly name: BucketName; readonly server: ServerId }
  /** Have a bucket's unpinned connections watched, with the idle time. */
  | { readonly kind: 'watch'; readonly name: BucketName }
  | { readonly kind: 'unwatch'; readonly name: BucketName }
  /** Write an exact pin. */
  | { readonly kind: 'set-pin'; readonly key: ConnectionKey; readonly server: ServerId; readonly closing: boolean }
  | { readonly kind: 'delete-pin'; readonly key: ConnectionKey }
  /** Order a slot's release; not sent if in the same step the connection's pin was refused. */
  | { readonly kind: 'release'; readonly slot: SlotName; readonly generation: number; readonly key: ConnectionKey }
  /** Order a sweep over `count` slots of both ways from `first` on. */
  | { readonly kind: 'sweep'; readonly first: number; readonly count: number; readonly tag: number }
  /** Let the switch ignore this server's pins and slots from now on (the deadline has come). */
  | { readonly kind: 'ignore-pins-of'; readonly server: ServerId }
  /** Have the resets of a VIP's servers handed over, or no longer. */
  | { readonly kind: 'doubt'; readonly vip: VipId; readonly on: boolean }
  /** Have the switch handle a packet once more; not if in the same step its connection's pin was refused. */
  | { readonly kind: 'receive'; readonly key: ConnectionKey; readonly frame: Frame }
  /** Let a reset go on to its client. */
  | { readonly kind: 'pass-reset'; readonly frame: Frame }
  | { readonly kind: 'read-watch'; readonly name: BucketName; readonly token: number }
  | { readonly kind: 'read-pin'; readonly key: ConnectionKey }
  /** Ask the server's agent for its connections as they are from now on; a `server-report` with this token answers. */
  | { readonly kind: 'ask-agent'; readonly server: ServerId; readonly token: number }
  | { readonly kind: 'timer'; readonly delayMs: number; readonly event: TimerEvent };

/** What others may want to know. */
export type Notice =
  | { readonly kind: 'flipped'; readonly name: BucketName; readonly from: ServerId; readonly to: ServerId }
  | { readonly kind: 'aborted'; readonly name: BucketName }
  | { readonly kind: 'committed'; readonly name: BucketName }
  | { readonly kind: 'unsealed'; readonly name: BucketName }
  | { readonly kind: 'settled'; readonly name: BucketName }
  /** Each bucket of the VIP has come to its commit: the coming mapping may become the present one. */
  | { readonly kind: 'mapping-ready'; readonly vip: VipId }
  /** Pins of so many buckets have been lost; their connections are being looked for. */
  | { readonly kind: 'doubt'; readonly vip: VipId; readonly buckets: number; readonly durationMs: number }
  /** The time for that is over: so many connections were found elsewhere than on their bucket's base. */
  | { readonly kind: 'doubt-over'; readonly vip: VipId; readonly found: number }
  /** Connections ended on purpose. */
  | { readonly kind: 'ended'; readonly server: ServerId; readonly keys: readonly ConnectionKey[] }
  /** A server has died, and with it these connections (of those that are known by name). */
  | { readonly kind: 'died'; readonly server: ServerId; readonly keys: readonly ConnectionKey[] }
  /** A live connection's packets have gone to another server than the one it was made with. Must never be. */
  | {
      readonly kind: 'astray';
      readonly name: BucketName;
      readonly key: ConnectionKey;
      readonly from: ServerId;
      readonly to: ServerId;
    }
  /** Nothing names the server any more, nothing is under way to it: safe to power off. */
  | { readonly kind: 'drained'; readonly server: ServerId };

/** What one step has to say. */
export interface Outcome {
  readonly effects: Effect[];
  readonly notices: Notice[];
}

/** How the protocol is tuned. Durations in milliseconds; see `Timers` of the configuration. */
export interface ShiftSettings {
  readonly idleMs: number;
  readonly inFlightMs: number;
  readonly handshakeMs: number;
  readonly tentativeMs: number;
  readonly learnAfterMs: number;
  /** Slots in each of the two ways of the pin registers. */
  readonly slots: number;
  /** Slots a sweep order covers at first. */
  readonly sweepChunk: number;
  /** An order that is not answered for this long is given again. */
  readonly sweepLateMs: number;
  /** False: base and current change at once (for comparison only). */
  readonly pins: boolean;
}
