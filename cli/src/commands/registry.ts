/**
 * The list of subcommands. Name and summary stand here so that the overview needs no command's module; each module is
 * imported only when its command is the one that was asked for, which keeps `mooring compile` as light as if it were a
 * program of its own.
 */
import type { Command } from '../command-line/command.ts';

/** A subcommand as the overview lists it. */
export interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  load(): Promise<Command>;
}

/** All subcommands, in the order of the overview. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'demo',
    summary: 'watch servers being added, swapped and removed under load',
    load: async () => (await import('./demo.ts')).demoCommand,
  },
  {
    name: 'up',
    summary: 'run the load balancer: compiler, switch and controller',
    load: async () => (await import('./up.ts')).upCommand,
  },
  {
    name: 'status',
    summary: 'show servers, virtual addresses and running operations',
    load: async () => (await import('./status.ts')).statusCommand,
  },
  {
    name: 'add',
    summary: 'let a server take its share of new connections',
    load: async () => (await import('./add.ts')).addCommand,
  },
  {
    name: 'drain',
    summary: 'send new connections elsewhere, keep the old ones until they end',
    load: async () => (await import('./drain.ts')).drainCommand,
  },
  { name: 'swap', summary: 'replace one server by another', load: async () => (await import('./swap.ts')).swapCommand },
  {
    name: 'remove',
    summary: 'drain a server and take it out of the configuration',
    load: async () => (await import('./remove.ts')).removeCommand,
  },
  {
    name: 'abort',
    summary: 'stop a running operation and go back',
    load: async () => (await import('./abort.ts')).abortCommand,
  },
  {
    name: 'compile',
    summary: 'compile a P4_16 program (options of p4c-bm2-ss)',
    load: async () => (await import('./compile.ts')).compileCommand,
  },
  {
    name: 'types',
    summary: 'TypeScript types of a program, from its P4Info',
    load: async () => (await import('./types.ts')).typesCommand,
  },
  {
    name: 'switch',
    summary: 'run the software switch (options of simple_switch_grpc)',
    load: async () => (await import('./switch.ts')).switchCommand,
  },
  {
    name: 'explain',
    summary: 'show how a program handles a packet, step by step',
    load: async () => (await import('./explain.ts')).explainCommand,
  },
  { name: 'stf', summary: 'run STF packet tests', load: async () => (await import('./stf.ts')).stfCommand },
  {
    name: 'completion',
    summary: 'print a completion script for bash, zsh or fish',
    load: async () => (await import('./completion.ts')).completionCommand,
  },
];
