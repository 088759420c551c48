/**
 * The controller's side of one agent: a stream that is kept open, and questions. Whatever goes wrong (no answer, a
 * wrong certificate, nonsense) has one consequence: the agent is unreachable, said once with the reason, and is tried
 * again at growing intervals.
 */
import { Agent as HttpsAgent, type RequestOptions, request } from 'node:https';
import type { ServicePort } from '../config/types.ts';
import { type AgentReport, parseReport } from './wire.ts';

/** Keys, as texts. */
export interface AgentKeys {
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
}

/** What the client tells. */
export interface AgentListener {
  onReport(report: AgentReport): void;
  onUnreachable(reason: string): void;
}

/** A connection to an agent; tests have their own. */
export interface AgentClient {
  /** The state from now on; rejects when there is no answer. */
  ask(): Promise<AgentReport>;
  close(): void;
}

/**
 * What an agent is asked about: the service at a port, or whatever goes to an address by which the switch knows a VIP
 * for all ports.
 */
export type AgentQuestion =
  | { readonly port: number }
  | { readonly port: 'all' /** The server's own end. */; readonly address: string };

/** Makes a client. */
export type AgentConnector = (address: string, question: AgentQuestion, listener: AgentListener) => AgentClient;

const ANSWER_TIMEOUT_MS = 2_000;
/** An agent sends a line a second; after so long without it is gone. */
const SILENCE_MS = 3_000;
const RETRY_MS = 200;
const RETRY_LONGEST_MS = 5_000;

/** Connects over mutual TLS. */
export function httpsConnector(keys: AgentKeys, intervalMs: number): AgentConnector {
  return (address, question, listener) => new HttpsAgentClient(keys, intervalMs, address, question, listener);
}

class HttpsAgentClient implements AgentClient {
  private readonly options: RequestOptions;
  private readonly query: string;
  private readonly intervalMs: number;
  private readonly port: ServicePort;
  private readonly listener: AgentListener;
  private readonly pool: HttpsAgent;
  private closed = false;
  private retryMs = RETRY_MS;
  private timer: NodeJS.Timeout | undefined;
  private endStream: () => void = () => undefined;

  constructor(keys: AgentKeys, intervalMs: number, address: string, question: AgentQuestion, listener: AgentListener) {
    const at = address.lastIndexOf(':');
    const host = address.slice(0, at).replace(/^\[|\]$/g, '');
    this.pool = new HttpsAgent({ keepAlive: true, maxSockets: 4 });
    this.options = {
      host,
      port: Number(address.slice(at + 1)),
      ca: keys.ca,
      cert: keys.certificate,
      key: keys.key,
      agent: this.pool,
      minVersion: 'TLSv1.3',
      // The authority vouches for the agent; its name is whatever the operator calls the server.
      checkServerIdentity: () => undefined,
    };
    const { port } = question;
    this.query = new URLSearchParams(port === 'all' ? { ...question } : { port: String(port) }).toString();
    this.intervalMs = intervalMs;
    this.port = port;
    this.listener = listener;
    this.stream();
  }

  ask(): Promise<AgentReport> {
    return new Promise((resolve, reject) => {
      const asked = request({ ...this.options, path: `/v1/report?${this.query}`, timeout: ANSWER_TIMEOUT_MS });
      const timer = setTimeout(() => asked.destroy(new Error('no answer in time')), ANSWER_TIMEOUT_MS);
      asked.on('error', (error) => {
        clearTimeout(timer);
        reject(error);
      });
      asked.on('response', (response) => {
        response.setEncoding('utf8');
        let text = '';
        response.on('data', (chunk: string) => (text += chunk));
        response.on('error', (error) => {
          clearTimeout(timer);
          reject(error);
        });
        response.on('end', () => {
          clearTimeout(timer);
          try {
            if (response.statusCode !== 200)
              throw new Error(`status ${response.statusCode}: ${text.trim().slice(0, 200)}`);
            resolve(parseReport(text, this.port));
          } catch (error) {
            reject(error);
          }
        });
      });
      asked.end();
    });
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    this.endStream();
    this.pool.destroy();
  }

  private stream(): void {
    if (this.closed) return;
    const asked = request({ ...this.options, path: `/v1/stream?${this.query}&intervalMs=${this.intervalMs}` });
    let over = false;
    const end = (reason: string): void => {
      if (over) return;
      over = true;
      clearTimeout(silence);
      asked.destroy();
      if (this.closed) return;
      this.listener.onUnreachable(reason);
      this.timer = setTimeout(() => this.stream(), this.retryMs);
      this.retryMs = Math.min(2 * this.retryMs, RETRY_LONGEST_MS);
    };
    const silence = setTimeout(() => end('it is silent'), SILENCE_MS);
    this.endStream = () => end('closed');
    asked.on('error', (error) => end(error.message));
    asked.on('response', (response) => {
      if (response.statusCode !== 200) {
        end(`status ${response.statusCode}`);
        return;
      }
      response.setEncoding('utf8');
      let rest = '';
      response.on('data', (chunk: string) => {
        silence.refresh();
        const lines = (rest + chunk).split('\n');
        rest = lines.pop() ?? '';
        try {
          for (const line of lines) if (!over) this.listener.onReport(parseReport(line, this.port));
          this.retryMs = RETRY_MS;
        } catch (error) {
          end(`what it sends is no report: ${(error as Error).message}`);
        }
      });
      response.on('error', (error) => end(error.message));
      response.on('end', () => end('it has closed the stream'));
    });
    asked.end();
  }
}
