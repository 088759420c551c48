/** `@mooring/controller`: moves hash buckets between servers under supervision, over P4Runtime. */
export * from './clock.ts';
export * from './control.ts';
export * from './options.ts';
