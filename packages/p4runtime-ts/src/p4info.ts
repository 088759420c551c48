/**
 * Sub-path `@mooring/p4runtime-ts/p4info`: P4Info's messages. Loads the protobuf runtime only, no gRPC, so that the compiler
 * can use it without slowing its start.
 */
export * from './gen/p4/config/v1/p4info_pb.ts';
export * from './gen/p4/config/v1/p4types_pb.ts';
