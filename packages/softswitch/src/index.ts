/**
 * `@mooring/softswitch`: a software switch that runs BMv2 JSON with the semantics of simple_switch.
 *
 * `startSwitch` runs a whole switch with ports and a P4Runtime server; `SwitchCore` (with P4Runtime's updates) and
 * `DataPlane` run a program inside the calling thread, for tests and tools.
 */

export { DROP_NAMES } from './compile/module.ts';
export { flushingSwitch } from './control/flushing-switch.ts';
export { SwitchCore, type SwitchCoreOptions } from './control/switch-core.ts';
export {
  defaultSwitchOptions,
  parseSwitchArguments,
  type SwitchArguments,
  type SwitchOptions,
  switchHelp,
  type TlsFiles,
  UsageError,
} from './host/arguments.ts';
export type { SwitchStatistics } from './host/messages.ts';
export { type FrameListener, type RunningSwitch, startSwitch } from './host/start.ts';
export { loadProgram } from './model/load.ts';
export { ProgramError } from './model/reader.ts';
export type { Program } from './model/types.ts';
export { isInterfaceUp, turnOffOffloads } from './ports/interfaces.ts';
export type { PortInterface } from './ports/packet-sockets.ts';
export { type CapturedPacket, PcapWriter, parsePcap, readPcap } from './ports/pcap.ts';
export { DataPlane, type DataPlaneOptions } from './runtime/dataplane.ts';
export { type EntryTarget, encodeArguments, type FieldMatch, TableError, TableRuntime } from './tables/table.ts';
export { formatTrace, type TraceEvent } from './trace/events.ts';
