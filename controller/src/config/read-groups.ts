/**
 * `groups`: servers that several VIPs have in common, listed once. A VIP that names a group has its servers as if they
 * stood in it, with its own port where they name none; from there on each VIP goes its own way:
 * `mooring drain s1 --vip web` says nothing of the others.
 */
import { didYouMean } from '../text/did-you-mean.ts';
import * as scalar from './scalars.ts';
import type { MapReader } from './yaml-reader.ts';

/** A group's servers, to be read anew by each VIP. */
export type ServerGroups = ReadonlyMap<string, () => readonly MapReader[]>;

/** `groups` of the file. */
export function readGroups(readers: readonly MapReader[]): ServerGroups {
  const groups = new Map<string, () => readonly MapReader[]>();
  for (const reader of readers) {
    const name = reader.required('name', scalar.name) ?? '';
    if (groups.has(name)) reader.error('name', `two groups are named \`${name}\``);
    else groups.set(name, () => reader.maps('servers', 'server') ?? []);
    if (reader.maps('servers', 'server') === undefined) reader.error(undefined, `${reader.what} has no \`servers\``);
    reader.finish();
  }
  return groups;
}

/** A VIP's servers: its own list, or its group's. */
export function serversOf(vip: MapReader, groups: ServerGroups): readonly MapReader[] | undefined {
  const own = vip.maps('servers', 'server');
  const name = vip.optional('group', scalar.name, undefined);
  if (name === undefined) {
    if (own === undefined) vip.error(undefined, `${vip.what} has no \`servers\``);
    return own;
  }
  if (own !== undefined) vip.error('group', `${vip.what} has \`servers\` of its own: name either`);
  const group = groups.get(name);
  if (group === undefined) {
    const meant = didYouMean(name, [...groups.keys()]);
    const more =
      meant === undefined
        ? `; \`groups\` lists ${[...groups.keys()].join(', ') || 'none'}`
        : `; did you mean \`${meant}\`?`;
    vip.error('group', `there is no group \`${name}\`${more}`);
  }
  return group?.();
}
