export const stfCommand: import('../command-line/command.ts').Command = undefined as never;
