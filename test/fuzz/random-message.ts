/**
 * Random protobuf messages of any type, by reflection: fields are set or left out, ids are mostly those of the running
 * program and numbers mostly such as find mistakes. So messages get past the first checks often enough to reach the
 * later ones.
 */
import {
  create,
  type DescField,
  type DescMessage,
  type Message,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf';
import { reflect } from '@bufbuild/protobuf/reflect';
import type { Random } from '../differential/random.ts';

/** Numbers that stand for something in the program: ids, sizes, widths. */
export type Hints = readonly number[];

const NUMBERS = [0, 1, 2, 3, 7, 8, 9, 31, 32, 33, 255, 256, 511, 512, 65535, 65536, 2 ** 31 - 1];

/** A message with random content, at most `depth` messages deep. */
export function randomMessage<Desc extends DescMessage>(
  desc: Desc,
  random: Random,
  hints: Hints,
  depth = 7,
): MessageShape<Desc> {
  const message = create(desc) as MessageShape<Desc>;
  const view = reflect(desc, message as never);
  for (const member of desc.members) {
    if (member.kind === 'oneof') {
      if (random.chance(0.92)) set(view, random.pick(member.fields), random, hints, depth);
    } else if (random.chance(0.7)) set(view, member, random, hints, depth);
  }
  return message;
}

function set(view: ReturnType<typeof reflect>, field: DescField, random: Random, hints: Hints, depth: number): void {
  switch (field.fieldKind) {
    case 'scalar':
    case 'enum':
      view.set(field, leaf(field, random, hints));
      return;
    case 'message':
      if (depth > 0) view.set(field, reflect(field.message, randomMessage(field.message, random, hints, depth - 1)));
      return;
    case 'list': {
      const list = view.get(field);
      const count = random.weighted([
        [3, 1],
        [2, 2],
        [1, 0],
        [1, random.below(6)],
      ]);
      for (let i = 0; i < count; i++)
        if (field.listKind !== 'message') list.add(leaf(field, random, hints) as never);
        else if (depth > 0)
          list.add(reflect(field.message, randomMessage(field.message, random, hints, depth - 1)) as never);
      return;
    }
    case 'map':
      return;
  }
}

function leaf(field: DescField, random: Random, hints: Hints): number | bigint | boolean | string | Uint8Array {
  if (field.fieldKind === 'enum' || (field.fieldKind === 'list' && field.listKind === 'enum'))
    return random.chance(0.95) ? random.below(6) : random.pick(NUMBERS);
  // protobuf's numbers of scalar types: 9 string, 12 bytes, 8 bool, 3/4/6/16/18 with 64 bits.
  const scalar = 'scalar' in field ? (field.scalar as number) : 0;
  const signed = [3, 5, 15, 16, 17, 18].includes(scalar);
  const number = () => {
    const value = random.weighted<number>([
      [5, hints.length > 0 ? random.pick(hints) : 1],
      [3, random.pick(NUMBERS)],
      [1, random.below(2 ** 31)],
    ]);
    return signed && random.chance(0.1) ? -value : value;
  };
  switch (scalar) {
    case 8:
      return random.chance(0.5);
    case 9:
      return random.pick(['', 'x', 'other', '\u{1f600}', 'type.googleapis.com/p4.v1.Error', 'a'.repeat(300)]);
    case 12:
      return Uint8Array.from({ length: random.pick([0, 1, 1, 2, 2, 4, 4, 6, 16, 40]) }, () =>
        random.pick([0, 0, 1, 5, 255, random.below(256)]),
      );
    case 3:
    case 4:
    case 6:
    case 16:
    case 18:
      return random.chance(0.05) ? (signed ? -(2n ** 63n) : 2n ** 64n - 1n) : BigInt(number());
    default:
      return number();
  }
}

/** A message's bytes, sometimes damaged: bits flipped, cut, doubled, filled with others. */
export function damagedBytes<Desc extends DescMessage>(
  desc: Desc,
  message: MessageShape<Desc>,
  random: Random,
): Uint8Array {
  const bytes = Uint8Array.from(toBinary(desc, message as MessageShape<Desc> & Message));
  if (random.chance(0.6)) return bytes;
  for (let i = random.between(1, 4); i > 0 && bytes.length > 0; i--)
    bytes[random.below(bytes.length)] = random.below(256);
  if (random.chance(0.2)) return bytes.slice(0, random.below(bytes.length + 1));
  if (random.chance(0.1)) return Uint8Array.from([...bytes, ...bytes]);
  if (random.chance(0.1)) return Uint8Array.from({ length: random.below(200) }, () => random.below(256));
  return bytes;
}
