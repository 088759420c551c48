export const statusCommand: import('../command-line/command.ts').Command = undefined as never;
