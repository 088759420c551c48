/**
 * Stands in for the switch while a saved pipeline is read that does not run yet: no packet has changed anything, so
 * counters, registers and ages are all 0. Only reads reach it; everything else would be our bug.
 */
import type { PipelineState } from './store/state.ts';
import type { CounterCells, EntryStates, Switch } from './switch.ts';

/** Live state of a pipeline that is saved but not yet committed: no packet has changed anything. */
export function nothingHappened(state: PipelineState): Switch {
  const zeros = (count: number): CounterCells => ({
    packets: new BigUint64Array(count),
    bytes: new BigUint64Array(count),
  });
  const unused = (): never => {
    throw new Error('A saved pipeline is only read.');
  };
  return {
    prepare: unused,
    commit: unused,
    discard: unused,
    apply: unused,
    packetOut: unused,
    subscribe: unused,
    readEntries: (_tableId, slots): Promise<EntryStates> =>
      Promise.resolve({
        ...zeros(slots.length),
        ageNs: new BigUint64Array(slots.length),
        colours: zeros(3 * slots.length),
      }),
    readCounter: (_counterId, indexes) => Promise.resolve(zeros(indexes.length)),
    readMeter: (_meterId, indexes) => Promise.resolve(zeros(3 * indexes.length)),
    readRegister: (registerId, indexes) => {
      const type = state.program.registers.byId(registerId)?.type;
      const bits = type?.kind === 'bits' ? type.bitwidth : 8;
      return Promise.resolve(indexes.map(() => new Uint8Array((bits + 7) >>> 3)));
    },
  };
}
