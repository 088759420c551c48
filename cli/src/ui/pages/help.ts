/** The keys of this page and of all pages, printed from the bindings themselves, and what the page's words mean. */
import { heading } from '../heading.ts';
import { type Binding, GLOBAL_BINDINGS, PAGE_BINDINGS, shownKeys } from '../keys.ts';
import { PAGE_WORDS } from '../page-words.ts';
import { exactly, type Row, row, span } from '../rows.ts';
import { bodyRows, frameWidth } from '../selectors.ts';
import type { UiState } from '../state.ts';
import { labelledRows } from '../text-pane.ts';

function bindingRows(bindings: readonly Binding[]): Row[] {
  return bindings.flatMap((binding) =>
    binding.long === undefined ? [] : [row(' ', span(shownKeys(binding).padEnd(10), { bold: true }), binding.long)],
  );
}

function rowsOf(state: UiState): Row[] {
  const width = frameWidth(state);
  const words = PAGE_WORDS[state.page];
  return [
    heading(`keys of this page: ${state.page}`, width),
    ...bindingRows(PAGE_BINDINGS[state.page]),
    ...(words.length === 0 ? [] : [heading('its words', width)]),
    ...words.flatMap(([word, meaning]) => labelledRows(word, meaning, width)),
    heading('keys everywhere', width),
    ...bindingRows(GLOBAL_BINDINGS),
  ];
}

/** The last line that can stand at the top. */
export function lastHelpScroll(state: UiState): number {
  return Math.max(0, rowsOf(state).length - bodyRows(state));
}

/** The overlay. */
export function helpPage(state: UiState): Row[] {
  const first = Math.min(state.helpScroll, lastHelpScroll(state));
  return exactly(rowsOf(state).slice(first), frameWidth(state), bodyRows(state));
}
