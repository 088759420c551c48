/** What a command printed, where it is too much for the message lines: over the page, scrolled, until it is left. */
import { heading } from '../heading.ts';
import { exactly, type Row, row, span } from '../rows.ts';
import { bodyRows, frameWidth, outputRoom } from '../selectors.ts';
import type { UiState } from '../state.ts';

/** The overlay. */
export function outputPage(state: UiState): Row[] {
  const width = frameWidth(state);
  const height = bodyRows(state);
  const { title, lines, scroll } = state.output!;
  const room = outputRoom(state);
  const first = Math.max(0, Math.min(scroll, lines.length - room));
  const more =
    lines.length > room ? `, lines ${first + 1} to ${Math.min(lines.length, first + room)} of ${lines.length}` : '';
  return [
    ...exactly(
      [heading(`mooring ${title}${more}`, width), ...lines.slice(first, first + room).map((line) => row(` ${line}`))],
      width,
      height - 1,
    ),
    row(span(' esc closes this, j/k scroll', { dim: true })),
  ];
}
