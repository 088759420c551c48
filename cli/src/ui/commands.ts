/**
 * The command lines behind the keys that act on an operation, and how a typed line becomes arguments. That every order
 * goes out as a command is what keeps the promise that the commands can do all that the screen can.
 */
import type { OperationView } from './model.ts';
import type { ConfirmState } from './state.ts';

/** A command about an operation and the question before it, or why it makes no sense now. */
export type CommandTemplate = (operation: OperationView) => ConfirmState | { readonly refusal: string };

/** `#3 swap s2 by s5`. */
function nameOf(operation: OperationView): string {
  return `#${operation.id} ${operation.title}`;
}

export const abortArguments: CommandTemplate = (operation) =>
  operation.isOver
    ? { refusal: `${nameOf(operation)} is over` }
    : { kind: 'command', question: `abort ${nameOf(operation)}?`, argv: ['abort', operation.id] };

export const pauseArguments: CommandTemplate = (operation) => {
  if (operation.isOver) return { refusal: `${nameOf(operation)} is over` };
  return operation.isPaused
    ? { kind: 'command', question: `let ${nameOf(operation)} go on?`, argv: ['resume', operation.id] }
    : { kind: 'command', question: `pause ${nameOf(operation)}?`, argv: ['pause', operation.id] };
};

export const approveArguments: CommandTemplate = (operation) =>
  operation.awaitsApproval
    ? { kind: 'command', question: `approve ${nameOf(operation)}?`, argv: ['approve', operation.id] }
    : { refusal: `${nameOf(operation)} does not wait for approval` };

export const rollbackArguments: CommandTemplate = (operation) => ({
  kind: 'command',
  question: `take ${nameOf(operation)} back?`,
  argv: ['rollback', operation.id],
});

/** Commands that run on until they are stopped, or take the screen: not from within it. */
const FOREGROUND_COMMANDS = ['demo', 'up', 'watch', 'switch', 'stf', 'bench'];

/** Why a command cannot be run from the screen; undefined: it can. */
export function refusalOf(argv: readonly string[]): string | undefined {
  const [name] = argv;
  if (name !== undefined && FOREGROUND_COMMANDS.includes(name)) return `${name} runs on; start it in a shell`;
  if (name === 'status' && argv.some((argument) => argument === '--watch' || argument === '-w')) {
    return 'you are watching already';
  }
  return undefined;
}

/** Splits a command line at blanks; quotes keep words together. A leading `mooring` is left out. */
export function splitCommandLine(line: string): string[] {
  const words: string[] = [];
  for (const match of line.matchAll(/(?:[^\s"']|"[^"]*"|'[^']*')+|["']/g)) {
    words.push(
      match[0].replace(/"([^"]*)"|'([^']*)'/g, (_, double?: string, single?: string) => double ?? single ?? ''),
    );
  }
  return words[0] === 'mooring' ? words.slice(1) : words;
}
