/**
 * The routes of `query-types.ts`: checks what is asked and finds the answer. Apart from the server's other routes
 * because these only look, and never go through the engine's queue of commands.
 */
import { OperationRefusedError } from '../operations/errors.ts';
import { type IpAddress, parseIpAddress } from '../text/addresses.ts';
import type { ConnectionsAnswer, LogAnswer, SwitchDetails } from './query-types.ts';
import type { LogLine } from './types.ts';

/** A client: a connection's end, or all of an address. */
export interface ClientQuery {
  readonly address: IpAddress;
  readonly port: number | undefined;
  /** Which port it has connected to; undefined: any. */
  readonly vipPort: number | undefined;
}

/** Who knows the answers. */
export interface ControlQueries {
  /** @param vip name; undefined: all. @throws OperationRefusedError */
  connections(client: ClientQuery, vip: string | undefined): ConnectionsAnswer;
  switchDetails(): Promise<SwitchDetails>;
  /** All lines that are kept, oldest first. */
  log(): readonly LogLine[];
}

/** The routes, for messages. */
export const QUERY_ROUTES: readonly string[] = ['GET /v1/connections', 'GET /v1/switch', 'GET /v1/log'];

const LEVELS: readonly LogLine['level'][] = ['info', 'warning', 'error'];
const HIGHEST_PORT = 65_535;

/** Answers one of `QUERY_ROUTES`; undefined: it is none of them. @throws OperationRefusedError */
export async function answerQuery(
  queries: ControlQueries,
  route: string,
  parameters: URLSearchParams,
): Promise<unknown> {
  switch (route) {
    case 'GET /v1/connections':
      return queries.connections(
        { ...parseClient(parameters.get('client')), vipPort: parsePort(parameters.get('port')) },
        parameters.get('vip') ?? undefined,
      );
    case 'GET /v1/switch':
      return queries.switchDetails();
    case 'GET /v1/log':
      return filterLog(queries.log(), parameters);
    default:
      return undefined;
  }
}

/** `192.0.2.7`, `192.0.2.7:51514`, `2001:db8::7`, `[2001:db8::7]:51514`. @throws OperationRefusedError */
export function parseClient(text: string | null): Omit<ClientQuery, 'vipPort'> {
  const match = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(text ?? '');
  const address = parseIpAddress(match?.[1] ?? match?.[2] ?? text ?? '');
  const port = match?.[3] === undefined ? undefined : Number(match[3]);
  if (address === undefined || (port !== undefined && port > HIGHEST_PORT)) {
    throw new OperationRefusedError({
      code: 'bad-request',
      field: 'client',
      message: text === null || text === '' ? 'the question names no client' : `\`${text}\` is no client`,
      hint: 'a client is ADDRESS or ADDRESS:PORT, an IPv6 address with a port in brackets: [2001:db8::7]:51514',
    });
  }
  return { address, port };
}

/** @throws OperationRefusedError */
function parsePort(text: string | null): number | undefined {
  if (text === null) return undefined;
  const port = Number(text);
  if (/^\d+$/.test(text) && port > 0 && port <= HIGHEST_PORT) return port;
  throw new OperationRefusedError({
    code: 'bad-request',
    field: 'port',
    message: `\`${text}\` is no port`,
    hint: `\`port\` is the one the client has connected to, from 1 to ${HIGHEST_PORT}`,
  });
}

function filterLog(lines: readonly LogLine[], parameters: URLSearchParams): LogAnswer {
  const level = parameters.get('level') ?? 'info';
  const contains = parameters.get('contains')?.toLowerCase() ?? '';
  const after = Number(parameters.get('after') ?? 0);
  const least = LEVELS.indexOf(level as LogLine['level']);
  if (least < 0) {
    throw new OperationRefusedError({
      code: 'bad-request',
      field: 'level',
      message: `there is no level \`${level}\``,
      choices: LEVELS,
    });
  }
  if (!Number.isInteger(after) || after < 0) {
    throw new OperationRefusedError({
      code: 'bad-request',
      field: 'after',
      message: '`after` must be the number of a line',
    });
  }
  return {
    lines: lines.filter(
      (line) =>
        line.sequence > after && LEVELS.indexOf(line.level) >= least && line.text.toLowerCase().includes(contains),
    ),
  };
}
