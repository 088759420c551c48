/**
 * Sub-path `@mooring/p4runtime-ts/testing`: a fake switch, fake time, and a server in the same process, so that a
 * controller can be tested without a data plane, a port or a wait.
 */

export { P4RuntimeService, type ServiceOptions } from './server/service.ts';
export { type FakeEntry, type FakePipeline, FakeSwitch } from './testing/fake-switch.ts';
export { FakeTimers } from './testing/fake-timers.ts';
export { inProcessTransport } from './transport/in-process.ts';
