/** The servers: letter and colour of the map, address, state, buckets, pins, and live connections where the load tells them. */
import { Box, Text } from 'ink';
import type { ReactElement } from 'react';
import { fit, formatBar, formatCount } from './format.ts';
import type { ServerView } from './model.ts';
import { serverColour, serverLetter } from './palette.ts';

/** One line per server. */
export function ServerTable(props: {
  readonly servers: readonly ServerView[];
  readonly alive: Readonly<Record<string, number>> | undefined;
  readonly width: number;
  readonly colour: boolean;
}): ReactElement {
  const most = Math.max(1, ...Object.values(props.alive ?? {}));
  const barWidth = Math.max(4, Math.min(40, props.width - 74));
  return (
    <Box flexDirection="column" paddingLeft={1}>
      {props.servers.map((server, index) => {
        const alive = props.alive?.[server.name] ?? 0;
        const connections = props.alive
          ? `${formatBar(alive / most, barWidth)} ${formatCount(alive).padStart(5)} live`
          : server.health;
        const rest = [
          fit(server.name, 8).padEnd(8),
          fit(server.address, 15).padEnd(15),
          server.state.padEnd(8),
          `${String(server.buckets).padStart(4)} buckets`,
          `${String(server.pins).padStart(4)} pins`,
          connections,
        ].join(' ');
        return (
          <Text key={`${server.id} ${server.name}`}>
            <Text color={serverColour(index, props.colour)} bold>
              {serverLetter(index)}
            </Text>
            <Text dimColor={server.state === 'removed' || server.state === 'drained'}>
              {fit(` ${rest}`, props.width - 2)}
            </Text>
          </Text>
        );
      })}
    </Box>
  );
}
