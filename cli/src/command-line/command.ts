/**
 * What a subcommand is to the dispatcher: a declared syntax and a `run` that returns an exit status. A command gets
 * its surroundings (streams, environment, working directory, a signal that fires on Ctrl-C) as an argument and never
 * touches `process`, so that tests run it in their own process and only `main` ever ends one.
 */
import type { CommandSyntax, ParsedArguments } from './options.ts';

/** 0 done, 1 refused or failed, 2 usage. */
export type ExitStatus = number;

/** A command's surroundings. */
export interface CommandContext {
  readonly stdout: NodeJS.WritableStream & {
    readonly isTTY?: boolean;
    readonly columns?: number;
    readonly rows?: number;
  };
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean };
  readonly stdin: NodeJS.ReadStream;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Absolute; relative paths on the command line are relative to it. */
  readonly workingDirectory: string;
  /** Fires on SIGINT, SIGTERM and SIGHUP; a command then cleans up and returns. */
  readonly signal: AbortSignal;
  /**
   * From now on Ctrl-C is for a program in front (which the terminal sends it to as well), and does not fire `signal`.
   */
  readonly leaveInterrupts?: () => void;
}

/** A command whose arguments are parsed by its declared syntax. */
export interface ParsedCommand {
  readonly kind: 'parsed';
  readonly syntax: CommandSyntax;
  run(context: CommandContext, parsed: ParsedArguments): Promise<ExitStatus>;
}

/**
 * A command that parses its own arguments, `--help` included, because it must accept another program's command line.
 */
export interface RawCommand {
  readonly kind: 'raw';
  readonly syntax: CommandSyntax;
  run(context: CommandContext, argv: readonly string[]): Promise<ExitStatus>;
}

export type Command = ParsedCommand | RawCommand;

/** Prints a result: as JSON where asked for, else the text. */
export function printResult(context: CommandContext, json: boolean, result: unknown, text: string): void {
  context.stdout.write(
    json ? `${JSON.stringify(result, null, 2)}\n` : text.endsWith('\n') || text === '' ? text : `${text}\n`,
  );
}
