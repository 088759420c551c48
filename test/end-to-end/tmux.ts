/**
 * A real terminal for tests: tmux on a server of its own, with a window of a chosen size. What stands on its screen is
 * read back as text, and waiting is for content only: tmux tells in control mode when a program has written something,
 * and then the screen is looked at again.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** Why there is no tmux; undefined: there is. */
export function tmuxMissing(): string | undefined {
  return spawnSync('tmux', ['-V']).status === 0 ? undefined : 'tmux is not installed (apt-get install tmux)';
}

/** One window. */
export class Tmux {
  private readonly socket: string;
  private readonly monitor: ChildProcess;
  private writes = 0;
  private waiting: (() => void)[] = [];
  private ended = false;

  private constructor(socket: string) {
    this.socket = socket;
    this.monitor = spawn('tmux', ['-S', socket, '-C', 'attach-session'], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.monitor.stdout!.on('data', () => this.wake());
    this.monitor.on('close', () => {
      this.ended = true;
      this.wake();
    });
  }

  /**
   * Runs a shell command in a window of its own. @param directory holds the server's socket, and is the working
   * directory
   */
  static start(
    directory: string,
    command: string,
    size: { readonly columns: number; readonly rows: number },
    environment: Readonly<Record<string, string>> = {},
  ): Tmux {
    const socket = join(directory, `tmux-${Math.random().toString(36).slice(2)}`);
    const { columns, rows } = size;
    const started = spawnSync(
      'tmux',
      [
        ...['-S', socket, '-f', '/dev/null'],
        ...['new-session', '-d', '-x', String(columns), '-y', String(rows), '-c', directory],
        ...Object.entries(environment).flatMap(([name, value]) => ['-e', `${name}=${value}`]),
        command,
        ...[';', 'set-option', '-g', 'window-size', 'manual'],
        ...[';', 'set-option', '-g', 'status', 'off'],
        ...[';', 'set-option', '-g', 'escape-time', '0'],
        ...[';', 'resize-window', '-x', String(columns), '-y', String(rows)],
      ],
      { encoding: 'utf8' },
    );
    if (started.status !== 0) throw new Error(`tmux: ${started.stderr}`);
    return new Tmux(socket);
  }

  /** Presses keys: names as tmux knows them (`Enter`, `Escape`, `Tab`, `Down`) or characters. */
  press(...keys: readonly string[]): void {
    this.run('send-keys', ...keys);
  }

  /** Types a text. */
  type(text: string): void {
    this.run('send-keys', '-l', text);
  }

  /** What stands on the screen. */
  screen(): string {
    return this.run('capture-pane', '-p');
  }

  /** The same with its colours. */
  colouredScreen(): string {
    return this.run('capture-pane', '-p', '-e');
  }

  resize(columns: number, rows: number): void {
    this.run('resize-window', '-x', String(columns), '-y', String(rows));
  }

  /** Resolves with the screen when it matches; rejects, with the screen, when the program has ended without. */
  async shows(pattern: string | RegExp): Promise<string> {
    for (;;) {
      const seen = this.writes;
      if (this.ended) throw new Error(`the window was closed before it showed ${pattern}`);
      const screen = this.screen();
      if (typeof pattern === 'string' ? screen.includes(pattern) : pattern.test(screen)) return screen;
      if (this.writes === seen) await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
  }

  /** Ends the window and whatever runs in it. */
  async close(): Promise<void> {
    spawnSync('tmux', ['-S', this.socket, 'kill-server']);
    if (this.monitor.exitCode === null && !this.ended)
      await new Promise((resolve) => this.monitor.once('close', resolve));
  }

  private run(...command: readonly string[]): string {
    const { status, stdout, stderr } = spawnSync('tmux', ['-S', this.socket, ...command], { encoding: 'utf8' });
    if (status !== 0) throw new Error(`tmux ${command.join(' ')}: ${stderr}`);
    return stdout;
  }

  private wake(): void {
    this.writes++;
    for (const resolve of this.waiting.splice(0)) resolve();
  }
}
