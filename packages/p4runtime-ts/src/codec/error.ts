/**
 * What went wrong with an entity that a user wrote, and where in it.
 *
 * Encoders add context from the inside out (value, field, table), so the message reads: `table ipv4_lpm, match field
 * hdr.ipv4.dst: '10.0.0.300' is not a value ...`; the same facts are properties for programs.
 */
import { UnknownNameError } from '../schema/names.ts';
import { ValueError } from '../values/plain.ts';

/** An entity that does not fit the program. A user error. */
export class EntityError extends Error {
  /** The object, e.g. `table ipv4_lpm`. */
  readonly object: string;
  /** The part of it, e.g. `match field hdr.ipv4.dst`; empty for the whole. */
  readonly field: string;
  /** What is wrong, without the place. */
  readonly problem: string;

  constructor(object: string, field: string, problem: string) {
    super(`${object}${field === '' ? '' : `, ${field}`}: ${problem}`);
    this.name = 'EntityError';
    this.object = object;
    this.field = field;
    this.problem = problem;
  }
}

/** Runs `encode`, giving value and name errors their place. */
export function within<Result>(object: string, field: string, encode: () => Result): Result {
  try {
    return encode();
  } catch (error) {
    throw placed(error, object, field);
  }
}

/** A value or name error as EntityError; any other error unchanged. */
export function placed(error: unknown, object: string, field: string): unknown {
  if (error instanceof ValueError || error instanceof UnknownNameError)
    return new EntityError(object, field, error.message);
  return error;
}
