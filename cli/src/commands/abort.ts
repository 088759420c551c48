export const abortCommand: import('../command-line/command.ts').Command = undefined as never;
