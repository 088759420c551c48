/**
 * The map of a VIP's buckets: one cell per bucket (or per run of buckets), coloured and lettered by the server that takes its
 * new connections. A bucket in shift is a lower-case letter on the colour of its base, so that one sees where the old
 * connections still are.
 */
import { Box, Text } from 'ink';
import type { ReactElement } from 'react';
import { layOutBuckets } from './bucket-cells.ts';
import type { ServerView, VipView } from './model.ts';
import { serverColour, serverLetter } from './palette.ts';

/** The map within `columns` x `rows` cells. */
export function BucketMap(props: {
  readonly vip: VipView;
  readonly servers: readonly ServerView[];
  readonly columns: number;
  readonly rows: number;
  readonly colour: boolean;
}): ReactElement {
  const indexOf = new Map(props.servers.map((server, index) => [server.id, index]));
  return (
    <Box flexDirection="column" paddingLeft={1}>
      {layOutBuckets(props.vip, props.columns, props.rows).map((row, rowIndex) => (
        // Rows and cells are places on the map, so their position is their identity.
        // biome-ignore lint/suspicious/noArrayIndexKey: see above
        <Text key={rowIndex}>
          {row.map((segment, index) => {
            const server = indexOf.get(segment.current) ?? -1;
            const letter = serverLetter(server);
            const text = (segment.inShift ? letter.toLowerCase() : letter).repeat(segment.length);
            const front = serverColour(server, props.colour);
            const back = segment.inShift ? serverColour(indexOf.get(segment.base) ?? -1, props.colour) : undefined;
            return (
              // biome-ignore lint/suspicious/noArrayIndexKey: see above
              <Text key={index} color={back ? 'black' : front} backgroundColor={back}>
                {text}
              </Text>
            );
          })}
        </Text>
      ))}
    </Box>
  );
}
