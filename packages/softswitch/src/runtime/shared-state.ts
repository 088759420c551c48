/**
 * What several data planes of one switch have in common: memory that crosses threads.
 *
 * Each thread has tables, counters, groups and sessions of its own, changed between two packets by the same update that
 * all threads get; lookups then touch no memory that another thread writes. Shared is only what packets themselves
 * change and later packets read: registers and meters, guarded by locks (`compile/critical.ts`), and the times of the
 * last hits, so that an entry is idle only if it is so in every thread.
 */
import type { CriticalRegions } from '../compile/critical.ts';
import { limbCount } from '../compile/layout.ts';
import type { TablePlan } from '../compile/tables.ts';
import type { Program } from '../model/types.ts';
import { recordCapacity } from '../tables/records.ts';
import { lockBytes } from './locks.ts';
import { meterBytes } from './meters.ts';

/** Shared memory of a program's data planes; can be sent to other threads. */
export interface SharedState {
  readonly locks: SharedArrayBuffer;
  readonly registers: readonly SharedArrayBuffer[];
  readonly meters: readonly SharedArrayBuffer[];
  /** By table; undefined where it has no direct meter. */
  readonly directMeters: readonly (SharedArrayBuffer | undefined)[];
  /** By table; undefined where it does not age. */
  readonly lastHits: readonly (SharedArrayBuffer | undefined)[];
}

/** Bytes of a register array: its limbs, and one cell of zeros. */
export function registerBytes(register: Program['registers'][number]): number {
  return (register.size + 1) * limbCount(register.bitwidth) * 4;
}

/** Makes the shared memory of a program. */
export function allocateSharedState(
  program: Program,
  plans: readonly TablePlan[],
  regions: CriticalRegions,
): SharedState {
  return {
    locks: new SharedArrayBuffer(lockBytes(regions.lockCount)),
    registers: program.registers.map((register) => new SharedArrayBuffer(registerBytes(register))),
    meters: program.meters.map((meter) => new SharedArrayBuffer(meterBytes(meter, meter.direct ? 1 : meter.size))),
    directMeters: program.tables.map((table) =>
      table.directMeter < 0
        ? undefined
        : new SharedArrayBuffer(meterBytes(program.meters[table.directMeter]!, recordCapacity(table.maxSize) + 1)),
    ),
    lastHits: plans.map(({ table, record }) =>
      record.lastHit < 0 ? undefined : new SharedArrayBuffer(4 * (recordCapacity(table.maxSize) + 1)),
    ),
  };
}
