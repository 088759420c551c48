/**
 * A pane's heading: its name in a rule as wide as the screen. One line instead of a frame around each pane: a frame
 * costs two lines each, and a small terminal has none to give away.
 */
import { fit } from './format.ts';
import { type Row, row, span } from './rows.ts';

/** `─ text ─────`. */
export function heading(text: string, width: number): Row {
  const title = fit(text, width - 4);
  return row(span(`─ ${title} ${'─'.repeat(Math.max(0, width - title.length - 3))}`, { dim: true }));
}
