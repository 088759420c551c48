// Sub-path `@mooring/bmv2-harness/bmv2`: what other parts need to run an installed BMv2, without loading compiler and
// switch.
export { BMV2_VARIABLE, findBmv2 } from './switch/bmv2-process.ts';
export { deepenQueues, queueDepthCall } from './switch/bmv2-queues.ts';
export { freePort } from './switch/child-process.ts';
export { cpuSecondsOf } from './switch/processor-time.ts';
