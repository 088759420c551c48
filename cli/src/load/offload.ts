/**
 * Turns off segmentation and checksum offload of a network interface. A veth interface claims to compute checksums in
 * "hardware" and therefore hands packets over with the checksum field half filled and segments of up to 64 KB; a kernel
 * peer knows that, a switch that reads frames through a packet socket would forward them as they are, and the other
 * host would drop them. `ethtool -K` would do the same but is not part of a base Debian system, so this makes its ioctl
 * (SIOCETHTOOL with the ETHTOOL_S* commands of linux/ethtool.h) directly.
 */
import koffi from 'koffi';

const SIOCETHTOOL = 0x8946;
const AF_INET = 2;
const SOCK_DGRAM = 2;
const INTERFACE_NAME_SIZE = 16;
/** ETHTOOL_STXCSUM, ETHTOOL_SSG, ETHTOOL_STSO, ETHTOOL_SGSO, ETHTOOL_SGRO: set a feature on or off. */
const FEATURE_COMMANDS = { 'tx-checksum': 0x17, 'scatter-gather': 0x19, tso: 0x1f, gso: 0x24, gro: 0x2c } as const;

/**
 * Turns the features off on `interfaceName` in this process's network namespace (needs CAP_NET_ADMIN there).
 * @throws Error naming the feature that the kernel refused to turn off.
 */
export function disableOffload(interfaceName: string): void {
  const libc = koffi.load('libc.so.6');
  const ethtoolValue = koffi.struct({ cmd: 'uint32_t', data: 'uint32_t' });
  const interfaceRequest = koffi.struct({
    name: koffi.array('char', INTERFACE_NAME_SIZE),
    value: koffi.pointer(ethtoolValue),
    // The union of struct ifreq is 24 bytes; the pointer is its first 8.
    rest: koffi.array('uint8_t', 16),
  });
  const socket = libc.func('int socket(int, int, int)');
  const ioctl = libc.func('ioctl', 'int', ['int', 'ulong', koffi.pointer(interfaceRequest)]);
  const close = libc.func('int close(int)');
  const descriptor = socket(AF_INET, SOCK_DGRAM, 0) as number;
  if (descriptor < 0) throw new Error(`no socket for the interface request: errno ${koffi.errno()}`);
  try {
    for (const [feature, command] of Object.entries(FEATURE_COMMANDS)) {
      const request = { name: interfaceName, value: { cmd: command, data: 0 }, rest: new Array(16).fill(0) };
      if ((ioctl(descriptor, SIOCETHTOOL, request) as number) < 0) {
        throw new Error(`${feature} of ${interfaceName} could not be turned off: errno ${koffi.errno()}`);
      }
    }
  } finally {
    close(descriptor);
  }
}
