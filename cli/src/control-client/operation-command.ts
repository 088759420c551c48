/**
 * What `add`, `drain`, `swap` and `remove` have in common: send the request, then follow the operation to its end with
 * one line per change of phase (or, with `--detach`, leave it to the controller), and end with a status that says how
 * it went. The operation belongs to the controller: Ctrl-C here stops the watching, not the operation.
 */
import type { ControlClient, OperationRequest, OperationStatus } from '@mooring/controller/control';
import { type CommandContext, type ExitStatus, type ParsedCommand, printResult } from '../command-line/command.ts';
import { CommandFailure } from '../command-line/errors.ts';
import type { OptionSpecification, ParsedArguments } from '../command-line/options.ts';
import { callController, STATE_DIRECTORY_OPTION } from './connect.ts';
import { RAMP_OPTION, requestOf, START_OPTIONS, type WordedKind } from './operation-arguments.ts';
import { planText } from './plan-text.ts';
import { operationTitle } from './view.ts';

export { requestExtras } from './operation-arguments.ts';

/** Options of every operating command. */
export const OPERATION_OPTIONS: readonly OptionSpecification[] = [
  { name: 'vip', kind: 'text', value: 'NAME', description: 'the virtual address, where several could be meant' },
  { name: 'detach', short: 'd', kind: 'flag', description: 'return at once; the operation goes on' },
  ...START_OPTIONS,
  RAMP_OPTION,
  STATE_DIRECTORY_OPTION,
];

/** The drain deadline, for commands after which a server leaves. */
export const DEADLINE_OPTION: OptionSpecification = {
  name: 'deadline',
  kind: 'count',
  value: 'SECONDS',
  description: 'end what is left on the server after this time; 0 waits without limit',
};

/** Where a server that the configuration does not list is, for `add` and `swap`. */
export const DEFINITION_OPTIONS: readonly OptionSpecification[] = [
  {
    name: 'address',
    kind: 'text',
    value: 'IP',
    description: 'IPv4 address, for a server the configuration does not list',
  },
  {
    name: 'port',
    kind: 'count',
    value: 'PORT',
    description: "the server's TCP port (default: that of the virtual address)",
  },
  { name: 'weight', kind: 'count', value: 'N', description: 'its share relative to the other servers (default 1)' },
];

/** One line about where an operation stands. */
export function operationLine(operation: OperationStatus): string {
  const { buckets, committed, pinsLeft } = operation.progress;
  const state = operation.phase === 'finished' ? (operation.outcome ?? 'done') : operation.phase;
  const pins = pinsLeft > 0 ? `, ${pinsLeft} pinned connections left` : '';
  const astray = operation.astray > 0 ? `, ${operation.astray} CONNECTIONS WENT ASTRAY` : '';
  const resets = operation.resets?.suspected ? `, ${operation.resets.suspected} UNUSUAL RESETS` : '';
  const said = operation.message.startsWith(`${state}, `)
    ? operation.message.slice(state.length + 2)
    : operation.message;
  const message = said && said !== state ? `: ${said}` : '';
  // Many messages count the buckets themselves, and before its start an operation has none.
  const isCounted = buckets === 0 || message.includes(` of ${buckets} buckets`);
  const counted = isCounted ? '' : `, ${committed} of ${buckets} buckets`;
  return `#${operation.id} ${operationTitle(operation)} ${state}${counted}${pins}${astray}${resets}${message}`;
}

/** Sends the request and follows the operation. */
export async function runOperation(
  context: CommandContext,
  parsed: ParsedArguments,
  request: OperationRequest,
): Promise<ExitStatus> {
  return followOperation(context, parsed, (client) => client.operate(request));
}

/** What a command does whose words say all of its request. */
export function runRequest(kind: WordedKind): ParsedCommand['run'] {
  return (context, parsed) => runOperation(context, parsed, requestOf(kind, parsed.positional, parsed));
}

/**
 * Has something done about an operation and follows it to its end, or until it waits for a person.
 *
 * @param isDone whether an operation that has ended otherwise than done is what was wanted
 */
export async function followOperation(
  context: CommandContext,
  parsed: ParsedArguments,
  act: (client: ControlClient) => Promise<OperationStatus>,
  isDone: (operation: OperationStatus) => boolean = () => false,
): Promise<ExitStatus> {
  const json = parsed.flags.has('json');
  const operation = await callController(context, parsed, async (client) => {
    const begun = await act(client);
    if (parsed.flags.has('detach') || begun.phase === 'finished' || begun.phase === 'awaiting-approval') return begun;
    let last = '';
    try {
      return await client.waitForOperation(begun.id, {
        signal: context.signal,
        onChange: (state) => {
          const key = `${state.phase} ${state.message}`;
          if (key === last || json) return;
          last = key;
          context.stderr.write(`${operationLine(state)}\n`);
        },
      });
    } catch (error) {
      if (!context.signal.aborted) throw error;
      throw new CommandFailure(`stopped watching; operation #${begun.id} goes on`, {
        code: 'INTERRUPTED',
        hint: `mooring abort ${begun.id} aborts it, mooring status shows it.`,
      });
    }
  });
  const ok = operation.outcome === undefined || operation.outcome === 'done' || isDone(operation);
  const plan = operation.plan === undefined ? '' : `${planText(operation.plan)}\n`;
  printResult(context, json, { ok, operation }, plan + operationLine(operation));
  return ok ? 0 : 1;
}
