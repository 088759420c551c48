/**
 * Checks what comes in over the control socket. Hand-written rather than by a schema, since each refusal has to name
 * the field, say what would be right there, and guess what was meant.
 */
import { prefix as readPrefix } from '../config/scalars.ts';
import { OperationRefusedError } from '../operations/errors.ts';
import { formatIpAddress, parseIpAddress } from '../text/addresses.ts';
import { didYouMean } from '../text/did-you-mean.ts';
import type { ApplyRequest, OperationRequest, RequestedKind } from './types.ts';

const COMMON = ['kind', 'vip', 'queue', 'approve', 'reason'];

/** The fields of each kind beside the common ones. */
const FIELDS: Readonly<Record<RequestedKind, readonly string[]>> = {
  add: ['server', 'definition', 'rampMs'],
  drain: ['server', 'deadlineMs', 'rampMs'],
  swap: ['server', 'replacement', 'definition', 'deadlineMs', 'rampMs'],
  remove: ['server', 'deadlineMs', 'rampMs'],
  weight: ['server', 'weight', 'rampMs'],
  enable: ['server', 'rampMs'],
  disable: ['server', 'rampMs'],
  change: ['changes', 'deadlineMs', 'rampMs'],
  'add-vip': ['vipDefinition'],
  'remove-vip': ['deadlineMs'],
  buckets: ['buckets'],
  remap: ['buckets', 'hashSeed', 'affinity'],
  forwarding: ['forwarding', 'deadlineMs', 'rampMs'],
  reclass: ['prefix', 'class'],
};
const KINDS = Object.keys(FIELDS) as RequestedKind[];
const DEFINITION_FIELDS = ['address', 'port', 'weight', 'mac', 'switchPort'];
const CHANGES = ['add', 'drain', 'remove', 'enable', 'disable', 'weight'];
const FORWARDING_FIELDS = { nat: [], direct: [], ipip: ['source'], gue: ['source', 'port'] } as const;
const LONGEST_RAMP_MS = 24 * 3_600_000;
const LONGEST_REASON = 500;

/** A request for an operation, from JSON. @throws OperationRefusedError */
export function parseOperationRequest(body: unknown): OperationRequest {
  const request = asObject(body, 'the request', undefined);
  const { kind, vip, server, replacement, definition } = request;
  if (!KINDS.includes(kind as RequestedKind)) {
    const meant = typeof kind === 'string' ? didYouMean(kind, KINDS) : undefined;
    throw new OperationRefusedError({
      code: 'bad-request',
      field: 'kind',
      message: kind === undefined ? 'the request names no operation' : `there is no operation \`${String(kind)}\``,
      choices: KINDS,
      ...(meant === undefined ? {} : { hint: `did you mean \`${meant}\`?` }),
    });
  }
  const fields = FIELDS[kind as RequestedKind];
  const foreign = Object.keys(request).find((key) => !fields.includes(key) && !COMMON.includes(key));
  const elsewhere = KINDS.filter((other) => foreign !== undefined && FIELDS[other].includes(foreign));
  if (foreign !== undefined && elsewhere.length > 0) {
    bad(
      foreign,
      `\`${String(kind)}\` has no \`${foreign}\`; only ${elsewhere.join(', ')} ${elsewhere.length === 1 ? 'has' : 'have'} one`,
    );
  }
  refuseUnknown(request, [...COMMON, ...fields], '');
  if (fields.includes('server') && !isName(server)) bad('server', 'the request names no server');
  if (vip !== undefined && !isName(vip)) bad('vip', '`vip` must be a name');
  if ((kind === 'add-vip' || kind === 'remove-vip') && vip === undefined) bad('vip', 'the request names no VIP');
  if (replacement !== undefined && !isName(replacement)) bad('replacement', '`replacement` must be a name');
  if (replacement !== undefined && replacement === server) bad('replacement', 'a server cannot take its own place');
  if (definition !== undefined) checkDefinition(definition, 'definition');
  checkNumber(request, 'deadlineMs', 0, Number.MAX_SAFE_INTEGER, 'a whole number of milliseconds, 0 or more');
  checkNumber(request, 'rampMs', 0, LONGEST_RAMP_MS, 'a whole number of milliseconds, at most a day');
  checkNumber(request, 'weight', 1, 1000, 'from 1 to 1000');
  checkNumber(request, 'buckets', 1, 65_535, 'from 1 to 65535');
  checkNumber(request, 'hashSeed', 0, 0xffff_ffff, 'from 0 to 4294967295');
  const { affinity } = request;
  if (affinity !== undefined && affinity !== 'client' && affinity !== 'connection') {
    bad('affinity', '`affinity` must be `client` or `connection`');
  }
  if (kind === 'remap' && FIELDS.remap.every((field) => request[field] === undefined)) {
    bad(undefined, `the request names none of ${FIELDS.remap.join(', ')}`);
  }
  for (const required of ['weight', 'buckets'] as const) {
    if (kind === required && request[required] === undefined) bad(required, `the request names no \`${required}\``);
  }
  if (kind === 'forwarding') checkForwarding(request.forwarding);
  if (kind === 'reclass') checkReclass(request);
  if (kind === 'change') checkChanges(request.changes);
  if (kind === 'add-vip') asObject(request.vipDefinition, '`vipDefinition`', 'vipDefinition');
  for (const flag of ['queue', 'approve'] as const) {
    if (request[flag] !== undefined && typeof request[flag] !== 'boolean')
      bad(flag, `\`${flag}\` must be true or false`);
  }
  checkReason(request.reason);
  const { prefix } = request;
  const canonical = prefix === undefined ? {} : { prefix: (readPrefix(prefix, '') as { value: string }).value };
  return { ...request, ...canonical } as unknown as OperationRequest;
}

/** The body of `apply` and `diff`. @throws OperationRefusedError */
export function parseApplyRequest(body: unknown): ApplyRequest {
  const request = asObject(body, 'the request', undefined);
  refuseUnknown(request, ['fileName', 'text', 'approve', 'reason'], '');
  if (typeof request.fileName !== 'string' || request.fileName === '') bad('fileName', '`fileName` must be text');
  if (typeof request.text !== 'string') bad('text', '`text` must be the text of a configuration');
  if (request.approve !== undefined && typeof request.approve !== 'boolean')
    bad('approve', '`approve` must be true or false');
  checkReason(request.reason);
  return request as unknown as ApplyRequest;
}

/** The body of what is done about an operation. @returns why @throws OperationRefusedError */
export function parseActRequest(body: unknown): string | undefined {
  const request = asObject(body, 'the request', undefined);
  refuseUnknown(request, ['reason'], '');
  checkReason(request.reason);
  return request.reason as string | undefined;
}

/** The body of `switches/isolate`. @returns the switch's name @throws OperationRefusedError */
export function parseIsolateRequest(body: unknown): string {
  const request = asObject(body, 'the request', undefined);
  refuseUnknown(request, ['switch'], '');
  if (!isName(request.switch)) bad('switch', 'the request names no switch');
  return request.switch as string;
}

function checkForwarding(given: unknown): void {
  const forwarding = asObject(given, '`forwarding`', 'forwarding');
  const { kind, source } = forwarding;
  const fields = FORWARDING_FIELDS[String(kind) as keyof typeof FORWARDING_FIELDS];
  if (fields === undefined)
    bad('forwarding.kind', `\`kind\` must be one of ${Object.keys(FORWARDING_FIELDS).join(', ')}`);
  refuseUnknown(forwarding, ['kind', ...fields], 'forwarding.');
  const address = typeof source === 'string' ? parseIpAddress(source) : undefined;
  if (fields.length > 0 && (address === undefined || formatIpAddress(address) !== source)) {
    bad('forwarding.source', "`source` must be the IP address that the tunnel's packets come from");
  }
  const isGiven = forwarding.port !== undefined;
  if (kind === 'gue' && !isGiven) bad('forwarding.port', 'the request names no `port`');
  checkNumber(forwarding, 'port', 1, 65_535, 'from 1 to 65535');
}

function checkReclass({ prefix, class: name }: Record<string, unknown>): void {
  const read = readPrefix(prefix, '');
  if ('expected' in read) bad('prefix', `\`prefix\` must be ${read.expected}`);
  if (!isName(name)) bad('class', 'the request names no class; `none` is no class');
}

function checkChanges(changes: unknown): void {
  if (!Array.isArray(changes) || changes.length === 0)
    bad('changes', '`changes` must be a list of at least one change');
  (changes as unknown[]).forEach((given, index) => {
    const at = `changes[${index}]`;
    const change = asObject(given, `\`${at}\``, at);
    const kind = change.change as string;
    if (!CHANGES.includes(kind)) {
      throw new OperationRefusedError({
        code: 'bad-request',
        field: `${at}.change`,
        message: `there is no change \`${String(kind)}\``,
        choices: CHANGES,
      });
    }
    const more = kind === 'add' ? ['definition'] : kind === 'weight' ? ['weight'] : [];
    refuseUnknown(change, ['change', 'server', ...more], `${at}.`);
    if (!isName(change.server)) bad(`${at}.server`, 'the change names no server');
    if (change.definition !== undefined) checkDefinition(change.definition, `${at}.definition`);
    if (kind === 'weight' && change.weight === undefined) bad(`${at}.weight`, 'the change names no `weight`');
    checkNumber(change, 'weight', 1, 1000, 'from 1 to 1000');
  });
}

function checkDefinition(given: unknown, field: string): void {
  refuseUnknown(asObject(given, `\`${field}\``, field), DEFINITION_FIELDS, `${field}.`);
}

function checkNumber(object: Record<string, unknown>, key: string, low: number, high: number, what: string): void {
  const value = object[key];
  if (value === undefined || (Number.isInteger(value) && (value as number) >= low && (value as number) <= high)) return;
  bad(key, `\`${key}\` must be ${what}`);
}

function checkReason(reason: unknown): void {
  if (reason === undefined || (typeof reason === 'string' && reason.length <= LONGEST_REASON)) return;
  bad('reason', `\`reason\` must be text of at most ${LONGEST_REASON} characters`);
}

function isName(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
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
