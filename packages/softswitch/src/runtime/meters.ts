/**
 * Meters: token buckets, two of them for three colours.
 *
 * A cell has for each rate tokens per microsecond, a burst and a bucket. Time is the packet's time, so meters are as
 * deterministic as the clock. As in BMv2, tokens are counted from the start of time in whole numbers (no error adds
 * up), the higher rate is asked first, and a packet that finds it empty takes nothing from the lower one. A cell
 * without configuration gives colour 0 (green).
 *
 * A cell with an excess burst is a single-rate three-colour marker instead (RFC 2697): what its one rate gives beyond
 * the committed burst goes into a second bucket, which packets that the first cannot pay for take from, and are yellow.
 *
 * Beside its buckets each cell counts packets and bytes by colour, which P4Runtime's `MeterCounterData` tells. A new
 * configuration leaves them alone.
 */
import type { MeterArray } from '../model/types.ts';

/** A rate in tokens (bytes or packets) per second and the bucket's size. */
export interface TokenRate {
  readonly perSecond: number;
  readonly burst: number;
}

/** Doubles per rate: tokens per microsecond, burst, tokens in the bucket, tokens given since the start. */
const PER_RATE = 4;

/** Colours of a meter, whatever its number of rates. */
export const COLOURS = 3;

/** How a cell marks packets. */
const marking = { none: 0, byRates: 1, withExcess: 2 } as const;

/**
 * Where the counters of a cell begin: packets and bytes of each colour. There is room for an excess burst beside a
 * single rate.
 */
function countersAt(declaration: MeterArray): number {
  return 2 + PER_RATE * Math.max(2, declaration.rateCount);
}

function strideOf(declaration: MeterArray): number {
  return countersAt(declaration) + 2 * COLOURS;
}

/** Bytes that so many cells take. */
export function meterBytes(declaration: MeterArray, size: number): number {
  return size * strideOf(declaration) * 8;
}

export class Meters {
  readonly declaration: MeterArray;
  /**
   * Per cell: how it marks, time of configuration in microseconds, the rates from the lowest, the counters by colour.
   */
  #cells: Float64Array;
  readonly #stride: number;
  readonly #countersAt: number;

  /** `shared` is memory of `meterBytes(declaration, size)` that other threads use as well. */
  constructor(declaration: MeterArray, size: number, shared?: SharedArrayBuffer) {
    this.declaration = declaration;
    this.#stride = strideOf(declaration);
    this.#countersAt = countersAt(declaration);
    this.#cells = shared === undefined ? new Float64Array(size * this.#stride) : new Float64Array(shared);
  }

  /** Makes room for direct meters of more entries. */
  grow(size: number): void {
    if (size * this.#stride <= this.#cells.length) return;
    const larger = new Float64Array(Math.max(size * this.#stride, 2 * this.#cells.length));
    larger.set(this.#cells);
    this.#cells = larger;
  }

  /**
   * Sets the rates of a cell, lowest first, as many as declared; none: unconfigured.
   *
   * @param excessBurst size of the second bucket, where there is one rate for both; else 0
   */
  configure(cell: number, rates: readonly TokenRate[] | undefined, nowUs: number, excessBurst = 0): void {
    this.grow(cell + 1);
    const cells = this.#cells;
    const base = cell * this.#stride;
    cells.fill(0, base, base + this.#countersAt);
    if (rates === undefined) return;
    cells[base] = excessBurst > 0 ? marking.withExcess : marking.byRates;
    cells[base + 1] = nowUs;
    for (let i = 0; i < this.declaration.rateCount; i++) {
      const rate = rates[Math.min(i, rates.length - 1)]!;
      const at = base + 2 + PER_RATE * i;
      cells[at] = rate.perSecond / 1e6;
      cells[at + 1] = rate.burst;
      cells[at + 2] = rate.burst;
    }
    if (excessBurst > 0) cells.fill(excessBurst, base + 2 + PER_RATE + 1, base + 2 + PER_RATE + 3);
  }

  /** A cell for a new owner: unconfigured, nothing counted. */
  reset(cell: number): void {
    this.grow(cell + 1);
    this.#cells.fill(0, cell * this.#stride, (cell + 1) * this.#stride);
  }

  /** Packets of a colour (0 green, 1 yellow, 2 red) since the counters were set. */
  packets(cell: number, colour: number): number {
    return this.#cells[cell * this.#stride + this.#countersAt + 2 * colour] ?? 0;
  }

  /** Bytes of a colour since the counters were set. */
  bytes(cell: number, colour: number): number {
    return this.#cells[cell * this.#stride + this.#countersAt + 2 * colour + 1] ?? 0;
  }

  /** Sets the counters of a colour. */
  setCounter(cell: number, colour: number, packets: number, bytes: number): void {
    this.grow(cell + 1);
    const at = cell * this.#stride + this.#countersAt + 2 * colour;
    this.#cells[at] = packets;
    this.#cells[at + 1] = bytes;
  }

  /** Whether a cell has rates. */
  isConfigured(cell: number): boolean {
    return this.#cells[cell * this.#stride] !== marking.none;
  }

  /** The colour of a packet, which is counted: 0 green, 1 yellow, 2 red (1 of two where only one rate is declared). */
  execute(cell: number, lengthBytes: number, nowUs: number): number {
    const colour = this.#colour(cell, lengthBytes, nowUs);
    const at = cell * this.#stride + this.#countersAt + 2 * Math.min(colour, COLOURS - 1);
    this.#cells[at]! += 1;
    this.#cells[at + 1]! += lengthBytes;
    return colour;
  }

  #colour(cell: number, lengthBytes: number, nowUs: number): number {
    const cells = this.#cells;
    const base = cell * this.#stride;
    if (cells[base] === marking.none) return 0;
    const elapsedUs = Math.max(0, nowUs - cells[base + 1]!);
    const input = this.declaration.unit === 'packets' ? 1 : lengthBytes;
    if (cells[base] === marking.withExcess) return this.#colourWithExcess(base + 2, input, elapsedUs);
    for (let rate = this.declaration.rateCount - 1; rate >= 0; rate--) {
      const at = base + 2 + PER_RATE * rate;
      const given = Math.floor(elapsedUs * cells[at]!);
      cells[at + 2] = Math.min(cells[at + 2]! + given - cells[at + 3]!, cells[at + 1]!);
      cells[at + 3] = given;
      if (cells[at + 2]! < input) return rate + 1;
      cells[at + 2]! -= input;
    }
    return 0;
  }

  /** The colour by one rate with an excess burst; the buckets are at `committed` and behind it. */
  #colourWithExcess(committed: number, input: number, elapsedUs: number): number {
    const cells = this.#cells;
    const excess = committed + PER_RATE;
    const given = Math.floor(elapsedUs * cells[committed]!);
    const tokens = cells[committed + 2]! + given - cells[committed + 3]!;
    cells[committed + 3] = given;
    cells[committed + 2] = Math.min(tokens, cells[committed + 1]!);
    cells[excess + 2] = Math.min(cells[excess + 2]! + tokens - cells[committed + 2]!, cells[excess + 1]!);
    const colour = cells[committed + 2]! >= input ? 0 : cells[excess + 2]! >= input ? 1 : 2;
    if (colour < 2) cells[committed + 2 + PER_RATE * colour]! -= input;
    return colour;
  }

  /** Takes over the configuration, state and counters of another pipeline's meter. */
  copyFrom(other: Meters): void {
    this.#cells.set(other.#cells.subarray(0, this.#cells.length));
  }
}
