/**
 * What the harness needs of a switch, so that tests cannot tell the embedded one from BMv2. The point is `settle`: it
 * resolves when everything that was sent has been dealt with, so that a packet that is not there then will never come.
 * With it nothing in a test waits for time to pass, and a missing packet fails at once.
 */
import type { P4RuntimeClient } from '@mooring/p4runtime-ts';
import type { CompiledProgram } from './compile-program.ts';

/** The switches there are. */
export type Target = 'softswitch' | 'bmv2';

/** A packet that left. */
export interface SentPacket {
  readonly port: number;
  readonly bytes: Uint8Array;
  /** Number of the packet that caused it, from 1; 0 if none did, or it is not known. */
  readonly cause: number;
}

/** A switch that runs a program. */
export interface Backend {
  /** P4Runtime, connected as primary, with the program's names. */
  readonly client: P4RuntimeClient;
  /** Puts a packet in. `id` comes back as the cause of what it sends. */
  send(port: number, packet: Uint8Array, id: number): void;
  /** Resolves when all that was sent so far is done and everything that came of it was told. */
  settle(): Promise<void>;
  /** Lets time pass: at once where the clock is the harness's own, really on BMv2. */
  advance(byMs: number): Promise<void>;
  /** The way of packet `id` through the program, for people; undefined where the switch cannot tell. */
  trace(id: number): string | undefined;
  /** Makes a port go up or down. */
  setPortUp(port: number, up: boolean): Promise<void>;
  close(): Promise<void>;
}

/** How a switch is started. */
export interface BackendOptions {
  readonly program: CompiledProgram;
  readonly cpuPort: number;
  /** Remember the way of the last packets, for failures. */
  readonly trace: boolean;
  readonly onPacket: (packet: SentPacket) => void;
  /** Longest wait for BMv2, in ms. */
  readonly timeoutMs: number;
}

/** Lets everything that is ready in this process run: promises, and sockets that have something. */
export async function turnEventLoop(turns = 2): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
}
