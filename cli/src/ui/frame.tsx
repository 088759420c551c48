/**
 * Rows on the terminal, by Ink: one text element a row, which React leaves alone while the row's encoded text is the same. Ink then
 * writes only lines that differ from those on the screen (its incremental rendering), between the marks of a
 * synchronised update, so that a frame never shows half done.
 */
import { Box, Text } from 'ink';
import { memo, type ReactElement } from 'react';
import { encodeRow, type Row } from './rows.ts';

const Line = memo(function Line({ text }: { readonly text: string }): ReactElement {
  // An empty text would have no height.
  return <Text wrap="truncate-end">{text === '' ? ' ' : text}</Text>;
});

/** Draws rows, each at its place. */
export function Frame(props: {
  readonly rows: readonly Row[];
  readonly width: number;
  readonly colour: boolean;
}): ReactElement {
  return (
    <Box flexDirection="column" width={props.width}>
      {props.rows.map((line, index) => (
        // A row's place on the screen is its identity.
        // biome-ignore lint/suspicious/noArrayIndexKey: see above
        <Line key={index} text={encodeRow(line, props.colour)} />
      ))}
    </Box>
  );
}
