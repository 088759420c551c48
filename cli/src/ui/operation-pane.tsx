/**
 * The running operations: what, phase, how many of its buckets are through, how long. Titles and phases are cut and
 * padded to fixed widths, so that the bars of several operations stand under each other and can be compared.
 */
import { Box, Text } from 'ink';
import type { ReactElement } from 'react';
import { fit, formatBar, formatSeconds } from './format.ts';
import type { OperationView } from './model.ts';

/** One line per operation; says so when none runs. */
export function OperationPane(props: {
  readonly operations: readonly OperationView[];
  readonly width: number;
  readonly colour: boolean;
}): ReactElement {
  if (props.operations.length === 0) {
    return (
      <Box paddingLeft={1}>
        <Text dimColor>
          {fit('none: every connection goes where its bucket says, nothing is remembered', props.width - 2)}
        </Text>
      </Box>
    );
  }
  const barWidth = Math.max(8, Math.min(40, props.width - 62));
  return (
    <Box flexDirection="column" paddingLeft={1}>
      {props.operations.map((operation) => {
        const share = operation.bucketsTotal === 0 ? 0 : operation.bucketsCommitted / operation.bucketsTotal;
        const text = [
          fit(operation.title, 18).padEnd(18),
          fit(operation.phase, 10).padEnd(10),
          formatBar(share, barWidth),
          `${operation.bucketsCommitted}/${operation.bucketsTotal} buckets`,
          formatSeconds(operation.elapsedMs),
        ].join(' ');
        return (
          <Text key={operation.id} color={props.colour ? 'yellow' : undefined}>
            {fit(text, props.width - 2)}
          </Text>
        );
      })}
    </Box>
  );
}
