/**
 * The checks themselves: a TCP connection is accepted, an HTTP request gets a good status, a program ends with 0. Each
 * ends within its timeout, says in a few words why it failed, never throws, and leaves nothing behind: a connection is
 * closed at once (with a FIN, so that a server's log sees an orderly end), a program that is late is killed with its
 * group.
 */
import { spawn } from 'node:child_process';
import { request } from 'node:http';
import { connect } from 'node:net';
import type { HealthCheck } from '../config/types.ts';
import type { CheckResult } from './tracker.ts';

/** Who is checked. */
export interface CheckTarget {
  readonly name: string;
  /** How the switch's counters know it: `service/server`, by their numbers; server 0 is not in the switch. */
  readonly counters: string;
  readonly host: string;
  readonly port: number;
}

/** A check that asks the server. */
export interface ActiveCheck extends HealthCheck {
  readonly kind: Exclude<HealthCheck['kind'], 'syns'>;
}

/** Whether the server itself is asked. */
export function isActive(check: HealthCheck): check is ActiveCheck {
  return check.kind !== 'syns';
}

/** A way to ask; tests have their own. */
export type Probe = (check: ActiveCheck, target: CheckTarget) => Promise<CheckResult>;

/** Checks over the network, or by a program, as configured. */
export const systemProbe: Probe = (check, target) => {
  switch (check.kind) {
    case 'tcp':
      return probeTcp(check, target);
    case 'http':
      return probeHttp(check, target);
    case 'command':
      return probeCommand(check, target);
    default:
      throw new Error(`unexpected check ${JSON.stringify(check.kind satisfies never)}`);
  }
};

function probeTcp({ timeoutMs }: HealthCheck, { host, port }: CheckTarget): Promise<CheckResult> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (result: CheckResult): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(result);
    };
    const timer = setTimeout(() => end(late(timeoutMs)), timeoutMs);
    socket.once('connect', () => {
      socket.end();
      end({ ok: true });
    });
    socket.once('error', (error) => end({ ok: false, reason: reasonOf(error) }));
  });
}

function probeHttp({ timeoutMs, path, statuses }: HealthCheck, { host, port }: CheckTarget): Promise<CheckResult> {
  return new Promise((resolve) => {
    const [low, high] = statuses;
    const asked = request({
      host,
      port,
      path,
      agent: false,
      headers: { connection: 'close', 'user-agent': 'mooring' },
    });
    const end = (result: CheckResult): void => {
      clearTimeout(timer);
      asked.destroy();
      resolve(result);
    };
    const timer = setTimeout(() => end(late(timeoutMs)), timeoutMs);
    asked.once('response', ({ statusCode = 0 }) => {
      const ok = statusCode >= low && statusCode <= high;
      end(ok ? { ok } : { ok, reason: `HTTP status ${statusCode}, not ${low} to ${high}` });
    });
    asked.once('error', (error) => end({ ok: false, reason: reasonOf(error) }));
    asked.end();
  });
}

function probeCommand({ timeoutMs, command }: HealthCheck, target: CheckTarget): Promise<CheckResult> {
  const values: Readonly<Record<string, string>> = {
    '{address}': target.host,
    '{port}': String(target.port),
    '{name}': target.name,
  };
  const [program = '', ...words] = command.map((word) =>
    word.replace(/\{(?:address|port|name)\}/g, (place) => values[place]!),
  );
  return new Promise((resolve) => {
    const child = spawn(program, words, { stdio: 'ignore', detached: true });
    const end = (result: CheckResult): void => {
      clearTimeout(timer);
      resolve(result);
    };
    const timer = setTimeout(() => {
      kill(child.pid);
      end(late(timeoutMs));
    }, timeoutMs);
    child.once('error', (error) => end({ ok: false, reason: reasonOf(error) }));
    child.once('exit', (code, signal) => {
      end(code === 0 ? { ok: true } : { ok: false, reason: `${program} ended with ${code ?? signal}` });
    });
  });
}

/** The program and what it has started: its own process group. */
function kill(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended just now.
  }
}

function late(timeoutMs: number): CheckResult {
  return { ok: false, reason: `no answer within ${timeoutMs} ms` };
}

function reasonOf(error: Error): string {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ECONNREFUSED') return 'connection refused';
  if (code === 'EHOSTUNREACH' || code === 'ENETUNREACH') return 'unreachable';
  return error.message;
}
