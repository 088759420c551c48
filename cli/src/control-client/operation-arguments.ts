/**
 * From the words of a command line to a request: the same for `mooring swap a b`, which does it, and
 * `mooring plan swap a b`, which says what it would do, so that the two cannot disagree.
 */
import { randomInt } from 'node:crypto';
import { GUE_PORT, type OperationRequest, type RequestedKind } from '@mooring/controller/control';
import { UsageError } from '../command-line/errors.ts';
import type { ArgumentSpecification, OptionSpecification, ParsedArguments } from '../command-line/options.ts';

/** Why somebody does something. */
export const REASON_OPTION: OptionSpecification = {
  name: 'reason',
  kind: 'text',
  value: 'TEXT',
  description: 'why, for the audit log',
};

/** Options that say how an operation is to be begun. */
export const START_OPTIONS: readonly OptionSpecification[] = [
  { name: 'approve', kind: 'flag', description: 'start without waiting for approval, whatever the policy says' },
  { name: 'queue', kind: 'flag', description: 'wait for operations that are in the way instead of being refused' },
  REASON_OPTION,
];

/** Over how long the buckets are moved. */
export const RAMP_OPTION: OptionSpecification = {
  name: 'ramp',
  kind: 'count',
  value: 'SECONDS',
  description: "move the buckets over this time (default: the policy's slow start for a server that comes)",
};

const SERVER: ArgumentSpecification = { name: 'SERVER', description: 'name of the server' };

/** The words each kind of operation takes. */
export const OPERATION_WORDS: Readonly<
  Record<
    Exclude<RequestedKind, 'change' | 'add-vip' | 'remap'> | 'reseed' | 'affinity',
    readonly ArgumentSpecification[]
  >
> = {
  add: [SERVER],
  drain: [SERVER],
  swap: [
    { name: 'OLD', description: 'name of the server that leaves' },
    { name: 'NEW', description: 'name of the server that takes its place' },
  ],
  remove: [SERVER],
  weight: [SERVER, { name: 'WEIGHT', description: 'from 1 to 1000' }],
  enable: [SERVER],
  disable: [SERVER],
  'remove-vip': [{ name: 'VIP', description: 'name of the virtual address' }],
  buckets: [{ name: 'COUNT', description: 'from 1 to 65535' }],
  reseed: [{ name: 'SEED', description: 'from 0 to 4294967295 (default: a random one)', optional: true }],
  affinity: [
    {
      name: 'KIND',
      description: '`connection`, or `client`: all connections of a client to one server',
      choices: ['connection', 'client'],
    },
  ],
  forwarding: [
    { name: 'WAY', description: '`nat`, `direct`, `ipip` or `gue`', choices: ['nat', 'direct', 'ipip', 'gue'] },
    { name: 'SOURCE', description: 'address that the packets of `ipip` and `gue` come from', optional: true },
    { name: 'PORT', description: `UDP port of \`gue\` (default ${GUE_PORT})`, optional: true },
  ],
  reclass: [
    { name: 'PREFIX', description: 'the clients, e.g. 10.1.0.0/16' },
    { name: 'CLASS', description: "name of the class that they come into; 'none' for none" },
  ],
};

export type WordedKind = keyof typeof OPERATION_WORDS;

/** A whole number given as a word. @throws UsageError */
export function wholeNumber(word: string, name: string): number {
  if (!/^\d{1,10}$/.test(word)) throw new UsageError(`${name} is a whole number, not '${word}'`, { field: name });
  return Number(word);
}

/** The number of an operation, with or without `#`. @throws UsageError */
export function operationId(word: string): number {
  const digits = word.replace(/^#/, '');
  if (!/^\d{1,9}$/.test(digits)) {
    throw new UsageError(`an operation's ID is a whole number, not '${word}'`, { field: 'ID' });
  }
  return Number(digits);
}

/** What the words after the kind mean. @throws UsageError */
export function requestOf(kind: WordedKind, words: readonly string[], parsed: ParsedArguments): OperationRequest {
  const [first = '', second = '', third = ''] = words;
  const extras = requestExtras(parsed);
  switch (kind) {
    case 'swap':
      return { ...extras, kind, server: first, replacement: second };
    case 'weight':
      return { ...extras, kind, server: first, weight: wholeNumber(second, 'WEIGHT') };
    case 'remove-vip':
      return { ...extras, kind, vip: first };
    case 'buckets':
      return { ...extras, kind, buckets: wholeNumber(first, 'COUNT') };
    case 'reseed':
      return { ...extras, kind: 'remap', hashSeed: first === '' ? randomInt(2 ** 32) : wholeNumber(first, 'SEED') };
    case 'affinity':
      if (first !== 'client' && first !== 'connection') {
        throw new UsageError(`there is no affinity '${first}'`, { field: 'KIND', choices: ['client', 'connection'] });
      }
      return { ...extras, kind: 'remap', affinity: first };
    case 'reclass':
      return { ...extras, kind, prefix: first, class: second };
    case 'forwarding':
      return { ...extras, kind, forwarding: forwardingOf(first, second, third) };
    default:
      return { ...extras, kind, server: first };
  }
}

/** @throws UsageError */
function forwardingOf(way: string, source: string, port: string): NonNullable<OperationRequest['forwarding']> {
  if (way === 'nat' || way === 'direct') {
    if (source !== '') throw new UsageError(`'${way}' has no tunnel, so no SOURCE`, { field: 'SOURCE' });
    return { kind: way };
  }
  if (way !== 'ipip' && way !== 'gue') {
    throw new UsageError(`there is no way '${way}'`, { field: 'WAY', choices: ['nat', 'direct', 'ipip', 'gue'] });
  }
  if (source === '') throw new UsageError(`'${way}' needs the SOURCE of its tunnels`, { field: 'SOURCE' });
  if (way === 'gue') return { kind: way, source, port: port === '' ? GUE_PORT : wholeNumber(port, 'PORT') };
  if (port !== '') throw new UsageError("only 'gue' has a PORT", { field: 'PORT' });
  return { kind: way, source };
}

/** The request's optional parts as given on the command line. @throws UsageError */
export function requestExtras(parsed: ParsedArguments): Partial<OperationRequest> {
  const address = parsed.texts.get('address');
  const port = parsed.counts.get('port');
  const weight = parsed.counts.get('weight');
  const deadlineSeconds = parsed.counts.get('deadline');
  const rampSeconds = parsed.counts.get('ramp');
  const vip = parsed.texts.get('vip');
  const reason = parsed.texts.get('reason');
  if (address === undefined && (port !== undefined || weight !== undefined)) {
    throw new UsageError('--port and --weight describe a new server and need its --address', { field: '--address' });
  }
  return {
    ...(vip === undefined ? {} : { vip }),
    ...(deadlineSeconds === undefined ? {} : { deadlineMs: Math.round(deadlineSeconds * 1000) }),
    ...(rampSeconds === undefined ? {} : { rampMs: Math.round(rampSeconds * 1000) }),
    ...(reason === undefined ? {} : { reason }),
    ...(parsed.flags.has('approve') ? { approve: true } : {}),
    ...(parsed.flags.has('queue') ? { queue: true } : {}),
    ...(address === undefined
      ? {}
      : {
          definition: { address, ...(port === undefined ? {} : { port }), ...(weight === undefined ? {} : { weight }) },
        }),
  };
}
