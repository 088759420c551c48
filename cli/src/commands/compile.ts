export const compileCommand: import('../command-line/command.ts').Command = undefined as never;
