/** The keys of this page and of all pages, printed from the bindings themselves. */
import { heading } from '../heading.ts';
import { type Binding, GLOBAL_BINDINGS, PAGE_BINDINGS, shownKeys } from '../keys.ts';
import { exactly, type Row, row, span } from '../rows.ts';
import { bodyRows, frameWidth } from '../selectors.ts';
import type { UiState } from '../state.ts';

function bindingRows(bindings: readonly Binding[]): Row[] {
  return bindings.flatMap((binding) =>
    binding.long === undefined ? [] : [row(' ', span(shownKeys(binding).padEnd(10), { bold: true }), binding.long)],
  );
}

/** The overlay. */
export function helpPage(state: UiState): Row[] {
  const width = frameWidth(state);
  return exactly(
    [
      heading(`keys of this page: ${state.page}`, width),
      ...bindingRows(PAGE_BINDINGS[state.page]),
      heading('keys everywhere', width),
      ...bindingRows(GLOBAL_BINDINGS),
    ],
    width,
    bodyRows(state),
  );
}
