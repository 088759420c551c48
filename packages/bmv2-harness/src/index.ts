// Test harness for P4 programs: packets to send and expect, and a switch to send them through.
export * from './packets/index.ts';
export type { SentPacket, Target } from './switch/backend.ts';
export { type CompiledProgram, compileProgram, type ProgramSource } from './switch/compile-program.ts';
export { describePacket } from './switch/diff-text.ts';
export {
  type DeclareTest,
  describeSwitches,
  forEachSwitch,
  type SwitchPresence,
  testEachSwitch,
} from './switch/matrix.ts';
export { type StartOptions, startSwitch } from './switch/start-switch.ts';
export { type DigestData, ExpectationError, type PacketInput, SwitchUnderTest } from './switch/switch-under-test.ts';
