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
    name: 'watch',
    summary: 'the terminal UI: watch and steer a running controller',
    load: async () => (await import('./watch.ts')).watchCommand,
  },
  {
    name: 'connections',
    summary: 'show where the connections of a client go, and why',
    load: async () => (await import('./connections.ts')).connectionsCommand,
  },
  {
    name: 'inspect',
    summary: 'show the switch: program, tables and their room, ports, drops',
    load: async () => (await import('./inspect.ts')).inspectCommand,
  },
  {
    name: 'log',
    summary: 'show what has happened of late',
    load: async () => (await import('./log.ts')).logCommand,
  },
  {
    name: 'isolate',
    summary: 'say that a switch that is away does not forward',
    load: async () => (await import('./isolate.ts')).isolateCommand,
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
    name: 'weight',
    summary: "change a server's share of new connections",
    load: async () => (await import('./weight.ts')).weightCommand,
  },
  {
    name: 'enable',
    summary: 'let a disabled server take new connections again',
    load: async () => (await import('./enable.ts')).enableCommand,
  },
  {
    name: 'disable',
    summary: 'no new connections for a server, for now',
    load: async () => (await import('./enable.ts')).disableCommand,
  },
  {
    name: 'plan',
    summary: 'show what a change would do, without doing it',
    load: async () => (await import('./plan.ts')).planCommand,
  },
  {
    name: 'diff',
    summary: 'compare a configuration with what runs',
    load: async () => (await import('./apply.ts')).diffCommand,
  },
  {
    name: 'apply',
    summary: 'make what runs what a configuration says',
    load: async () => (await import('./apply.ts')).applyCommand,
  },
  {
    name: 'approve',
    summary: 'let an operation go that waits for approval',
    load: async () => (await import('./steer.ts')).approveCommand,
  },
  {
    name: 'pause',
    summary: 'have a running operation stand still',
    load: async () => (await import('./steer.ts')).pauseCommand,
  },
  {
    name: 'resume',
    summary: 'let a paused operation go on',
    load: async () => (await import('./steer.ts')).resumeCommand,
  },
  {
    name: 'abort',
    summary: 'stop a running operation and go back',
    load: async () => (await import('./abort.ts')).abortCommand,
  },
  {
    name: 'rollback',
    summary: 'take an operation back, also a finished one',
    load: async () => (await import('./steer.ts')).rollbackCommand,
  },
  {
    name: 'add-vip',
    summary: 'serve one more virtual address',
    load: async () => (await import('./vip.ts')).addVipCommand,
  },
  {
    name: 'remove-vip',
    summary: 'stop serving a virtual address, once its connections have ended',
    load: async () => (await import('./vip.ts')).removeVipCommand,
  },
  {
    name: 'buckets',
    summary: 'change the number of buckets of a virtual address',
    load: async () => (await import('./mapping.ts')).bucketsCommand,
  },
  {
    name: 'reseed',
    summary: "change the seed of a virtual address's hash",
    load: async () => (await import('./mapping.ts')).reseedCommand,
  },
  {
    name: 'affinity',
    summary: 'spread connections by client, or each by itself',
    load: async () => (await import('./mapping.ts')).affinityCommand,
  },
  {
    name: 'forwarding',
    summary: 'change how packets get to the servers of a virtual address',
    load: async () => (await import('./forwarding.ts')).forwardingCommand,
  },
  {
    name: 'reclass',
    summary: 'put clients into another class',
    load: async () => (await import('./reclass.ts')).reclassCommand,
  },
  {
    name: 'audit',
    summary: 'show who changed what, when and why',
    load: async () => (await import('./audit.ts')).auditCommand,
  },
  {
    name: 'agent',
    summary: 'on a server: tell the controller its connections and its accept queue',
    load: async () => (await import('./agent.ts')).agentCommand,
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
    name: 'mininet',
    summary: 'run a topology in Mininet',
    load: async () => (await import('./mininet.ts')).mininetCommand,
  },
  {
    name: 'doctor',
    summary: 'what this machine has of what Mooring can use',
    load: async () => (await import('./doctor.ts')).doctorCommand,
  },
  {
    name: 'man',
    summary: 'print the manual page',
    load: async () => (await import('./man.ts')).manCommand,
  },
  {
    name: 'completion',
    summary: 'print a completion script for bash, zsh or fish',
    load: async () => (await import('./completion.ts')).completionCommand,
  },
];
