/**
 * The user's side of the control socket. Plain node:http over a unix socket, a connection a request, no dependency:
 * what the socket speaks is HTTP/1.1 with JSON, so `curl --unix-socket` does as well. Two kinds of failure are told
 * apart because their cures differ: nobody answers at the socket (`ControllerUnreachableError`), and the controller
 * refuses (`ControlRefusedError`, with its reason and the valid choices).
 */
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import type { ConnectionsAnswer, LogAnswer, SwitchDetails } from './query-types.ts';
import type {
  ApplyAnswer,
  ApplyRequest,
  AuditEntry,
  ControlErrorBody,
  ControlEvent,
  LogLine,
  OperationAction,
  OperationRequest,
  OperationStatus,
  PlanAnswer,
  Status,
  SwitchStatus,
} from './types.ts';

/** Name of the control socket in the state directory. */
export const CONTROL_SOCKET_NAME = 'control.sock';

/** Nobody listens at the socket. */
export class ControllerUnreachableError extends Error {
  readonly socketPath: string;

  constructor(socketPath: string, cause: unknown) {
    const code = (cause as NodeJS.ErrnoException | undefined)?.code;
    const reason =
      code === 'ENOENT'
        ? 'there is no such socket'
        : code === 'ECONNREFUSED'
          ? 'nobody listens there any more'
          : code === 'EACCES'
            ? 'this user may not open it'
            : cause instanceof Error
              ? cause.message
              : String(cause);
    super(`no controller answers at ${socketPath}: ${reason}`, { cause });
    this.name = 'ControllerUnreachableError';
    this.socketPath = socketPath;
  }
}

/** The controller says no. `body` has the field at fault and the valid choices. */
export class ControlRefusedError extends Error {
  /** HTTP status. */
  readonly status: number;
  readonly body: ControlErrorBody;

  constructor(status: number, body: ControlErrorBody) {
    super(body.message);
    this.name = 'ControlRefusedError';
    this.status = status;
    this.body = body;
  }
}

/** Speaks to one controller. Stateless: it may be restarted between two calls. */
export class ControlClient {
  readonly socketPath: string;

  /** @param socketPath the unix socket; `ControlClient.inStateDir` finds it. */
  constructor(socketPath: string) {
    this.socketPath = socketPath;
  }

  /** The controller that keeps its state in `stateDir`. */
  static inStateDir(stateDir: string): ControlClient {
    return new ControlClient(join(stateDir, CONTROL_SOCKET_NAME));
  }

  /** @throws ControllerUnreachableError, ControlRefusedError */
  async status(): Promise<Status> {
    return (await this.call('GET', '/v1/status')) as Status;
  }

  /**
   * Starts an operation and returns at once; `waitForOperation` waits for its end.
   * @throws ControllerUnreachableError, ControlRefusedError
   */
  async operate(operation: OperationRequest): Promise<OperationStatus> {
    const answer = (await this.call('POST', '/v1/operations', operation)) as { operation: OperationStatus };
    return answer.operation;
  }

  /** @throws ControllerUnreachableError, ControlRefusedError when there is no such operation */
  async operation(id: number): Promise<OperationStatus> {
    const answer = (await this.call('GET', `/v1/operations/${id}`)) as { operation: OperationStatus };
    return answer.operation;
  }

  /**
   * Aborts a running operation: what it has moved goes back the same gentle way.
   * @throws ControllerUnreachableError, ControlRefusedError
   */
  abort(id: number, reason?: string): Promise<OperationStatus> {
    return this.act('abort', id, reason);
  }

  /**
   * Approves an operation that waits for it, pauses, resumes or aborts one, or takes one back (also a finished one).
   * @param reason why, for the audit log
   * @throws ControllerUnreachableError, ControlRefusedError
   */
  async act(action: OperationAction, id: number, reason?: string): Promise<OperationStatus> {
    const path = `/v1/operations/${id}/${action}`;
    const answer = (await this.call('POST', path, reason === undefined ? undefined : { reason })) as {
      operation: OperationStatus;
    };
    return answer.operation;
  }

  /** What an operation would do; nothing is done. @throws ControllerUnreachableError, ControlRefusedError */
  async plan(operation: OperationRequest): Promise<PlanAnswer> {
    return (await this.call('POST', '/v1/plans', operation)) as PlanAnswer;
  }

  /** What differs between a configuration and what runs. @throws ControllerUnreachableError, ControlRefusedError */
  async diff(request: ApplyRequest): Promise<ApplyAnswer> {
    return (await this.call('POST', '/v1/diff', request)) as ApplyAnswer;
  }

  /** Makes what runs what a configuration says. @throws ControllerUnreachableError, ControlRefusedError */
  async apply(request: ApplyRequest): Promise<ApplyAnswer> {
    return (await this.call('POST', '/v1/apply', request)) as ApplyAnswer;
  }

  /**
   * Says of a switch that is away that it does not forward, so that nothing waits for it.
   * @throws ControllerUnreachableError, ControlRefusedError when there is none of that name, or it is there
   */
  async isolate(name: string): Promise<SwitchStatus> {
    return ((await this.call('POST', '/v1/switches/isolate', { switch: name })) as { switch: SwitchStatus }).switch;
  }

  /** The last entries of the audit log. @throws ControllerUnreachableError, ControlRefusedError */
  async audit(last: number): Promise<readonly AuditEntry[]> {
    return ((await this.call('GET', `/v1/audit?last=${last}`)) as { entries: AuditEntry[] }).entries;
  }

  /**
   * Where a client's connections go and why. @param vip name; all where left out @param port that of the service; any
   * where left out
   * @throws ControllerUnreachableError, ControlRefusedError when it is no client, or there is no such VIP
   */
  async connections(client: string, vip?: string, port?: number): Promise<ConnectionsAnswer> {
    const which = { ...(vip === undefined ? {} : { vip }), ...(port === undefined ? {} : { port: String(port) }) };
    const query = new URLSearchParams({ client, ...which });
    return (await this.call('GET', `/v1/connections?${query}`)) as ConnectionsAnswer;
  }

  /** The switch in detail. @throws ControllerUnreachableError, ControlRefusedError */
  async switchDetails(): Promise<SwitchDetails> {
    return (await this.call('GET', '/v1/switch')) as SwitchDetails;
  }

  /**
   * The lines of the event log that are kept, oldest first.
   * @param filter.after number of a line; only later ones
   * @throws ControllerUnreachableError, ControlRefusedError
   */
  async log(
    filter: { readonly level?: LogLine['level']; readonly contains?: string; readonly after?: number } = {},
  ): Promise<LogAnswer> {
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(filter)) if (value !== undefined) query.set(name, String(value));
    return (await this.call('GET', `/v1/log?${query}`)) as LogAnswer;
  }

  /**
   * Waits until an operation has finished, over restarts of the controller if `persistent`.
   * @param onChange called with each state on the way
   * @throws ControllerUnreachableError (if not persistent), ControlRefusedError; the signal's reason when it fires
   */
  async waitForOperation(
    id: number,
    options: {
      readonly signal?: AbortSignal;
      readonly onChange?: (operation: OperationStatus) => void;
      readonly persistent?: boolean;
    } = {},
  ): Promise<OperationStatus> {
    for (;;) {
      options.signal?.throwIfAborted();
      try {
        for await (const event of this.events({ signal: options.signal, intervalMs: 250 })) {
          const operation =
            event.kind === 'operation'
              ? event.operation
              : event.kind === 'status'
                ? event.status.operations.find((candidate) => candidate.id === id)
                : undefined;
          if (operation?.id !== id) continue;
          options.onChange?.(operation);
          if (operation.phase === 'finished') return operation;
        }
        options.signal?.throwIfAborted();
        const operation = await this.operation(id);
        if (operation.phase === 'finished') return operation;
      } catch (error) {
        options.signal?.throwIfAborted();
        if (!(error instanceof ControllerUnreachableError && options.persistent)) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  /**
   * Everything that happens, from a first full status on. Ends when the controller does, or the signal fires.
   * @throws ControllerUnreachableError
   */
  async *events(
    options: { readonly signal?: AbortSignal; readonly intervalMs?: number } = {},
  ): AsyncGenerator<ControlEvent, void, undefined> {
    const path = `/v1/events?intervalMs=${options.intervalMs ?? 500}`;
    const response = await this.open('GET', path, undefined, options.signal);
    if (response.statusCode !== 200) throw refusal(response.statusCode ?? 0, await readAll(response));
    let rest = '';
    response.setEncoding('utf8');
    try {
      for await (const chunk of response as AsyncIterable<string>) {
        const lines = (rest + chunk).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) if (line !== '') yield JSON.parse(line) as ControlEvent;
      }
    } catch (error) {
      // The other end went away, or we did: both end the stream.
      const code = (error as NodeJS.ErrnoException).code;
      if (!options.signal?.aborted && code !== 'ECONNRESET' && code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
    } finally {
      response.destroy();
    }
  }

  private async call(method: string, path: string, body?: unknown): Promise<unknown> {
    const response = await this.open(method, path, body);
    const text = await readAll(response);
    const status = response.statusCode ?? 0;
    if (status < 200 || status > 299) throw refusal(status, text);
    return JSON.parse(text);
  }

  private open(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const text = body === undefined ? undefined : JSON.stringify(body);
      const headers: Record<string, string> =
        text === undefined
          ? { 'x-mooring-user': userName() }
          : {
              'x-mooring-user': userName(),
              'content-type': 'application/json',
              'content-length': String(Buffer.byteLength(text)),
            };
      const request = httpRequest(
        { socketPath: this.socketPath, method, path, headers, signal, agent: false },
        resolve,
      );
      request.on('error', (error) => {
        reject(signal?.aborted ? error : new ControllerUnreachableError(this.socketPath, error));
      });
      request.end(text);
    });
  }
}

/** Who is asking, for the audit log. */
function userName(): string {
  const { SUDO_USER } = process.env;
  if (SUDO_USER !== undefined && SUDO_USER !== '') return SUDO_USER;
  try {
    return userInfo().username;
  } catch {
    // A user id without a name.
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}

function refusal(status: number, text: string): ControlRefusedError {
  try {
    const parsed = JSON.parse(text) as { error: ControlErrorBody };
    if (typeof parsed.error?.message === 'string') return new ControlRefusedError(status, parsed.error);
  } catch {
    // Not ours: told as it is.
  }
  return new ControlRefusedError(status, {
    code: 'internal',
    message: `the controller answered with HTTP status ${status}: ${text.slice(0, 200)}`,
  });
}

async function readAll(response: IncomingMessage): Promise<string> {
  response.setEncoding('utf8');
  let text = '';
  for await (const chunk of response as AsyncIterable<string>) text += chunk;
  return text;
}
