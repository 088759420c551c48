/** Rows as an Ink component: Ink says when (after each render that was committed), `RowWriter` does the writing. */
import { type ReactNode, useLayoutEffect } from 'react';
import type { RowWriter } from './row-writer.ts';
import type { Row } from './rows.ts';

/** Draws rows from the first line of the screen on; takes no room in Ink's own layout. */
export function Frame(props: {
  readonly rows: readonly Row[];
  /** Of the terminal. */
  readonly width: number;
  readonly height: number;
  readonly colour: boolean;
  readonly writer: RowWriter;
}): ReactNode {
  const { rows, width, height, colour, writer } = props;
  useLayoutEffect(() => writer.draw(rows, width, height, colour), [rows, width, height, colour, writer]);
  return null;
}
