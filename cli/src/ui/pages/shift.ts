/**
 * Operations, and one of them as it runs: where it is on its way and what has gone wrong first, so that a small screen
 * shows these; then plan, how many buckets have come how far, pins, old connections left, time, deadline. Texts are
 * broken, never cut: they are what one decides by.
 */

import { bucketMap } from '../bucket-map.ts';
import {
  fitTitle,
  formatBar,
  formatClock,
  formatCount,
  formatDayAndTime,
  formatDuration,
  formatShare,
  formatTime,
} from '../format.ts';
import { heading } from '../heading.ts';
import { isInShift, type OperationView, type PlanView, type View } from '../model.ts';
import { operationText, titleWidth } from '../operation-pane.ts';
import { exactly, fitRow, type Row, row, selected, span } from '../rows.ts';
import { bodyRows, frameWidth, placeOf, selectedOperation, windowStart } from '../selectors.ts';
import type { UiState } from '../state.ts';
import { labelledRows } from '../text-pane.ts';
import { phasesText } from './buckets.ts';

/** The way of an operation; others (an abort, a plan) are shown by their name alone. */
const PHASES = ['preparing', 'shifting', 'draining', 'settling', 'done'];
const LIST_SHARE = 0.35;
const LIST_LEAST = 2;
/** Connections that were ended, by name. */
const ENDED_SHOWN = 8;

function phaseRow(operation: OperationView): Row {
  if (operation.awaitsApproval) {
    return row(
      ' ',
      span(' waits for approval ', { bold: true, inverse: true, colour: 'yellow' }),
      '  y lets it go, a discards it',
    );
  }
  // Only what shifts can be paused.
  const place = PHASES.indexOf(operation.isPaused ? 'shifting' : operation.phase);
  const isFailure = operation.phase === 'failed' || operation.phase === 'aborted';
  const current = { bold: true, inverse: true };
  return row(
    ' ',
    ...PHASES.flatMap((phase, index) => [
      ...(index > 0 ? [span(' ─ ', { dim: true })] : []),
      index === place
        ? span(` ${phase} `, operation.isOver ? { bold: true, colour: 'green' } : { ...current, colour: 'yellow' })
        : span(index < place ? `✓${phase}` : phase, index < place ? { colour: 'green' } : { dim: true }),
    ]),
    ...(place >= 0
      ? []
      : [span('   '), span(` ${operation.phase} `, { ...current, colour: isFailure ? 'red' : 'yellow' })]),
    ...(operation.isPaused ? [span('  PAUSED', { bold: true, colour: 'yellow' }), span(': p goes on')] : []),
  );
}

function barRow(name: string, done: number, total: number, barWidth: number): Row {
  const share = total === 0 ? 0 : done / total;
  return row(
    ` ${name.padEnd(10)} `,
    span(formatBar(share, barWidth), { colour: 'cyan' }),
    ` ${formatCount(done)} of ${formatCount(total)} buckets, ${formatShare(share)}`,
  );
}

/** What the servers' resets say: a suspicion, and not a count of connections. */
function resetsRows({ seen, usual, suspected }: NonNullable<OperationView['resets']>, width: number): Row[] {
  const text = `${formatCount(seen)} "no such connection" from its servers, ${formatCount(usual)} at most are usual`;
  return suspected === 0
    ? labelledRows('resets', text, width)
    : labelledRows('SUSPECTED', text, width, { bold: true, colour: 'yellow' });
}

/** What a plan says of connections, as far as anybody knows. */
function planText({ liveConnections, pinsNeeded, pinsRoom }: PlanView): string {
  return [
    ...(liveConnections === undefined ? [] : [`${formatCount(liveConnections)} live connections`]),
    ...(pinsNeeded === undefined ? [] : [`${formatCount(pinsNeeded)} pins needed`]),
    ...(pinsRoom === undefined ? [] : [`room for ${formatCount(pinsRoom)}`]),
  ].join(', ');
}

/** How long, since when, and until what. */
function timeText(operation: OperationView, clock: View['clock']): string {
  const { elapsedMs, startedAtMs, deadlineInMs, isOver } = operation;
  const since = clock === 'utc' ? ` since ${formatDayAndTime(clock, startedAtMs)}` : '';
  const until =
    clock === 'utc' ? `, ${formatDayAndTime(clock, startedAtMs)} to ${formatTime(clock, startedAtMs + elapsedMs)}` : '';
  if (isOver) return `${formatDuration(elapsedMs)}${until}`;
  const deadline =
    deadlineInMs === undefined
      ? 'no deadline: it waits for the last connection'
      : `what is left in ${formatClock(Math.max(0, deadlineInMs))} will be ended`;
  return `${formatDuration(elapsedMs)}${since}; ${deadline}`;
}

/** What went wrong, worst first. */
function faultRows(operation: OperationView, width: number): Row[] {
  const { astray, resets, ended } = operation;
  const shown = ended.slice(0, ENDED_SHOWN).join(', ');
  const more = ended.length > ENDED_SHOWN ? `, and ${formatCount(ended.length - ENDED_SHOWN)} more` : '';
  return [
    ...(astray === 0
      ? []
      : labelledRows('ASTRAY', `${formatCount(astray)} live connections changed server`, width, {
          bold: true,
          colour: 'red',
        })),
    ...(resets === undefined ? [] : resetsRows(resets, width)),
    ...(ended.length === 0
      ? []
      : labelledRows(
          'ended',
          `${formatCount(ended.length)} at the deadline or with their server: ${shown}${more}`,
          width,
          {
            colour: 'red',
          },
        )),
  ];
}

/** Its number, what it does and, unless that says it, to which virtual address. */
function headingText({ id, title, vip }: OperationView, width: number): string {
  return `#${id} ${fitTitle(title, width - 24)}${vip === '' ? '' : ` · ${vip}`}`;
}

function detailRows(state: UiState, operation: OperationView, width: number): Row[] {
  const controller = state.view.controller!;
  const vip = controller.vips.find((candidate) => candidate.name === operation.vip);
  const barWidth = Math.max(10, Math.min(60, width - 46));
  const { message, isOver, awaitsApproval, isPaused } = operation;
  const isGoingBack = operation.phase === 'rolling-back' || operation.phase === 'aborted';
  return [
    heading(headingText(operation, width), width),
    phaseRow(operation),
    // That it waits for approval, or is paused, stands above.
    ...(message === '' || awaitsApproval || isPaused
      ? []
      : labelledRows(isOver ? 'result' : 'now', message, width, { bold: true })),
    ...faultRows(operation, width),
    ...operation.plans.flatMap((plan) => [
      ...labelledRows(
        'plan',
        `${plan.vip}: ${formatCount(plan.moves)} buckets move, at least ${formatCount(plan.leastMoves)} must; about ${formatDuration(plan.expectedDrainMs)}`,
        width,
      ),
      ...(plan.liveConnections === undefined && plan.pinsNeeded === undefined
        ? []
        : labelledRows('', planText(plan), width)),
    ]),
    ...operation.remarks.flatMap((remark) => labelledRows('', remark, width, { dim: true })),
    ...(operation.origin === '' ? [] : labelledRows('asked for', operation.origin, width)),
    ...(awaitsApproval
      ? []
      : [
          barRow(isGoingBack ? 'back' : 'committed', operation.bucketsCommitted, operation.bucketsTotal, barWidth),
          barRow('settled', operation.bucketsSettled, operation.bucketsTotal, barWidth),
          ...labelledRows(
            'old',
            `${formatCount(operation.pinsLeft)} pinned connections, ${formatCount(operation.baseBucketsLeft)} buckets still with the leaving server`,
            width,
          ),
        ]),
    ...labelledRows(
      'pins',
      `${formatCount(controller.exactPins)} exact, ${formatCount(controller.registerPins)} in registers, at most ${formatCount(controller.peakPins)} at once`,
      width,
    ),
    ...labelledRows('time', timeText(operation, state.view.clock), width),
    ...(vip ? labelledRows('buckets', phasesText(vip), width) : []),
  ];
}

/** The page. */
export function shiftPage(state: UiState): Row[] {
  const width = frameWidth(state);
  const height = bodyRows(state);
  const operations = state.view.controller?.operations ?? [];
  const operation = selectedOperation(state);
  if (operation === undefined) {
    return exactly(
      [
        heading('operations', width),
        row(' none yet. Start one with : and a command, for example'),
        row(span('   :swap s2 s5', { bold: true }), '    or a key on the server page (4)'),
      ],
      width,
      height,
    );
  }
  const details = detailRows(state, operation, width);
  // The list gives way to the details, but not to what they leave to the map.
  const listRoom = Math.min(height - 1 - details.length, Math.floor(height * LIST_SHARE));
  const listRows = Math.min(operations.length, Math.max(LIST_LEAST, listRoom));
  const place = placeOf(operations, (candidate) => candidate === operation);
  const first = windowStart(operations.length, place, listRows);
  const rows: Row[] = [heading(`operations, ${operations.length} of late`, width)];
  const columns = titleWidth(operations, width - 7);
  operations.slice(first, first + listRows).forEach((candidate, index) => {
    const text = ` ${`#${candidate.id}`.padEnd(5)}${operationText(candidate, columns, width - 7)}`;
    const line = row(span(text, candidate.isOver ? { dim: true } : { colour: 'yellow' }));
    rows.push(first + index === place ? selected(line, width) : fitRow(line, width));
  });
  rows.push(...details);
  const vip = state.view.controller!.vips.find((candidate) => candidate.name === operation.vip);
  const left = height - rows.length - 1;
  if (vip && left >= 2 && vip.phase.some(isInShift)) {
    rows.push(heading('buckets: lower case are in shift', width));
    rows.push(...bucketMap({ vip, servers: state.view.controller!.servers, columns: width - 2, rows: left }));
  }
  return exactly(rows, width, height);
}
