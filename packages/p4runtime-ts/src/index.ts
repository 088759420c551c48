/**
 * `@mooring/p4runtime-ts`: P4Runtime client and server for TypeScript.
 *
 * Lighter sub-paths: `/p4info` (P4Info and its names), `/textproto`, `/switch` (what a data plane implements), `/proto`
 * (raw messages), `/testing` (a fake switch and an in-process connection).
 */
export * from './client/client.ts';
export { DataplaneClient, type DataplanePacket } from './client/dataplane-client.ts';
export * from './client/errors.ts';
export type { ArbitrationState } from './client/session.ts';
export { EntityError } from './codec/error.ts';
export * from './entities/types.ts';
export { readP4Info, writeP4Info } from './schema/files.ts';
export { NameTable, UnknownNameError } from './schema/names.ts';
export { Program } from './schema/program.ts';
export { P4InfoError } from './schema/types.ts';
export { type DataplanePorts, DataplaneServer, type DataplaneServerOptions } from './server/dataplane-server.ts';
export type { DeviceEvent } from './server/device.ts';
export { P4RuntimeServer, type ServerOptions, type ServerTlsOptions } from './server/grpc-server.ts';
export { apiVersion, P4RuntimeService, type ServiceOptions } from './server/service.ts';
export * from './server/switch.ts';
export type { Translation, Translations } from './server/translation.ts';
export { systemTimers, type Timers } from './timers.ts';
export { type ClientTlsOptions, grpcTransport } from './transport/grpc-transport.ts';
export { inProcessTransport } from './transport/in-process.ts';
export { codeName, RpcError } from './transport/rpc-error.ts';
export type { CallOptions, StreamHandle, StreamListener, Transport } from './transport/transport.ts';
export { type GenerateOptions, generateTypes } from './typed/generate.ts';
export * from './typed/typed.ts';
export { formatIpv4, formatIpv6, formatMac, parseAddress } from './values/addresses.ts';
export { formatValue, ValueError } from './values/plain.ts';
export { type SampledList, type SampleList, type StreamResponse, wholeResponse } from './wire/digest-list.ts';
