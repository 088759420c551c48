/** `@mooring/controller`: moves hash buckets between servers under supervision, over P4Runtime. */
export * from './clock.ts';
export { type ConfigurationDiagnostic, ConfigurationError } from './config/diagnostics.ts';
export { readConfiguration } from './config/read.ts';
export type * from './config/types.ts';
export * from './control.ts';
export { SocketInUseError } from './control-api/server.ts';
export { type RunningController, startController } from './controller.ts';
export { IntentConflictError } from './intent/begin.ts';
export { JournalDamagedError } from './journal/journal.ts';
export * from './options.ts';
export { SwitchLostError, SwitchRefusedError } from './switch-port/port.ts';
