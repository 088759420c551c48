/**
 * Checks what comes in over the control socket. Hand-written rather than by a schema, since each refusal has to name the field,
 * say what would be right there, and guess what was meant.
 */
import { OperationRefusedError } from '../operations/errors.ts';
import { didYouMean } from '../text/did-you-mean.ts';
import type { OperationKind, OperationRequest } from './types.ts';

const KINDS: readonly OperationKind[] = ['add', 'drain', 'swap', 'remove'];
const FIELDS = ['kind', 'vip', 'server', 'replacement', 'definition', 'deadlineMs'];
const DEFINITION_FIELDS = ['address', 'port', 'weight', 'mac', 'switchPort'];

/** A request for an operation, from JSON. @throws OperationRefusedError */
export function parseOperationRequest(body: unknown): OperationRequest {
  const request = asObject(body, 'the request', undefined);
  refuseUnknown(request, FIELDS, '');
  const { kind, vip, server, replacement, definition, deadlineMs } = request;
  if (!KINDS.includes(kind as OperationKind)) {
    const meant = typeof kind === 'string' ? didYouMean(kind, KINDS) : undefined;
    throw new OperationRefusedError({
      code: 'bad-request',
      field: 'kind',
      message: kind === undefined ? 'the request names no operation' : `there is no operation \`${String(kind)}\``,
      choices: KINDS,
      ...(meant === undefined ? {} : { hint: `did you mean \`${meant}\`?` }),
    });
  }
  if (typeof server !== 'string' || server === '') bad('server', 'the request names no server');
  if (vip !== undefined && typeof vip !== 'string') bad('vip', '`vip` must be a name');
  if (replacement !== undefined && (typeof replacement !== 'string' || replacement === '')) {
    bad('replacement', '`replacement` must be a name');
  }
  if (replacement !== undefined && kind !== 'swap') bad('replacement', 'only a swap has a `replacement`');
  if (replacement === server) bad('replacement', 'a server cannot take its own place');
  if (definition !== undefined) {
    if (kind !== 'add' && kind !== 'swap') bad('definition', 'only `add` and `swap` take a `definition`');
    refuseUnknown(asObject(definition, '`definition`', 'definition'), DEFINITION_FIELDS, 'definition.');
  }
  if (deadlineMs !== undefined && !(Number.isInteger(deadlineMs) && (deadlineMs as number) >= 0)) {
    bad('deadlineMs', '`deadlineMs` must be a whole number of milliseconds, 0 or more');
  }
  if (deadlineMs !== undefined && kind === 'add') bad('deadlineMs', 'an `add` has no deadline: nobody leaves');
  return request as unknown as OperationRequest;
}

function asObject(value: unknown, what: string, field: string | undefined): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  return bad(field, `${what} must be a JSON object`);
}

function refuseUnknown(object: Record<string, unknown>, known: readonly string[], prefix: string): void {
  for (const key of Object.keys(object)) {
    if (known.includes(key)) continue;
    const meant = didYouMean(key, known);
    throw new OperationRefusedError({
      code: 'bad-request',
      field: `${prefix}${key}`,
      message: `the request has an unknown field \`${prefix}${key}\``,
      choices: known,
      ...(meant === undefined ? {} : { hint: `did you mean \`${meant}\`?` }),
    });
  }
}

function bad(field: string | undefined, message: string): never {
  throw new OperationRefusedError({ code: 'bad-request', message, ...(field === undefined ? {} : { field }) });
}
