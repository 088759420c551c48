/**
 * Sub-path `@mooring/p4runtime-ts/p4info`: P4Info, its messages, its file formats and its names. Loads the protobuf
 * runtime only, no gRPC, so that the compiler can use it without slowing its start.
 */
export { create, type MessageInitShape, toBinary, toJson } from '@bufbuild/protobuf';
export * from './gen/p4/config/v1/p4info_pb.ts';
export * from './gen/p4/config/v1/p4types_pb.ts';
export { type P4InfoFormat, readP4Info, writeP4Info } from './schema/files.ts';
export { type Named, NameTable, UnknownNameError } from './schema/names.ts';
export {
  type ActionInfo,
  type ActionProfileInfo,
  type ControllerHeaderInfo,
  type CounterInfo,
  type CounterUnits,
  type DigestInfo,
  type DirectCounterInfo,
  type DirectMeterInfo,
  type FieldType,
  type MatchFieldInfo,
  type MatchKind,
  type MetadataFieldInfo,
  type MeterInfo,
  type ParamInfo,
  Program,
  type RegisterInfo,
  type TableActionInfo,
  type TableInfo,
  type ValueFormat,
  type ValueSetInfo,
} from './schema/program.ts';
export { type DataMember, type DataType, P4InfoError, TypeResolver } from './schema/types.ts';
export { type GenerateOptions, generateTypes } from './typed/generate.ts';
