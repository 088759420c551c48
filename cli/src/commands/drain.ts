export const drainCommand: import('../command-line/command.ts').Command = undefined as never;
