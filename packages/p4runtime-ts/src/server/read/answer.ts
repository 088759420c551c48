/**
 * An answer to a read while it is made: first its parts are collected, then their messages are made and sent, a chunk
 * at a time. See `read.ts` for why.
 */
import type { Entity } from '../../gen/p4/v1/p4runtime_pb.ts';

/** Takes the next entities of the answer; waits when the client is slow. */
export type Emit = (entities: Entity[]) => Promise<void>;

/** A part of the answer, collected but not yet made. */
export type Found = () => Iterable<Entity>;

/** Entities in one response message. */
export const chunkSize = 1000;

/** What an entity may be. */
export type Case = Entity['entity'];

function entity(value: Case): Entity {
  return { $typeName: 'p4.v1.Entity', entity: value };
}

/** Some of the answer: what it will be made of, and how. Items must not change any more. */
export function found<Item>(items: readonly Item[], toCase: (item: Item, position: number) => Case): Found {
  return function* () {
    for (let position = 0; position < items.length; position++) yield entity(toCase(items[position]!, position));
  };
}

/** Makes the entities of an answer and sends them in chunks. */
export async function emitAll(parts: Iterable<Found>, emit: Emit): Promise<void> {
  let chunk: Entity[] = [];
  for (const part of parts)
    for (const each of part()) {
      chunk.push(each);
      if (chunk.length < chunkSize) continue;
      await emit(chunk);
      chunk = [];
    }
  if (chunk.length > 0) await emit(chunk);
}

/** Indexes of an array in chunks, or the one. */
export function* chunks(size: number, only: number | undefined): Generator<number[]> {
  if (only !== undefined) yield [only];
  else
    for (let start = 0; start < size; start += chunkSize)
      yield Array.from({ length: Math.min(chunkSize, size - start) }, (_, offset) => start + offset);
}
