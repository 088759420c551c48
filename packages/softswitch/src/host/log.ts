/**
 * The switch's log: lines with time and level, to the console or a file, or nowhere. The options are those of BMv2's
 * switch. Lines are written at once and not gathered, because the last line before a crash is the one that is wanted.
 */
import { appendFileSync, writeFileSync } from 'node:fs';
import type { LogLevel } from './arguments.ts';

const ORDER: readonly LogLevel[] = ['trace', 'debug', 'info', 'warn', 'error', 'off'];

export type Log = (level: LogLevel, message: string) => void;

/** Makes a log. Without console and file it is silent. */
export function makeLog(options: {
  readonly logConsole: boolean;
  readonly logFile: string | undefined;
  readonly logLevel: LogLevel;
}): Log {
  const threshold = ORDER.indexOf(options.logLevel);
  if (options.logFile !== undefined) writeFileSync(options.logFile, '');
  return (level, message) => {
    if (ORDER.indexOf(level) < threshold) return;
    const line = `[${new Date().toISOString()}] [${level}] ${message}\n`;
    if (options.logConsole) process.stdout.write(line);
    if (options.logFile !== undefined) appendFileSync(options.logFile, line);
  };
}
