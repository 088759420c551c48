/**
 * The agent as a service: HTTPS with mutual TLS, JSON, two resources. `GET /v1/report?port=P` (or `port=all&address=A`
 * for whatever this server has at an address) says how the service at that port is at this moment, read after the
 * request has come in, which is what a load balancer relies on when it asks. `GET /v1/stream?port=P` sends a line
 * whenever the report has changed, at most one an interval, and one a second in any case, so that silence means that
 * the agent is gone and nobody has to poll over the network. The kernel is read only while somebody listens.
 *
 * Whoever shows no certificate of the given authority does not get as far as HTTP.
 */
import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { type AddressInfo, isIP } from 'node:net';
import { readAcceptQueueLimit } from './accept-queue.ts';
import { hasAddress, readSockets, reportAllServices, reportService, type ServiceReport } from './service.ts';

/** The wire format's version; raised when a field changes its meaning. */
export const REPORT_VERSION = 1;

/** A report as it travels. */
export interface WireReport {
  readonly version: typeof REPORT_VERSION;
  readonly port: number | 'all';
  readonly listening: boolean;
  readonly acceptQueue: number;
  readonly acceptQueueLimit: number;
  /**
   * Client address, client port, and 1 for a connection that is only half open; where all ports were asked for, the
   * server's own as well.
   */
  readonly connections: readonly (readonly [address: string, port: number, halfOpen: 0 | 1, ownPort?: number])[];
}

/** What is asked about: a port, or all connections to an address of this server. */
export type ServiceQuestion = { readonly port: number } | { readonly port: 'all'; readonly address: string };

/** Where reports come from. */
type ReportSource = (
  question: ServiceQuestion,
) => Promise<{ readonly report: ServiceReport; readonly acceptQueueLimit: number }>;

/** How to start an agent. */
export interface AgentOptions {
  /** Where to listen; port 0 for any. */
  readonly host: string;
  readonly port: number;
  /** Ports that may be asked for; empty: all. */
  readonly services: readonly number[];
  /** PEM texts: this agent's certificate and key, and the authority that the controller's certificate must be of. */
  readonly certificate: string;
  readonly key: string;
  readonly ca: string;
  /** For tests: another source of reports. */
  readonly read?: ReportSource;
}

/** A running agent. */
export interface RunningAgent {
  readonly port: number;
  close(): Promise<void>;
}

const HEARTBEAT_MS = 1_000;
const DEFAULT_INTERVAL_MS = 200;
const LEAST_INTERVAL_MS = 10;

/** Starts an agent and returns once it listens. @throws what the operating system or TLS says */
export async function startAgent(options: AgentOptions): Promise<RunningAgent> {
  const ownPort = (): number => (server.address() as AddressInfo).port;
  const read = options.read ?? ((question: ServiceQuestion) => readService(question, ownPort()));
  const server = createServer(
    {
      cert: options.certificate,
      key: options.key,
      ca: options.ca,
      requestCert: true,
      rejectUnauthorized: true,
      minVersion: 'TLSv1.3',
    },
    (request, response) => {
      void handle(options.services, read, request, response).catch((error: unknown) => {
        answer(response, 500, { error: error instanceof Error ? error.message : String(error) });
      });
    },
  );
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  });
  return {
    port: ownPort(),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Reads certificate files. @throws what the file system says */
export function readCertificates(files: { readonly certificate: string; readonly key: string; readonly ca: string }): {
  readonly certificate: string;
  readonly key: string;
  readonly ca: string;
} {
  return {
    certificate: readFileSync(files.certificate, 'utf8'),
    key: readFileSync(files.key, 'utf8'),
    ca: readFileSync(files.ca, 'utf8'),
  };
}

async function handle(
  services: readonly number[],
  read: ReportSource,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'https://agent');
  const question = parseQuestion(url.searchParams);
  if (request.method !== 'GET' || (url.pathname !== '/v1/report' && url.pathname !== '/v1/stream')) {
    answer(response, 404, { error: 'there is GET /v1/report?port=P and GET /v1/stream?port=P' });
  } else if (question === undefined) {
    answer(response, 400, { error: '`port` must be from 1 to 65535, or `all` with an `address` of this server' });
  } else if (services.length > 0 && (question.port === 'all' || !services.includes(question.port))) {
    answer(response, 403, { error: `port ${question.port} is not reported; ports: ${services.join(', ')}` });
  } else if (url.pathname === '/v1/report') {
    answer(response, 200, wireReport(question.port, await read(question)));
  } else {
    const asked = Number(url.searchParams.get('intervalMs') ?? DEFAULT_INTERVAL_MS);
    stream(response, question, Number.isFinite(asked) ? Math.max(LEAST_INTERVAL_MS, asked) : DEFAULT_INTERVAL_MS, read);
  }
}

function parseQuestion(parameters: URLSearchParams): ServiceQuestion | undefined {
  const [port, address] = [parameters.get('port'), parameters.get('address')];
  if (port === 'all') return address !== null && isIP(address) !== 0 ? { port, address } : undefined;
  const number = Number(port);
  return Number.isInteger(number) && number >= 1 && number <= 65_535 ? { port: number } : undefined;
}

function stream(response: ServerResponse, question: ServiceQuestion, intervalMs: number, read: ReportSource): void {
  response.writeHead(200, { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' });
  let last = '';
  let sentMs = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  const look = async (): Promise<void> => {
    const line = `${JSON.stringify(wireReport(question.port, await read(question)))}\n`;
    if (closed) return;
    const nowMs = performance.now();
    // Who reads too slowly gets the newest state later, not every state in between.
    if ((line !== last || nowMs - sentMs >= HEARTBEAT_MS) && !response.writableNeedDrain) {
      response.write(line);
      last = line;
      sentMs = nowMs;
    }
    timer = setTimeout(again, intervalMs);
  };
  const again = (): void => {
    look().catch((error: unknown) => response.destroy(error instanceof Error ? error : new Error(String(error))));
  };
  response.on('close', () => {
    closed = true;
    clearTimeout(timer);
  });
  again();
}

function wireReport(
  port: number | 'all',
  { report, acceptQueueLimit }: { readonly report: ServiceReport; readonly acceptQueueLimit: number },
): WireReport {
  return {
    version: REPORT_VERSION,
    port,
    listening: report.listening,
    acceptQueue: report.acceptQueue,
    acceptQueueLimit,
    connections: report.connections.map(({ client, halfOpen, port: own }) => {
      const connection = [client.address, client.port, halfOpen ? 1 : 0] as const;
      return port === 'all' ? [...connection, own] : connection;
    }),
  };
}

/**
 * @throws Error when it is asked about an address that is another machine's: an empty list would say that its
 * connections have ended
 */
async function readService(question: ServiceQuestion, ownPort: number): ReturnType<ReportSource> {
  if (question.port === 'all' && !hasAddress(question.address)) {
    throw new Error(`no interface of this server has the address ${question.address}`);
  }
  const acceptQueueLimit = await readAcceptQueueLimit(question.port);
  const sockets = readSockets();
  const report =
    question.port === 'all'
      ? reportAllServices(sockets, question.address, ownPort)
      : reportService(sockets, question.port);
  return { report, acceptQueueLimit };
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify(body)}\n`);
}
