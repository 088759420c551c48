/**
 * pcap files: the classic format with microseconds or nanoseconds in either byte order, Ethernet frames.
 */
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';

const MAGIC_US = 0xa1b2c3d4;
const MAGIC_NS = 0xa1b23c4d;
const LINK_ETHERNET = 1;
const SNAP_BYTES = 0x40000;

/** A packet and when it was recorded, in microseconds. */
export interface CapturedPacket {
  readonly timeUs: number;
  readonly bytes: Uint8Array;
}

/**
 * Reads a pcap file.
 *
 * @throws Error for people when it is not one
 */
export function readPcap(path: string): CapturedPacket[] {
  return parsePcap(readFileSync(path), path);
}

/** Reads a pcap file from memory; `name` is for messages. */
export function parsePcap(bytes: Uint8Array, name = 'the file'): CapturedPacket[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 24) throw new Error(`${name} is too short to be a pcap file`);
  const magic = view.getUint32(0, true);
  const little = magic === MAGIC_US || magic === MAGIC_NS;
  const effective = view.getUint32(0, little);
  if (effective !== MAGIC_US && effective !== MAGIC_NS)
    throw new Error(`${name} is not a pcap file (pcapng is not supported)`);
  const unitsPerUs = effective === MAGIC_NS ? 1000 : 1;
  const packets: CapturedPacket[] = [];
  for (let at = 24; at < bytes.length; ) {
    if (at + 16 > bytes.length) throw new Error(`${name} ends in the middle of packet ${packets.length + 1}`);
    const length = view.getUint32(at + 8, little);
    if (at + 16 + length > bytes.length) throw new Error(`${name} ends in the middle of packet ${packets.length + 1}`);
    const timeUs = view.getUint32(at, little) * 1e6 + view.getUint32(at + 4, little) / unitsPerUs;
    packets.push({ timeUs, bytes: new Uint8Array(bytes.subarray(at + 16, at + 16 + length)) });
    at += 16 + length;
  }
  return packets;
}

/** Bytes gathered before they are written to a file. */
const WRITE_BYTES = 1 << 18;

/** Writes a pcap file as packets come; what is gathered reaches the file by `flush` and `close`. */
export class PcapWriter {
  readonly #fd: number;
  readonly #buffer = new Uint8Array(WRITE_BYTES);
  readonly #view = new DataView(this.#buffer.buffer);
  #used = 0;

  constructor(path: string) {
    this.#fd = openSync(path, 'w');
    const header = new DataView(new ArrayBuffer(24));
    header.setUint32(0, MAGIC_US, true);
    header.setUint16(4, 2, true);
    header.setUint16(6, 4, true);
    header.setUint32(16, SNAP_BYTES, true);
    header.setUint32(20, LINK_ETHERNET, true);
    writeSync(this.#fd, new Uint8Array(header.buffer));
  }

  write(packet: Uint8Array, timeUs: number): void {
    if (this.#used + 16 + packet.length > WRITE_BYTES) this.flush();
    const view = this.#view;
    view.setUint32(this.#used, Math.floor(timeUs / 1e6), true);
    view.setUint32(this.#used + 4, Math.floor(timeUs % 1e6), true);
    view.setUint32(this.#used + 8, packet.length, true);
    view.setUint32(this.#used + 12, packet.length, true);
    this.#buffer.set(packet, this.#used + 16);
    this.#used += 16 + packet.length;
  }

  flush(): void {
    writeSync(this.#fd, this.#buffer, 0, this.#used);
    this.#used = 0;
  }

  close(): void {
    this.flush();
    closeSync(this.#fd);
  }
}

/** Records the packets of one interface as BMv2 does, in `<name>_in.pcap` and `<name>_out.pcap`. */
export class InterfaceRecorder {
  readonly #in: PcapWriter;
  readonly #out: PcapWriter;

  constructor(directory: string, name: string) {
    this.#in = new PcapWriter(`${directory}/${name}_in.pcap`);
    this.#out = new PcapWriter(`${directory}/${name}_out.pcap`);
  }

  received(packet: Uint8Array): void {
    this.#in.write(packet, Date.now() * 1000);
  }

  sent(packet: Uint8Array): void {
    this.#out.write(packet, Date.now() * 1000);
  }

  flush(): void {
    this.#in.flush();
    this.#out.flush();
  }

  close(): void {
    this.#in.close();
    this.#out.close();
  }
}
