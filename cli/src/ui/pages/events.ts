/** What has happened, with scrolling back and filters. New lines do not move what somebody is reading. */
import { heading } from '../heading.ts';
import { logRow } from '../log-pane.ts';
import { exactly, type Row, row, span } from '../rows.ts';
import { bodyRows, frameWidth, listedEvents } from '../selectors.ts';
import type { UiState } from '../state.ts';

const LEVEL_TEXTS = { info: 'all', warning: 'warnings and errors', error: 'errors' } as const;

/** The page. */
export function eventsPage(state: UiState): Row[] {
  const width = frameWidth(state);
  const height = bodyRows(state);
  const { events } = state;
  const lines = listedEvents(state);
  const end = Math.max(0, lines.length - events.back);
  const start = Math.max(0, end - (height - 1));
  const filter = events.filter === '' ? '' : ` with "${events.filter}"`;
  const where = events.back > 0 ? `, ${events.back} newer below (G)` : '';
  const rows = [heading(`events: ${LEVEL_TEXTS[events.level]}${filter}, ${lines.length}${where}`, width)];
  if (lines.length === 0) rows.push(row(span(' none', { dim: true })));
  rows.push(...lines.slice(start, end).map((line) => logRow(line, width, true)));
  return exactly(rows, width, height);
}
