/** Runs a command line in this process with its output captured, as the tests of commands need it. */
import { PassThrough } from 'node:stream';
import { run } from '../../src/index.ts';

/** What a command line did. */
export interface Outcome {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `argv`; standard output is no terminal. */
export async function runCommand(
  argv: readonly string[],
  options: {
    readonly workingDirectory?: string;
    readonly environment?: Record<string, string>;
    readonly signal?: AbortSignal;
  } = {},
): Promise<Outcome> {
  let stdout = '';
  let stderr = '';
  const capture = (take: (text: string) => void): PassThrough => {
    const stream = new PassThrough();
    stream.on('data', (chunk: Buffer) => take(chunk.toString()));
    return stream;
  };
  const status = await run(argv, {
    stdout: capture((text) => {
      stdout += text;
    }),
    stderr: capture((text) => {
      stderr += text;
    }),
    stdin: process.stdin,
    environment: options.environment ?? {},
    workingDirectory: options.workingDirectory ?? process.cwd(),
    signal: options.signal ?? new AbortController().signal,
  });
  await new Promise((resolve) => setImmediate(resolve));
  return { status, stdout, stderr };
}
