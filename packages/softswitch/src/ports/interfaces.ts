/**
 * Questions and settings of network interfaces by ioctl: index, flags, promiscuous mode, offloads.
 */
import { loadNative, systemError } from './native.ts';

const AF_INET = 2;
const SOCK_DGRAM = 2;
const SIOCGIFFLAGS = 0x8913;
const SIOCGIFINDEX = 0x8933;
const SIOCETHTOOL = 0x8946;

const IFF_UP = 0x1;
const IFF_RUNNING = 0x40;

/** Names are at most 15 characters and a zero. */
const NAME_BYTES = 16;
const IFREQ_BYTES = 40;

function request(name: string): Uint8Array {
  const bytes = new TextEncoder().encode(name);
  if (bytes.length === 0 || bytes.length >= NAME_BYTES)
    throw new Error(`'${name}' cannot be the name of a network interface: 1 to 15 bytes are possible`);
  const result = new Uint8Array(IFREQ_BYTES);
  result.set(bytes);
  return result;
}

/** Calls an interface ioctl on a socket of its own. */
function interfaceCall(name: string, code: number, ifreq: Uint8Array): boolean {
  const { calls } = loadNative();
  const fd = calls.socket(AF_INET, SOCK_DGRAM, 0);
  if (fd < 0) throw systemError(loadNative(), `socket for interface '${name}'`);
  try {
    return calls.ioctl(fd, code, ifreq) >= 0;
  } finally {
    calls.close(fd);
  }
}

/** The kernel's number of an interface. Throws where there is none of that name. */
export function interfaceIndex(name: string): number {
  const ifreq = request(name);
  if (!interfaceCall(name, SIOCGIFINDEX, ifreq)) throw systemError(loadNative(), `network interface '${name}'`);
  return new DataView(ifreq.buffer).getInt32(NAME_BYTES, true);
}

/** Whether an interface is up and has a carrier. A vanished one is down. */
export function isInterfaceUp(name: string): boolean {
  const ifreq = request(name);
  if (!interfaceCall(name, SIOCGIFFLAGS, ifreq)) return false;
  const flags = new DataView(ifreq.buffer).getUint16(NAME_BYTES, true);
  return (flags & IFF_UP) !== 0 && (flags & IFF_RUNNING) !== 0;
}

/**
 * ethtool commands that set one offload on or off: receive and transmit checksums, scatter/gather, segmentation,
 * receive coalescing.
 */
const OFFLOAD_COMMANDS: readonly number[] = [0x15, 0x17, 0x19, 0x1f, 0x22, 0x24, 0x2c];

/**
 * Turns segmentation and checksum offloads of an interface off, as
 * `ethtool -K <name> rx off tx off sg off tso off ufo off gso off gro off` does.
 *
 * The switch itself does not need it (its sockets understand offloaded packets), other switches do. Settings an
 * interface does not have are passed over.
 *
 * @returns how many of the settings were accepted
 */
export function turnOffOffloads(name: string): number {
  const native = loadNative();
  let accepted = 0;
  for (const command of OFFLOAD_COMMANDS) {
    // The kernel reads the command from where ifr_data points to.
    const { address, buffer } = commandMemory();
    const value = new DataView(buffer);
    value.setUint32(0, command, true);
    value.setUint32(4, 0, true);
    const ifreq = request(name);
    new DataView(ifreq.buffer).setBigUint64(NAME_BYTES, address, true);
    if (interfaceCall(name, SIOCETHTOOL, ifreq)) accepted++;
    else if (native.errno() === 19) throw systemError(native, `network interface '${name}'`);
  }
  return accepted;
}

let memory: { readonly address: bigint; readonly buffer: ArrayBuffer } | undefined;

function commandMemory() {
  memory ??= loadNative().allocate(16);
  return memory;
}
