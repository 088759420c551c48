/**
 * Messages, effects and timers as numbers: each is kept once, and worlds hold its number. So lists of them are copied
 * and compared without looking into them.
 */
const kept = new Map<string, number>();
const values: object[] = [];

/** Worlds are compared by text of 16-bit numbers. */
const MOST = 0x10000;

/** Forgets all: a search of another scope begins. */
export function forgetItems(): void {
  kept.clear();
  values.length = 0;
}

/** The number of a message; equal ones have the same. */
export function numberOf(value: object): number {
  const text = JSON.stringify(value);
  let number = kept.get(text);
  if (number === undefined) {
    number = values.length;
    if (number === MOST) throw new Error('more kinds of messages than a search can tell apart');
    kept.set(text, number);
    values.push(value);
  }
  return number;
}

/** The message of a number. */
export function itemOf<T extends object>(number: number): T {
  return values[number] as T;
}
