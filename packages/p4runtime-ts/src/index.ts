/** `@mooring/p4runtime-ts`: P4Runtime client and server. */
export * from './server/switch.ts';
