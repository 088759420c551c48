/**
 * Which colour and which letter stand for a server. Colour alone never carries meaning: every server also has a letter,
 * settled buckets are shown in upper case and buckets in shift in lower case, so that the map reads the same without
 * colour. With more than 26 servers letters repeat; the bucket page then tells the bucket under its cursor, and can
 * show one server alone.
 */
import type { Colour } from './rows.ts';

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
] as const satisfies readonly Colour[];
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** The colour of the server at `index` of the list; gray for one that is not in it. */
export function serverColour(index: number): Colour {
  return index < 0 ? 'gray' : COLOURS[index % COLOURS.length]!;
}

/** The letter of the server at `index` of the list; `?` for one that is not in it. */
export function serverLetter(index: number): string {
  return index < 0 ? '?' : LETTERS[index % LETTERS.length]!;
}
