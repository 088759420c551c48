/**
 * The installed version of Mooring, read from its package.json when it is asked for: a number written here as well
 * would one day be another one.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from './repository.ts';

/** For example `0.1.0`. */
export function mooringVersion(): string {
  return (JSON.parse(readFileSync(join(repositoryRoot(), 'package.json'), 'utf8')) as { version: string }).version;
}
