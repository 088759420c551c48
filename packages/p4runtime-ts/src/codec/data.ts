/**
 * P4 values of any type (`P4Data`) between plain JavaScript values and messages, guided by the resolved type.
 */

import type { DataInput, DataOutput, PlainValue } from '../entities/types.ts';
import type { P4Data, P4Header } from '../gen/p4/v1/p4data_pb.ts';
import { didYouMean } from '../names/did-you-mean.ts';
import type { FieldType } from '../schema/program.ts';
import type { DataMember, DataType } from '../schema/types.ts';
import { byteLength, toBigInt, toCanonical, toSigned } from '../values/bytes.ts';
import { toNumber, ValueError } from '../values/plain.ts';

/** A P4Data message around one of its cases. */
export function p4Data(data: P4Data['data']): P4Data {
  return { $typeName: 'p4.v1.P4Data', data };
}

function bits(bitwidth: number): FieldType {
  return {
    bitwidth,
    byteLength: byteLength(bitwidth),
    isString: false,
    typeName: undefined,
    translation: undefined,
    enumMembers: undefined,
    format: 'plain',
  };
}

/**
 * A plain value as P4Data of a type.
 *
 * @throws ValueError
 */
export function encodeData(type: DataType, input: DataInput): P4Data {
  switch (type.kind) {
    case 'bits':
      return p4Data({ case: 'bitstring', value: toCanonical(toNumber(plain(input, type), bits(type.bitwidth))) });
    case 'varbit': {
      const value = plain(input, type);
      const bytes = value instanceof Uint8Array ? value : toCanonical(toNumber(value, bits(type.maxBitwidth)));
      if (bytes.length * 8 > byteLength(type.maxBitwidth) * 8)
        throw new ValueError(`the value is longer than the ${type.maxBitwidth} bits of its varbit.`);
      return p4Data({
        case: 'varbit',
        value: {
          $typeName: 'p4.v1.P4Varbit',
          bitstring: bytes,
          bitwidth: Math.min(bytes.length * 8, type.maxBitwidth),
        },
      });
    }
    case 'bool':
      if (typeof input !== 'boolean') throw new ValueError(`${String(input)} is not true or false.`);
      return p4Data({ case: 'bool', value: input });
    case 'string':
      if (typeof input !== 'string') throw new ValueError(`${String(input)} is not a string.`);
      return p4Data({ case: 'bitstring', value: Buffer.from(input, 'utf8') });
    case 'struct':
      return p4Data({
        case: 'struct',
        value: { $typeName: 'p4.v1.P4StructLike', members: members(type.members, input) },
      });
    case 'tuple':
      return p4Data({
        case: 'tuple',
        value: { $typeName: 'p4.v1.P4StructLike', members: members(type.members, input) },
      });
    case 'header':
      return p4Data({ case: 'header', value: header(type.members, input) });
    case 'header-union': {
      const valid = input === null ? undefined : Object.entries(object(input)).find(([, value]) => value !== null);
      const member = type.members.find((candidate) => candidate.name === valid?.[0]);
      if (valid !== undefined && member === undefined)
        throw new ValueError(`${type.name} has no header '${valid[0]}'.${didYouMean(valid[0], names(type.members))}`);
      return p4Data({
        case: 'headerUnion',
        value: {
          $typeName: 'p4.v1.P4HeaderUnion',
          validHeaderName: member?.name ?? '',
          validHeader: member?.type.kind === 'header' ? header(member.type.members, valid![1]!) : undefined,
        },
      });
    }
    case 'header-stack': {
      if (!Array.isArray(input)) throw new ValueError('a header stack takes an array.');
      const elements = (input as readonly DataInput[]).map((element) => encodeData(type.element, element).data);
      if (type.element.kind === 'header')
        return p4Data({
          case: 'headerStack',
          value: {
            $typeName: 'p4.v1.P4HeaderStack',
            entries: elements.flatMap((data) => (data.case === 'header' ? [data.value] : [])),
          },
        });
      return p4Data({
        case: 'headerUnionStack',
        value: {
          $typeName: 'p4.v1.P4HeaderUnionStack',
          entries: elements.flatMap((data) => (data.case === 'headerUnion' ? [data.value] : [])),
        },
      });
    }
    case 'enum':
    case 'error': {
      const name = String(input);
      if (!type.members.includes(name))
        throw new ValueError(`'${name}' is no member.${didYouMean(name, type.members)}`);
      return p4Data(type.kind === 'enum' ? { case: 'enum', value: name } : { case: 'error', value: name });
    }
    case 'serializable-enum': {
      const field = { ...bits(type.bitwidth), typeName: type.name, enumMembers: type.members };
      return p4Data({ case: 'enumValue', value: toCanonical(toNumber(plain(input, type), field)) });
    }
  }
}

function names(list: readonly DataMember[]): string[] {
  return list.map((member) => member.name);
}

function plain(input: DataInput, type: DataType): PlainValue {
  if (input === null || (typeof input === 'object' && !(input instanceof Uint8Array)))
    throw new ValueError(`a value of kind ${type.kind} takes a number, not ${input === null ? 'null' : 'an object'}.`);
  return input;
}

function object(input: DataInput): { readonly [member: string]: DataInput } {
  if (typeof input !== 'object' || input === null || input instanceof Uint8Array)
    throw new ValueError('a struct or header takes an object with its members.');
  return input as { readonly [member: string]: DataInput };
}

function members(list: readonly DataMember[], input: DataInput): P4Data[] {
  const given = object(input);
  for (const name of Object.keys(given))
    if (!list.some((member) => member.name === name))
      throw new ValueError(`there is no member '${name}'.${didYouMean(name, names(list))}`);
  return list.map((member) => {
    const value = given[member.name];
    if (value === undefined) throw new ValueError(`the member '${member.name}' is missing.`);
    return encodeData(member.type, value);
  });
}

function header(list: readonly DataMember[], input: DataInput): P4Header {
  if (input === null) return { $typeName: 'p4.v1.P4Header', isValid: false, bitstrings: [] };
  const bitstrings = members(list, input).map(({ data }) => {
    if (data.case === 'bitstring') return data.value;
    return data.case === 'varbit' ? data.value.bitstring : new Uint8Array(1);
  });
  return { $typeName: 'p4.v1.P4Header', isValid: true, bitstrings };
}

/** For members that the program does not know. */
const UNKNOWN: DataType = { kind: 'bits', bitwidth: 64, signed: false };

/** Received P4Data of a type as a plain value. What does not fit the type is shown as it is, rather than lost. */
export function decodeData(type: DataType, message: P4Data): DataOutput {
  const { data } = message;
  switch (data.case) {
    case 'bitstring':
      if (type.kind === 'string') return new TextDecoder().decode(data.value);
      return type.kind === 'bits' && type.signed ? toSigned(toBigInt(data.value), type.bitwidth) : toBigInt(data.value);
    case 'enumValue':
      return toBigInt(data.value);
    case 'varbit':
      return toBigInt(data.value.bitstring);
    case 'bool':
    case 'enum':
    case 'error':
      return data.value;
    case 'struct':
    case 'tuple': {
      const list = type.kind === 'struct' || type.kind === 'tuple' ? type.members : [];
      const { members } = data.value;
      const decoded = (index: number) => decodeData(list[index]?.type ?? UNKNOWN, members[index]!);
      if (data.case === 'tuple') return members.map((_, index) => decoded(index));
      const result: Record<string, DataOutput> = {};
      for (let index = 0; index < members.length; index++) result[list[index]?.name ?? `#${index}`] = decoded(index);
      return result;
    }
    case 'header':
      return decodeHeader(type, data.value);
    case 'headerUnion': {
      const { validHeaderName: name, validHeader } = data.value;
      if (name === '' || validHeader === undefined) return null;
      const member = type.kind === 'header-union' ? type.members.find((one) => one.name === name) : undefined;
      return { [name]: decodeHeader(member?.type, validHeader) };
    }
    case 'headerStack':
      return data.value.entries.map((entry) =>
        decodeHeader(type.kind === 'header-stack' ? type.element : undefined, entry),
      );
    case 'headerUnionStack':
      return data.value.entries.map((entry) =>
        decodeData(type.kind === 'header-stack' ? type.element : type, p4Data({ case: 'headerUnion', value: entry })),
      );
    default:
      return null;
  }
}

function decodeHeader(type: DataType | undefined, value: P4Header): DataOutput {
  if (!value.isValid) return null;
  const list = type?.kind === 'header' ? type.members : [];
  return Object.fromEntries(
    value.bitstrings.map((bytes, index) => {
      const member = list[index];
      const number = toBigInt(bytes);
      const signed = member?.type.kind === 'bits' && member.type.signed ? member.type.bitwidth : 0;
      return [member?.name ?? `#${index}`, signed > 0 ? toSigned(number, signed) : number];
    }),
  );
}
