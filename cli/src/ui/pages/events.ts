/**
 * What has happened, each line whole, with scrolling back and filters. New lines do not move what somebody is reading.
 */
import { heading } from '../heading.ts';
import { exactly, type Row, row, span } from '../rows.ts';
import { bodyRows, frameWidth, listedEvents, shownEvents } from '../selectors.ts';
import type { UiState } from '../state.ts';

const LEVEL_TEXTS = { info: 'all', warning: 'warnings and errors', error: 'errors' } as const;

/** The page. */
export function eventsPage(state: UiState): Row[] {
  const width = frameWidth(state);
  const height = bodyRows(state);
  const { events } = state;
  const count = listedEvents(state).length;
  const filter = events.filter === '' ? '' : ` with "${events.filter}"`;
  const where = events.back > 0 ? `, ${events.back} newer below (G)` : '';
  const rows = [heading(`events: ${LEVEL_TEXTS[events.level]}${filter}, ${count}${where}`, width)];
  if (count === 0) rows.push(row(span(' none', { dim: true })));
  rows.push(...shownEvents(state).flat());
  return exactly(rows, width, height);
}
