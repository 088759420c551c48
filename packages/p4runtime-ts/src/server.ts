/** Sub-path `@mooring/p4runtime-ts/server`: the P4Runtime server in front of a `Switch`. */
export { type DataplanePorts, DataplaneServer, type DataplaneServerOptions } from './server/dataplane-server.ts';
export { P4RuntimeServer, type ServerOptions, type ServerTlsOptions } from './server/grpc-server.ts';
export { P4RuntimeService, type ServiceOptions } from './server/service.ts';
