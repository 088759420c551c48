/**
 * `@mooring/p4runtime-ts`: P4Runtime client and server for TypeScript.
 *
 * Lighter sub-paths: `/p4info` (P4Info and its names), `/textproto`, `/switch` (what a data plane implements), `/proto` (raw messages),
 * `/testing` (a fake switch and an in-process connection).
 */
export * from './client/client.ts';
export * from './client/errors.ts';
export type { ArbitrationState } from './client/session.ts';
export { EntityError } from './codec/error.ts';
export * from './entities/types.ts';
export { readP4Info, writeP4Info } from './schema/files.ts';
export { NameTable, UnknownNameError } from './schema/names.ts';
export { Program } from './schema/program.ts';
export { P4InfoError } from './schema/types.ts';
export * from './server/switch.ts';
export { systemTimers, type Timers } from './timers.ts';
export { type ClientTlsOptions, grpcTransport } from './transport/grpc-transport.ts';
export { codeName, RpcError } from './transport/rpc-error.ts';
export type { CallOptions, StreamHandle, StreamListener, Transport } from './transport/transport.ts';
export { formatIpv4, formatIpv6, formatMac, parseAddress } from './values/addresses.ts';
export { formatValue, ValueError } from './values/plain.ts';
