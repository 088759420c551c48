/**
 * The server's refusals: RpcErrors with the code that the specification asks for, in one word each.
 */
import type { Error as P4Error } from '../gen/p4/v1/p4runtime_pb.ts';
import { Code, RpcError } from '../transport/rpc-error.ts';
import { SwitchError } from './switch.ts';

/** Malformed, or does not fit the program. */
export const invalid = (message: string): RpcError => new RpcError(Code.INVALID_ARGUMENT, message);
/** A value that its field cannot hold, or an index beyond its array. */
export const outOfRange = (message: string): RpcError => new RpcError(Code.OUT_OF_RANGE, message);
/** It does not exist. */
export const notFound = (message: string): RpcError => new RpcError(Code.NOT_FOUND, message);
/** It exists already. */
export const alreadyExists = (message: string): RpcError => new RpcError(Code.ALREADY_EXISTS, message);
/** The client, or anybody, may not. */
export const denied = (message: string): RpcError => new RpcError(Code.PERMISSION_DENIED, message);
/** Full. */
export const exhausted = (message: string): RpcError => new RpcError(Code.RESOURCE_EXHAUSTED, message);
/** Not in this state. */
export const precondition = (message: string): RpcError => new RpcError(Code.FAILED_PRECONDITION, message);
/** A named gap of this server or its switch. */
export const unsupported = (message: string): RpcError => new RpcError(Code.UNIMPLEMENTED, message);

const switchCodes = {
  'invalid-argument': Code.INVALID_ARGUMENT,
  unsupported: Code.UNIMPLEMENTED,
  'resource-exhausted': Code.RESOURCE_EXHAUSTED,
  unavailable: Code.UNAVAILABLE,
  internal: Code.INTERNAL,
} as const;

/**
 * Whether a switch threw this: by name as well, for switches that are bundled with a copy of that class of their own.
 */
export function isSwitchError(error: unknown): error is SwitchError {
  return error instanceof SwitchError || (error instanceof Error && error.name === 'SwitchError');
}

/** Anything thrown, as RpcError: a switch's refusal keeps its kind, the unexpected is our bug and INTERNAL. */
export function asRpcError(error: unknown): RpcError {
  if (error instanceof RpcError) return error;
  if (isSwitchError(error)) return new RpcError(switchCodes[error.kind] ?? Code.INTERNAL, error.message);
  return new RpcError(Code.INTERNAL, error instanceof Error ? error.message : String(error));
}

/** The name space of this server's error codes (of which there are none: `code` stays 0). */
const errorSpace = 'mooring';

/**
 * What became of each part of a request, as the details of the error of the whole (specification: "Error Reporting").
 *
 * @param length parts of the request
 * @param errors by position; a part that is not among them went as `others` says
 */
export function errorDetails(
  length: number,
  errors: ReadonlyMap<number, RpcError>,
  others: { readonly code: Code; readonly reason: string } = { code: Code.OK, reason: '' },
): P4Error[] {
  return Array.from({ length }, (_, index) => {
    const error = errors.get(index);
    const { code, reason } = error ?? others;
    return {
      $typeName: 'p4.v1.Error',
      canonicalCode: code,
      message: reason,
      space: error === undefined ? '' : errorSpace,
      code: 0,
      details: undefined,
    };
  });
}
