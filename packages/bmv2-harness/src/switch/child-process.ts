/**
 * Foreign switches as processes of ours: starting one without anything that could outlive us, waiting until it is
 * there, ending it. simple_switch_grpc of `startSwitch` and simple_switch of the STF runner are started by this, and by
 * nothing else.
 *
 * Waiting always looks at the process as well, so a switch that ends at once is told at once, with what it printed, and
 * not after a time-out. The kernel kills the process when this one ends, however it ends (util-linux's setpriv asks it
 * to; without, only an orderly end does).
 */
import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';

/** Runs a program that dies with its parent. */
const LEASH = ['/usr/bin/setpriv', '--pdeathsig', 'KILL'] as const;
const POLL_INTERVAL_MS = 5;
/** Of what it printed, the end is told. */
const TOLD_CHARACTERS = 4000;

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** What to run. */
export interface ChildOptions {
  /** What people call it, for messages. */
  readonly name: string;
  /** Program and arguments. */
  readonly commandLine: readonly string[];
  /** Where it runs. */
  readonly folder: string;
}

/** A process that was started, perhaps in vain: `until` tells. */
export class SwitchProcess {
  readonly #name: string;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #exited: Promise<void>;
  #hasEnded = false;
  #printed = '';

  constructor({ name, commandLine, folder }: ChildOptions) {
    this.#name = name;
    const [program, ...programArguments] = existsSync(LEASH[0]) ? [...LEASH, ...commandLine] : commandLine;
    const child = spawn(program!, programArguments, { cwd: folder, stdio: 'pipe' });
    running.add(child);
    const remember = (data: Buffer): void => {
      this.#printed += data.toString();
    };
    child.stdout.on('data', remember);
    child.stderr.on('data', remember);
    // It may have ended before it reads: `until` tells that.
    child.stdin.on('error', () => {});
    child.once('error', (error) => {
      this.#printed += error.message;
      this.#hasEnded = true;
    });
    // Only then all that it printed is here.
    child.once('close', () => {
      this.#hasEnded = true;
    });
    this.#exited = new Promise<void>((resolve) => {
      child.once('error', () => resolve());
      child.once('exit', () => resolve());
    }).finally(() => running.delete(child));
    this.#child = child;
  }

  /** Process id, once it has been waited for with success. */
  get pid(): number {
    return this.#child.pid!;
  }

  /** All that it printed so far. */
  get printed(): string {
    return this.#printed;
  }

  /** Writes to its standard input. */
  write(text: string): void {
    this.#child.stdin.write(text);
  }

  /** @throws Error with what it printed when it has ended */
  checkAlive(): void {
    const end = this.#printed.slice(-TOLD_CHARACTERS).trim();
    if (this.#hasEnded) throw new Error(`${this.#name} ended: ${end || 'it printed nothing'}`);
  }

  /**
   * Resolves when something is so, which is looked at again and again.
   *
   * @throws Error when the process ends before, or `timeoutMs` pass
   */
  async until(isSo: () => boolean | Promise<boolean>, timeoutMs: number): Promise<void> {
    const deadlineMs = performance.now() + timeoutMs;
    while (!(await isSo())) {
      this.checkAlive();
      if (performance.now() > deadlineMs) throw new Error(`${this.#name} does not answer within ${timeoutMs} ms`);
      await new Promise<void>((resolve) => setTimeout(resolve, POLL_INTERVAL_MS));
    }
  }

  /** Kills it; resolves when it is gone. What a script started, and left behind, does not keep this process waiting. */
  async close(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exited;
    for (const stream of this.#child.stdio) stream?.destroy();
    this.#hasEnded = true;
  }
}

/** A TCP port of this machine that nobody listens on just now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

/** Whether somebody on this machine takes connections at a TCP port. */
export function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
