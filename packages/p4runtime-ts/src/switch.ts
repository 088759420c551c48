/**
 * Sub-path `@mooring/p4runtime-ts/switch`: what a data plane implements to be driven over P4Runtime. Loads nothing
 * else.
 */
export * from './server/entry-block.ts';
export * from './server/switch.ts';
