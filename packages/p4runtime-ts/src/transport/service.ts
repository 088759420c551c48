/**
 * The P4Runtime service, and the data plane's, as grpc-js wants them: path and (de)serialisers of each method.
 *
 * grpc-js has no code generator for protobuf-es, but needs only this table; it is made from the generated service
 * descriptor, and for the calls that carry traffic from the faster generated codecs. `Buffer.from(array.buffer, ...)`
 * wraps serialised bytes without copying.
 */
import { type DescMessage, fromBinary, type MessageShape, toBinary } from '@bufbuild/protobuf';
import { logVerbosity, type MethodDefinition, setLogVerbosity } from '@grpc/grpc-js';
import { DataplaneInterface } from '../gen/p4/bm/dataplane_interface_pb.ts';
import { P4Runtime } from '../gen/p4/v1/p4runtime_pb.ts';
import {
  readRequestFromBytes,
  readRequestToBytes,
  readResponseFromBytes,
  readResponseToBytes,
  streamMessageRequestFromBytes,
  streamMessageRequestToBytes,
  streamMessageResponseFromBytes,
  streamMessageResponseToBytes,
  writeRequestFromBytes,
  writeRequestToBytes,
} from '../gen/wire.ts';

// What goes wrong is reported to the caller; grpc-js shall not write to the standard error output besides, unless asked
// to.
if (process.env.GRPC_VERBOSITY === undefined) setLogVerbosity(logVerbosity.NONE);

function serializer<Desc extends DescMessage>(schema: Desc): (message: MessageShape<Desc>) => Buffer {
  return (message) => {
    const bytes = toBinary(schema, message);
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  };
}

function deserializer<Desc extends DescMessage>(schema: Desc): (bytes: Buffer) => MessageShape<Desc> {
  return (bytes) => fromBinary(schema, bytes);
}

function definition<Input extends DescMessage, Output extends DescMessage>(method: {
  readonly name: string;
  readonly methodKind: string;
  readonly parent: { readonly typeName: string };
  readonly input: Input;
  readonly output: Output;
}): MethodDefinition<MessageShape<Input>, MessageShape<Output>> {
  return {
    path: `/${method.parent.typeName}/${method.name}`,
    requestStream: method.methodKind === 'client_streaming' || method.methodKind === 'bidi_streaming',
    responseStream: method.methodKind === 'server_streaming' || method.methodKind === 'bidi_streaming',
    requestSerialize: serializer(method.input),
    requestDeserialize: deserializer(method.input),
    responseSerialize: serializer(method.output),
    responseDeserialize: deserializer(method.output),
  };
}

/** The methods of `p4.v1.P4Runtime`; those that carry traffic with the generated codecs. */
export const p4runtimeMethods = {
  write: {
    ...definition(P4Runtime.method.write),
    requestSerialize: writeRequestToBytes,
    requestDeserialize: writeRequestFromBytes,
  },
  read: {
    ...definition(P4Runtime.method.read),
    requestSerialize: readRequestToBytes,
    requestDeserialize: readRequestFromBytes,
    responseSerialize: readResponseToBytes,
    responseDeserialize: readResponseFromBytes,
  },
  setForwardingPipelineConfig: definition(P4Runtime.method.setForwardingPipelineConfig),
  getForwardingPipelineConfig: definition(P4Runtime.method.getForwardingPipelineConfig),
  streamChannel: {
    ...definition(P4Runtime.method.streamChannel),
    requestSerialize: streamMessageRequestToBytes,
    requestDeserialize: streamMessageRequestFromBytes,
    responseSerialize: streamMessageResponseToBytes,
    responseDeserialize: streamMessageResponseFromBytes,
  },
  capabilities: definition(P4Runtime.method.capabilities),
};

/** The methods of `p4.bm.DataplaneInterface`. */
export const dataplaneMethods = {
  packetStream: definition(DataplaneInterface.method.packetStream),
  setPortOperStatus: definition(DataplaneInterface.method.setPortOperStatus),
};

/** The trailer that carries `google.rpc.Status`. */
export const detailsTrailer = 'grpc-status-details-bin';

/** Pipelines and large batches exceed gRPC's usual 4 MB; this is what BMv2 accepts. */
export const maximumMessageBytes = 256 * 1024 * 1024;
