/**
 * What a data plane's thread asks of its ports, whatever they are: network interfaces or packets in memory.
 */
import type { PacketMemory } from '../runtime/memory.ts';

/** What ports need of the switch. */
export interface PortHost {
  /** A packet of `length` bytes lies in `buffer`, moved by `shift` bytes. */
  receive(port: number, length: number, buffer: number, shift: number): void;
  /** `count` packets lie in the buffers from `first` on and will be received next. */
  lookAhead(first: number, count: number): void;
  portStatus(port: number, up: boolean): void;
  /** Whether packets must come with real checksums. */
  needsRealChecksums(): boolean;
}

/** Counts of packets that could not be sent. */
export interface SendDrops {
  unknownPort: number;
  oversized: number;
  refused: number;
}

export interface PortSet {
  readonly memory: PacketMemory;
  readonly drops: SendDrops;
  /** Ports and whether they are up now. */
  status(): readonly { readonly port: number; readonly name: string; readonly up: boolean }[];
  /**
   * Waits until packets, a link event or a wake-up come, at most `timeoutMs`, and takes in what there is.
   *
   * @returns whether it was woken up by the control thread
   */
  wait(timeoutMs: number, host: PortHost): boolean;
  /** Sends a packet of `memory`, at the latest at the next `flush`; bytes are copied. */
  send(port: number, start: number, length: number): void;
  flush(): void;
  /** Finishes a transport checksum that was left to hardware. */
  finishChecksum(start: number, length: number): void;
  close(): void;
}
