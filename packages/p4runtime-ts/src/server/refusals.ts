/**
 * The server's refusals: RpcErrors with the code that the specification asks for, in one word each.
 */
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

/** Whether a switch threw this: by name as well, for switches that are bundled with a copy of that class of their own. */
export function isSwitchError(error: unknown): error is SwitchError {
  return error instanceof SwitchError || (error instanceof Error && error.name === 'SwitchError');
}

/** Anything thrown, as RpcError: a switch's refusal keeps its kind, the unexpected is our bug and INTERNAL. */
export function asRpcError(error: unknown): RpcError {
  if (error instanceof RpcError) return error;
  if (isSwitchError(error)) return new RpcError(switchCodes[error.kind] ?? Code.INTERNAL, error.message);
  return new RpcError(Code.INTERNAL, error instanceof Error ? error.message : String(error));
}
