/** Views that the UI's tests draw: one in the middle of a swap, with everything on it that can be. */
import { emptyTally } from '../../src/load/tally.ts';
import { initialView, type LogLine, type ServerView, type View } from '../../src/ui/model.ts';

/** A view of `buckets` buckets on `servers` servers, in the middle of swapping server 2 by the last. */
export function viewInShift(servers: number, buckets: number): View {
  const list: ServerView[] = Array.from({ length: servers }, (_, index) => ({
    id: index + 1,
    name: `s${index + 1}`,
    address: `10.0.0.${11 + index}:8080`,
    state: index === 1 ? 'draining' : 'active',
    health: 'up',
    buckets: index === 1 ? 0 : Math.floor(buckets / (servers - 1)),
    pins: index === servers - 1 ? 17 : 0,
  }));
  const base = Array.from({ length: buckets }, (_, index) => 1 + (Math.floor(index / 5) % (servers - 1)));
  const log: LogLine[] = Array.from({ length: 40 }, (_, index) => ({
    atMs: index * 700,
    text: index % 9 === 8 ? 'the controller was killed (kill -9)' : `event number ${index} happened on the switch`,
    severity: index % 9 === 8 ? 'warning' : 'info',
  }));
  return {
    ...initialView('mooring demo', 'kernel TCP in network namespaces · embedded switch', true),
    elapsedMs: 27_300,
    controllerReachable: true,
    controller: {
      servers: list,
      vips: [
        {
          name: 'web',
          endpoint: '10.0.0.1:80',
          protocol: 'tcp',
          base,
          current: base.map((server) => (server === 2 ? servers : server)),
          inShift: base.map((server) => server === 2),
        },
      ],
      operations: [
        {
          id: '3',
          title: `swap s2 by s${servers}`,
          phase: 'draining',
          isOver: false,
          bucketsTotal: 64,
          bucketsCommitted: 22,
          elapsedMs: 7_420,
        },
      ],
      pins: 17,
      peakPins: 43,
      switchAddress: '127.0.0.1:9559',
      switchConnected: true,
    },
    scenes: [
      { title: 'ramp up', state: 'done' },
      { title: 'add s4', state: 'done' },
      { title: 'swap s2 by s5', state: 'running' },
      { title: 'remove s3', state: 'waiting' },
      { title: 'finish', state: 'waiting' },
    ],
    tally: {
      ...emptyTally(),
      opened: 3_210,
      finished: 2_660,
      alive: 550,
      aliveByServer: { s1: 150, s2: 61, s3: 140, s4: 139, s5: 60 },
    },
    log,
  };
}
