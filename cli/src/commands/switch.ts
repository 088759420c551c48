export const switchCommand: import('../command-line/command.ts').Command = undefined as never;
