/** STF tests: the runner of `mooring stf`, and its parts for tests of our own. */
export { EmbeddedSwitch } from './stf/embedded-switch.ts';
export { parseStf } from './stf/parse.ts';
export { type ResolvedEntry, type ResolvedMatch, StfProgram } from './stf/program.ts';
export { findCases, runStf, type StfCase, type StfIo, type StfResult } from './stf/run.ts';
export { matchesPattern, packetsByPort, portsOf, runStatements } from './stf/run-test.ts';
export { pcapHeader, pcapRecord, readPcap, SimpleSwitch, type SimpleSwitchOptions } from './stf/simple-switch.ts';
export { StfError, type StfStatement } from './stf/statements.ts';
export type { CounterValue, Outputs, StfSwitch } from './stf/stf-switch.ts';
