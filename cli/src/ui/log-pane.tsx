/**
 * The last lines of what happened, newest at the bottom, as many as there is room for. The pane shows and the model keeps: how many
 * lines there are to choose from is decided there, so a pane that grows with the screen shows earlier ones again.
 */
import { Box, Text } from 'ink';
import type { ReactElement } from 'react';
import { fit, formatClock } from './format.ts';
import type { LogLine } from './model.ts';

/** The newest `rows` lines. */
export function LogPane(props: {
  readonly log: readonly LogLine[];
  readonly rows: number;
  readonly width: number;
  readonly colour: boolean;
}): ReactElement {
  const first = Math.max(0, props.log.length - props.rows);
  return (
    <Box flexDirection="column" paddingLeft={1} height={props.rows}>
      {props.log.slice(first).map((line, index) => (
        <Text
          // A line's place in the log is its identity.
          // biome-ignore lint/suspicious/noArrayIndexKey: see above
          key={first + index}
          bold={line.severity === 'error'}
          color={props.colour ? { info: undefined, warning: 'yellow', error: 'red' }[line.severity] : undefined}
        >
          {fit(`${formatClock(line.atMs).padStart(5)}  ${line.text}`, props.width - 2)}
        </Text>
      ))}
    </Box>
  );
}
