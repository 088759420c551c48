/**
 * A request that is refused, with what the control socket tells about it: code, field, choices, hint. The decision that
 * refuses knows all of that, and whoever prints it is in another process, so the error carries the socket's own message
 * body.
 */
import type { ControlErrorBody } from '../control-api/types.ts';

export class OperationRefusedError extends Error {
  readonly body: ControlErrorBody;

  constructor(body: ControlErrorBody) {
    super(body.message);
    this.name = 'OperationRefusedError';
    this.body = body;
  }
}

/** A request that what is there stands against. */
export function conflict(message: string): OperationRefusedError {
  return new OperationRefusedError({ code: 'conflict', message });
}

/** A request that can be followed as soon as something is over. */
export class NotYetError extends OperationRefusedError {
  /** It waits for that without being asked to. */
  readonly waitsUnasked: boolean;

  constructor(body: Omit<ControlErrorBody, 'code'>, waitsUnasked: boolean) {
    super({ code: 'conflict', ...body });
    this.name = 'NotYetError';
    this.waitsUnasked = waitsUnasked;
  }
}

/** The switch is away, or the controller is only starting. */
export function unavailable(reason: string): OperationRefusedError {
  return new OperationRefusedError({ code: 'unavailable', message: `the controller cannot act now: ${reason}` });
}
