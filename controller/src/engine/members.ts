/**
 * Several switches as the engine sees them: who has been there is journaled before anything is written, so that a
 * controller that is started while one of them is away knows that it may be forwarding. An operator may say that it
 * does not; that holds until it is there again, and is taken back before it is given anything, for from then on it
 * forwards.
 */
import type { Intent, IntentRecord } from '../intent/types.ts';
import type { Journal } from '../journal/journal.ts';
import { OperationRefusedError } from '../operations/errors.ts';
import type { MemberStatus } from '../switch-port/port.ts';
import { didYouMean } from '../text/did-you-mean.ts';
import type { Engine } from './engine.ts';

/** Writes down who is there. */
export async function noteMembers(
  journal: Journal<IntentRecord, Intent>,
  switches: readonly MemberStatus[],
): Promise<void> {
  for (const { name, absence } of switches) {
    if (absence !== undefined || journal.state.switches.get(name) === 'joined') continue;
    journal.add({ kind: 'switch', name, standing: 'joined' });
  }
  await journal.flush();
}

/** Whether one is away that may be forwarding. */
export function mustWait(switches: readonly MemberStatus[]): boolean {
  return switches.some(({ absence, isIsolated }) => absence !== undefined && !isIsolated);
}

/**
 * An operator says that a switch that is away does not forward. To be run in a turn of the engine. @throws
 * OperationRefusedError
 */
export function isolateSwitch(engine: Engine, name: string, who: string): void {
  const { journal, audit, log } = engine.options;
  const switches = engine.session?.switches ?? [];
  if (switches.length === 0) {
    const message = 'there is only one switch: nothing waits for another one';
    throw new OperationRefusedError({ code: 'conflict', message });
  }
  const found = switches.find((one) => one.name === name);
  if (found === undefined) {
    const choices = switches.map((one) => one.name);
    const meant = didYouMean(name, choices);
    const message = `there is no switch \`${name}\`${meant === undefined ? '' : `: did you mean \`${meant}\`?`}`;
    throw new OperationRefusedError({ code: 'not-found', field: 'switch', message, choices });
  }
  if (found.absence === undefined) {
    const hint = 'only one that is away can be isolated; take it out of the way of packets, then stop it';
    throw new OperationRefusedError({
      code: 'conflict',
      field: 'switch',
      message: `switch \`${name}\` is there`,
      hint,
    });
  }
  if (found.isIsolated) {
    throw new OperationRefusedError({
      code: 'conflict',
      field: 'switch',
      message: `switch \`${name}\` is isolated already`,
    });
  }
  journal.add({ kind: 'switch', name, standing: 'isolated' });
  audit?.add({ who, what: `isolate switch ${name}`, result: 'done' });
  log.write('warning', `switch ${name} is isolated: it does not forward any more, and is emptied when it returns`);
  engine.reopen();
}
