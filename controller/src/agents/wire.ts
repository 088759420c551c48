/**
 * What an agent sends, checked: an agent runs on another machine, perhaps in another version, and whatever it says
 * decides about connections. So a report counts as a whole or not at all: one field that is not what it should be, and
 * the agent counts as unreachable.
 */
import type { ServicePort } from '../config/types.ts';
import { type IpAddress, parseIpv4, parseIpv6 } from '../text/addresses.ts';

/** A report. */
export interface AgentReport {
  readonly acceptQueue: number;
  readonly acceptQueueLimit: number;
  readonly connections: readonly {
    readonly address: IpAddress;
    readonly port: number;
    readonly halfOpen: boolean;
    /** The server's own port where all of them were asked for, else 0. */
    readonly serverPort: number;
  }[];
}

/** What an agent sent is not a report; the message says what is wrong with it. */
export class AgentProtocolError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'AgentProtocolError';
  }
}

const VERSION = 1;
const LONGEST_TEXT = 512 * 1024 * 1024;

/** Reads one report. @param port what was asked for @throws AgentProtocolError */
export function parseReport(text: string, port: ServicePort): AgentReport {
  if (text.length > LONGEST_TEXT) throw new AgentProtocolError('the report is longer than 512 MiB');
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw new AgentProtocolError('it is not JSON');
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new AgentProtocolError('it is not an object');
  }
  const report = parsed as Record<string, unknown>;
  if (report.version !== VERSION) {
    throw new AgentProtocolError(`it has version ${String(report.version)}; this controller reads version ${VERSION}`);
  }
  if (report.port !== port) throw new AgentProtocolError(`it is about port ${String(report.port)}, not ${port}`);
  const { acceptQueue, acceptQueueLimit, connections } = report;
  if (!isCount(acceptQueue) || !isCount(acceptQueueLimit))
    throw new AgentProtocolError('its accept queue is no number');
  if (!Array.isArray(connections)) throw new AgentProtocolError('it has no list of connections');
  return {
    acceptQueue,
    acceptQueueLimit,
    connections: connections.map((connection: unknown, index) => parseConnection(connection, index, port === 'all')),
  };
}

function parseConnection(connection: unknown, index: number, allPorts: boolean): AgentReport['connections'][number] {
  const [text, port, halfOpen, own] = Array.isArray(connection) ? (connection as unknown[]) : [];
  const serverPort = allPorts ? own : 0;
  const address = typeof text === 'string' ? (parseIpv4(text) ?? parseIpv6(text)) : undefined;
  if (address === undefined || !isPort(port) || !isPort(serverPort) || (halfOpen !== 0 && halfOpen !== 1)) {
    throw new AgentProtocolError(`its connection ${index} is none: ${JSON.stringify(connection)?.slice(0, 80)}`);
  }
  return { address, port, halfOpen: halfOpen === 1, serverPort };
}

function isPort(value: unknown): value is number {
  return isCount(value) && value <= 65_535;
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
