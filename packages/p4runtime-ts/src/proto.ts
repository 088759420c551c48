/**
 * Sub-path `@mooring/p4runtime-ts/proto`: the protobuf bindings as generated, for those who speak P4Runtime message by
 * message. P4Info's are in `@mooring/p4runtime-ts/p4info`. Generated from `proto/` by `npm run generate`.
 */
export * from './gen/google/rpc/code_pb.ts';
export * from './gen/google/rpc/status_pb.ts';
export * from './gen/p4/tmp/p4config_pb.ts';
export * from './gen/p4/v1/p4data_pb.ts';
export * from './gen/p4/v1/p4runtime_pb.ts';
