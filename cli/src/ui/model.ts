/**
 * What the terminal shows, as plain data, and the reducer that makes the next picture from an event. The UI knows neither the
 * controller's wire format nor processes: whoever feeds it translates (control-client/view.ts, demo/demo-run.ts). So every
 * screen can be tested by constructing a state, and a recorded list of events replays to the same picture.
 */
import { type ClientTally, emptyTally } from '../load/tally.ts';

/** State of a server as an operator thinks of it. */
export type ServerState = 'active' | 'draining' | 'drained' | 'removed' | 'standby' | 'disabled';

/** A server. */
export interface ServerView {
  readonly id: number;
  readonly name: string;
  readonly address: string;
  readonly state: ServerState;
  readonly health: string;
  /** Buckets whose new connections it takes. */
  readonly buckets: number;
  /** Connections pinned to it. */
  readonly pins: number;
}

/** A virtual address and its buckets; the three arrays have one element per bucket. */
export interface VipView {
  readonly name: string;
  readonly endpoint: string;
  readonly protocol: string;
  /** Id of the server that connections without a pin go to. */
  readonly base: readonly number[];
  /** Id of the server that new connections go to. */
  readonly current: readonly number[];
  readonly inShift: readonly boolean[];
}

/** A supervised change that runs or has run. */
export interface OperationView {
  readonly id: string;
  readonly title: string;
  readonly phase: string;
  readonly isOver: boolean;
  readonly bucketsTotal: number;
  readonly bucketsCommitted: number;
  readonly elapsedMs: number;
}

/** What the controller last said. */
export interface ControllerView {
  readonly servers: readonly ServerView[];
  readonly vips: readonly VipView[];
  readonly operations: readonly OperationView[];
  /** Pins in force, in tables and registers. */
  readonly pins: number;
  readonly peakPins: number;
  readonly switchAddress: string;
  readonly switchConnected: boolean;
}

/** One line of "what just happened". */
export interface LogLine {
  /** Milliseconds since the start of the run. */
  readonly atMs: number;
  readonly text: string;
  readonly severity: 'info' | 'warning' | 'error';
}

/** One step of the demo. */
export interface SceneView {
  readonly title: string;
  readonly state: 'waiting' | 'running' | 'done' | 'failed';
}

/** Everything on the screen. */
export interface View {
  readonly title: string;
  /** What the run consists of, e.g. the kind of hosts and the switch. */
  readonly subtitle: string;
  readonly elapsedMs: number;
  readonly controller: ControllerView | undefined;
  /** Whether the control API answers now. */
  readonly controllerReachable: boolean;
  readonly scenes: readonly SceneView[];
  /** The demo's load; undefined when there is none. */
  readonly tally: ClientTally | undefined;
  readonly log: readonly LogLine[];
}

/** What can happen. */
export type ViewEvent =
  | { readonly kind: 'clock'; readonly elapsedMs: number }
  | { readonly kind: 'subtitle'; readonly text: string }
  | { readonly kind: 'controller'; readonly view: ControllerView }
  | { readonly kind: 'controller-lost' }
  | { readonly kind: 'scenes'; readonly scenes: readonly SceneView[] }
  | { readonly kind: 'scene'; readonly index: number; readonly state: SceneView['state'] }
  | { readonly kind: 'tally'; readonly tally: ClientTally }
  | { readonly kind: 'log'; readonly line: LogLine };

/** Log lines kept; no terminal shows more. */
export const LOG_LINES_KEPT = 200;

/** The screen before anything has happened. */
export function initialView(title: string, subtitle: string, withLoad: boolean): View {
  return {
    title,
    subtitle,
    elapsedMs: 0,
    controller: undefined,
    controllerReachable: false,
    scenes: [],
    tally: withLoad ? emptyTally() : undefined,
    log: [],
  };
}

/** The next picture. */
export function reduceView(view: View, event: ViewEvent): View {
  switch (event.kind) {
    case 'clock':
      return { ...view, elapsedMs: event.elapsedMs };
    case 'subtitle':
      return { ...view, subtitle: event.text };
    case 'controller':
      return { ...view, controller: event.view, controllerReachable: true };
    case 'controller-lost':
      return { ...view, controllerReachable: false };
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
