/**
 * A pane's heading: its name in a rule as wide as the screen. One line instead of a frame around each pane: a frame costs
 * two lines each, and a small terminal has none to give away.
 */
import { Text } from 'ink';
import type { ReactElement } from 'react';
import { fit } from './format.ts';

/** `─ text ─────`. */
export function Heading({ text, width }: { readonly text: string; readonly width: number }): ReactElement {
  const title = fit(text, width - 4);
  return <Text dimColor>{`─ ${title} ${'─'.repeat(Math.max(0, width - title.length - 3))}`}</Text>;
}
