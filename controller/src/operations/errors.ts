/** A request that is refused, with what the control socket tells about it. */
import type { ControlErrorBody } from '../control-api/types.ts';

export class OperationRefusedError extends Error {
  readonly body: ControlErrorBody;

  constructor(body: ControlErrorBody) {
    super(body.message);
    this.name = 'OperationRefusedError';
    this.body = body;
  }
}
