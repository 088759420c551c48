/**
 * What is on its way to one client, bounded.
 *
 * A client that reads slowly must not make the server's memory grow, nor slow down others. While its stream is full,
 * messages wait here up to a limit of bytes; then packets, digests and notifications are dropped and counted, which the
 * specification allows. Arbitration answers are never dropped: they are few and matter.
 */
import type { RpcError } from '../../transport/rpc-error.ts';
import type { StreamResponse } from '../../wire/digest-list.ts';

/** The server's end of one client's stream, whatever carries it. */
export interface StreamSink {
  /** Sends a message; `false`: full until `onDrain`'s callback is called. */
  send(message: StreamResponse): boolean;
  /** Sets the one callback for "there is room again". */
  onDrain(callback: () => void): void;
  /** Ends the stream. */
  end(error: RpcError | undefined): void;
}

/** Bytes of payload that may wait for one client. */
const limitBytes = 16 * 1024 * 1024;
/** Messages that may wait for one client. */
const limitMessages = 20_000;

/** See the file's comment. */
export class Outbox {
  readonly #sink: StreamSink;
  #waiting: { readonly message: StreamResponse; readonly bytes: number }[] = [];
  #head = 0;
  #bytes = 0;
  #full = false;
  #ended = false;
  dropped = 0;

  constructor(sink: StreamSink) {
    this.#sink = sink;
    sink.onDrain(() => this.#drain());
  }

  /** Sends now or later; `false` if it was dropped. */
  send(message: StreamResponse): boolean {
    if (this.#ended) return false;
    if (!this.#full) {
      this.#full = !this.#sink.send(message);
      return true;
    }
    const bytes = sizeOf(message);
    const isArbitration = message.update.case === 'arbitration';
    if (!isArbitration && (this.#bytes + bytes > limitBytes || this.#waiting.length - this.#head >= limitMessages)) {
      this.dropped++;
      return false;
    }
    this.#waiting.push({ message, bytes });
    this.#bytes += bytes;
    return true;
  }

  #drain(): void {
    this.#full = false;
    while (!this.#full && !this.#ended && this.#head < this.#waiting.length) {
      const { message, bytes } = this.#waiting[this.#head++]!;
      this.#bytes -= bytes;
      this.#full = !this.#sink.send(message);
    }
    if (this.#head === this.#waiting.length) this.#waiting = [];
    else if (this.#head > 1024) this.#waiting = this.#waiting.slice(this.#head);
    else return;
    this.#head = 0;
  }

  /** Ends the stream; what waits is lost. */
  end(error: RpcError | undefined): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#waiting = [];
    this.#sink.end(error);
  }
}

/** A rough size: enough to bound memory. */
function sizeOf({ update }: StreamResponse): number {
  switch (update.case) {
    case 'packet':
      return update.value.payload.length + 200;
    case 'digest':
      return update.value.data.length * 300 + 200;
    case 'idleTimeoutNotification':
      return update.value.tableEntry.length * 500 + 200;
    default:
      return 500;
  }
}
