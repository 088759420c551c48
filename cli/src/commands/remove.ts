export const removeCommand: import('../command-line/command.ts').Command = undefined as never;
