/** The switches as the status shows them: who is there, since when one is away, and what waits for it. Reads only. */
import { switchName } from '../config/types.ts';
import type { SwitchAbsence, SwitchStatus } from '../control-api/types.ts';
import { isWaiting } from '../operations/preparation.ts';
import type { MemberStatus } from '../switch-port/port.ts';
import type { Engine } from './engine.ts';

/** All of them, in the order of the configuration. @param firstAddress of the first one, which options may give */
export function switchStatuses(engine: Engine, firstAddress: string): SwitchStatus[] {
  const { session } = engine;
  const switches = engine.options.configuration.switches.map((one, index) => {
    return index === 0 ? { ...one, address: firstAddress } : one;
  });
  return switches.map((one, index): SwitchStatus => {
    const member = session?.switches[index];
    const connected = session !== undefined && member?.absence === undefined;
    const error = member?.absence?.reason ?? engine.lostReason;
    return {
      name: switchName(one, switches),
      address: one.address,
      deviceId: String(one.deviceId),
      connected,
      primary: connected,
      pipeline: connected ? session.pipeline : 'none',
      slots: connected ? session.slots : 0,
      ...(error === undefined ? {} : { error }),
      ...(member?.absence === undefined ? {} : { away: awayOf(engine, member, member.absence.sinceMs) }),
    };
  });
}

function awayOf(engine: Engine, { isIsolated }: MemberStatus, sinceMs: number): SwitchAbsence {
  if (isIsolated) return { sinceMs, isolated: true, waitingBuckets: 0, waitingOperations: [] };
  const buckets = [...engine.shift.vips.values()].flat().filter(({ phase }) => phase !== 'steady');
  const waitingOperations = engine.operations
    .list()
    .filter(({ phase }) => phase !== 'finished' && !isWaiting(phase))
    .map(({ id }) => id);
  return { sinceMs, isolated: false, waitingBuckets: buckets.length, waitingOperations };
}
