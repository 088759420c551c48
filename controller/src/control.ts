/** Sub-path `@mooring/controller/control`: the control socket's types and client, without the controller. */
export { GUE_PORT } from './config/types.ts';
export * from './control-api/client.ts';
export type * from './control-api/query-types.ts';
export * from './control-api/types.ts';
