/**
 * `mooring diff` and `mooring apply` on a running controller: the file is read by the same reader as at the start
 * (errors with line and column), compared in one turn with what runs, and then each operation that it takes gets a turn
 * of its own, after all of them have been found possible.
 */

import { changeClasses } from './change-classes.ts';
import { ConfigurationError } from './config/diagnostics.ts';
import { readConfiguration } from './config/read.ts';
import type { ApplyAnswer, ApplyRequest, OperationStatus } from './control-api/types.ts';
import type { Engine } from './engine/engine.ts';
import { checkFile } from './operations/abilities.ts';
import { compare } from './operations/apply.ts';
import { OperationRefusedError } from './operations/errors.ts';

/** @param dryRun only say what would be done @throws OperationRefusedError */
export async function applyConfiguration(
  engine: Engine,
  request: ApplyRequest,
  dryRun: boolean,
  who: string,
): Promise<ApplyAnswer> {
  const wanted = read(request);
  checkFile(engine.options.features, wanted, request.fileName);
  const extras = {
    ...(request.approve === undefined ? {} : { approve: request.approve }),
    ...(request.reason === undefined ? {} : { reason: request.reason }),
  };
  const { operations } = engine;
  const { comparison, plans } = await engine.submit(() => {
    const comparison = compare(engine.options.configuration, engine.options.journal.state, wanted);
    const refused = comparison.differences.filter((difference) => difference.refused !== undefined);
    if (!dryRun && refused.length > 0) {
      throw new OperationRefusedError({
        code: 'conflict',
        field: request.fileName,
        message: refused.map(({ what, detail, refused: why }) => `${what} (${detail}): ${why}`).join('; '),
        hint: 'nothing was changed',
      });
    }
    const plans = refused.length > 0 ? [] : comparison.requests.map((one) => operations.plan({ ...one, ...extras }));
    if (!dryRun && comparison.settings.length > 0) operations.followSettings(comparison.settings, { who });
    return { comparison, plans };
  });
  const started: OperationStatus[] = [];
  if (!dryRun) {
    if (comparison.classes !== undefined) await changeClasses(engine, comparison.classes, who);
    for (const one of [...comparison.requests, ...comparison.later]) {
      // What the file wants of a VIP may take several, one after the other.
      const request = { ...one, ...extras, queue: true };
      started.push(await engine.submit(() => operations.request(request, { who })));
    }
  }
  return { differences: comparison.differences, operations: started, plans };
}

function read({ fileName, text }: ApplyRequest) {
  try {
    return readConfiguration(fileName, text);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    throw new OperationRefusedError({ code: 'bad-request', field: fileName, message: error.message });
  }
}
