export const addCommand: import('../command-line/command.ts').Command = undefined as never;
