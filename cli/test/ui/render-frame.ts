/**
 * Draws an element with Ink on a pretended terminal of any width and returns the last frame; the testing library's own
 * has a fixed width of 100 columns. Colour is decided by the components' props alone, so escapes appear only where
 * asked for.
 */
import { EventEmitter } from 'node:events';
import { render } from 'ink';
import type { ReactElement } from 'react';

/** The frame that `element` gives on a terminal of `columns` columns. */
export function renderFrame(element: ReactElement, columns: number): string {
  let frame = '';
  const stdout = Object.assign(new EventEmitter(), {
    columns,
    write: (text: string) => {
      frame = text;
      return true;
    },
  });
  const instance = render(element, {
    stdout: stdout as unknown as NodeJS.WriteStream,
    debug: true,
    exitOnCtrlC: false,
    patchConsole: false,
  });
  const drawn = frame;
  instance.unmount();
  return drawn;
}
