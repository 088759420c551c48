/** What a command printed, where it is too much for the message lines: over the page, scrolled, until it is left. */
import { heading } from '../heading.ts';
import { exactly, type Row, row } from '../rows.ts';
import { bodyRows, frameWidth, outputLines, outputRoom } from '../selectors.ts';
import type { UiState } from '../state.ts';

/** The overlay. */
export function outputPage(state: UiState): Row[] {
  const width = frameWidth(state);
  const { title, scroll } = state.output!;
  const lines = outputLines(state);
  const room = outputRoom(state);
  const first = Math.max(0, Math.min(scroll, lines.length - room));
  const last = Math.min(lines.length, first + room);
  const more = lines.length > room ? `, lines ${first + 1} to ${last} of ${lines.length}` : '';
  const shown = lines.slice(first, last).map((line) => row(` ${line}`));
  return exactly([heading(`mooring ${title}${more}`, width), ...shown], width, bodyRows(state));
}
