/** The load in one line: what is alive, opened and finished, and, loud when not zero, what went wrong. */
import { Text } from 'ink';
import type { ReactElement } from 'react';
import type { ClientTally } from '../load/tally.ts';
import { formatCount } from './format.ts';

/** Counters of the load. */
export function LoadLine(props: {
  readonly tally: ClientTally;
  readonly width: number;
  readonly colour: boolean;
}): ReactElement {
  const { tally, colour } = props;
  const broken = tally.reset + tally.refused + tally.failed + tally.endedEarly;
  const faults = [
    { text: `${formatCount(broken)} reset`, count: broken },
    { text: `${formatCount(tally.stalled)} stalled`, count: tally.stalled },
    { text: `${formatCount(tally.mismatchedBytes)} mismatched`, count: tally.mismatchedBytes },
  ];
  return (
    <Text wrap="truncate-end">
      {`${formatCount(tally.alive)} live  ${formatCount(tally.opened)} opened  ${formatCount(tally.finished)} finished  `}
      {faults.map((fault) => (
        <Text key={fault.text} bold={fault.count > 0} color={colour ? (fault.count > 0 ? 'red' : 'green') : undefined}>
          {`${fault.count > 0 ? '!' : ''}${fault.text}  `}
        </Text>
      ))}
    </Text>
  );
}
