/**
 * Keys of table entries and value set members: from messages to what the switch gets and to what the store keeps, and
 * back.
 *
 * A key is stored as one string of single-byte characters: the fields' padded bytes in P4Info's order, at fixed offsets
 * (a ternary field has value and mask, lpm a value and two bytes of prefix length, range two ends, optional a presence
 * byte), then four bytes of priority where the table has priorities. V8 keeps such strings at one byte a character and
 * hashes them once, so a `Map` of them is a compact and quick exact index, and the message can be rebuilt from the
 * string alone: a million entries need no million of little arrays.
 */
import type { FieldMatch } from '../../gen/p4/v1/p4runtime_pb.ts';
import type { MatchFieldInfo } from '../../schema/program.ts';
import { isZero, maximum, prefixMask, toPadded } from '../../values/bytes.ts';
import { invalid, unsupported } from '../refusals.ts';
import type { MatchValue } from '../switch.ts';
import type { CodecFactory, ValueCodec } from '../translation.ts';

interface FieldPlan {
  readonly field: MatchFieldInfo;
  readonly codec: ValueCodec;
  readonly offset: number;
  readonly length: number;
  readonly zero: Uint8Array;
  readonly ones: Uint8Array;
}

/** A field whose values are plain numbers, as it lies in a stored key. */
export interface PlainField {
  readonly id: number;
  readonly kind: Exclude<MatchFieldInfo['kind'], 'other'>;
  readonly offset: number;
  /** Bytes of a value. */
  readonly length: number;
  readonly bitwidth: number;
}

/** A decoded key. */
export interface DecodedKey {
  readonly key: string;
  readonly match: MatchValue[];
}

/** Fields of one table or value set. */
export class KeyCodec {
  readonly #object: string;
  readonly #plans: FieldPlan[];
  readonly #byId = new Map<number, FieldPlan>();
  readonly #needsPriority: boolean;
  readonly #scratch: Buffer;
  /** Bytes of a stored key. */
  readonly length: number;

  /** @param object for messages: `table x` */
  constructor(object: string, fields: readonly MatchFieldInfo[], needsPriority: boolean, codecs: CodecFactory) {
    this.#object = object;
    this.#needsPriority = needsPriority;
    let offset = 0;
    this.#plans = fields.map((field) => {
      const codec = codecs.codec(field.type);
      const { length } = codec;
      const bitwidth = field.type.bitwidth || length * 8;
      const zero = new Uint8Array(length);
      const plan = { field, codec, offset, length, zero, ones: toPadded(maximum(bitwidth), length) };
      offset += sizeOf(field, length);
      this.#byId.set(field.id, plan);
      return plan;
    });
    this.length = offset + (needsPriority ? 4 : 0);
    this.#scratch = Buffer.alloc(Math.max(1, this.length));
  }

  /**
   * A key from its messages.
   *
   * @throws RpcError INVALID_ARGUMENT or OUT_OF_RANGE
   */
  decode(fields: readonly FieldMatch[], priority: number): DecodedKey {
    const match: (MatchValue | undefined)[] = new Array(this.#plans.length).fill(undefined);
    for (const message of fields) {
      const plan = this.#byId.get(message.fieldId);
      if (plan === undefined)
        throw invalid(
          `${this.#object} has no match field with id ${message.fieldId}; it has ${this.#plans
            .map(({ field }) => `${field.id} (${field.name})`)
            .join(', ')}.`,
        );
      if (match[plan.field.index] !== undefined) throw invalid(`${this.#what(plan)} is given twice.`);
      match[plan.field.index] = this.#value(plan, message);
    }
    for (const plan of this.#plans)
      if (match[plan.field.index] === undefined) match[plan.field.index] = this.#wildcard(plan);
    const complete = match as MatchValue[];
    return { key: this.encode(complete, priority), match: complete };
  }

  /**
   * The fields, for those who read keys from bytes; `undefined` if a field is translated or of another architecture.
   */
  plainFields(): PlainField[] | undefined {
    const fields = this.#plans.flatMap(({ field: { id, kind }, codec, offset, length }): PlainField[] =>
      kind === 'other' || !codec.plainBits ? [] : [{ id, kind, offset, length, bitwidth: codec.plainBits }],
    );
    return fields.length === this.#plans.length ? fields : undefined;
  }

  /** The stored key in which no field cares (exact ones are 0), as bytes. */
  wildcardKey(): Uint8Array {
    const match = this.#plans.map(
      (plan): MatchValue => (plan.field.kind === 'exact' ? { kind: 'exact', value: plan.zero } : this.#wildcard(plan)),
    );
    return new Uint8Array(Buffer.from(this.encode(match, 0), 'latin1'));
  }

  #what(plan: FieldPlan): string {
    return `${this.#object}, match field ${plan.field.name}`;
  }

  #value(plan: FieldPlan, message: FieldMatch): MatchValue {
    const { field, codec } = plan;
    const type = message.fieldMatchType;
    if (type.case !== field.kind) {
      if (field.kind === 'other')
        throw unsupported(`${this.#what(plan)}: its kind of match is not one of P4Runtime's.`);
      throw invalid(`${this.#what(plan)} is ${field.kind}, but the entry gives ${type.case ?? 'nothing'}.`);
    }
    switch (type.case) {
      case 'exact':
        return { kind: 'exact', value: codec.toSwitch(type.value.value, this.#what(plan)) };
      case 'optional':
        return { kind: 'optional', value: codec.toSwitch(type.value.value, this.#what(plan)) };
      case 'lpm': {
        const { prefixLen } = type.value;
        const { bitwidth } = field.type;
        if (prefixLen <= 0 || prefixLen > bitwidth)
          throw invalid(
            `${this.#what(plan)}: the prefix length ${prefixLen} is not between 1 and ${bitwidth}; leave the field out to match everything.`,
          );
        const value = codec.toSwitch(type.value.value, this.#what(plan));
        if (prefixLen < bitwidth && !bitsWithin(value, prefixMask(prefixLen, bitwidth)))
          throw invalid(`${this.#what(plan)}: bits beyond the prefix of ${prefixLen} are not 0.`);
        return { kind: 'lpm', value, prefixLength: prefixLen };
      }
      case 'ternary': {
        const value = codec.toSwitch(type.value.value, this.#what(plan));
        const mask = codec.toSwitch(type.value.mask, this.#what(plan));
        if (isZero(mask)) throw invalid(`${this.#what(plan)}: the mask is 0; leave the field out to match everything.`);
        if (!bitsWithin(value, mask)) throw invalid(`${this.#what(plan)}: value bits outside the mask are not 0.`);
        return { kind: 'ternary', value, mask };
      }
      case 'range': {
        const low = codec.toSwitch(type.value.low, this.#what(plan));
        const high = codec.toSwitch(type.value.high, this.#what(plan));
        const order = Buffer.compare(low, high);
        if (order > 0) throw invalid(`${this.#what(plan)}: low is greater than high.`);
        if (isZero(low) && Buffer.compare(high, plan.ones) === 0)
          throw invalid(`${this.#what(plan)}: the range is everything; leave the field out to match everything.`);
        return { kind: 'range', low, high };
      }
      default:
        throw unsupported(`${this.#what(plan)}: its kind of match is not one of P4Runtime's.`);
    }
  }

  #wildcard(plan: FieldPlan): MatchValue {
    switch (plan.field.kind) {
      case 'exact':
        throw invalid(`${this.#what(plan)} is exact and cannot be left out.`);
      case 'lpm':
        return { kind: 'lpm', value: plan.zero, prefixLength: 0 };
      case 'ternary':
        return { kind: 'ternary', value: plan.zero, mask: plan.zero };
      case 'range':
        return { kind: 'range', low: plan.zero, high: plan.ones };
      case 'optional':
        return { kind: 'optional', value: undefined };
      case 'other':
        throw unsupported(`${this.#what(plan)}: its kind of match is not one of P4Runtime's.`);
    }
  }

  /** The stored form of a key. */
  encode(match: readonly MatchValue[], priority: number): string {
    const scratch = this.#scratch;
    for (let index = 0; index < this.#plans.length; index++) {
      const { offset, length } = this.#plans[index]!;
      const value = match[index]!;
      switch (value.kind) {
        case 'exact':
          scratch.set(value.value, offset);
          break;
        case 'lpm':
          scratch.set(value.value, offset);
          scratch[offset + length] = value.prefixLength >>> 8;
          scratch[offset + length + 1] = value.prefixLength;
          break;
        case 'ternary':
          scratch.set(value.value, offset);
          scratch.set(value.mask, offset + length);
          break;
        case 'range':
          scratch.set(value.low, offset);
          scratch.set(value.high, offset + length);
          break;
        case 'optional':
          scratch[offset + length] = value.value === undefined ? 0 : 1;
          if (value.value === undefined) scratch.fill(0, offset, offset + length);
          else scratch.set(value.value, offset);
          break;
      }
    }
    if (this.#needsPriority) scratch.writeInt32BE(priority, this.length - 4);
    return scratch.toString('latin1', 0, this.length);
  }

  /** The priority in a stored key; 0 where the table has none. */
  priorityOf(key: string): number {
    if (!this.#needsPriority) return 0;
    const at = this.length - 4;
    const high = (key.charCodeAt(at) << 24) | (key.charCodeAt(at + 1) << 16);
    return high | (key.charCodeAt(at + 2) << 8) | key.charCodeAt(at + 3);
  }

  /** A stored key as the switch gets it. */
  toMatch(key: string): MatchValue[] {
    const bytes = new Uint8Array(Buffer.from(key, 'latin1'));
    return this.#plans.map((plan) => this.#fromKey(plan, bytes));
  }

  #fromKey(plan: FieldPlan, bytes: Uint8Array): MatchValue {
    const { offset, length } = plan;
    const first = bytes.slice(offset, offset + length);
    switch (plan.field.kind) {
      case 'exact':
        return { kind: 'exact', value: first };
      case 'lpm':
        return {
          kind: 'lpm',
          value: first,
          prefixLength: (bytes[offset + length]! << 8) | bytes[offset + length + 1]!,
        };
      case 'ternary':
        return { kind: 'ternary', value: first, mask: bytes.slice(offset + length, offset + 2 * length) };
      case 'range':
        return { kind: 'range', low: first, high: bytes.slice(offset + length, offset + 2 * length) };
      case 'optional':
        return { kind: 'optional', value: bytes[offset + length] === 0 ? undefined : first };
      case 'other':
        throw unsupported(this.#what(plan));
    }
  }

  /** A stored key as messages in canonical form: don't-cares left out, fields in P4Info's order. */
  toMessages(key: string): FieldMatch[] {
    const result: FieldMatch[] = [];
    const match = this.toMatch(key);
    for (let index = 0; index < match.length; index++) {
      const { field, codec, ones } = this.#plans[index]!;
      const value = match[index]!;
      const type = messageType(value, codec, ones);
      if (type !== undefined) result.push({ $typeName: 'p4.v1.FieldMatch', fieldId: field.id, fieldMatchType: type });
    }
    return result;
  }
}

function messageType(value: MatchValue, codec: ValueCodec, ones: Uint8Array): FieldMatch['fieldMatchType'] | undefined {
  switch (value.kind) {
    case 'exact':
      return { case: 'exact', value: { $typeName: 'p4.v1.FieldMatch.Exact', value: codec.toController(value.value) } };
    case 'lpm':
      if (value.prefixLength === 0) return undefined;
      return {
        case: 'lpm',
        value: {
          $typeName: 'p4.v1.FieldMatch.LPM',
          value: codec.toController(value.value),
          prefixLen: value.prefixLength,
        },
      };
    case 'ternary':
      if (isZero(value.mask)) return undefined;
      return {
        case: 'ternary',
        value: {
          $typeName: 'p4.v1.FieldMatch.Ternary',
          value: codec.toController(value.value),
          mask: codec.toController(value.mask),
        },
      };
    case 'range':
      if (isZero(value.low) && Buffer.compare(value.high, ones) === 0) return undefined;
      return {
        case: 'range',
        value: {
          $typeName: 'p4.v1.FieldMatch.Range',
          low: codec.toController(value.low),
          high: codec.toController(value.high),
        },
      };
    case 'optional':
      if (value.value === undefined) return undefined;
      return {
        case: 'optional',
        value: { $typeName: 'p4.v1.FieldMatch.Optional', value: codec.toController(value.value) },
      };
  }
}

function sizeOf(field: MatchFieldInfo, length: number): number {
  switch (field.kind) {
    case 'exact':
      return length;
    case 'optional':
      return length + 1;
    case 'lpm':
      return length + 2;
    default:
      return 2 * length;
  }
}

function bitsWithin(value: Uint8Array, mask: Uint8Array): boolean {
  for (let index = 0; index < value.length; index++) if ((value[index]! & ~mask[index]! & 0xff) !== 0) return false;
  return true;
}
