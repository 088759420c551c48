/**
 * Puts rows on a terminal: each row that differs from what stands there is written at its place, as one synchronised
 * update; the others are not touched, and nothing is ever cleared between two frames. So a frame costs what has
 * changed, and cannot flicker.
 *
 * Ink's own output is not used for this. It takes every character of the screen apart and together again for each frame
 * (a third of a core at 200x60 and ten frames a second, in the thread that the controller shares), and keeps each text
 * it has ever measured, which fills the memory of a screen that is left open.
 */
import { encodeRow, fitRow, type Row, rowWidth } from './rows.ts';

const BEGIN_SYNCHRONISED = '\x1b[?2026h';
const END_SYNCHRONISED = '\x1b[?2026l';
const CLEAR_SCREEN = '\x1b[2J';
const ERASE_REST = '\x1b[K';

/** See the file's comment. */
export class RowWriter {
  /** What stands on the screen; undefined: nobody knows. */
  private shown: string[] | undefined;
  private readonly write: (text: string) => void;

  constructor(write: (text: string) => void) {
    this.write = write;
  }

  /** The screen holds something else now, a resized terminal for example: the next frame is drawn whole. */
  forget(): void {
    this.shown = undefined;
  }

  /**
   * Draws a frame. @param width columns of the terminal; what is wider is cut @param height lines of it; what is more
   * is left out
   */
  draw(rows: readonly Row[], width: number, height: number, colour: boolean): void {
    const before = this.shown;
    let text = before === undefined ? CLEAR_SCREEN : '';
    const next = rows.slice(0, height).map((wanted, index) => {
      const line = fitRow(wanted, width);
      const encoded = encodeRow(line, colour);
      if (before?.[index] !== encoded) {
        // Erasing behind a full row would erase its last character, where the cursor then still is.
        text += `\x1b[${index + 1};1H${encoded}${rowWidth(line) < width ? ERASE_REST : ''}`;
      }
      return encoded;
    });
    for (let index = next.length; index < (before?.length ?? 0); index++) text += `\x1b[${index + 1};1H${ERASE_REST}`;
    this.shown = next;
    if (text !== '') this.write(`${BEGIN_SYNCHRONISED}${text}${END_SYNCHRONISED}`);
  }
}
