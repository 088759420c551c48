/**
 * Other classes of clients while VIPs are in service. A client's class and the VIPs' entries for that class lie in
 * different tables, and a packet must never find a class that no VIP has an entry for. So the VIPs get entries for new
 * classes first, then clients change their class, and entries for classes that are no more go last; each step is in the
 * switch before the next begins. A new class has its rate before its clients. No connection is touched: clients stay at
 * the VIPs where they were (others are moved by an operation, operations/reclass.ts).
 *
 * Each step is journaled and complete in itself, so that a controller that is killed in between finds consistent
 * tables; applying the file again does the rest.
 */
import { type ClassConfiguration, MOST_CLASSES } from './config/types.ts';
import type { Engine } from './engine/engine.ts';
import { wantServices } from './engine/reconcile.ts';
import { isMoving } from './intent/begin.ts';
import { type ClassRecord, numberClasses } from './intent/classes.ts';
import { OperationRefusedError } from './operations/errors.ts';
import { VIP_TABLES } from './switch-port/tables.ts';

const TABLES = ['client_classes', 'client_classes_v6', ...VIP_TABLES] as const;

/**
 * @param wanted checked, and diverting nobody @throws OperationRefusedError when the switch is away or has no room for
 * old and new ones
 */
export async function changeClasses(engine: Engine, wanted: readonly ClassConfiguration[], who: string): Promise<void> {
  const { configuration, journal, audit } = engine.options;
  const known = journal.state.classes;
  if (isMoving(journal.state)) {
    const message = 'clients are moving between classes just now';
    throw new OperationRefusedError({ code: 'conflict', field: 'classes', message, hint: 'wait until they have' });
  }
  const gone = known.filter(({ name }) => !wanted.some((one) => one.name === name));
  const all = numberClasses(known, [...wanted, ...gone]);
  if (all.length > MOST_CLASSES) {
    throw new OperationRefusedError({
      code: 'conflict',
      field: 'classes',
      message: `old and new classes together are ${all.length}, and the switch has room for ${MOST_CLASSES}`,
      hint: 'take the old ones out first, then apply the file with the new ones',
    });
  }
  const take = (classes: readonly ClassRecord[]): void => {
    journal.add({ kind: 'classes', classes });
    for (const table of TABLES) engine.shadow.clear(table);
    wantServices(configuration, journal.state, engine.shadow);
  };
  const withPrefixesOf = (source: readonly ClassConfiguration[]) =>
    all.map((one) => ({ ...one, prefixes: source.find(({ name }) => name === one.name)?.prefixes ?? [] }));

  await engine.submit(() => take(withPrefixesOf(known)));
  // Should the switch be lost just now, its next session begins with the rates in the journal.
  await engine.session?.writeClassRates(all).catch(() => undefined);
  await engine.submit(() => take(withPrefixesOf(wanted)));
  await engine.submit(() => {
    take(all.filter((one) => !gone.some(({ name }) => name === one.name)));
    (configuration as { classes: readonly ClassConfiguration[] }).classes = wanted;
    audit?.add({ who, what: 'classes of clients', result: 'done' });
  });
}
