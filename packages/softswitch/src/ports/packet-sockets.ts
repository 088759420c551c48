/**
 * Network interfaces as switch ports: AF_PACKET sockets read and written in batches.
 *
 * The kernel writes received packets straight into buffers of the packet memory, behind room for headers, 32 with one
 * call; packets to send are gathered per interface behind a virtio header and leave with one call per batch. Message
 * vectors are set up once. Sockets take what hosts send without their knowing: unfinished checksums and oversized TCP
 * packets (`transport-checksum.ts`), VLAN tags that the kernel has stripped (put back). A socket of the routing family
 * tells when links go up or down.
 *
 * Several threads have a socket each on every interface, joined to a fanout group: the kernel deals packets out by a
 * hash of addresses and ports that is the same for both directions, so that packets of a connection stay in order.
 */
import { PacketMemory } from '../runtime/memory.ts';
import { interfaceIndex, isInterfaceUp } from './interfaces.ts';
import { loadNative, type Native, systemError } from './native.ts';
import type { PortHost, PortSet, SendDrops } from './port-set.ts';
import { TransportChecksum, VNET_HEADER_BYTES } from './transport-checksum.ts';

const AF_PACKET = 17;
const SOCK_RAW = 3;
const ETH_P_ALL_BE = 0x0300;
const SOL_SOCKET = 1;
const SO_RCVBUF = 8;
const SO_SNDBUF = 7;
const SO_RCVBUFFORCE = 33;
const SO_SNDBUFFORCE = 32;
const SOL_PACKET = 263;
const PACKET_ADD_MEMBERSHIP = 1;
const PACKET_AUXDATA = 8;
const PACKET_VNET_HDR = 15;
const PACKET_FANOUT = 18;
const PACKET_QDISC_BYPASS = 20;
const PACKET_IGNORE_OUTGOING = 23;
const PACKET_MR_PROMISC = 1;
/** By flow hash (0), a number chosen by the kernel (0x2000), without packets that this host sends (0x4000). */
const FANOUT_NEW = 0x6000;
const FANOUT_JOIN = 0x4000;
const AF_NETLINK = 16;
const NETLINK_ROUTE = 0;
const RTMGRP_LINK = 1;
const MSG_DONTWAIT = 0x40;
const POLLIN = 1;
const TP_STATUS_VLAN_VALID = 0x10;
const TP_STATUS_VLAN_TPID_VALID = 0x40;

/** Packets per system call. */
const BATCH = 32;
/** Most packets waiting to be sent on one interface. */
const SEND_BATCH = 128;
/** Room for packets waiting to be sent, in bytes. */
const SEND_BYTES = 4 << 20;
/** Kernel buffers of a socket, in bytes. */
const SOCKET_BUFFER_BYTES = 16 << 20;

const MMSGHDR_BYTES = 64;
const IOVEC_BYTES = 16;
const CONTROL_BYTES = 64;
const POLLFD_BYTES = 8;

/** A port and the interface it is. */
export interface PortInterface {
  readonly port: number;
  readonly name: string;
}

interface Port {
  readonly port: number;
  readonly name: string;
  readonly fd: number;
  up: boolean;
  /** First byte of this port's send vector in `control` memory. */
  readonly vector: number;
  pending: number;
}

/**
 * The fanout groups of the interfaces, in order: those of a thread that has made them, or `new` for the thread that
 * shall.
 */
export type FanoutGroups = readonly number[] | 'new';

export class PacketSockets implements PortSet {
  readonly memory: PacketMemory;
  readonly checksum: TransportChecksum;
  readonly drops: SendDrops = { unknownPort: 0, oversized: 0, refused: 0 };
  /** Fanout groups of the interfaces, for other threads to join. */
  readonly fanoutGroups: number[] = [];
  readonly #native: Native;
  readonly #ports: Port[] = [];
  readonly #byNumber = new Map<number, Port>();
  readonly #linkFd: number;
  readonly #wakeFd: number;
  readonly #memoryAddress: bigint;
  /** Vectors and control messages. */
  readonly #control: DataView;
  readonly #controlAddress: bigint;
  readonly #receiveVector: number;
  readonly #receiveControl: number;
  readonly #pollVector: number;
  readonly #vnet: number;
  readonly #sendStart: number;
  #sendPosition: number;
  readonly #scratch = new Uint8Array(65536);

  /**
   * Opens sockets on interfaces.
   *
   * @param wakeFd readable when `wait` shall return early
   * @param fanout how to share the interfaces with other threads; undefined: not at all
   * @throws Error for people when an interface does not exist or raw sockets are not permitted; then nothing stays open
   */
  constructor(interfaces: readonly PortInterface[], wakeFd: number, fanout?: FanoutGroups) {
    const native = loadNative();
    this.#native = native;
    this.#wakeFd = wakeFd;
    let address = 0n;
    this.memory = new PacketMemory(BATCH, SEND_BYTES + BATCH * 16, (bytes) => {
      const block = native.allocate(bytes);
      address = block.address;
      return block.buffer;
    });
    this.#memoryAddress = address;
    this.checksum = new TransportChecksum(this.memory.bytes, this.memory.view);
    this.#vnet = this.memory.extraStart;
    this.#sendStart = this.#vnet + BATCH * 16;
    this.#sendPosition = this.#sendStart;

    const receiveBytes = BATCH * (MMSGHDR_BYTES + 2 * IOVEC_BYTES + CONTROL_BYTES);
    const sendBytes = SEND_BATCH * (MMSGHDR_BYTES + IOVEC_BYTES);
    const pollBytes = (interfaces.length + 2) * POLLFD_BYTES;
    const block = native.allocate(receiveBytes + interfaces.length * sendBytes + pollBytes);
    this.#control = new DataView(block.buffer);
    this.#controlAddress = block.address;
    this.#receiveVector = 0;
    this.#receiveControl = BATCH * (MMSGHDR_BYTES + 2 * IOVEC_BYTES);
    this.#setUpReceiveVector();
    this.#pollVector = receiveBytes + interfaces.length * sendBytes;
    try {
      for (const [i, { port, name }] of interfaces.entries()) {
        const opened: Port = {
          port,
          name,
          fd: this.#open(name),
          up: isInterfaceUp(name),
          vector: receiveBytes + i * sendBytes,
          pending: 0,
        };
        this.#ports.push(opened);
        this.#byNumber.set(port, opened);
        this.#setUpSendVector(opened);
        if (fanout !== undefined)
          this.fanoutGroups.push(this.#joinFanout(opened, fanout === 'new' ? undefined : fanout[i]));
      }
      this.#linkFd = this.#openLinkSocket();
    } catch (error) {
      for (const port of this.#ports) native.calls.close(port.fd);
      throw error;
    }
    for (const [i, fd] of [wakeFd, this.#linkFd, ...this.#ports.map((port) => port.fd)].entries()) {
      this.#control.setInt32(this.#pollVector + i * POLLFD_BYTES, fd, true);
      this.#control.setInt16(this.#pollVector + i * POLLFD_BYTES + 4, POLLIN, true);
    }
  }

  /** Ports and whether they are up now. */
  status(): readonly { readonly port: number; readonly name: string; readonly up: boolean }[] {
    return this.#ports.map(({ port, name, up }) => ({ port, name, up }));
  }

  /**
   * Waits until a packet, a link event or a wake-up comes, at most `timeoutMs`, and takes in what there is.
   *
   * @returns whether it was woken up by `wakeFd`
   */
  wait(timeoutMs: number, host: PortHost): boolean {
    const count = this.#ports.length + 2;
    const ready = this.#native.calls.poll(this.#controlAddress + BigInt(this.#pollVector), count, timeoutMs);
    if (ready <= 0) return false;
    const events = (i: number) => this.#control.getInt16(this.#pollVector + i * POLLFD_BYTES + 6, true);
    const woken = events(0) !== 0;
    if (woken) this.#drain(this.#wakeFd);
    if (events(1) !== 0) {
      this.#drain(this.#linkFd);
      this.#checkLinks(host);
    }
    for (let i = 0; i < this.#ports.length; i++) if (events(i + 2) !== 0) this.#receive(this.#ports[i]!, host);
    return woken;
  }

  /** Puts a packet of `memory` in the queue of a port; bytes are copied. */
  send(port: number, start: number, length: number): void {
    const target = this.#byNumber.get(port);
    if (target === undefined) {
      this.drops.unknownPort++;
      return;
    }
    const room = VNET_HEADER_BYTES + length + 6;
    if (this.#sendPosition + room > this.#sendStart + SEND_BYTES || target.pending === SEND_BATCH) this.flush();
    // The packet starts at a multiple of 8, for the kernel's copy.
    const vnet = this.#sendPosition + 6;
    const copy = vnet + VNET_HEADER_BYTES;
    this.memory.bytes.copyWithin(copy, start, start + length);
    if (!this.checksum.sending(vnet, copy, length)) {
      this.drops.oversized++;
      return;
    }
    const iovec = target.vector + SEND_BATCH * MMSGHDR_BYTES + target.pending * IOVEC_BYTES;
    this.#control.setBigUint64(iovec, this.#memoryAddress + BigInt(vnet), true);
    this.#control.setUint32(iovec + 8, VNET_HEADER_BYTES + length, true);
    target.pending++;
    this.#sendPosition = (copy + length + 7) & ~7;
  }

  /** Sends what waits. */
  flush(): void {
    if (this.#sendPosition === this.#sendStart) return;
    for (const port of this.#ports) {
      let sent = 0;
      while (sent < port.pending) {
        const vector = this.#controlAddress + BigInt(port.vector + sent * MMSGHDR_BYTES);
        const count = this.#native.calls.sendmmsg(port.fd, vector, port.pending - sent, MSG_DONTWAIT);
        if (count > 0) sent += count;
        else {
          // The first packet of the rest was refused (queue full, link down, too long): it is lost, the others are
          // tried.
          this.drops.refused++;
          sent++;
        }
      }
      port.pending = 0;
    }
    this.#sendPosition = this.#sendStart;
  }

  finishChecksum(start: number, length: number): void {
    this.checksum.finish(start, length);
  }

  close(): void {
    for (const { fd } of this.#ports) this.#native.calls.close(fd);
    this.#native.calls.close(this.#linkFd);
    this.#ports.length = 0;
    this.#byNumber.clear();
  }

  #receive(port: Port, host: PortHost): void {
    const control = this.#control;
    const count = this.#native.calls.recvmmsg(
      port.fd,
      this.#controlAddress + BigInt(this.#receiveVector),
      BATCH,
      MSG_DONTWAIT,
      0,
    );
    const real = count > 0 && host.needsRealChecksums();
    host.lookAhead(PacketMemory.firstPortBuffer, count);
    for (let i = 0; i < count; i++) {
      const header = this.#receiveVector + i * MMSGHDR_BYTES;
      const buffer = PacketMemory.firstPortBuffer + i;
      let length = control.getUint32(header + 56, true) - VNET_HEADER_BYTES;
      let shift = 0;
      if (length > 0) {
        this.checksum.received(this.#vnet + i * 16, this.memory.packetStart(buffer), length, real);
        if (control.getUint32(header + 40, true) !== 0) shift = this.#restoreTag(i, buffer);
        length -= shift;
        host.receive(port.port, length, buffer, shift);
      }
      control.setUint32(header + 40, CONTROL_BYTES, true);
    }
    this.checksum.active = false;
  }

  /** Puts a VLAN tag back that the kernel keeps apart. Returns by how much the packet's start has moved: -4 or 0. */
  #restoreTag(message: number, buffer: number): number {
    // A control message: length (8), level (4), type (4), then status, len, snaplen, mac, net, vlan_tci, vlan_tpid.
    const control = this.#control;
    const at = this.#receiveControl + message * CONTROL_BYTES;
    if (control.getInt32(at + 8, true) !== SOL_PACKET || control.getInt32(at + 12, true) !== PACKET_AUXDATA) return 0;
    const status = control.getUint32(at + 16, true);
    if ((status & TP_STATUS_VLAN_VALID) === 0) return 0;
    const start = this.memory.packetStart(buffer);
    this.memory.bytes.copyWithin(start - 4, start, start + 12);
    const type = (status & TP_STATUS_VLAN_TPID_VALID) !== 0 ? control.getUint16(at + 34, true) : 0x8100;
    this.memory.view.setUint16(start + 8, type);
    this.memory.view.setUint16(start + 10, control.getUint16(at + 32, true));
    return -4;
  }

  #drain(fd: number): void {
    this.#native.calls.read(fd, this.#scratch, this.#scratch.length);
  }

  #checkLinks(host: PortHost): void {
    for (const port of this.#ports) {
      const up = isInterfaceUp(port.name);
      if (up === port.up) continue;
      port.up = up;
      host.portStatus(port.port, up);
    }
  }

  #open(name: string): number {
    const { calls } = this.#native;
    const index = interfaceIndex(name);
    const fd = calls.socket(AF_PACKET, SOCK_RAW, 0);
    if (fd < 0) throw systemError(this.#native, `packet socket for interface '${name}'`);
    const option = (what: string, id: number, value: Uint8Array, needed: boolean) => {
      if (calls.setsockopt(fd, SOL_PACKET, id, value, value.length) < 0 && needed) {
        const error = systemError(this.#native, `${what} on interface '${name}'`);
        calls.close(fd);
        throw error;
      }
    };
    const one = Uint8Array.of(1, 0, 0, 0);
    option('offload headers', PACKET_VNET_HDR, one, true);
    option('VLAN tags', PACKET_AUXDATA, one, true);
    option('ignoring sent packets', PACKET_IGNORE_OUTGOING, one, true);
    option('bypassing queues', PACKET_QDISC_BYPASS, one, false);
    const size = new Uint8Array(4);
    new DataView(size.buffer).setInt32(0, SOCKET_BUFFER_BYTES, true);
    for (const [forced, plain] of [
      [SO_RCVBUFFORCE, SO_RCVBUF],
      [SO_SNDBUFFORCE, SO_SNDBUF],
    ] as const) {
      if (calls.setsockopt(fd, SOL_SOCKET, forced, size, 4) < 0) calls.setsockopt(fd, SOL_SOCKET, plain, size, 4);
    }
    const address = new Uint8Array(20);
    const view = new DataView(address.buffer);
    view.setUint16(0, AF_PACKET, true);
    view.setUint16(2, ETH_P_ALL_BE, true);
    view.setInt32(4, index, true);
    if (calls.bind(fd, address, address.length) < 0) {
      const error = systemError(this.#native, `binding to interface '${name}'`);
      calls.close(fd);
      throw error;
    }
    const membership = new Uint8Array(16);
    new DataView(membership.buffer).setInt32(0, index, true);
    new DataView(membership.buffer).setUint16(4, PACKET_MR_PROMISC, true);
    option('promiscuous mode', PACKET_ADD_MEMBERSHIP, membership, true);
    return fd;
  }

  /** Joins a fanout group, a new one without `group`. Returns its number. */
  #joinFanout(port: Port, group: number | undefined): number {
    const { calls } = this.#native;
    const value = new Uint8Array(4);
    const view = new DataView(value.buffer);
    view.setUint32(0, (group ?? 0) | ((group === undefined ? FANOUT_NEW : FANOUT_JOIN) << 16), true);
    if (calls.setsockopt(port.fd, SOL_PACKET, PACKET_FANOUT, value, 4) < 0)
      throw systemError(this.#native, `sharing interface '${port.name}' between threads (PACKET_FANOUT)`);
    const length = Uint8Array.of(4, 0, 0, 0);
    if (calls.getsockopt(port.fd, SOL_PACKET, PACKET_FANOUT, value, length) < 0)
      throw systemError(this.#native, `the fanout group of interface '${port.name}'`);
    return view.getUint16(0, true);
  }

  #openLinkSocket(): number {
    const { calls } = this.#native;
    const fd = calls.socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
    if (fd < 0) throw systemError(this.#native, 'socket for link events');
    const address = new Uint8Array(12);
    const view = new DataView(address.buffer);
    view.setUint16(0, AF_NETLINK, true);
    view.setUint32(8, RTMGRP_LINK, true);
    if (calls.bind(fd, address, address.length) < 0) {
      const error = systemError(this.#native, 'socket for link events');
      calls.close(fd);
      throw error;
    }
    return fd;
  }

  /**
   * `struct msghdr`: name 0, namelen 8, iov 16, iovlen 24, control 32, controllen 40, flags 48; then the message's
   * length.
   */
  #setUpReceiveVector(): void {
    const control = this.#control;
    for (let i = 0; i < BATCH; i++) {
      const header = this.#receiveVector + i * MMSGHDR_BYTES;
      const iovec = this.#receiveVector + BATCH * MMSGHDR_BYTES + i * 2 * IOVEC_BYTES;
      control.setBigUint64(header + 16, this.#controlAddress + BigInt(iovec), true);
      control.setBigUint64(header + 24, 2n, true);
      control.setBigUint64(header + 32, this.#controlAddress + BigInt(this.#receiveControl + i * CONTROL_BYTES), true);
      control.setBigUint64(header + 40, BigInt(CONTROL_BYTES), true);
      control.setBigUint64(iovec, this.#memoryAddress + BigInt(this.#vnet + i * 16), true);
      control.setBigUint64(iovec + 8, BigInt(VNET_HEADER_BYTES), true);
      const start = this.memory.packetStart(PacketMemory.firstPortBuffer + i);
      control.setBigUint64(iovec + 16, this.#memoryAddress + BigInt(start), true);
      control.setBigUint64(iovec + 24, 65600n, true);
    }
  }

  #setUpSendVector(port: Port): void {
    const control = this.#control;
    for (let i = 0; i < SEND_BATCH; i++) {
      const header = port.vector + i * MMSGHDR_BYTES;
      const iovec = port.vector + SEND_BATCH * MMSGHDR_BYTES + i * IOVEC_BYTES;
      control.setBigUint64(header + 16, this.#controlAddress + BigInt(iovec), true);
      control.setBigUint64(header + 24, 1n, true);
    }
  }
}
