// Connections made by hand on two network interfaces: a client on one, the servers on the other, the switch between
// them.
//
// Kernel TCP on both sides costs more processor time than the switch does, so it would measure itself. Here a
// connection is six packets written straight to packet sockets (SYN, SYN-ACK, ACK, FIN, FIN, ACK), each sent when the
// one before has come through the switch, a fixed number of connections under way at any time. One that makes no
// progress for a while is given up and counted.
import { loadNative } from '../src/ports/native.ts';
import { PacketSockets } from '../src/ports/packet-sockets.ts';
import { ipv4Frame } from './workloads.ts';

const CLIENT_SIDE = 0;
const SERVER_SIDE = 1;
const VIRTUAL_ADDRESS = 0x0a000064;
const CLIENT_MAC = [0x02, 0, 0, 0, 0, 0x0a];
const GATEWAY_MAC = [0x02, 0, 0, 0, 0x01, 0];

/** Ports from here on have no pins. */
const FIRST_PORT = 20_000;

const FIN = 1;
const SYN = 2;
const ACK = 16;

/** A connection without progress for this long is given up. */
const GIVE_UP_MS = 500;

export interface ConnectionLoad {
  readonly completed: number;
  readonly givenUp: number;
  readonly seconds: number;
}

/** Makes connections for `seconds`, so many at a time. */
export function makeConnections(
  interfaces: { readonly client: string; readonly server: string },
  seconds: number,
  underWay: number,
): ConnectionLoad {
  const native = loadNative();
  const fds = new Uint8Array(8);
  native.calls.pipe2(fds, 0);
  const sockets = new PacketSockets(
    [
      { port: CLIENT_SIDE, name: interfaces.client },
      { port: SERVER_SIDE, name: interfaces.server },
    ],
    new DataView(fds.buffer).getInt32(0, true),
  );
  const { memory } = sockets;
  const { bytes, view } = memory;
  const template = ipv4Frame(0, VIRTUAL_ADDRESS, 6, 0, 80);
  template.set(GATEWAY_MAC, 0);
  template.set(CLIENT_MAC, 6);
  template[46] = 0x50;
  const room = memory.packetStart(0);
  let serial = 0;
  let completed = 0;
  let givenUp = 0;
  /** Address and time of the last progress of each connection under way. */
  const addresses = new Uint32Array(underWay);
  const progressMs = new Float64Array(underWay);

  const send = (connection: number, flags: number) => {
    bytes.set(template, room);
    view.setUint32(room + 26, addresses[connection]!);
    view.setUint16(room + 34, FIRST_PORT + connection);
    view.setUint32(room + 38, serial);
    bytes[room + 47] = flags;
    setHeaderChecksum(view, room + 14);
    sockets.send(CLIENT_SIDE, room, template.length);
  };
  const open = (connection: number) => {
    addresses[connection] = 0x0a010000 + (serial++ & 0xffff);
    progressMs[connection] = performance.now();
    send(connection, SYN);
  };
  /** A server's answer: the packet goes back where it came from. */
  const answer = (start: number, length: number, flags: number) => {
    bytes.copyWithin(room, start, start + length);
    bytes.copyWithin(room + 6, start, start + 6);
    bytes.set(CLIENT_MAC, room);
    view.setUint32(room + 26, view.getUint32(start + 30));
    view.setUint32(room + 30, view.getUint32(start + 26));
    view.setUint16(room + 34, view.getUint16(start + 36));
    view.setUint16(room + 36, view.getUint16(start + 34));
    view.setUint32(room + 42, view.getUint32(start + 38) + 1);
    bytes[room + 47] = flags;
    setHeaderChecksum(view, room + 14);
    sockets.send(SERVER_SIDE, room, length);
  };
  const host = {
    receive: (port: number, length: number, buffer: number, shift: number) => {
      const start = memory.packetStart(buffer) + shift;
      if (length < 54 || view.getUint16(start + 12) !== 0x0800) return;
      const flags = bytes[start + 47]!;
      if (port === SERVER_SIDE) {
        if ((flags & SYN) !== 0) answer(start, length, SYN | ACK);
        else if ((flags & FIN) !== 0) answer(start, length, FIN | ACK);
        return;
      }
      const connection = view.getUint16(start + 36) - FIRST_PORT;
      if (connection < 0 || connection >= underWay || view.getUint32(start + 30) !== addresses[connection]) return;
      progressMs[connection] = performance.now();
      if ((flags & SYN) !== 0) {
        send(connection, ACK);
        send(connection, FIN | ACK);
      } else if ((flags & FIN) !== 0) {
        send(connection, ACK);
        completed++;
        open(connection);
      }
    },
    lookAhead: () => {},
    portStatus: () => {},
    needsRealChecksums: () => false,
  };
  const startMs = performance.now();
  for (let connection = 0; connection < underWay; connection++) open(connection);
  sockets.flush();
  let nextLookMs = startMs + GIVE_UP_MS;
  for (let nowMs = startMs; nowMs < startMs + seconds * 1000; nowMs = performance.now()) {
    sockets.wait(50, host);
    if (nowMs > nextLookMs) {
      nextLookMs = nowMs + GIVE_UP_MS;
      for (let connection = 0; connection < underWay; connection++) {
        if (nowMs - progressMs[connection]! < GIVE_UP_MS) continue;
        givenUp++;
        open(connection);
      }
    }
    sockets.flush();
  }
  const elapsed = (performance.now() - startMs) / 1000;
  sockets.close();
  return { completed, givenUp, seconds: elapsed };
}

function setHeaderChecksum(view: DataView, header: number): void {
  view.setUint16(header + 10, 0);
  let sum = 0;
  for (let at = header; at < header + 20; at += 2) sum += view.getUint16(at);
  sum = (sum & 0xffff) + (sum >>> 16);
  view.setUint16(header + 10, ~((sum & 0xffff) + (sum >>> 16)) & 0xffff);
}
