/**
 * A failed call, independent of gRPC's own classes, so that both sides and the in-process transport speak of it alike.
 *
 * The details of a failed Write travel as `google.rpc.Status` in the trailer `grpc-status-details-bin`; packing and
 * unpacking is here.
 */
import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { anyPack, anyUnpack } from '@bufbuild/protobuf/wkt';
import { Code } from '../gen/google/rpc/code_pb.ts';
import { type Status, StatusSchema } from '../gen/google/rpc/status_pb.ts';
import { ErrorSchema, type Error as P4Error } from '../gen/p4/v1/p4runtime_pb.ts';

export { Code };

/** `NOT_FOUND` for 5. */
export function codeName(code: number): string {
  return Code[code] ?? `code ${code}`;
}

/** A call that failed, with its gRPC code. */
export class RpcError extends Error {
  readonly code: Code;
  /** The message without the code's name in front. */
  readonly reason: string;
  /** For a Write: how each update went, in order, OK ones included. Empty when the call failed as a whole. */
  readonly updateErrors: readonly P4Error[];

  constructor(code: Code, reason: string, updateErrors: readonly P4Error[] = []) {
    super(`${codeName(code)}: ${reason}`);
    this.name = 'RpcError';
    this.code = code;
    this.reason = reason;
    this.updateErrors = updateErrors;
  }
}

/** The error's details for the trailer, `undefined` if there are none. */
export function packDetails(error: RpcError): Buffer | undefined {
  if (error.updateErrors.length === 0) return undefined;
  const status: Status = {
    $typeName: 'google.rpc.Status',
    code: error.code,
    message: error.reason,
    details: error.updateErrors.map((update) => anyPack(ErrorSchema, update)),
  };
  return Buffer.from(toBinary(StatusSchema, status));
}

/** An error from what arrived: code, message and, if present and well-formed, the trailer. */
export function unpackError(code: number, reason: string, trailer: Uint8Array | undefined): RpcError {
  if (trailer === undefined) return new RpcError(code, reason);
  try {
    const status = fromBinary(StatusSchema, trailer);
    const updates = status.details.map((detail) => anyUnpack(detail, ErrorSchema));
    return new RpcError(
      code,
      status.message || reason,
      updates.filter((update) => update !== undefined),
    );
  } catch {
    return new RpcError(code, reason);
  }
}
