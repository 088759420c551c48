/**
 * The agent as a service: HTTPS with mutual TLS, JSON, two resources. `GET /v1/report?port=P` says how the service at that port is at this
 * moment, read after the request has come in, which is what a load balancer relies on when it asks. `GET /v1/stream?port=P` sends a
 * line whenever the report has changed, at most one an interval, and one a second in any case, so that silence means that
 * the agent is gone and nobody has to poll over the network. The kernel is read only while somebody listens.
 *
 * Whoever shows no certificate of the given authority does not get as far as HTTP.
 */
import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { readAcceptQueueLimit } from './accept-queue.ts';
import { readSockets, reportService, type ServiceReport } from './service.ts';

/** The wire format's version; raised when a field changes its meaning. */
export const REPORT_VERSION = 1;

/** A report as it travels. */
export interface WireReport {
  readonly version: typeof REPORT_VERSION;
  readonly port: number;
  readonly listening: boolean;
  readonly acceptQueue: number;
  readonly acceptQueueLimit: number;
  /** Client address, client port, and 1 for a connection that is only half open. */
  readonly connections: readonly (readonly [address: string, port: number, halfOpen: 0 | 1])[];
}

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
  readonly read?: (port: number) => Promise<{ readonly report: ServiceReport; readonly acceptQueueLimit: number }>;
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
  const read = options.read ?? readService;
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
    port: (server.address() as AddressInfo).port,
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
  read: NonNullable<AgentOptions['read']>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'https://agent');
  const port = Number(url.searchParams.get('port'));
  if (request.method !== 'GET' || (url.pathname !== '/v1/report' && url.pathname !== '/v1/stream')) {
    answer(response, 404, { error: 'there is GET /v1/report?port=P and GET /v1/stream?port=P' });
  } else if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    answer(response, 400, { error: '`port` must be from 1 to 65535' });
  } else if (services.length > 0 && !services.includes(port)) {
    answer(response, 403, { error: `port ${port} is not reported; ports: ${services.join(', ')}` });
  } else if (url.pathname === '/v1/report') {
    answer(response, 200, wireReport(port, await read(port)));
  } else {
    const asked = Number(url.searchParams.get('intervalMs') ?? DEFAULT_INTERVAL_MS);
    stream(response, port, Number.isFinite(asked) ? Math.max(LEAST_INTERVAL_MS, asked) : DEFAULT_INTERVAL_MS, read);
  }
}

function stream(
  response: ServerResponse,
  port: number,
  intervalMs: number,
  read: NonNullable<AgentOptions['read']>,
): void {
  response.writeHead(200, { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' });
  let last = '';
  let sentMs = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  const look = async (): Promise<void> => {
    const line = `${JSON.stringify(wireReport(port, await read(port)))}\n`;
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
  port: number,
  { report, acceptQueueLimit }: { readonly report: ServiceReport; readonly acceptQueueLimit: number },
): WireReport {
  return {
    version: REPORT_VERSION,
    port,
    listening: report.listening,
    acceptQueue: report.acceptQueue,
    acceptQueueLimit,
    connections: report.connections.map(({ client, halfOpen }) => [client.address, client.port, halfOpen ? 1 : 0]),
  };
}

async function readService(
  port: number,
): Promise<{ readonly report: ServiceReport; readonly acceptQueueLimit: number }> {
  const acceptQueueLimit = await readAcceptQueueLimit(port);
  return { report: reportService(readSockets(), port), acceptQueueLimit };
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify(body)}\n`);
}
