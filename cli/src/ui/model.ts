/**
 * What there is to show, as plain data, and the reducer that makes the next picture from an event. The UI knows neither
 * the controller's wire format nor processes: whoever feeds it translates (control-client/view.ts, demo/demo-run.ts).
 * So every screen can be tested by constructing a state, and a recorded list of events replays to the same picture.
 * What the user does to the screen (page, selection, fields) is not here but in `state.ts`.
 */
import { type ClientTally, emptyTally } from '../load/tally.ts';

/** State of a server as an operator thinks of it. */
export type ServerState = 'joining' | 'active' | 'draining' | 'drained' | 'removed' | 'spare' | 'disabled' | 'dead';

/** What goes through, as the switch's counters tell it. */
export interface TrafficView {
  readonly packetsPerSecond: number;
  readonly bytesPerSecond: number;
  /** New connections, and how many of them are not answered; undefined where nobody counts. */
  readonly synsPerSecond?: number;
  readonly unansweredPerSecond?: number;
}

/** What a server's own agent tells. */
export interface AgentView {
  /** Connections it holds, half-open ones included. */
  readonly connections: number;
  readonly halfOpen: number;
  /** Connections that wait to be accepted, and how many may. */
  readonly acceptQueue: number;
  readonly acceptQueueLimit: number;
}

/** A server. */
export interface ServerView {
  readonly id: number;
  readonly name: string;
  /** Name of the VIP it serves. */
  readonly vip: string;
  readonly address: string;
  readonly state: ServerState;
  readonly health: string;
  /** Why it is down; empty where there is nothing to say. */
  readonly healthReason: string;
  /** Takes over by itself when a server dies. */
  readonly isStandby: boolean;
  readonly weight: number;
  /** Buckets whose new connections it takes. */
  readonly buckets: number;
  /** Buckets whose unpinned connections are its. */
  readonly baseBuckets: number;
  /** Connections pinned to it. */
  readonly pins: number;
  /** Undefined where the switch has not been asked. */
  readonly traffic: TrafficView | undefined;
  /** Undefined where it has no agent. */
  readonly agent: AgentView | undefined;
}

/** Whether it fails its checks, or was given up for that. */
export function isDown(server: ServerView): boolean {
  return server.health === 'down' || server.state === 'dead';
}

/** How far a bucket is; docs/CONTROLLER.md has the graph. */
export type BucketPhase = 'steady' | 'shifting' | 'learning' | 'sealed' | 'ready' | 'settling';

/** A virtual address and its buckets; the arrays have one element per bucket. */
export interface VipView {
  readonly name: string;
  readonly endpoint: string;
  readonly protocol: string;
  readonly affinity: string;
  /** Id of the server that connections without a pin go to. */
  readonly base: readonly number[];
  /** Id of the server that new connections go to; 0: the one that each has in the coming mapping. */
  readonly current: readonly number[];
  readonly phase: readonly BucketPhase[];
  /** Of all its servers together; undefined where the switch has not been asked. */
  readonly traffic: TrafficView | undefined;
  /** While its mapping changes: what it will be. */
  readonly coming: ComingView | undefined;
  /** What the switch does with SYNs because no server has room; undefined: they pass. */
  readonly refuses: 'drop' | 'reset' | undefined;
}

/** The mapping that is to take a present one's place. */
export interface ComingView {
  /** Seed and affinity in words. */
  readonly hash: string;
  /** Id of the server of each of its buckets. */
  readonly servers: readonly number[];
  /** Buckets of the present mapping that wait for the others only. */
  readonly ready: number;
}

/** Whether a bucket is on its way from one server to another. */
export function isInShift(phase: BucketPhase): boolean {
  return phase !== 'steady' && phase !== 'settling';
}

/** What an operation was expected to do to a virtual address when it was asked for. */
export interface PlanView {
  readonly vip: string;
  readonly moves: number;
  readonly leastMoves: number;
  /** Live connections of the buckets that move; undefined where nobody knows. */
  readonly liveConnections: number | undefined;
  readonly pinsNeeded: number | undefined;
  readonly pinsRoom: number | undefined;
  readonly expectedDrainMs: number;
}

/** A supervised change that runs or has run. */
export interface OperationView {
  readonly id: string;
  readonly title: string;
  readonly vip: string;
  readonly phase: string;
  readonly isOver: boolean;
  readonly isPaused: boolean;
  /** Planned, and waiting for somebody's consent. */
  readonly awaitsApproval: boolean;
  readonly bucketsTotal: number;
  readonly bucketsCommitted: number;
  readonly bucketsSettled: number;
  /** Exact pins that name the server that leaves. */
  readonly pinsLeft: number;
  /** Buckets whose base is still the server that leaves. */
  readonly baseBucketsLeft: number;
  readonly elapsedMs: number;
  /** Time of day, in milliseconds since 1970. */
  readonly startedAtMs: number;
  /** Until what is left is ended on purpose; undefined: it waits without limit. */
  readonly deadlineInMs: number | undefined;
  /** What it waits for, or why it failed. */
  readonly message: string;
  /** Connections ended at the deadline or with their server, `address:port`. */
  readonly ended: readonly string[];
  /** Live connections whose packets changed server. Must be 0. */
  readonly astray: number;
  /**
   * Resets "no such connection" of its servers: how many, how many are usual, how many above that; undefined where
   * nobody tells.
   */
  readonly resets: { readonly seen: number; readonly usual: number; readonly suspected: number } | undefined;
  /** Who asked for it and why; empty where nobody said. */
  readonly origin: string;
  readonly plans: readonly PlanView[];
  /** What the operator should know before saying yes. */
  readonly remarks: readonly string[];
}

/** The switch as the controller sees it. */
export interface SwitchView {
  readonly name: string;
  readonly address: string;
  readonly deviceId: string;
  readonly connected: boolean;
  readonly primary: boolean;
  readonly pipeline: string;
  /** Slots in each of the two ways of the pin registers. */
  readonly slots: number;
  readonly error: string | undefined;
  /** Of several: since when it is away, and what waits for it. */
  readonly absence: string | undefined;
}

/** What the controller last said. */
export interface ControllerView {
  readonly state: string;
  readonly version: string;
  readonly pid: number;
  readonly epoch: number;
  readonly pinning: boolean;
  readonly servers: readonly ServerView[];
  readonly vips: readonly VipView[];
  /** The running ones and the last finished ones, newest first. */
  readonly operations: readonly OperationView[];
  /** Pins in force, in tables and registers. */
  readonly pins: number;
  readonly peakPins: number;
  readonly exactPins: number;
  readonly registerPins: number;
  /** Live connections whose packets changed server, and connections that were looked at. The first must be 0. */
  readonly astray: number;
  readonly audited: number;
  /** Other totals, by what they are called. */
  readonly counters: readonly (readonly [name: string, value: number])[];
  readonly switch: SwitchView;
  /** The ones beside it that get the same entries. */
  readonly otherSwitches: readonly SwitchView[];
}

/** One line of "what just happened". */
export interface LogLine {
  /** Milliseconds; since when, the view's clock says. */
  readonly atMs: number;
  readonly text: string;
  readonly severity: 'info' | 'warning' | 'error';
}

/** One step of the demo. */
export interface SceneView {
  readonly title: string;
  readonly state: 'waiting' | 'running' | 'done' | 'failed';
}

/** Everything there is to show. */
export interface View {
  readonly title: string;
  /** What the run consists of, e.g. the kind of hosts and the switch. */
  readonly subtitle: string;
  /**
   * What times count from: the start of the run, or 1970, which is shown as the time of day (UTC, as `mooring log` and
   * `audit` print it).
   */
  readonly clock: 'run' | 'utc';
  /** Milliseconds by this clock. */
  readonly nowMs: number;
  readonly controller: ControllerView | undefined;
  /** Whether the control API answers now. */
  readonly controllerReachable: boolean;
  /** When it last answered, while it does not. */
  readonly lostAtMs: number | undefined;
  readonly scenes: readonly SceneView[];
  /** The demo's load; undefined when there is none. */
  readonly tally: ClientTally | undefined;
  readonly log: readonly LogLine[];
}

/** What can happen. */
export type ViewEvent =
  | { readonly kind: 'clock'; readonly nowMs: number }
  | { readonly kind: 'subtitle'; readonly text: string }
  | { readonly kind: 'controller'; readonly view: ControllerView }
  | { readonly kind: 'controller-lost' }
  | { readonly kind: 'scenes'; readonly scenes: readonly SceneView[] }
  | { readonly kind: 'scene'; readonly index: number; readonly state: SceneView['state'] }
  | { readonly kind: 'tally'; readonly tally: ClientTally }
  | { readonly kind: 'log'; readonly line: LogLine };

/** Log lines kept, for scrolling back. */
export const LOG_LINES_KEPT = 2_000;

/**
 * The view before anything has happened. A run with a load counts from its own start; what watches a controller goes by
 * the time of day.
 */
export function initialView(title: string, subtitle: string, withLoad: boolean): View {
  return {
    title,
    subtitle,
    clock: withLoad ? 'run' : 'utc',
    nowMs: 0,
    controller: undefined,
    controllerReachable: false,
    lostAtMs: undefined,
    scenes: [],
    tally: withLoad ? emptyTally() : undefined,
    log: [],
  };
}

/** The next picture. */
export function reduceView(view: View, event: ViewEvent): View {
  switch (event.kind) {
    case 'clock':
      return { ...view, nowMs: event.nowMs };
    case 'subtitle':
      return { ...view, subtitle: event.text };
    case 'controller':
      return { ...view, controller: event.view, controllerReachable: true, lostAtMs: undefined };
    case 'controller-lost':
      return { ...view, controllerReachable: false, lostAtMs: view.lostAtMs ?? view.nowMs };
    case 'scenes':
      return { ...view, scenes: event.scenes };
    case 'scene':
      return {
        ...view,
        scenes: view.scenes.map((scene, index) => (index === event.index ? { ...scene, state: event.state } : scene)),
      };
    case 'tally':
      return { ...view, tally: event.tally };
    case 'log':
      return { ...view, log: [...view.log, event.line].slice(-LOG_LINES_KEPT) };
    default: {
      const never: never = event;
      throw new Error(`unknown event ${JSON.stringify(never)}`);
    }
  }
}
