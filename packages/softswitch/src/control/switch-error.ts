/**
 * Errors of loader, compiler and tables as refusals of the switch. Apart from those who throw them, because single
 * updates, blocks of entries and pipelines are carried out in different files and refuse alike.
 */
import { SwitchError } from '@mooring/p4runtime-ts/switch';
import { ProgramError } from '../model/reader.ts';
import { TableError } from '../tables/table.ts';

/** Turns the errors of lower layers into refusals. */
export function asSwitchError(error: unknown): SwitchError {
  if (error instanceof SwitchError) return error;
  if (error instanceof ProgramError)
    return new SwitchError(error.kind === 'unsupported' ? 'unsupported' : 'invalid-argument', error.message);
  if (error instanceof TableError) return new SwitchError('resource-exhausted', error.message);
  if (error instanceof RangeError) return new SwitchError('resource-exhausted', `not enough memory: ${error.message}`);
  return new SwitchError('internal', error instanceof Error ? (error.stack ?? error.message) : String(error));
}
