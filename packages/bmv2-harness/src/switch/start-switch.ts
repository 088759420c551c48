/**
 * `startSwitch`: a program on a switch, for a test. See `SwitchUnderTest` for what can be done with it.
 */
import type { Backend, BackendOptions, SentPacket, Target } from './backend.ts';
import { startBmv2Backend } from './bmv2-backend.ts';
import { compileProgram, type ProgramSource } from './compile-program.ts';
import { startSoftswitchBackend } from './softswitch-backend.ts';
import { SwitchUnderTest } from './switch-under-test.ts';

/** What to start. */
export interface StartOptions extends ProgramSource {
  /** `softswitch` (the default) runs in this process, `bmv2` is an installed simple_switch_grpc. */
  readonly target?: Target;
  /** How many ports there are, numbered from 1; or their numbers. 4 by default. */
  readonly ports?: number | readonly number[];
  /** The controller's port, for packet-in and packet-out; 510 by default. */
  readonly cpuPort?: number;
  /**
   * Remember the way of each packet through the program, for failures. True by default; without it, softswitch is many
   * times faster.
   */
  readonly trace?: boolean;
  /**
   * Longest wait for BMv2 to start or to finish its packets, in ms; 20 s by default. No test waits for it unless BMv2
   * hangs.
   */
  readonly timeoutMs?: number;
}

const DEFAULT_CPU_PORT = 510;
const DEFAULT_PORTS = 4;
const DEFAULT_TIMEOUT_MS = 20_000;

/**
 * Compiles the program, starts the switch, loads it and connects. Use with `await using`, or call `close()`.
 *
 * @example
 * await using net = await startSwitch({ program: 'router.p4', ports: 2 });
 * await net.add('routes', { dst: '10.0.2.0/24' }, 'forward', { port: 2 });
 * await net.send(1, packet(ethernet(), ipv4({ destination: '10.0.2.9' }), udp()));
 * await net.expect(2, packet(ethernet(), ipv4({ destination: '10.0.2.9', ttl: 63 }), udp()));
 * @throws Error when the program does not compile, or BMv2 is not there or does not take it
 */
export async function startSwitch(options: StartOptions): Promise<SwitchUnderTest> {
  const target = options.target ?? 'softswitch';
  const portCount = options.ports ?? DEFAULT_PORTS;
  const ports = typeof portCount === 'number' ? Array.from({ length: portCount }, (_, index) => index + 1) : portCount;
  let onPacket: (packet: SentPacket) => void = () => {};
  const backendOptions: BackendOptions = {
    program: compileProgram(options),
    cpuPort: options.cpuPort ?? DEFAULT_CPU_PORT,
    trace: options.trace ?? true,
    timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    onPacket: (packet) => onPacket(packet),
  };
  const backend: Backend =
    target === 'bmv2' ? await startBmv2Backend(backendOptions) : await startSoftswitchBackend(backendOptions);
  const net = new SwitchUnderTest(target, ports, backend);
  onPacket = (packet) => net.packetLeft(packet);
  return net;
}
