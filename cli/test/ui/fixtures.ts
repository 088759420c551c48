/** States that the UI's tests draw: one in the middle of a swap, with everything on it that can be. */
import { emptyTally } from '../../src/load/tally.ts';
import { initialView, type LogLine, type OperationView, type ServerView, type View } from '../../src/ui/model.ts';
import { reduceUi, type UiEvent } from '../../src/ui/reduce.ts';
import type { ConnectionView, SwitchDetails } from '../../src/ui/results.ts';
import { initialState, type ScreenSize, type UiState } from '../../src/ui/state.ts';
import type { UiEffect } from '../../src/ui/step.ts';

/** A running swap. */
export function swapView(replacement: string, changes: Partial<OperationView> = {}): OperationView {
  return {
    id: '3',
    title: `swap s2 by ${replacement}`,
    vip: 'web',
    phase: 'draining',
    isOver: false,
    isPaused: false,
    awaitsApproval: false,
    bucketsTotal: 64,
    bucketsCommitted: 22,
    bucketsSettled: 7,
    pinsLeft: 4,
    baseBucketsLeft: 42,
    elapsedMs: 7_420,
    startedAtMs: Date.UTC(2026, 10, 22, 3, 14, 19),
    deadlineInMs: 112_580,
    message: '42 buckets wait for old connections',
    ended: [],
    astray: 0,
    resets: undefined,
    origin: 'operator: new kernel',
    plans: [
      {
        vip: 'web',
        moves: 64,
        leastMoves: 64,
        liveConnections: 137,
        pinsNeeded: 90,
        pinsRoom: 16_384,
        expectedDrainMs: 9_000,
      },
    ],
    remarks: [],
    ...changes,
  };
}

/**
 * A view of `buckets` buckets on `servers` servers, in the middle of swapping server 2 by the last; `withLoad` as the
 * demo has it.
 */
export function viewInShift(servers: number, buckets: number, withLoad = true): View {
  const list: ServerView[] = Array.from({ length: servers }, (_, index) => ({
    id: index + 1,
    name: `s${index + 1}`,
    vip: 'web',
    address: `10.0.0.${11 + index}:8080`,
    state: index === 1 ? 'draining' : 'active',
    health: 'up',
    healthReason: '',
    isStandby: false,
    weight: 1,
    buckets: index === 1 ? 0 : Math.floor(buckets / (servers - 1)),
    baseBuckets: index === servers - 1 ? 0 : Math.floor(buckets / (servers - 1)),
    pins: index === servers - 1 ? 17 : 0,
    traffic: withLoad ? undefined : { packetsPerSecond: 1_000 * (index + 1), bytesPerSecond: 700_000 * (index + 1) },
    agent: undefined,
  }));
  const base = Array.from({ length: buckets }, (_, index) => 1 + (Math.floor(index / 5) % (servers - 1)));
  const startMs = withLoad ? 0 : Date.UTC(2026, 10, 22, 3, 14);
  const log: LogLine[] = Array.from({ length: 40 }, (_, index) => ({
    atMs: startMs + index * 700,
    text: index % 9 === 8 ? 'the controller was killed (kill -9)' : `event number ${index} happened on the switch`,
    severity: index % 9 === 8 ? 'warning' : 'info',
  }));
  return {
    ...initialView(
      withLoad ? 'mooring demo' : 'mooring',
      withLoad ? 'kernel TCP in network namespaces · embedded switch' : '/srv/mooring-state/control.sock',
      withLoad,
    ),
    nowMs: startMs + 27_300,
    controllerReachable: true,
    controller: {
      state: 'serving',
      version: '0.1.0',
      pid: 4711,
      epoch: 3,
      pinning: true,
      servers: list,
      vips: [
        {
          name: 'web',
          endpoint: '10.0.0.1:80',
          protocol: 'tcp',
          affinity: 'connection',
          base,
          current: base.map((server) => (server === 2 ? servers : server)),
          phase: base.map((server, index) =>
            server !== 2 ? (index % 50 === 0 ? 'settling' : 'steady') : index % 3 === 0 ? 'learning' : 'shifting',
          ),
          traffic: withLoad ? undefined : { packetsPerSecond: 15_000, bytesPerSecond: 10_500_000 },
          coming: undefined,
          refuses: undefined,
        },
      ],
      operations: [
        swapView(`s${servers}`),
        swapView('s4', {
          id: '2',
          title: 'add s4',
          phase: 'done',
          isOver: true,
          bucketsCommitted: 64,
          bucketsSettled: 64,
          message: '',
        }),
        swapView('s9', {
          id: '1',
          title: 'drain s9',
          phase: 'aborted',
          isOver: true,
          bucketsCommitted: 3,
          message: '',
        }),
      ],
      pins: 17,
      peakPins: 43,
      exactPins: 15,
      registerPins: 2,
      astray: 0,
      audited: 0,
      counters: [['digests', 120]],
      otherSwitches: [],
      switch: {
        name: '127.0.0.1:9559',
        absence: undefined,
        address: '127.0.0.1:9559',
        deviceId: '1',
        connected: true,
        primary: true,
        pipeline: 'kept',
        slots: 4096,
        error: undefined,
      },
    },
    scenes: withLoad
      ? [
          { title: 'ramp up', state: 'done' },
          { title: 'add s4', state: 'done' },
          { title: 'swap s2 by s5', state: 'running' },
          { title: 'remove s3', state: 'waiting' },
          { title: 'finish', state: 'waiting' },
        ]
      : [],
    tally: withLoad
      ? {
          ...emptyTally(),
          opened: 3_210,
          finished: 2_660,
          alive: 550,
          aliveByServer: { s1: 150, s2: 61, s3: 140, s4: 139, s5: 60 },
        }
      : undefined,
    log,
  };
}

/** The same view while all its buckets are on their way to a mapping of `coming` buckets. */
export function viewInRemap(servers: number, buckets: number, coming: number): View {
  const view = viewInShift(servers, buckets, false);
  const [vip] = view.controller!.vips;
  const phase = vip!.base.map((_, index) => (['shifting', 'learning', 'sealed', 'ready'] as const)[index % 4]!);
  const remapped = {
    ...vip!,
    current: vip!.base.map(() => 0),
    phase,
    coming: {
      hash: 'seed 99, affinity by client',
      servers: Array.from({ length: coming }, (_, index) => 1 + ((index * 7) % servers)),
      ready: phase.filter((one) => one === 'ready').length,
    },
  };
  return { ...view, controller: { ...view.controller!, vips: [remapped] } };
}

/** Two connections as a search finds them. */
export const CONNECTIONS: readonly ConnectionView[] = [
  {
    client: '192.0.2.7:51514',
    vip: 'web',
    endpoint: '10.0.0.1:80',
    bucket: 7,
    phase: 'shifting',
    base: 's2',
    current: 's5',
    decidedBy: 'exact pin',
    server: 's5',
    newConnection: 's5',
    reason: 'It was opened after bucket 7 had been pointed at s5, so it was pinned there; its packets follow the pin.',
  },
  {
    client: '192.0.2.7:51515',
    vip: 'web',
    endpoint: '10.0.0.1:80',
    bucket: 9,
    phase: 'shifting',
    base: 's2',
    current: 's5',
    decidedBy: 'base',
    server: 's2',
    newConnection: 's5',
    reason: 'It is not pinned, so it is older than the shift of bucket 9 and lives on its base.',
  },
];

/** A switch with one table nearly full. */
export const SWITCH_DETAILS: SwitchDetails = {
  pipelineId: '0x1d2f3a4b5c6d7e8f',
  tables: [
    { name: 'vips', entries: 1, size: 1_024 },
    { name: 'buckets', entries: 256, size: 65_536 },
    { name: 'pins', entries: 230_000, size: 262_144 },
    { name: 'servers', entries: 5, size: 4_096 },
  ],
  ports: [
    { port: 1, state: 'up', servers: [], addresses: 3 },
    { port: 2, state: 'unknown', servers: ['s1', 's2'], addresses: 2 },
    { port: 3, state: 'down', servers: ['s3'], addresses: 0 },
  ],
  drops: [['a SYN in a sealed bucket', 12]],
};

/** A state with this view. */
export function stateOf(view: View, size: Partial<ScreenSize> = {}, canSteer = true): UiState {
  return initialState(view, { columns: 80, rows: 24, colour: false, ...size }, canSteer);
}

/**
 * Takes keys (names, or single characters of a text in angle brackets left out) and other events, one after the other.
 */
export function play(
  state: UiState,
  ...events: readonly (string | UiEvent)[]
): { readonly state: UiState; readonly effects: readonly UiEffect[] } {
  let current = state;
  const effects: UiEffect[] = [];
  for (const event of events) {
    const step = reduceUi(current, typeof event === 'string' ? { kind: 'key', key: event } : event);
    current = step.state;
    effects.push(...step.effects);
  }
  return { state: current, effects };
}

/** The keys of a text. */
export function typed(text: string): string[] {
  return [...text];
}
