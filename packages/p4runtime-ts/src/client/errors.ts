/**
 * What the client throws, beyond EntityError (the entity does not fit the program) and RpcError (the call failed as a
 * whole).
 */
import type { EntityInput } from '../entities/types.ts';
import { Code, codeName } from '../transport/rpc-error.ts';

/** A change to one entity. */
export interface UpdateInput {
  readonly op: 'insert' | 'modify' | 'delete';
  readonly entity: EntityInput;
}

/** How one update went. */
export interface UpdateResult {
  readonly index: number;
  readonly update: UpdateInput;
  readonly ok: boolean;
  /** A canonical gRPC code; 0 when ok. */
  readonly code: Code;
  readonly message: string;
}

/** The name of the object that an entity belongs to. */
export function objectName(entity: EntityInput): string {
  switch (entity.kind) {
    case 'table':
    case 'direct-counter':
    case 'direct-meter':
      return `${entity.kind === 'table' ? 'table' : `${entity.kind} of table`} ${entity.table ?? ''}`;
    case 'member':
      return `member ${entity.member} of action profile ${entity.profile}`;
    case 'group':
      return `group ${entity.group} of action profile ${entity.profile}`;
    case 'counter':
      return `counter ${entity.counter}[${entity.index ?? 'all'}]`;
    case 'meter':
      return `meter ${entity.meter}[${entity.index ?? 'all'}]`;
    case 'multicast':
      return `multicast group ${entity.group}`;
    case 'clone':
      return `clone session ${entity.session}`;
    case 'digest':
      return `digest ${entity.digest}`;
    case 'register':
      return `register ${entity.register}[${entity.index ?? 'all'}]`;
    case 'value-set':
      return `value set ${entity.valueSet}`;
  }
}

function show(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => {
    if (typeof part === 'bigint') return part <= Number.MAX_SAFE_INTEGER ? Number(part) : `0x${part.toString(16)}`;
    return part instanceof Uint8Array ? `0x${Buffer.from(part).toString('hex')}` : part;
  });
}

/** An update in one line: `insert table ipv4_lpm {"dst":"10.0.0.0/24"}`. */
export function describeUpdate(update: UpdateInput): string {
  const { op, entity } = update;
  const key =
    'match' in entity && entity.match !== undefined
      ? ` ${show(entity.match)}${entity.priority ? ` priority ${entity.priority}` : ''}`
      : 'isDefault' in entity && entity.isDefault
        ? ' default entry'
        : '';
  return `${op} ${objectName(entity)}${key}`;
}

/** Some updates of a Write failed. `results` has all, `failures` those that failed. */
export class WriteError extends Error {
  readonly results: readonly UpdateResult[];
  readonly failures: readonly UpdateResult[];

  constructor(results: readonly UpdateResult[]) {
    const failures = results.filter((result) => !result.ok);
    const shown = failures
      .slice(0, 5)
      .map((failure) => `  ${describeUpdate(failure.update)}: ${codeName(failure.code)}: ${failure.message}`);
    const more = failures.length > 5 ? [`  ... and ${failures.length - 5} more`] : [];
    super([`${failures.length} of ${results.length} updates failed:`, ...shown, ...more].join('\n'));
    this.name = 'WriteError';
    this.results = results;
    this.failures = failures;
  }

  /** Whether every failure has this code, e.g. `Code.ALREADY_EXISTS`. */
  isOnly(code: Code): boolean {
    return this.failures.every((failure) => failure.code === code);
  }
}

/** The client cannot do that now: it is closed, not connected, not primary, or knows no pipeline. */
export class ClientStateError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ClientStateError';
  }
}

export { Code };
