/**
 * What Ink tells of a key press, as the names that the reducer knows: a printable character, or a special key's name.
 */
import type { Key } from 'ink';

/** The keys of one input event. Pasted text comes as one event and gives a key for each character. */
export function keyNames(input: string, key: Key): string[] {
  if (key.ctrl) return input === 'c' ? ['ctrl-c'] : input === 'u' ? ['ctrl-u'] : [];
  if (key.upArrow) return ['up'];
  if (key.downArrow) return ['down'];
  if (key.leftArrow) return ['left'];
  if (key.rightArrow) return ['right'];
  if (key.pageUp) return ['pageup'];
  if (key.pageDown) return ['pagedown'];
  if (key.home) return ['home'];
  if (key.end) return ['end'];
  if (key.return) return ['enter'];
  if (key.escape) return ['escape'];
  // Terminals disagree about which of the two the backspace key sends.
  if (key.backspace || key.delete) return ['backspace'];
  if (key.tab) return [key.shift ? 'shift-tab' : 'tab'];
  if (key.meta) return [];
  return [...input].flatMap((character) => {
    if (character === '\r' || character === '\n') return ['enter'];
    return character >= ' ' && character !== '\x7f' ? [character] : [];
  });
}
