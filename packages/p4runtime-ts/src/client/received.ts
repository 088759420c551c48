/**
 * What arrives on the stream, with names and plain values. Arbitration is not here: the session deals with it before
 * anybody else sees a message.
 */
import { decodeData } from '../codec/data.ts';
import { decodeTableEntry } from '../codec/entities.ts';
import { EntityError } from '../codec/error.ts';
import { decodePacketMetadata } from '../codec/packets.ts';
import type { DataOutput } from '../entities/types.ts';
import type { DigestInfo, Program } from '../schema/program.ts';
import { EncodedSamples, type SampleList, type StreamResponse } from '../wire/digest-list.ts';
import type { DigestList, IdleTimeout, PacketIn, StreamFault } from './types.ts';

/** A decoded message. */
export type Received =
  | { readonly kind: 'packet'; readonly value: PacketIn }
  | { readonly kind: 'digest'; readonly value: DigestList }
  | { readonly kind: 'idle'; readonly value: IdleTimeout }
  | { readonly kind: 'fault'; readonly value: StreamFault };

/**
 * Decodes a message; `undefined` for kinds that this client does not know.
 *
 * @throws EntityError, UnknownNameError when it names what the program does not have; WireError when a sample is
 * malformed
 */
export function decodeStreamMessage(program: Program, { update }: StreamResponse): Received | undefined {
  switch (update.case) {
    case 'packet': {
      const { payload, metadata } = update.value;
      return { kind: 'packet', value: { payload, metadata: decodePacketMetadata(program, metadata) } };
    }
    case 'digest': {
      const { digestId, listId, data, timestamp } = update.value;
      const digest = program.digests.byId(digestId);
      if (digest === undefined) throw new EntityError('digest', '', `the id ${digestId} is not in the P4Info.`);
      const entries = Array.from({ length: data.length }, (_, index) => decodeSample(digest, data, index));
      return { kind: 'digest', value: { digest: digest.alias, listId, entries, timestampNs: timestamp } };
    }
    case 'idleTimeoutNotification': {
      const entries = update.value.tableEntry.map((entry) => decodeTableEntry(program, entry));
      return { kind: 'idle', value: { entries, timestampNs: update.value.timestamp } };
    }
    case 'error': {
      const { canonicalCode: code, message, details } = update.value;
      const about =
        details.case === 'packetOut' ? 'packet-out' : details.case === 'digestListAck' ? 'digest-ack' : 'other';
      return { kind: 'fault', value: { code, message, about } };
    }
    default:
      return undefined;
  }
}

function decodeSample({ type }: DigestInfo, samples: SampleList, index: number): DataOutput {
  const numbers = samples instanceof EncodedSamples ? samples.numbersOf(index, type) : undefined;
  return numbers ?? decodeData(type, samples.at(index)!);
}
