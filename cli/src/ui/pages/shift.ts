/**
 * Operations, and one of them as it runs: where it is on its way, how many buckets have come how far, pins, old connections left,
 * time, deadline, and what it waits for.
 */

import { bucketMap } from '../bucket-map.ts';
import { formatBar, formatClock, formatCount, formatSeconds, formatShare } from '../format.ts';
import { heading } from '../heading.ts';
import { isInShift, type OperationView, type PlanView } from '../model.ts';
import { operationText } from '../operation-pane.ts';
import { exactly, fitRow, type Row, row, selected, span } from '../rows.ts';
import { bodyRows, frameWidth, placeOf, selectedOperation, windowStart } from '../selectors.ts';
import type { UiState } from '../state.ts';
import { phasesText } from './buckets.ts';

/** The way of an operation; others (an abort, a plan) are shown by their name alone. */
const PHASES = ['preparing', 'shifting', 'draining', 'settling', 'done'];
const LIST_SHARE = 0.35;
/** Lines of the details without messages and map. */
const DETAIL_ROWS = 9;

function phaseRow(operation: OperationView): Row {
  if (operation.awaitsApproval) {
    return row(' ', span(' waits for approval: y ', { bold: true, inverse: true, colour: 'yellow' }));
  }
  const place = PHASES.indexOf(operation.phase);
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
    ...(operation.isPaused ? [span('  PAUSED', { bold: true, colour: 'yellow' })] : []),
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
function resetsRow({ seen, usual, suspected }: NonNullable<OperationView['resets']>): Row {
  const text = `${formatCount(seen)} "no such connection" from its servers, ${formatCount(usual)} at most are usual`;
  if (suspected === 0) return row(` resets     ${text}`);
  return row(span(` SUSPECTED  ${text}`, { bold: true, colour: 'yellow' }));
}

/** What a plan says of connections, as far as anybody knows. */
function planText({ liveConnections, pinsNeeded, pinsRoom }: PlanView): string {
  return [
    ...(liveConnections === undefined ? [] : [`${formatCount(liveConnections)} live connections`]),
    ...(pinsNeeded === undefined ? [] : [`${formatCount(pinsNeeded)} pins needed`]),
    ...(pinsRoom === undefined ? [] : [`room for ${formatCount(pinsRoom)}`]),
  ].join(', ');
}

function detailRows(state: UiState, operation: OperationView, width: number): Row[] {
  const controller = state.view.controller!;
  const vip = controller.vips.find((candidate) => candidate.name === operation.vip);
  const barWidth = Math.max(10, Math.min(60, width - 46));
  const deadline =
    operation.deadlineInMs === undefined
      ? 'no deadline: it waits for the last connection'
      : operation.isOver
        ? 'it had a deadline'
        : `what is left in ${formatClock(Math.max(0, operation.deadlineInMs))} will be ended`;
  return [
    heading(`#${operation.id} ${operation.title} · ${operation.vip}`, width),
    phaseRow(operation),
    row(),
    barRow('committed', operation.bucketsCommitted, operation.bucketsTotal, barWidth),
    barRow('settled', operation.bucketsSettled, operation.bucketsTotal, barWidth),
    row(
      ` old        ${formatCount(operation.pinsLeft)} pinned connections, ${formatCount(operation.baseBucketsLeft)} buckets still with the leaving server`,
    ),
    row(
      ` pins       ${formatCount(controller.exactPins)} exact, ${formatCount(controller.registerPins)} in registers, at most ${formatCount(controller.peakPins)} at once`,
    ),
    row(` time       ${formatSeconds(operation.elapsedMs)}, ${deadline}`),
    ...(vip ? [row(span(` buckets    ${phasesText(vip)}`))] : []),
    ...(operation.message === ''
      ? []
      : [row(span(` ${operation.isOver ? 'result   ' : 'waits for'}  ${operation.message}`, { bold: true }))]),
    ...operation.plans.flatMap((plan) => [
      row(
        ` plan       ${plan.vip}: ${formatCount(plan.moves)} buckets move, at least ${formatCount(plan.leastMoves)} must; about ${formatSeconds(plan.expectedDrainMs)}`,
      ),
      ...(plan.liveConnections === undefined && plan.pinsNeeded === undefined
        ? []
        : [row(`            ${planText(plan)}`)]),
    ]),
    ...operation.remarks.map((remark) => row(span(`            ${remark}`, { dim: true }))),
    ...(operation.origin === '' ? [] : [row(` asked for  ${operation.origin}`)]),
    ...(operation.astray === 0
      ? []
      : [
          row(
            span(` ASTRAY     ${formatCount(operation.astray)} live connections changed server`, {
              bold: true,
              colour: 'red',
            }),
          ),
        ]),
    ...(operation.resets === undefined ? [] : [resetsRow(operation.resets)]),
    ...operation.ended.map((connection) => row(span(`   ended at the deadline: ${connection}`, { colour: 'red' }))),
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
  const listRows = Math.min(operations.length, Math.max(3, Math.floor((height - DETAIL_ROWS) * LIST_SHARE) + 1));
  const place = placeOf(operations, (candidate) => candidate === operation);
  const first = windowStart(operations.length, place, listRows);
  const rows: Row[] = [heading(`operations, ${operations.length} of late`, width)];
  operations.slice(first, first + listRows).forEach((candidate, index) => {
    const text = ` ${`#${candidate.id}`.padEnd(5)}${operationText(candidate, width - 7)}`;
    const line = row(span(text, candidate.isOver ? { dim: true } : { colour: 'yellow' }));
    rows.push(first + index === place ? selected(line, width) : fitRow(line, width));
  });
  rows.push(...detailRows(state, operation, width));
  const vip = state.view.controller!.vips.find((candidate) => candidate.name === operation.vip);
  const left = height - rows.length - 1;
  if (vip && left >= 2 && vip.phase.some(isInShift)) {
    rows.push(heading('buckets: lower case are in shift', width));
    rows.push(...bucketMap({ vip, servers: state.view.controller!.servers, columns: width - 2, rows: left }));
  }
  return exactly(rows, width, height);
}
