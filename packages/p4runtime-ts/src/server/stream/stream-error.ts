/**
 * What a client is told when a message on its stream was not obeyed: the code, and the message itself, so that the
 * client knows which (specification: "Stream Error").
 */
import type { StreamError, StreamMessageRequest, StreamMessageResponse } from '../../gen/p4/v1/p4runtime_pb.ts';
import type { RpcError } from '../../transport/rpc-error.ts';

/** The answer to a message that was refused. */
export function streamError({ code, reason }: RpcError, update: StreamMessageRequest['update']): StreamMessageResponse {
  const value: StreamError = {
    $typeName: 'p4.v1.StreamError',
    canonicalCode: code,
    message: reason,
    space: '',
    code: 0,
    details: errorDetails(update),
  };
  return { $typeName: 'p4.v1.StreamMessageResponse', update: { case: 'error', value } };
}

function errorDetails(update: StreamMessageRequest['update']): StreamError['details'] {
  switch (update.case) {
    case 'packet':
      return { case: 'packetOut', value: { $typeName: 'p4.v1.PacketOutError', packetOut: update.value } };
    case 'digestAck':
      return {
        case: 'digestListAck',
        value: { $typeName: 'p4.v1.DigestListAckError', digestListAck: update.value },
      };
    case 'other':
      return { case: 'other', value: { $typeName: 'p4.v1.StreamOtherError', other: update.value } };
    default:
      return { case: undefined };
  }
}
