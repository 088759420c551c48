/**
 * The running operations: what, phase, how many of its buckets are through, how long. Titles have the width of the
 * longest, before the bars, because they say which servers; all lines have the same widths, so that the bars of several
 * operations stand under each other and can be compared.
 */
import { fit, fitTitle, formatBar, formatDuration } from './format.ts';
import type { OperationView } from './model.ts';
import { type Row, row, span } from './rows.ts';

const TITLE_LEAST = 18;
const BAR_LEAST = 8;
const BAR_MOST = 40;
/** Columns of phase, buckets and time, blanks included. */
const BESIDE_TITLE = 40;

/** Share of an operation's buckets that are committed, 0 to 1. */
export function committedShare(operation: OperationView): number {
  return operation.bucketsTotal === 0 ? 0 : operation.bucketsCommitted / operation.bucketsTotal;
}

/**
 * Columns of the titles of these operations in lines of `width` columns: what they need, if phase, buckets and time
 * have room.
 */
export function titleWidth(operations: readonly OperationView[], width: number): number {
  const longest = Math.max(TITLE_LEAST, ...operations.map(({ title }) => title.length));
  return Math.min(longest, Math.max(TITLE_LEAST, width - BESIDE_TITLE));
}

/** An operation in one line of at most `width` columns, its title in `columns` of them; the bar gives way to it. */
export function operationText(operation: OperationView, columns: number, width: number): string {
  const room = width - columns - BESIDE_TITLE - 1;
  const bar = room < BAR_LEAST ? '' : `${formatBar(committedShare(operation), Math.min(BAR_MOST, room))} `;
  const phase = operation.awaitsApproval ? 'approve?' : operation.isPaused ? 'paused' : operation.phase;
  const counts = `${operation.bucketsCommitted}/${operation.bucketsTotal} buckets`;
  return fit(
    `${fitTitle(operation.title, columns).padEnd(columns)} ${fit(phase, 10).padEnd(10)} ${bar}${counts} ${formatDuration(operation.elapsedMs)}`,
    width,
  );
}

/** One line per operation; says so when none runs. */
export function operationPane(operations: readonly OperationView[], width: number): Row[] {
  if (operations.length === 0) {
    const text = 'none: every connection goes where its bucket says, nothing is remembered';
    return [row(' ', span(fit(text, width - 2), { dim: true }))];
  }
  const columns = titleWidth(operations, width - 2);
  return operations.map((operation) =>
    row(' ', span(operationText(operation, columns, width - 2), { colour: 'yellow' })),
  );
}
