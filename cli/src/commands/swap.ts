export const swapCommand: import('../command-line/command.ts').Command = undefined as never;
