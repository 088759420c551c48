/** Sub-path `@mooring/controller/testing`: the controller on virtual time, for simulations and tests. */
export { type AgentKeys, httpsConnector } from './agents/client.ts';
export { FakeClock, flushMicrotasks } from './testing/fake-clock.ts';
export { MemoryFiles } from './testing/memory-files.ts';
export { VirtualController, type VirtualControllerOptions } from './testing/virtual-controller.ts';
