/**
 * Packets between controller and CPU port: metadata fields on the one side, the bits of a controller header in front of
 * the packet on the other (specification: "Packet I/O").
 */
import type { PacketMetadata } from '../../gen/p4/v1/p4runtime_pb.ts';
import type { ControllerHeaderInfo, MetadataFieldInfo } from '../../schema/program.ts';
import { fits, toBigInt, toPadded } from '../../values/bytes.ts';
import { invalid } from '../refusals.ts';
import type { CodecFactory, ValueCodec } from '../translation.ts';

interface FieldPlan {
  readonly field: MetadataFieldInfo;
  readonly codec: ValueCodec;
  readonly bitwidth: number;
  /** Its place in the header. */
  readonly index: number;
  /** For messages. */
  readonly what: string;
}

/** Whether a value fits as it is, with fewer bytes than the field perhaps: `pack` puts it where it belongs. */
function shortEnough({ plainBits, length }: ValueCodec, value: Uint8Array): boolean {
  return plainBits !== undefined && value.length > 0 && value.length <= length && fits(value, plainBits);
}

/** One controller header. */
export class ControllerHeaderCodec {
  readonly #plans: FieldPlan[];
  readonly #byId = new Map<number, FieldPlan>();
  readonly #bitwidth: number;
  readonly #strict: boolean;
  /** Bytes of the header. */
  readonly length: number;
  /** Every field is whole bytes, as the switch takes it: then a header is put together without arithmetic. */
  readonly #inBytes: boolean;

  /** @param strict refuse packets that lack metadata; else they are taken for 0, as BMv2 does */
  constructor(header: ControllerHeaderInfo | undefined, codecs: CodecFactory, strict: boolean) {
    this.#strict = strict;
    this.#plans = (header?.fields.items ?? []).map((field, index) => {
      const codec = codecs.codec(field.type);
      const what = `packet_out, metadata field ${field.name}`;
      const plan = { field, codec, bitwidth: field.type.bitwidth || codec.length * 8, index, what };
      this.#byId.set(field.id, plan);
      return plan;
    });
    this.#bitwidth = this.#plans.reduce((sum, plan) => sum + plan.bitwidth, 0);
    this.length = (this.#bitwidth + 7) >>> 3;
    this.#inBytes = this.#plans.every(({ codec, bitwidth }) => bitwidth === codec.length * 8);
  }

  /**
   * Header and payload as one packet.
   *
   * @throws RpcError INVALID_ARGUMENT or OUT_OF_RANGE when the metadata do not fit
   */
  pack(payload: Uint8Array, metadata: readonly PacketMetadata[]): Uint8Array {
    const values: (Uint8Array | undefined)[] = new Array(this.#plans.length).fill(undefined);
    for (const { metadataId, value } of metadata) {
      const plan = this.#byId.get(metadataId);
      if (plan === undefined) throw invalid(`packet_out has no metadata field with id ${metadataId}.`);
      if (values[plan.index] !== undefined)
        throw invalid(`packet_out: the metadata field ${plan.field.name} is given twice.`);
      values[plan.index] = shortEnough(plan.codec, value) ? value : plan.codec.toSwitch(value, plan.what);
    }
    if (this.length === 0) return payload;
    const packet = new Uint8Array(this.length + payload.length);
    let bits = 0n;
    let offset = 0;
    for (const { field, codec, bitwidth, index } of this.#plans) {
      const value = values[index];
      if (value === undefined && this.#strict && !field.isPadding)
        throw invalid(`packet_out lacks the metadata field ${field.name}.`);
      if (this.#inBytes) {
        if (value !== undefined) packet.set(value, offset + codec.length - value.length);
        offset += codec.length;
      } else {
        bits = (bits << BigInt(bitwidth)) | (value === undefined ? 0n : toBigInt(value));
      }
    }
    if (!this.#inBytes) packet.set(toPadded(bits << BigInt(this.length * 8 - this.#bitwidth), this.length));
    packet.set(payload, this.length);
    return packet;
  }

  /** Metadata and payload of a packet; `undefined` when it is shorter than the header. */
  unpack(packet: Uint8Array): { readonly payload: Uint8Array; readonly metadata: PacketMetadata[] } | undefined {
    if (packet.length < this.length) return undefined;
    let bits = toBigInt(packet.subarray(0, this.length)) >> BigInt(this.length * 8 - this.#bitwidth);
    const metadata: PacketMetadata[] = new Array(this.#plans.length);
    for (let index = this.#plans.length - 1; index >= 0; index--) {
      const { field, codec, bitwidth } = this.#plans[index]!;
      const value = toPadded(BigInt.asUintN(bitwidth, bits), codec.length);
      bits >>= BigInt(bitwidth);
      metadata[index] = { $typeName: 'p4.v1.PacketMetadata', metadataId: field.id, value: codec.toController(value) };
    }
    return { payload: packet.subarray(this.length), metadata };
  }
}
