/**
 * The demo's closing report: figures as data (what `--json FILE` writes) and as the text that stays on the terminal.
 * The verdict is strict: one connection that was reset, refused, lost, cut short, stalled for over a second or got a
 * wrong byte, or an operation that did not finish, and the demo has failed.
 */
import { type ClientTally, isFaultless, type ServerTally } from '../load/tally.ts';
import { formatCount, formatSeconds } from '../ui/format.ts';

/** One change of servers. */
export interface StepReport {
  readonly title: string;
  readonly outcome: string;
  readonly buckets: number;
  /** From the request until the leaving server was safe to power off, or, where none leaves, until all is settled. */
  readonly timeToDrainMs: number;
  /** What came after that time, in words, where it is not a drain. */
  readonly how?: string;
  /** Where the controller was killed on the way: how long there was none. */
  readonly controllerAwayMs?: number;
}

/** Everything the demo found. */
export interface DemoReport {
  readonly ok: boolean;
  readonly hosts: { readonly kind: 'kernel' | 'simulated'; readonly reason?: string };
  readonly switch: string;
  readonly pinning: boolean;
  readonly seed: number;
  readonly durationMs: number;
  readonly connections: ClientTally;
  readonly servers: ServerTally;
  readonly pinsAtMost: number;
  /**
   * What the machine did to the run: stalls that are its own, and the longest that the demo's processes waited for it
   * within a tenth of a second.
   */
  readonly machine: { readonly stalls: number; readonly worstWaitMs: number };
  readonly steps: readonly StepReport[];
  /** Whether the steps were random operations and incidents. */
  readonly chaos?: boolean;
}

/** A refusal changes nothing; what a crash ends is not the controller's fault. */
const GOOD_OUTCOMES: ReadonlySet<string> = new Set(['done', 'refused', 'met a crash']);

const FAULTS_SHOWN = 40;

/** Whether the run has shown what it is to show. */
export function isSuccess(connections: ClientTally, servers: ServerTally, steps: readonly StepReport[]): boolean {
  return (
    isFaultless(connections) &&
    servers.mismatchedBytes === 0 &&
    steps.every(({ outcome }) => GOOD_OUTCOMES.has(outcome))
  );
}

/** The sum over all servers. */
export function sumServerTallies(tallies: readonly ServerTally[]): ServerTally {
  const sum = { accepted: 0, open: 0, reset: 0, mismatchedBytes: 0 };
  for (const tally of tallies) {
    sum.accepted += tally.accepted;
    sum.open += tally.open;
    sum.reset += tally.reset;
    sum.mismatchedBytes += tally.mismatchedBytes;
  }
  return sum;
}

/** The report as text. */
export function reportText(report: DemoReport): string {
  const c = report.connections;
  const broken = c.reset + c.refused + c.failed + c.endedEarly;
  const rows: [string, string][] = [
    [
      'hosts',
      report.hosts.kind === 'kernel' ? 'on the kernel, in network namespaces' : `simulated (${report.hosts.reason})`,
    ],
    ['switch', report.switch],
    ['pinning', report.pinning ? 'on' : 'OFF, as a plain hash'],
    ['connections opened', formatCount(c.opened)],
    ['  finished', formatCount(c.finished)],
    ['  reset', formatCount(broken)],
    ['  stalled over 1 s', formatCount(c.stalled)],
    ['  alive at the fewest', c.fewestAlive === null ? 'the target was never reached' : formatCount(c.fewestAlive)],
    ['  kept open to the end', formatCount(c.marathonsFinished)],
    ['bytes checked', formatCount(c.checkedBytes)],
    ['  mismatched', formatCount(c.mismatchedBytes + report.servers.mismatchedBytes)],
    ['longest answer', `${formatCount(c.longestAnswerMs)} ms`],
    ['pins at the most', formatCount(report.pinsAtMost)],
    [
      'stalled by the machine',
      `${formatCount(report.machine.stalls)}; a process waited for it up to ${formatCount(report.machine.worstWaitMs)} ms of a tenth of a second`,
    ],
  ];
  if (report.chaos) rows.push(...chaosRows(report));
  for (const step of report.steps) {
    const away =
      step.controllerAwayMs === undefined
        ? ''
        : `, controller killed on the way and away for ${formatSeconds(step.controllerAwayMs)}`;
    const how =
      step.outcome === 'done' ? `${step.how ?? 'drained in'} ${formatSeconds(step.timeToDrainMs)}` : step.outcome;
    rows.push([step.title, `${how}${step.buckets > 0 || !report.chaos ? `, ${step.buckets} buckets` : ''}${away}`]);
  }
  for (const { what, server, phase, ageMs, awaitedMs, atMs } of c.faults.slice(0, FAULTS_SHOWN)) {
    const waited = awaitedMs === undefined ? '' : `, waited ${formatCount(awaitedMs)} ms`;
    rows.push([
      `  ${what}`,
      `at ${new Date(atMs).toISOString().slice(11, 23)}, ${server ?? 'no server yet'}, ${phase}, ${formatCount(ageMs)} ms old${waited}`,
    ]);
  }
  const width = Math.max(...rows.map(([name]) => name.length));
  const verdict = report.ok
    ? `No connection${report.chaos ? ' whose server lived' : ''} was reset, stalled or got a wrong byte.`
    : report.pinning
      ? 'FAILED: see the figures above.'
      : 'This is what a change of servers does to connections when nothing holds them (--no-pins).';
  return [
    '',
    ...rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`),
    '',
    `${verdict} (${formatSeconds(report.durationMs)}, seed ${report.seed})`,
    '',
  ].join('\n');
}

/** What a chaos run shows beyond the demo. */
function chaosRows({ connections: c, steps }: DemoReport): [string, string][] {
  const refused = steps.filter(({ outcome }) => outcome === 'refused').length;
  const lost = Object.entries(c.lostByServer).map(([server, count]) => `${formatCount(count)} with ${server}`);
  return [
    ['operations', `${steps.length - refused} done, ${refused} refused`],
    ['lost with their server', lost.length === 0 ? 'none' : lost.join(', ')],
    ['  attempts that met it', formatCount(c.attemptsAtCrash)],
    [
      'held up by a switch restart',
      `${formatCount(c.heldUpByRestart)}, the last after ${formatCount(c.longestRecoveryMs)} ms`,
    ],
  ];
}
