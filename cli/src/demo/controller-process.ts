/**
 * The demo's controller: `mooring up` as a process of its own, so that killing it with SIGKILL is what it says, and
 * starting it again is what an operator or a service manager would do. Its output goes to a file; when it ends without
 * having been asked to, the last lines of that file are the reason that is shown.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ControlClient, type Status } from '@mooring/controller/control';
import { CommandFailure } from '../command-line/errors.ts';
import { commandFile } from '../command-line/repository.ts';

const POLL_INTERVAL_MS = 50;
const LOG_LINES_SHOWN = 12;

/** How to start the controller. */
export interface ControllerProcessOptions {
  readonly configurationFile: string;
  readonly stateDirectory: string;
  readonly switchAddress: string;
  /** Compiled program, so that a restart compiles nothing. */
  readonly programFile: string;
  readonly p4infoFile: string;
  readonly pins: boolean;
  /** Where its output is appended. */
  readonly logFile: string;
}

/** The controller's process, over its restarts. */
export class ControllerProcess {
  readonly client: ControlClient;
  private child: ChildProcess | undefined;
  private exit: { readonly code: number | null } | undefined;

  constructor(private readonly options: ControllerProcessOptions) {
    this.client = ControlClient.inStateDir(options.stateDirectory);
  }

  /** Starts it and resolves once it serves. */
  async start(signal: AbortSignal): Promise<Status> {
    const { options } = this;
    const log = openSync(options.logFile, 'a');
    const child = spawn(
      process.execPath,
      [
        commandFile(),
        'up',
        '--plain',
        '--config',
        options.configurationFile,
        '--state-dir',
        options.stateDirectory,
        '--switch-address',
        options.switchAddress,
        '--program',
        options.programFile,
        '--p4info',
        options.p4infoFile,
        ...(options.pins ? [] : ['--no-pins']),
      ],
      { stdio: ['ignore', log, log], env: { ...process.env, MOORING_NO_BUILD: '1' } },
    );
    closeSync(log);
    this.child = child;
    this.exit = undefined;
    child.on('exit', (code) => {
      if (this.child === child) this.exit = { code };
    });
    child.on('error', () => {
      if (this.child === child) this.exit = { code: null };
    });
    for (;;) {
      signal.throwIfAborted();
      this.throwIfEnded();
      const status = await this.client.status().catch(() => undefined);
      if (status?.state === 'serving' && status.pid === child.pid) return status;
      await new Promise((resolve) => setTimeout(resolve, POLL_INTERVAL_MS));
    }
  }

  /** Kills it the hard way; nothing of it gets to clean up. Resolves when it is gone. */
  async kill(): Promise<void> {
    const child = this.child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    this.child = undefined;
    await new Promise((resolve) => {
      child.once('exit', resolve);
      child.kill('SIGKILL');
    });
  }

  /** @throws CommandFailure with the last lines of its output, if it ended of its own accord */
  throwIfEnded(): void {
    if (!this.exit) return;
    throw new CommandFailure(`the controller ended with status ${this.exit.code ?? 'unknown'}`, {
      code: 'CONTROLLER_ENDED',
      hint: this.lastLines().join('\n  '),
    });
  }

  /** The end of its output. */
  lastLines(): string[] {
    try {
      return readFileSync(this.options.logFile, 'utf8').trimEnd().split('\n').slice(-LOG_LINES_SHOWN);
    } catch {
      return [];
    }
  }

  /** Files of a run in `directory`. */
  static filesIn(
    directory: string,
  ): Pick<ControllerProcessOptions, 'configurationFile' | 'stateDirectory' | 'programFile' | 'p4infoFile' | 'logFile'> {
    return {
      configurationFile: join(directory, 'mooring.yaml'),
      stateDirectory: join(directory, 'state'),
      programFile: join(directory, 'mooring.json'),
      p4infoFile: join(directory, 'mooring.p4info.txtpb'),
      logFile: join(directory, 'controller.log'),
    };
  }
}
