/** The load in one line: what is alive, opened and finished, and, loud when not zero, what went wrong. */
import type { ClientTally } from '../load/tally.ts';
import { formatCount } from './format.ts';
import { type Row, row, span } from './rows.ts';

/** Counters of the load. */
export function loadLine(tally: ClientTally): Row {
  const broken = tally.reset + tally.refused + tally.failed + tally.endedEarly;
  const faults = [
    { text: `${formatCount(broken)} reset`, count: broken },
    { text: `${formatCount(tally.stalled)} stalled`, count: tally.stalled },
    { text: `${formatCount(tally.mismatchedBytes)} mismatched`, count: tally.mismatchedBytes },
  ];
  return row(
    `${formatCount(tally.alive)} live  ${formatCount(tally.opened)} opened  ${formatCount(tally.finished)} finished  `,
    ...faults.map(({ text, count }) =>
      count > 0 ? span(`!${text}  `, { bold: true, colour: 'red' }) : span(`${text}  `, { colour: 'green' }),
    ),
  );
}
