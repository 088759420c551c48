/**
 * `@mooring/softswitch`: a software switch that runs BMv2 JSON with the semantics of simple_switch.
 */

export { loadProgram } from './model/load.ts';
export { ProgramError } from './model/reader.ts';
export type { Program } from './model/types.ts';
export { DataPlane, type DataPlaneOptions } from './runtime/dataplane.ts';
export { encodeArguments } from './tables/table.ts';
