export const demoCommand: import('../command-line/command.ts').Command = undefined as never;
