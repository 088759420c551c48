/**
 * Running totals of one controller process, for the status. They only count what passes by and are never decided upon,
 * so they need not survive a crash: a new process starts at zero. Peaks are kept beside the present values because a
 * shift is over in seconds, and how many pins it took at most is asked afterwards.
 */
import type { Notice, PinEvent } from '../shift/types.ts';
import type { PacketOrder } from '../switch-port/port.ts';

/** See the file's comment. */
export class Totals {
  pinsExact = 0;
  pinsExactPeak = 0;
  registerPins = 0;
  registerPinsPeak = 0;
  digests = 0;
  confirmed = 0;
  learned = 0;
  releases = 0;
  pinsRefused = 0;
  astray = 0;
  /** Connections whose pins were lost with a switch's registers, and that were found again. */
  found = 0;
  audited = 0;
  bucketsFlipped = 0;
  bucketsCommitted = 0;
  bucketsAborted = 0;
  bucketsUnsealed = 0;
  sweeps = 0;
  entriesWritten = 0;
  writes = 0;
  reconnects = 0;

  countPinEvents(events: readonly PinEvent[]): void {
    this.digests += events.length;
    for (const event of events) {
      if (event.kind === 'confirmed') this.confirmed++;
      else if (event.kind === 'learned') this.learned++;
    }
  }

  countNotice(notice: Notice): void {
    if (notice.kind === 'flipped') this.bucketsFlipped++;
    else if (notice.kind === 'committed') this.bucketsCommitted++;
    else if (notice.kind === 'aborted') this.bucketsAborted++;
    else if (notice.kind === 'unsealed') this.bucketsUnsealed++;
    else if (notice.kind === 'astray') this.astray++;
    else if (notice.kind === 'doubt-over') this.found += notice.found;
  }

  countOrders(orders: readonly PacketOrder[]): void {
    for (const order of orders) {
      if (order.kind === 'release') this.releases++;
      else if (order.kind === 'sweep') this.sweeps++;
    }
  }

  notePins(exact: number, registers: number): void {
    this.pinsExact = exact;
    this.registerPins = registers;
    this.pinsExactPeak = Math.max(this.pinsExactPeak, exact);
    this.registerPinsPeak = Math.max(this.registerPinsPeak, registers);
  }
}
