/**
 * The embedded switch in this process, under a clock that stands still: it moves by a fixed step with every packet, and
 * otherwise only when told to. So meters and timeouts are exact and nothing ever waits. `startSwitch` puts a P4Runtime
 * server on it; the STF runner, which has programs of any compiler and no P4Info, reaches into its data plane.
 */
import { SwitchCore } from '@mooring/softswitch';

const DROP_PORT = 511;

/** What differs between those who start it. */
export interface EmbeddedCoreOptions {
  /** Port of the controller; undefined: none. */
  readonly cpuPort: number | undefined;
  /** How far the clock moves with every packet, in microseconds. */
  readonly packetStepUs: number;
  /** Called with a copy of every packet that leaves at another port than the controller's. */
  readonly onPacket: (port: number, bytes: Uint8Array) => void;
}

/** A switch and its clock. */
export class EmbeddedCore {
  readonly core: SwitchCore;
  readonly #packetStepUs: number;
  #nowUs = 1_000_000;

  constructor({ cpuPort, packetStepUs, onPacket }: EmbeddedCoreOptions) {
    this.#packetStepUs = packetStepUs;
    this.core = new SwitchCore({
      cpuPort,
      dropPort: DROP_PORT,
      priorityQueues: 1,
      nowUs: () => this.#nowUs,
      output: (port, bytes, start, length) => onPacket(port, bytes.slice(start, start + length)),
      log: () => {},
    });
  }

  /** Moves the clock by what a packet takes. */
  stepForPacket(): void {
    this.advance(this.#packetStepUs);
  }

  /** Moves the clock; nothing else happens. */
  advance(byUs: number): void {
    this.#nowUs += byUs;
    this.core.dataPlane?.setTime(this.#nowUs);
  }
}
