/**
 * The statements of an STF test (p4c's "simple test framework"): what they say, nothing resolved yet. Names and values
 * are kept as written, because what they mean depends on the program under test.
 */

/** `table.key: value` of an `add`. Values are numbers with `*` for "any digit", or `value/prefixLength`. */
export interface StfMatch {
  readonly key: string;
  readonly value: string;
  readonly prefixLength: string | undefined;
}

/** `name(argument: value, ...)`. */
export interface StfAction {
  readonly name: string;
  readonly arguments: readonly { readonly name: string; readonly value: string }[];
}

export type Comparison = '==' | '!=' | '<' | '<=' | '>' | '>=';

/** A condition on a counter. */
export interface CounterCheck {
  readonly unit: 'packets' | 'bytes';
  readonly comparison: Comparison;
  readonly value: number;
}

/** `rate:burst`, in units per microsecond and units. */
export interface MeterRate {
  readonly rate: number;
  readonly burst: number;
}

/** One statement; `line` counts from 1. */
export type StfStatement = { readonly line: number } & (
  | { readonly kind: 'packet'; readonly port: number; readonly data: Uint8Array }
  /** `pattern`: hexadecimal digits and `*`; undefined: any packets. Without `isExact` a packet may be longer. */
  | {
      readonly kind: 'expect';
      readonly port: number;
      readonly pattern: string | undefined;
      readonly isExact: boolean;
    }
  /** Nothing must come out. */
  | { readonly kind: 'no-packet' }
  | {
      readonly kind: 'add';
      readonly table: string;
      readonly priority: number | undefined;
      readonly matches: readonly StfMatch[];
      readonly action: StfAction;
      /** `= NAME`: the entry's name in later statements. */
      readonly entry: string | undefined;
    }
  | { readonly kind: 'set-default'; readonly table: string; readonly action: StfAction }
  | { readonly kind: 'remove'; readonly entry: string | 'ALL' }
  | {
      readonly kind: 'check-counter';
      readonly counter: string;
      /** A number, or `$NAME` of an entry. */
      readonly index: string;
      readonly check: CounterCheck | undefined;
    }
  | { readonly kind: 'wait' }
  | { readonly kind: 'mirroring-add'; readonly session: number; readonly port: number }
  | { readonly kind: 'mirroring-add-multicast'; readonly session: number; readonly group: number }
  | { readonly kind: 'mirroring-delete' | 'mirroring-get'; readonly session: number }
  | { readonly kind: 'multicast-group-create'; readonly group: number }
  | { readonly kind: 'multicast-node-create'; readonly replication: number; readonly ports: readonly number[] }
  | { readonly kind: 'multicast-node-update'; readonly node: number; readonly ports: readonly number[] }
  | { readonly kind: 'multicast-node-associate'; readonly group: number; readonly node: number }
  | { readonly kind: 'counter-read'; readonly counter: string; readonly index: number }
  | {
      readonly kind: 'counter-write';
      readonly counter: string;
      readonly index: number;
      readonly packets: number;
      readonly bytes: number;
    }
  | { readonly kind: 'register-read'; readonly register: string; readonly index: number }
  | { readonly kind: 'register-write'; readonly register: string; readonly index: number; readonly value: bigint }
  | { readonly kind: 'register-reset'; readonly register: string }
  | { readonly kind: 'meter-get-rates'; readonly meter: string; readonly index: number }
  | {
      readonly kind: 'meter-set-rates';
      readonly meter: string;
      readonly index: number;
      readonly rates: readonly MeterRate[];
    }
  | { readonly kind: 'meter-array-set-rates'; readonly meter: string; readonly rates: readonly MeterRate[] }
);

/** Trouble with a test: `line` of the STF file, 0 if it concerns none. */
export class StfError extends Error {
  readonly line: number;
  constructor(line: number, message: string) {
    super(line === 0 ? message : `line ${line}: ${message}`);
    this.line = line;
  }
}
