export const upCommand: import('../command-line/command.ts').Command = undefined as never;
