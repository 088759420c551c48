/**
 * How the operating commands find the running controller, and how its refusals become the command's. The socket lies in
 * the state directory: `--state-dir`, else `MOORING_STATE_DIR`, else `mooring-state` in the working directory, which is
 * where `mooring up` puts it for a configuration that says nothing else.
 */
import { isAbsolute, join } from 'node:path';
import { ControlClient, ControllerUnreachableError, ControlRefusedError } from '@mooring/controller/control';
import type { CommandContext } from '../command-line/command.ts';
import { CommandFailure } from '../command-line/errors.ts';
import type { OptionSpecification, ParsedArguments } from '../command-line/options.ts';

/** The option that names the state directory. */
export const STATE_DIRECTORY_OPTION: OptionSpecification = {
  name: 'state-dir',
  kind: 'text',
  value: 'DIR',
  description: "the controller's state directory (default: $MOORING_STATE_DIR or ./mooring-state)",
};

/** The option that names one port of a virtual address for all ports. */
export const SERVICE_PORT_OPTION: OptionSpecification = {
  name: 'service-port',
  kind: 'count',
  value: 'PORT',
  description: 'to this port of a virtual address for all ports',
};

/** Absolute path of the state directory that the command line means. */
export function stateDirectory(context: CommandContext, parsed: ParsedArguments): string {
  return stateDirectoryOf(context, parsed.texts.get('state-dir'));
}

/** The same, from what was written behind `--state-dir`. */
export function stateDirectoryOf(context: CommandContext, written: string | undefined): string {
  const given = written ?? context.environment.MOORING_STATE_DIR ?? 'mooring-state';
  return isAbsolute(given) ? given : join(context.workingDirectory, given);
}

/**
 * Calls the controller.
 * @throws CommandFailure when nobody answers or the controller refuses; the reasons are the controller's own
 */
export async function callController<Result>(
  context: CommandContext,
  parsed: ParsedArguments,
  call: (client: ControlClient) => Promise<Result>,
): Promise<Result> {
  const client = ControlClient.inStateDir(stateDirectory(context, parsed));
  try {
    return await call(client);
  } catch (error) {
    throw controllerFailure(error);
  }
}

/** How to say what the controller asks for, where its field is an option here. */
function optionHint(field: string | undefined, choices: readonly string[] | undefined): string | undefined {
  return field === 'vip' && choices !== undefined ? 'Name it with --vip NAME.' : undefined;
}

/** The command's failure for an error of the control client; other errors are passed through. */
export function controllerFailure(error: unknown): unknown {
  if (error instanceof ControllerUnreachableError) {
    return new CommandFailure(error.message, {
      code: 'CONTROLLER_UNREACHABLE',
      hint: 'Start it with mooring up -c mooring.yaml, or name its state directory with --state-dir DIR.',
    });
  }
  if (error instanceof ControlRefusedError) {
    const { code, message, field, choices, hint } = error.body;
    return new CommandFailure(message, {
      ...{ code: code.toUpperCase().replaceAll('-', '_'), field, choices },
      hint: hint ?? optionHint(field, choices),
    });
  }
  return error;
}
