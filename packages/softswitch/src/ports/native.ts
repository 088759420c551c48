/**
 * The few system calls the switch needs on Linux, called through koffi.
 *
 * Structures are written by hand into memory allocated outside of V8's heap, because the kernel keeps no pointers
 * beyond a call but message vectors are built once and used for ever. The library is loaded on first use, so that
 * programs which only use ports in the process never touch it.
 */
import { createRequire } from 'node:module';

type Pointer = bigint | number;

/** System calls. All return -1 on failure, with the reason in `errno()`. */
export interface NativeCalls {
  socket(domain: number, type: number, protocol: number): number;
  bind(fd: number, address: Uint8Array, length: number): number;
  setsockopt(fd: number, level: number, option: number, value: Uint8Array, length: number): number;
  getsockopt(fd: number, level: number, option: number, value: Uint8Array, length: Uint8Array): number;
  ioctl(fd: number, request: number, argument: Uint8Array): number;
  poll(fds: Pointer, count: number, timeoutMs: number): number;
  recvmmsg(fd: number, messages: Pointer, count: number, flags: number, timeout: Pointer): number;
  sendmmsg(fd: number, messages: Pointer, count: number, flags: number): number;
  read(fd: number, buffer: Uint8Array, length: number): number;
  pipe2(fds: Uint8Array, flags: number): number;
  close(fd: number): number;
}

export interface Native {
  readonly calls: NativeCalls;
  errno(): number;
  /** Memory that stays where it is: its address and its bytes. Zeroed, never freed. */
  allocate(bytes: number): { readonly address: bigint; readonly buffer: ArrayBuffer };
}

let loaded: Native | undefined;

/** The system calls. Throws an Error for people where they are not to be had. */
export function loadNative(): Native {
  if (loaded !== undefined) return loaded;
  if (process.platform !== 'linux') {
    throw new Error(
      `network interfaces as switch ports need Linux, this is ${process.platform}; use pcap files (--use-files) or ports in the process`,
    );
  }
  const koffi = createRequire(import.meta.url)('koffi') as typeof import('koffi');
  const libc = openLibc(koffi);
  const calls: NativeCalls = {
    socket: libc.func('socket', 'int', ['int', 'int', 'int']),
    bind: libc.func('bind', 'int', ['int', 'uint8_t *', 'uint32']),
    setsockopt: libc.func('setsockopt', 'int', ['int', 'int', 'int', 'uint8_t *', 'uint32']),
    getsockopt: libc.func('getsockopt', 'int', ['int', 'int', 'int', koffi.out('uint8_t *'), koffi.inout('uint8_t *')]),
    ioctl: libc.func('ioctl', 'int', ['int', 'ulong', koffi.inout('uint8_t *')]),
    poll: libc.func('poll', 'int', ['uint64', 'ulong', 'int']),
    recvmmsg: libc.func('recvmmsg', 'int', ['int', 'uint64', 'uint32', 'int', 'uint64']),
    sendmmsg: libc.func('sendmmsg', 'int', ['int', 'uint64', 'uint32', 'int']),
    read: libc.func('read', 'int64', ['int', koffi.out('uint8_t *'), 'size_t']),
    pipe2: libc.func('pipe2', 'int', [koffi.out('uint8_t *'), 'int']),
    close: libc.func('close', 'int', ['int']),
  };
  loaded = {
    calls,
    errno: () => koffi.errno(),
    allocate: (bytes) => {
      const pointer = koffi.alloc('uint8_t', bytes);
      const buffer = koffi.view(pointer, bytes);
      new Uint8Array(buffer).fill(0);
      return { address: koffi.address(pointer), buffer };
    },
  };
  return loaded;
}

function openLibc(koffi: typeof import('koffi')) {
  // glibc systems and musl systems name it differently.
  for (const name of ['libc.so.6', 'libc.so', 'libc.musl-x86_64.so.1', 'libc.musl-aarch64.so.1']) {
    try {
      return koffi.load(name);
    } catch {
      // Try the next one.
    }
  }
  throw new Error('no C library was found to make system calls with');
}

/** Error numbers that are worth a sentence. */
const ERRNO_TEXT: Readonly<Record<number, string>> = {
  1: 'not permitted (raw sockets need root or CAP_NET_RAW, for instance in a user namespace)',
  13: 'permission denied (raw sockets need root or CAP_NET_RAW)',
  16: 'busy',
  19: 'no such network interface',
  22: 'invalid argument',
  24: 'too many open files',
  97: 'address family not supported (the kernel has no packet sockets)',
  100: 'the interface is down',
};

/** An error for people from a failed call. */
export function systemError(native: Native, what: string): Error {
  const number = native.errno();
  return new Error(`${what}: ${ERRNO_TEXT[number] ?? `system error ${number}`}`);
}
