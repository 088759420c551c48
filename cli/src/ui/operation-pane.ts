/**
 * The running operations: what, phase, how many of its buckets are through, how long. Titles and phases are cut and
 * padded to fixed widths, so that the bars of several operations stand under each other and can be compared.
 */
import { fit, formatBar, formatDuration } from './format.ts';
import type { OperationView } from './model.ts';
import { type Row, row, span } from './rows.ts';

/** Share of an operation's buckets that are committed, 0 to 1. */
export function committedShare(operation: OperationView): number {
  return operation.bucketsTotal === 0 ? 0 : operation.bucketsCommitted / operation.bucketsTotal;
}

/** An operation in one line of at most `width` columns. */
export function operationText(operation: OperationView, width: number): string {
  const barWidth = Math.max(8, Math.min(40, width - 60));
  const phase = operation.awaitsApproval ? 'approve?' : operation.isPaused ? 'paused' : operation.phase;
  return fit(
    [
      fit(operation.title, 18).padEnd(18),
      fit(phase, 10).padEnd(10),
      formatBar(committedShare(operation), barWidth),
      `${operation.bucketsCommitted}/${operation.bucketsTotal} buckets`,
      formatDuration(operation.elapsedMs),
    ].join(' '),
    width,
  );
}

/** One line per operation; says so when none runs. */
export function operationPane(operations: readonly OperationView[], width: number): Row[] {
  if (operations.length === 0) {
    const text = 'none: every connection goes where its bucket says, nothing is remembered';
    return [row(' ', span(fit(text, width - 2), { dim: true }))];
  }
  return operations.map((operation) => row(' ', span(operationText(operation, width - 2), { colour: 'yellow' })));
}
