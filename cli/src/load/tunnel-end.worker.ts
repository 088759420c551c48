/**
 * A server's end of a tunnel in user space: takes packets out of the IP-in-IP or GUE packets that the switch has put
 * them into, and gives them to the kernel by a TUN interface, as if they had come in there. The service's connections
 * are the kernel's own; only the taking out is done here, so that it works on kernels without tunnels (`ipip`, `fou`
 * and `ip6_tnl` are modules, and not everywhere to be had). Answers take no tunnel: they leave by the host's other
 * interface.
 *
 * The worker blocks on one socket and does nothing else; it ends with its process.
 */
import { parentPort, workerData } from 'node:worker_threads';
import koffi from 'koffi';

/** Which tunnel; port: where GUE datagrams come in. */
export interface TunnelEndOptions {
  readonly kind: 'ipip' | 'gue';
  readonly ipv6: boolean;
  readonly port: number;
  readonly interfaceName: string;
}

const AF_INET = 2;
const AF_INET6 = 10;
const SOCK_DGRAM = 2;
const SOCK_RAW = 3;
const SOL_UDP = 17;
const UDP_NO_CHECK6_RX = 102;
const PROTOCOL_IPIP = 4;
const PROTOCOL_IPV6 = 41;
const O_RDWR = 2;
const TUNSETIFF = 0x400454ca;
const IFF_TUN_NO_PI = 0x1001;
const IFREQ_BYTES = 40;
const IFREQ_FLAGS = 16;
const LONGEST_PACKET = 65_536;
const GUE_HEADER_BYTES = 4;

const libc = koffi.load('libc.so.6');
const call = {
  open: libc.func('int open(const char *, int)'),
  ioctl: libc.func('ioctl', 'int', ['int', 'ulong', 'uint8_t *']),
  socket: libc.func('int socket(int, int, int)'),
  setsockopt: libc.func('setsockopt', 'int', ['int', 'int', 'int', 'uint8_t *', 'uint32_t']),
  bind: libc.func('bind', 'int', ['int', 'uint8_t *', 'uint32_t']),
  recv: libc.func('recv', 'long', ['int', 'uint8_t *', 'size_t', 'int']),
  write: libc.func('write', 'long', ['int', 'uint8_t *', 'size_t']),
};

function checked(result: number, what: string): number {
  if (result < 0) throw new Error(`${what}: errno ${koffi.errno()}`);
  return result;
}

function openTun(interfaceName: string): number {
  const descriptor = checked(call.open('/dev/net/tun', O_RDWR) as number, '/dev/net/tun could not be opened');
  const request = Buffer.alloc(IFREQ_BYTES);
  request.write(interfaceName);
  request.writeUInt16LE(IFF_TUN_NO_PI, IFREQ_FLAGS);
  checked(call.ioctl(descriptor, TUNSETIFF, request) as number, `no TUN interface ${interfaceName}`);
  return descriptor;
}

function openSocket({ kind, ipv6, port }: TunnelEndOptions): number {
  const family = ipv6 ? AF_INET6 : AF_INET;
  if (kind === 'ipip') {
    const descriptor = call.socket(family, SOCK_RAW, ipv6 ? PROTOCOL_IPV6 : PROTOCOL_IPIP) as number;
    return checked(descriptor, 'no raw socket');
  }
  const descriptor = checked(call.socket(family, SOCK_DGRAM, 0) as number, 'no UDP socket');
  // Any address: family, port, zeros.
  const address = Buffer.alloc(ipv6 ? 28 : 16);
  address.writeUInt16LE(family, 0);
  address.writeUInt16BE(port, 2);
  // The datagrams have no checksum, which IPv6 takes only where it is asked to (RFC 6935): what is inside has its own.
  if (ipv6)
    checked(
      call.setsockopt(descriptor, SOL_UDP, UDP_NO_CHECK6_RX, Buffer.from([1, 0, 0, 0]), 4) as number,
      'no UDP without checksum',
    );
  checked(call.bind(descriptor, address, address.length) as number, `UDP port ${port} is not to be had`);
  return descriptor;
}

/**
 * Where the inner packet begins; undefined for what is none of ours. A raw IPv4 socket gives the outer header as well,
 * others do not.
 */
function innerOffset({ kind, ipv6 }: TunnelEndOptions, packet: Buffer): number | undefined {
  if (kind === 'ipip') return ipv6 ? 0 : (packet[0]! & 15) * 4;
  const [first, protocol] = packet;
  // Variant 0, no control message; the length counts optional fields in words.
  if (first === undefined || first >> 5 !== 0) return undefined;
  if (protocol !== PROTOCOL_IPIP && protocol !== PROTOCOL_IPV6) return undefined;
  return GUE_HEADER_BYTES + (first & 31) * 4;
}

const options = workerData as TunnelEndOptions;
const tun = openTun(options.interfaceName);
const socket = openSocket(options);
parentPort!.postMessage('ready');
const buffer = Buffer.alloc(LONGEST_PACKET);
for (;;) {
  const length = call.recv(socket, buffer, buffer.length, 0) as number;
  if (length <= 0) continue;
  const offset = innerOffset(options, buffer.subarray(0, length));
  // Before the interface is up packets are refused; their senders send them again.
  if (offset !== undefined && offset < length) call.write(tun, buffer.subarray(offset, length), length - offset);
}
