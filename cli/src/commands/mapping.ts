/**
 * `mooring buckets`, `mooring reseed` and `mooring affinity`: the connections of a virtual address are spread in
 * another way, while they live. Each names one part of the mapping; the others stay.
 */
import type { ParsedCommand } from '../command-line/command.ts';
import { OPERATION_WORDS } from '../control-client/operation-arguments.ts';
import { OPERATION_OPTIONS, runRequest } from '../control-client/operation-command.ts';

const OPTIONS = OPERATION_OPTIONS.filter(({ name }) => name !== 'ramp');

/** What all changes of mapping have in common. */
const REMAP =
  'New connections go by the new mapping at\nonce; those that live stay where they are, and are pinned where their server would be another.';

export const bucketsCommand: ParsedCommand = {
  kind: 'parsed',
  syntax: {
    name: 'buckets',
    summary: 'change the number of buckets of a virtual address',
    description:
      'A multiple of the present number divides every bucket where it is: nothing moves, and it is done at once. Any other\n' +
      `number is a change of mapping. ${REMAP}`,
    arguments: OPERATION_WORDS.buckets,
    options: OPTIONS,
    examples: [
      { command: 'mooring buckets 512', does: 'from 256 to 512 buckets' },
      { command: 'mooring buckets 48', does: 'from 64 to 48 buckets' },
    ],
  },
  run: runRequest('buckets'),
};

export const reseedCommand: ParsedCommand = {
  kind: 'parsed',
  syntax: {
    name: 'reseed',
    summary: "change the seed of a virtual address's hash",
    description: `Changes the seed of the hash that spreads connections over buckets. ${REMAP}`,
    arguments: OPERATION_WORDS.reseed,
    options: OPTIONS,
    examples: [
      { command: 'mooring reseed --vip web', does: 'gives VIP `web` a random seed' },
      { command: 'mooring reseed 42', does: 'gives the VIP the seed 42' },
    ],
  },
  run: runRequest('reseed'),
};

export const affinityCommand: ParsedCommand = {
  kind: 'parsed',
  syntax: {
    name: 'affinity',
    summary: 'spread connections by client, or each by itself',
    description:
      'With `client` all connections of a client address go to one server, with `connection` each is spread by itself.\n' +
      REMAP,
    arguments: OPERATION_WORDS.affinity,
    options: OPTIONS,
    examples: [{ command: 'mooring affinity client --vip web', does: 'from now on a client has one server' }],
  },
  run: runRequest('affinity'),
};
