/** Sub-path `@mooring/controller/testing`: the controller on virtual time, for simulations and tests. */
export { type AgentKeys, httpsConnector } from './agents/client.ts';
export { ALL_FEATURES, featuresOf, type ProgramFeatures } from './switch-port/program-features.ts';
export { FakeClock, flushMicrotasks } from './testing/fake-clock.ts';
export { MemoryFiles } from './testing/memory-files.ts';
export { VirtualController, type VirtualControllerOptions } from './testing/virtual-controller.ts';
