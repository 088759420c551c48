/**
 * Packet memory: fixed buffers in one array, so that generated code reaches any packet by its position in `M`.
 *
 * A buffer has headroom in front for headers a program adds and tailroom for the longest packet. Buffer 0 is where
 * packets arrive; the others are taken for clones and second passes. Nothing is allocated once the switch runs.
 */

/** Room for added headers, in bytes. BMv2 gives 512. */
export const HEADROOM_BYTES = 2048;

/** Longest packet taken in, in bytes: a segmentation-offloaded IP packet and its Ethernet and VLAN headers. */
export const MAX_PACKET_BYTES = 65536 + 64;

/** Zeros behind a packet, which a lookahead beyond its end may read. */
const TAILROOM_BYTES = 1024;

const BUFFER_BYTES = HEADROOM_BYTES + MAX_PACKET_BYTES + TAILROOM_BYTES;

/** Buffers for packets that wait: clones and recirculated packets of one packet at most take this many. */
const BUFFERS = 33;

/** Where the memory comes from; ports that hand it to the kernel bring their own. */
export type Allocate = (bytes: number) => ArrayBuffer;

export class PacketMemory {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** First byte of the room behind the buffers that was asked for. */
  readonly extraStart: number;
  readonly #free: number[] = [];

  /** Makes `portBuffers` further buffers, which are not given to copies, and `extraBytes` of other room. */
  constructor(portBuffers = 0, extraBytes = 0, allocate: Allocate = (bytes) => new ArrayBuffer(bytes)) {
    this.extraStart = (BUFFERS + portBuffers) * BUFFER_BYTES;
    this.bytes = new Uint8Array(allocate(this.extraStart + extraBytes));
    this.view = new DataView(this.bytes.buffer);
    this.giveAll();
  }

  /** First byte of a buffer. */
  origin(buffer: number): number {
    return buffer * BUFFER_BYTES;
  }

  /** Where a packet starts in a buffer. */
  packetStart(buffer: number): number {
    return buffer * BUFFER_BYTES + HEADROOM_BYTES;
  }

  /** Number of the first of the buffers for ports. */
  static readonly firstPortBuffer = BUFFERS;

  /** Takes a free buffer, or -1. */
  take(): number {
    return this.#free.pop() ?? -1;
  }

  give(buffer: number): void {
    this.#free.push(buffer);
  }

  /** Frees every buffer but the first. */
  giveAll(): void {
    this.#free.length = 0;
    for (let buffer = BUFFERS - 1; buffer > 0; buffer--) this.#free.push(buffer);
  }
}
