/**
 * `@p4runtime_translation`: values that the controller and the program see differently.
 *
 * P4Info tells only the controller's side: a number of some width or a string. What it means on the switch is the
 * deployment's business, so the server is given a `Translation` per type or URI. Where none is given, numbers pass
 * through unchanged, and strings are numbered as they come, from 1 (0 stays free for "none"), which keeps programs
 * usable whose strings are mere labels.
 */
import type { FieldType } from '../schema/program.ts';
import { canonicalBytes, fits, padTo, toBigInt, toCanonical, toPadded } from '../values/bytes.ts';
import { outOfRange } from './refusals.ts';

/** One translated type: from the controller's value to the switch's, and back. `undefined`: there is no such value. */
export interface Translation {
  toSwitch(value: bigint | string): bigint | undefined;
  toController(value: bigint): bigint | string | undefined;
}

/** By name of the P4 type, or by the URI in its annotation. */
export type Translations = Readonly<Record<string, Translation>>;

/** Bytes that a translated string takes on the switch's side. */
export const translatedStringBytes = 4;

/** Values of one field, between the message's bytes and the switch's. */
export interface ValueCodec {
  /** Bytes on the switch's side. */
  readonly length: number;
  /** Bits of a value that passes unchanged; `undefined` where values are translated. */
  readonly plainBits: number | undefined;
  /**
   * @throws RpcError OUT_OF_RANGE when the value does not fit or has no translation
   */
  toSwitch(bytes: Uint8Array, what: string): Uint8Array;
  toController(bytes: Uint8Array): Uint8Array;
}

/** Numbers the strings of one P4 type as they come. */
export function numberedStrings(): Translation {
  const numbers = new Map<string, bigint>();
  const strings: string[] = [''];
  return {
    toSwitch(value) {
      const text = String(value);
      let number = numbers.get(text);
      if (number === undefined) {
        number = BigInt(strings.length);
        numbers.set(text, number);
        strings.push(text);
      }
      return number;
    },
    toController: (value) => strings[Number(value)],
  };
}

/** Makes the codecs of one pipeline; fields of the same translated type share a translation. */
export class CodecFactory {
  readonly #translations: Translations;
  readonly #strict: boolean;
  readonly #strings = new Map<string, Translation>();

  /** @param strict refuse empty byte strings (BMv2 and old clients take them for 0) */
  constructor(translations: Translations, strict: boolean) {
    this.#translations = translations;
    this.#strict = strict;
  }

  codec(type: FieldType): ValueCodec {
    const translation =
      this.#translations[type.typeName ?? ''] ?? this.#translations[type.translation ?? ''] ?? this.#stringsOf(type);
    return translation === undefined ? plainCodec(type, this.#strict) : translatedCodec(type, translation);
  }

  #stringsOf(type: FieldType): Translation | undefined {
    if (!type.isString) return undefined;
    const name = type.typeName ?? '';
    let translation = this.#strings.get(name);
    if (translation === undefined) this.#strings.set(name, (translation = numberedStrings()));
    return translation;
  }
}

function plainCodec(type: FieldType, strict: boolean): ValueCodec {
  const { bitwidth, byteLength: length } = type;
  return {
    length,
    plainBits: bitwidth,
    toSwitch(bytes, what) {
      if (bytes.length === 0 && strict)
        throw outOfRange(`${what}: an empty byte string is not a value; zero is one zero byte.`);
      if (!fits(bytes, bitwidth))
        throw outOfRange(`${what}: 0x${Buffer.from(bytes).toString('hex')} does not fit ${bitwidth} bits.`);
      return padTo(bytes, length);
    },
    toController: canonicalBytes,
  };
}

function translatedCodec(type: FieldType, translation: Translation): ValueCodec {
  const length = type.isString ? translatedStringBytes : type.byteLength;
  return {
    length,
    plainBits: undefined,
    toSwitch(bytes, what) {
      const value = type.isString ? new TextDecoder().decode(bytes) : toBigInt(bytes);
      const translated = translation.toSwitch(value);
      if (translated === undefined || translated >> BigInt(length * 8) !== 0n)
        throw outOfRange(`${what}: ${JSON.stringify(String(value))} has no translation for ${type.typeName}.`);
      return toPadded(translated, length);
    },
    toController(bytes) {
      const value = translation.toController(toBigInt(bytes));
      if (typeof value === 'string') return Buffer.from(value, 'utf8');
      return value === undefined ? canonicalBytes(bytes) : toCanonical(value);
    },
  };
}
