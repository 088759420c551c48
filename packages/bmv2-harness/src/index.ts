// Test harness for P4 programs: packets to send and expect, and a switch to send them through.
export * from './packets/index.ts';
