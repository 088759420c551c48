/**
 * The control socket: HTTP/1.1 with JSON over a unix socket in the state directory that only its owner may open (mode
 * 0600). A socket file that a killed controller left behind is replaced; one that still answers is not, since two
 * controllers must not share a state directory.
 */
import { chmod, mkdir, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { OperationRefusedError } from '../operations/errors.ts';
import type { Actor } from '../operations/host.ts';
import { answerQuery, type ControlQueries, QUERY_ROUTES } from './queries.ts';
import { parseActRequest, parseApplyRequest, parseIsolateRequest, parseOperationRequest } from './requests.ts';
import type {
  ApplyAnswer,
  ApplyRequest,
  AuditEntry,
  ControlErrorBody,
  ControlErrorCode,
  ControlEvent,
  LogLine,
  OperationAction,
  OperationRequest,
  OperationStatus,
  PlanAnswer,
  Status,
  SwitchStatus,
} from './types.ts';

const ACTIONS: readonly string[] = ['approve', 'pause', 'resume', 'abort', 'rollback'];

/** What the socket gives access to. */
export interface ControlService {
  status(): Status;
  operation(id: number): OperationStatus | undefined;
  /** @throws OperationRefusedError */
  operate(request: OperationRequest, who: string): Promise<OperationStatus>;
  /** @throws OperationRefusedError */
  act(action: OperationAction, id: number, actor: Actor): Promise<OperationStatus>;
  /** @throws OperationRefusedError */
  plan(request: OperationRequest): Promise<PlanAnswer>;
  /** @throws OperationRefusedError */
  apply(request: ApplyRequest, dryRun: boolean, who: string): Promise<ApplyAnswer>;
  /** Says of a switch that is away that it does not forward. @throws OperationRefusedError */
  isolate(name: string, who: string): Promise<SwitchStatus>;
  /** The last entries of the audit log, oldest first. */
  audit(count: number): Promise<readonly AuditEntry[]>;
  /** What is answered by looking only. */
  readonly queries: ControlQueries;
  /** Calls back on every change, until the returned function is called. */
  listen(listener: ControlListener): () => void;
}

/** Who hears of changes. */
export interface ControlListener {
  /** Something that the status shows may be different. */
  onChange(): void;
  onOperation(operation: OperationStatus): void;
  onLog(line: LogLine): void;
}

/** Another controller has the socket. */
export class SocketInUseError extends Error {
  constructor(path: string) {
    super(`another controller is running: it answers at ${path}`);
    this.name = 'SocketInUseError';
  }
}

const HTTP_STATUS: Readonly<Record<ControlErrorCode, number>> = {
  'bad-request': 400,
  'not-found': 404,
  conflict: 409,
  unavailable: 503,
  internal: 500,
};
const BODY_LIMIT_BYTES = 4 * 1024 * 1024;
const AUDIT_ENTRIES = 50;
const DEFAULT_INTERVAL_MS = 500;

/** A listening control socket. */
export class ControlServer {
  private readonly server: Server;
  private readonly path: string;

  private constructor(server: Server, path: string) {
    this.server = server;
    this.path = path;
  }

  /** Listens at `path`. @throws SocketInUseError, or what the operating system says */
  static async listen(path: string, service: ControlService): Promise<ControlServer> {
    await mkdir(dirname(path), { recursive: true });
    if (await answers(path)) throw new SocketInUseError(path);
    await rm(path, { force: true });
    const server = createServer((request, response) => {
      void handle(service, request, response).catch((error: unknown) => refuse(response, asBody(error)));
    });
    // Nobody else may open it even in the moment between listening and chmod.
    const umask = process.umask(0o177);
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(path, resolve);
      });
    } finally {
      process.umask(umask);
    }
    await chmod(path, 0o600);
    return new ControlServer(server, path);
  }

  /** Stops listening and ends what is open. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.server.closeAllConnections();
    await closed;
    await rm(this.path, { force: true });
  }
}

async function handle(service: ControlService, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://controller');
  const route = `${request.method} ${url.pathname}`;
  const operation = /^\/v1\/operations\/(\d+)$/.exec(url.pathname);
  const action = /^\/v1\/operations\/(\d+)\/([a-z]+)$/.exec(url.pathname);
  const who = nameOf(request);
  if (route === 'GET /v1/status') {
    answer(response, 200, service.status());
  } else if (route === 'POST /v1/operations') {
    const parsed = parseOperationRequest(await readJson(request));
    answer(response, 202, { operation: await service.operate(parsed, who) });
  } else if (operation !== null && request.method === 'GET') {
    const found = service.operation(Number(operation[1]));
    if (found === undefined) {
      throw new OperationRefusedError({ code: 'not-found', message: `there is no operation ${operation[1]}` });
    }
    answer(response, 200, { operation: found });
  } else if (operation !== null && request.method === 'DELETE') {
    const actor = { who, why: parseActRequest(await readJson(request)) };
    answer(response, 200, { operation: await service.act('abort', Number(operation[1]), actor) });
  } else if (action !== null && request.method === 'POST' && ACTIONS.includes(action[2]!)) {
    const actor = { who, why: parseActRequest(await readJson(request)) };
    const done = await service.act(action[2] as OperationAction, Number(action[1]), actor);
    answer(response, 200, { operation: done });
  } else if (route === 'POST /v1/plans') {
    answer(response, 200, await service.plan(parseOperationRequest(await readJson(request))));
  } else if (route === 'POST /v1/diff' || route === 'POST /v1/apply') {
    const parsed = parseApplyRequest(await readJson(request));
    answer(response, 200, await service.apply(parsed, route === 'POST /v1/diff', who));
  } else if (route === 'POST /v1/switches/isolate') {
    answer(response, 200, { switch: await service.isolate(parseIsolateRequest(await readJson(request)), who) });
  } else if (route === 'GET /v1/audit') {
    const count = Number(url.searchParams.get('last') ?? AUDIT_ENTRIES);
    if (!Number.isInteger(count) || count < 0) {
      throw new OperationRefusedError({ code: 'bad-request', field: 'last', message: '`last` must be a whole number' });
    }
    answer(response, 200, { entries: await service.audit(count) });
  } else if (QUERY_ROUTES.includes(route)) {
    answer(response, 200, await answerQuery(service.queries, route, url.searchParams));
  } else if (route === 'GET /v1/events') {
    const intervalMs = Number(url.searchParams.get('intervalMs') ?? DEFAULT_INTERVAL_MS);
    streamEvents(service, response, Number.isFinite(intervalMs) ? Math.max(20, intervalMs) : DEFAULT_INTERVAL_MS);
  } else {
    throw new OperationRefusedError({
      code: 'not-found',
      message: `there is no ${route}`,
      choices: [
        'GET /v1/status',
        'GET /v1/events',
        'POST /v1/operations',
        'GET /v1/operations/:id',
        'DELETE /v1/operations/:id',
        ...ACTIONS.map((name) => `POST /v1/operations/:id/${name}`),
        'POST /v1/plans',
        'POST /v1/diff',
        'POST /v1/apply',
        'POST /v1/switches/isolate',
        'GET /v1/audit',
        ...QUERY_ROUTES,
      ],
    });
  }
}

/** Who asks, as they say: only the socket's owner can ask at all. */
function nameOf(request: IncomingMessage): string {
  const given = request.headers['x-mooring-user'];
  const printable = typeof given === 'string' ? given.replace(/[^\x20-\x7e]/g, '?').slice(0, 100) : '';
  return printable === '' ? 'operator' : printable;
}

function streamEvents(service: ControlService, response: ServerResponse, intervalMs: number): void {
  response.writeHead(200, { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' });
  const send = (event: ControlEvent): void => {
    // Who reads too slowly loses states in between, never memory.
    if (!response.writableNeedDrain) response.write(`${JSON.stringify(event)}\n`);
  };
  let changed = false;
  let timer: NodeJS.Timeout | undefined;
  const sendStatus = (): void => {
    timer = undefined;
    if (!changed) return;
    changed = false;
    send({ kind: 'status', status: service.status() });
    timer = setTimeout(sendStatus, intervalMs);
  };
  const stop = service.listen({
    onChange() {
      changed = true;
      timer ??= setTimeout(sendStatus, intervalMs);
    },
    onOperation: (operation) => send({ kind: 'operation', operation }),
    onLog: (line) => send({ kind: 'log', line }),
  });
  response.on('close', () => {
    stop();
    clearTimeout(timer);
  });
  send({ kind: 'status', status: service.status() });
}

/** A request without a body says nothing. */
async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > BODY_LIMIT_BYTES) {
      throw new OperationRefusedError({ code: 'bad-request', message: 'the request is longer than 4 MiB' });
    }
    chunks.push(chunk);
  }
  if (length === 0) return {};
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    throw new OperationRefusedError({ code: 'bad-request', message: 'the request is not JSON' });
  }
}

function asBody(error: unknown): ControlErrorBody {
  if (error instanceof OperationRefusedError) return error.body;
  return { code: 'internal', message: error instanceof Error ? error.message : String(error) };
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify(body)}\n`);
}

function refuse(response: ServerResponse, body: ControlErrorBody): void {
  if (response.headersSent) response.destroy();
  else answer(response, HTTP_STATUS[body.code], { error: body });
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(path);
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    });
    probe.once('error', () => resolve(false));
  });
}
