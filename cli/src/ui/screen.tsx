/**
 * The whole screen for a given size. Space goes by importance: title, load and the running operation always; the bucket
 * map and the servers as large as they need up to a share of the height; the log takes the rest. Heights are computed here, not
 * left to the layout engine, so that the frame never grows beyond the terminal (which would make it scroll and flicker).
 */
import { Box, Text } from 'ink';
import type { ReactElement } from 'react';
import { bucketsPerCell } from './bucket-cells.ts';
import { BucketMap } from './bucket-map.tsx';
import { fit, formatClock } from './format.ts';
import { Heading } from './heading.tsx';
import { LoadLine } from './load-line.tsx';
import { LogPane } from './log-pane.tsx';
import type { View } from './model.ts';
import { OperationPane } from './operation-pane.tsx';
import { SceneLine } from './scene-line.tsx';
import { ServerTable } from './server-table.tsx';

/** Size and abilities of the terminal. */
export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
  readonly colour: boolean;
}

/** The screen. */
export function Screen({ view, size }: { readonly view: View; readonly size: ScreenSize }): ReactElement {
  const { columns, rows, colour } = size;
  const width = Math.max(40, columns);
  const controller = view.controller;
  const vip = controller?.vips[0];
  const clock = formatClock(view.elapsedMs);
  const sceneRows = view.scenes.length > 0 ? 1 : 0;
  const loadRows = view.tally ? 1 : 0;
  const operations = controller?.operations.filter((operation) => !operation.isOver) ?? [];
  const operationRows = Math.max(1, Math.min(operations.length, 3));
  // One row below stays free: a full last row would scroll.
  let left = Math.max(8, rows - 1) - 1 - sceneRows - loadRows - (1 + operationRows);
  const serverRows = Math.min(controller?.servers.length ?? 0, Math.max(3, Math.floor(left / 2) - 2));
  left -= 1 + serverRows;
  const mapWanted = vip ? Math.ceil(vip.current.length / (width - 2)) : 0;
  const mapRows = vip ? Math.min(mapWanted, Math.max(2, Math.floor((left - 4) * 0.6))) : 0;
  left -= vip ? 1 + mapRows : 0;
  const logRows = Math.max(1, left - 1);
  const perCell = vip ? bucketsPerCell(vip.current.length, width - 2, mapRows) : 1;
  return (
    <Box flexDirection="column" width={width}>
      <Box justifyContent="space-between" width={width}>
        <Text bold>{fit(`${view.title} · ${view.subtitle}`, width - clock.length - 2)}</Text>
        <Text>{clock}</Text>
      </Box>
      {sceneRows > 0 && <SceneLine scenes={view.scenes} width={width} colour={colour} />}
      {view.tally && <LoadLine tally={view.tally} width={width} colour={colour} />}
      {vip && controller && (
        <Box flexDirection="column">
          <Heading
            text={`${vip.name} ${vip.endpoint} ${vip.protocol}, ${vip.current.length} buckets${perCell > 1 ? `, ${perCell} a cell` : ''}`}
            width={width}
          />
          <BucketMap vip={vip} servers={controller.servers} columns={width - 2} rows={mapRows} colour={colour} />
        </Box>
      )}
      <Heading text="servers" width={width} />
      <ServerTable
        servers={(controller?.servers ?? []).slice(0, serverRows)}
        alive={view.tally?.aliveByServer}
        width={width}
        colour={colour}
      />
      <Heading
        text={
          controller
            ? `operation · pins ${controller.pins}, at most ${controller.peakPins}${view.controllerReachable ? '' : ' · CONTROLLER DOWN, the switch goes on alone'}`
            : 'operation'
        }
        width={width}
      />
      <OperationPane operations={operations.slice(0, 3)} width={width} colour={colour} />
      <Heading text="what just happened" width={width} />
      <LogPane log={view.log} rows={logRows} width={width} colour={colour} />
    </Box>
  );
}
