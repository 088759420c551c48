/**
 * Which colour and which letter stand for a server. Colour alone never carries meaning: every server also has a letter,
 * settled buckets are shown in upper case and buckets in shift in lower case, so that the map reads the same
 * without colour.
 */

const COLOURS = [
  'cyan',
  'yellow',
  'green',
  'magenta',
  'blue',
  'red',
  'cyanBright',
  'yellowBright',
  'greenBright',
] as const;
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** The colour of the server at `index` of the list; undefined when the terminal has none. */
export function serverColour(index: number, colour: boolean): string | undefined {
  if (!colour) return undefined;
  return index < 0 ? 'gray' : COLOURS[index % COLOURS.length];
}

/** The letter of the server at `index` of the list; `?` for one that is not in it. */
export function serverLetter(index: number): string {
  return index < 0 ? '?' : LETTERS[index % LETTERS.length]!;
}
