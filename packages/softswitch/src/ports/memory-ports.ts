/**
 * Packets in memory as ports: lists of packets that a thread plays through its data plane, once or many times.
 *
 * This is how a switch without network interfaces runs on several threads, and how threads are tested and measured:
 * what comes in is known, what leaves is counted and, if asked for, kept. Packets are played in batches as they would
 * come from a socket, with control calls in between.
 */
import { readFileSync } from 'node:fs';
import { MAX_PACKET_BYTES, PacketMemory } from '../runtime/memory.ts';
import type { PortHost, PortSet, SendDrops } from './port-set.ts';

/** A packet and the port it comes in or leaves at. */
export interface PortPacket {
  readonly port: number;
  readonly bytes: Uint8Array;
}

/** What came of playing packets. */
export interface Played {
  /** Packets that left, all or none as asked for, in order. */
  readonly sent: readonly PortPacket[];
  readonly sentCount: number;
  /** Processor time of the thread and real time, in microseconds. */
  readonly cpuUs: number;
  readonly realUs: number;
}

interface Job {
  readonly packets: readonly PortPacket[];
  roundsLeft: number;
  next: number;
  readonly keep: boolean;
  readonly sent: PortPacket[];
  sentCount: number;
  startedUs: number;
  startedCpuUs: number;
  readonly done: (played: Played) => void;
}

/** Processor time of this thread so far in microseconds; the time where the system does not tell. */
function threadCpuUs(): number {
  try {
    return Number(readFileSync('/proc/thread-self/schedstat', 'utf8').split(' ')[0]) / 1000;
  } catch {
    return performance.now() * 1000;
  }
}

/** Packets between two looks at the control side. */
const BATCH = 32;

export class MemoryPorts implements PortSet {
  readonly memory = new PacketMemory(BATCH);
  readonly drops: SendDrops = { unknownPort: 0, oversized: 0, refused: 0 };
  readonly #wake: Int32Array;
  readonly #jobs: Job[] = [];

  /** `wake` is a word that is not 0 when `wait` shall return early. */
  constructor(wake: SharedArrayBuffer) {
    this.#wake = new Int32Array(wake);
  }

  /** Plays packets `rounds` times; `done` is called when the last one is through. `keep`: return what leaves. */
  play(packets: readonly PortPacket[], rounds: number, keep: boolean, done: (played: Played) => void): void {
    const count = packets.length === 0 ? 0 : rounds;
    const job = { packets, roundsLeft: count, next: 0, keep, sent: [], sentCount: 0, startedUs: 0, startedCpuUs: 0 };
    this.#jobs.push({ ...job, done });
  }

  status(): readonly [] {
    return [];
  }

  wait(timeoutMs: number, host: PortHost): boolean {
    const job = this.#jobs[0];
    if (job === undefined) Atomics.wait(this.#wake, 0, 0, timeoutMs);
    else this.#playBatch(job, host);
    return Atomics.exchange(this.#wake, 0, 0) !== 0;
  }

  #playBatch(job: Job, host: PortHost): void {
    if (job.startedUs === 0) {
      job.startedUs = performance.now() * 1000;
      job.startedCpuUs = threadCpuUs();
    }
    const { memory } = this;
    const batch: PortPacket[] = [];
    while (batch.length < BATCH && job.roundsLeft > 0) {
      const packet = job.packets[job.next]!;
      const buffer = PacketMemory.firstPortBuffer + batch.push(packet) - 1;
      if (packet.bytes.length <= MAX_PACKET_BYTES) memory.bytes.set(packet.bytes, memory.packetStart(buffer));
      if (++job.next === job.packets.length) {
        job.next = 0;
        job.roundsLeft--;
      }
    }
    host.lookAhead(PacketMemory.firstPortBuffer, batch.length);
    for (const [i, { port, bytes }] of batch.entries())
      host.receive(port, bytes.length, PacketMemory.firstPortBuffer + i, 0);
    if (job.roundsLeft > 0) return;
    this.#jobs.shift();
    const { sent, sentCount } = job;
    job.done({
      sent,
      sentCount,
      cpuUs: threadCpuUs() - job.startedCpuUs,
      realUs: performance.now() * 1000 - job.startedUs,
    });
  }

  send(port: number, start: number, length: number): void {
    const job = this.#jobs[0];
    if (job === undefined) return;
    job.sentCount++;
    if (job.keep) job.sent.push({ port, bytes: this.memory.bytes.slice(start, start + length) });
  }

  flush(): void {}

  finishChecksum(): void {}

  close(): void {
    this.#jobs.length = 0;
  }
}
