/**
 * Digest lists: samples from the data plane are gathered, freed of duplicates, sent, and remembered until they are
 * acknowledged or too old (specification: "DigestEntry").
 *
 * Bounded: a list is sent at the latest when it has `maximumListSize` samples, and no more than `maximumCache` samples
 * are remembered as sent; beyond that, samples are dropped, which the specification allows and a later packet repairs.
 */

import { p4Data } from '../../codec/data.ts';
import type { P4Data, P4Header } from '../../gen/p4/v1/p4data_pb.ts';
import type { DigestInfo } from '../../schema/program.ts';
import type { DataMember, DataType } from '../../schema/types.ts';
import type { Timers } from '../../timers.ts';
import { canonicalBytes, toBigInt } from '../../values/bytes.ts';
import type { SampledList, SampleList } from '../../wire/digest-list.ts';
import type { StoredDigest } from '../store/state.ts';

const maximumListSize = 10_000;
const maximumCache = 100_000;

/** A sample as the switch gave it. */
type Sample = readonly Uint8Array[];

/** One enabled digest. */
export class DigestLists {
  readonly #info: DigestInfo;
  readonly #timers: Timers;
  readonly #send: (list: SampledList) => boolean;
  readonly #isStrict: boolean;
  #config: StoredDigest;
  #buffer = new Map<string, Sample>();
  readonly #cache = new Set<string>();
  readonly #lists = new Map<bigint, { readonly keys: readonly string[]; readonly forget: () => void }>();
  #nextListId = 1n;
  #cancelFlush: (() => void) | undefined;

  /** @param send gives a list to the primary; `false` if there is none or it cannot take it, and the list is lost */
  constructor(
    info: DigestInfo,
    config: StoredDigest,
    timers: Timers,
    send: (list: SampledList) => boolean,
    isStrict: boolean,
  ) {
    this.#isStrict = isStrict;
    this.#info = info;
    this.#config = config;
    this.#timers = timers;
    this.#send = send;
  }

  /** Other limits from now on. */
  configure(config: StoredDigest): void {
    this.#config = config;
    if (this.#buffer.size > 0 && this.#buffer.size >= this.#limit) this.#flush();
  }

  get #limit(): number {
    const { maxListSize, maxTimeoutNs } = this.#config;
    // To the letter, no time to wait means a list for each sample; a list of those that came together is cheaper for
    // both sides.
    if (this.#isStrict && maxTimeoutNs === 0n) return 1;
    return maxListSize === 0 ? maximumListSize : Math.min(maxListSize, maximumListSize);
  }

  /** Samples have arrived. */
  add(samples: readonly Sample[]): void {
    for (const sample of samples) {
      const key = keyOf(sample);
      if (this.#cache.has(key) || this.#buffer.has(key) || this.#cache.size >= maximumCache) continue;
      this.#buffer.set(key, sample);
      if (this.#buffer.size >= this.#limit) this.#flush();
    }
    if (this.#buffer.size === 0) return;
    const delayMs = Number(this.#config.maxTimeoutNs) / 1e6;
    if (delayMs === 0) this.#flush();
    else this.#cancelFlush ??= this.#timers.after(delayMs, () => this.#flush());
  }

  #flush(): void {
    this.#cancelFlush?.();
    this.#cancelFlush = undefined;
    const samples = [...this.#buffer.values()];
    const keys = [...this.#buffer.keys()];
    this.#buffer = new Map();
    const listId = this.#nextListId++;
    const sent = this.#send({
      $typeName: 'p4.v1.DigestList',
      digestId: this.#info.id,
      listId,
      data: new ReadSamples(samples, this.#info.type),
      timestamp: BigInt(Math.round(this.#timers.nowMs() * 1000)) * 1000n,
    });
    const { ackTimeoutNs } = this.#config;
    if (!sent || ackTimeoutNs === 0n) return;
    for (const key of keys) this.#cache.add(key);
    const forget = this.#timers.after(Number(ackTimeoutNs) / 1e6, () => this.#forget(listId));
    this.#lists.set(listId, { keys, forget });
  }

  #forget(listId: bigint): void {
    const list = this.#lists.get(listId);
    if (list === undefined) return;
    this.#lists.delete(listId);
    list.forget();
    for (const key of list.keys) this.#cache.delete(key);
  }

  /** The client has handled a list. Unknown ids are fine: it may have been forgotten. */
  acknowledge(listId: bigint): void {
    this.#forget(listId);
  }

  /** Forgets everything: the digest was disabled, or there is another primary. */
  clear(): void {
    this.#cancelFlush?.();
    this.#cancelFlush = undefined;
    this.#buffer = new Map();
    for (const listId of [...this.#lists.keys()]) this.#forget(listId);
  }
}

/** Room for the bytes of a sample while its key is made. */
let scratch = Buffer.allocUnsafe(256);

/** A sample as text: for each leaf its length (modulo 256, of which only a varbit has several) and its bytes. */
function keyOf(sample: Sample): string {
  let length = 0;
  for (const value of sample) {
    if (length + 1 + value.length > scratch.length) {
      scratch = Buffer.concat([scratch.subarray(0, length)], 2 * (length + 1 + value.length));
    }
    scratch[length++] = value.length;
    scratch.set(value, length);
    length += value.length;
  }
  return scratch.toString('latin1', 0, length);
}

/** Samples as messages, each made when it is asked for. */
class ReadSamples implements SampleList {
  readonly #samples: readonly Sample[];
  readonly #type: DataType;

  constructor(samples: readonly Sample[], type: DataType) {
    this.#samples = samples;
    this.#type = type;
  }

  get length(): number {
    return this.#samples.length;
  }

  at(index: number): P4Data | undefined {
    const sample = this.#samples[index];
    return sample && new SampleReader(sample).read(this.#type);
  }

  *[Symbol.iterator](): Iterator<P4Data> {
    for (const sample of this.#samples) yield new SampleReader(sample).read(this.#type);
  }
}

/** Rebuilds a value of any type from its leaves, depth first. */
class SampleReader {
  readonly #leaves: Sample;
  #next = 0;

  constructor(leaves: Sample) {
    this.#leaves = leaves;
  }

  #leaf(): Uint8Array {
    return this.#leaves[this.#next++] ?? new Uint8Array(1);
  }

  read(type: DataType): P4Data {
    switch (type.kind) {
      case 'bits':
      case 'string':
        return p4Data({ case: 'bitstring', value: canonicalBytes(this.#leaf()) });
      case 'serializable-enum':
        return p4Data({ case: 'enumValue', value: canonicalBytes(this.#leaf()) });
      case 'varbit': {
        const bitstring = this.#leaf();
        return p4Data({
          case: 'varbit',
          value: { $typeName: 'p4.v1.P4Varbit', bitstring, bitwidth: Math.min(bitstring.length * 8, type.maxBitwidth) },
        });
      }
      case 'bool':
        return p4Data({ case: 'bool', value: this.#leaf().some((byte) => byte !== 0) });
      case 'enum':
        return p4Data({ case: 'enum', value: type.members[Number(toBigInt(this.#leaf()))] ?? '' });
      case 'error':
        return p4Data({ case: 'error', value: type.members[Number(toBigInt(this.#leaf()))] ?? '' });
      case 'struct':
        return p4Data({ case: 'struct', value: this.#members(type.members) });
      case 'tuple':
        return p4Data({ case: 'tuple', value: this.#members(type.members) });
      case 'header':
        return p4Data({ case: 'header', value: this.#header(type.members) });
      case 'header-union': {
        const headers = type.members.map((member) => ({
          name: member.name,
          header: this.#header(member.type.kind === 'header' ? member.type.members : []),
        }));
        const valid = headers.find((candidate) => candidate.header.isValid);
        return p4Data({
          case: 'headerUnion',
          value: {
            $typeName: 'p4.v1.P4HeaderUnion',
            validHeaderName: valid?.name ?? '',
            validHeader: valid?.header,
          },
        });
      }
      case 'header-stack': {
        const entries = Array.from({ length: type.size }, () => this.read(type.element).data);
        if (type.element.kind === 'header')
          return p4Data({
            case: 'headerStack',
            value: {
              $typeName: 'p4.v1.P4HeaderStack',
              entries: entries.flatMap((entry) => (entry.case === 'header' ? [entry.value] : [])),
            },
          });
        return p4Data({
          case: 'headerUnionStack',
          value: {
            $typeName: 'p4.v1.P4HeaderUnionStack',
            entries: entries.flatMap((entry) => (entry.case === 'headerUnion' ? [entry.value] : [])),
          },
        });
      }
    }
  }

  #members(members: readonly DataMember[]) {
    return { $typeName: 'p4.v1.P4StructLike' as const, members: members.map((member) => this.read(member.type)) };
  }

  #header(members: readonly DataMember[]): P4Header {
    const isValid = this.#leaf().some((byte) => byte !== 0);
    const bitstrings = members.map(() => canonicalBytes(this.#leaf()));
    return { $typeName: 'p4.v1.P4Header', isValid, bitstrings: isValid ? bitstrings : [] };
  }
}
