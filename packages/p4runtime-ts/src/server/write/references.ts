/**
 * References between tables that the program declares (`@refers_to(table, field)` on match fields and action parameters).
 *
 * An entry may only name what exists, and what is named may not go: the data plane then never finds a next hop missing. Two maps of counters
 * are enough, keyed by target field and value: how many entries provide a value, and how many use it. Programs without the annotation have no
 * `References` at all. An annotation whose target is not in the P4Info is ignored, because programs are also loaded in parts.
 */
import type { ActionInfo, Program, TableInfo } from '../../schema/program.ts';
import { canonicalBytes } from '../../values/bytes.ts';
import { notFound, precondition } from '../refusals.ts';
import type { DirectAction, MatchValue } from '../switch.ts';

/** A field that others refer to. */
interface Target {
  readonly id: string;
  /** For messages: `nexthop_table.nexthop_id`. */
  readonly label: string;
}

/** The built-in table of multicast groups. */
const multicastTable = 'builtin::multicast_group_table';

/** A value of a target: what is counted. */
export interface Reference {
  readonly target: Target;
  readonly value: string;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(canonicalBytes(bytes)).toString('hex');
}

/** See the file's comment. */
export class References {
  readonly #targets = new Map<string, Target>();
  /** By table id: match fields that refer to something. */
  readonly #matchUses = new Map<number, readonly { readonly index: number; readonly target: Target }[]>();
  /** By action id: parameters that refer to something. */
  readonly #paramUses = new Map<number, readonly { readonly index: number; readonly target: Target }[]>();
  /** By table id: match fields that something refers to. */
  readonly #provided = new Map<number, { readonly index: number; readonly target: Target }[]>();
  readonly #providers = new Map<string, number>();
  readonly #users = new Map<string, number>();
  /** Off while a whole state is replayed, in whatever order. */
  isEnforced = true;

  private constructor() {}

  /** The references of a program; `undefined` if it declares none. */
  static of(program: Program): References | undefined {
    const references = new References();
    for (const table of program.tables)
      references.#declare(program, references.#matchUses, table.id, table.matchFields.items);
    for (const action of program.actions)
      references.#declare(program, references.#paramUses, action.id, action.params.items);
    return references.#targets.size === 0 ? undefined : references;
  }

  #declare(
    program: Program,
    uses: Map<number, readonly { readonly index: number; readonly target: Target }[]>,
    owner: number,
    fields: TableInfo['matchFields']['items'] | ActionInfo['params']['items'],
  ): void {
    const found = fields.flatMap(({ index, annotations }) =>
      annotations.flatMap((annotation) => {
        const target = this.#target(program, annotation);
        return target === undefined ? [] : [{ index, target }];
      }),
    );
    if (found.length > 0) uses.set(owner, found);
  }

  #target(program: Program, annotation: string): Target | undefined {
    const parts = /^@refers_to\(([^,]+),([^,]+)\)$/.exec(annotation.replace(/\s+/g, ''));
    if (parts === null) return undefined;
    const [label, tableName, fieldName] = [`${parts[1]}.${parts[2]}`, parts[1]!, parts[2]!];
    const table = program.tables.find(tableName);
    const field = table?.matchFields.find(fieldName);
    const id = tableName === multicastTable ? 'multicast' : field && `${table!.id}/${field.index}`;
    if (id === undefined) return undefined;
    let target = this.#targets.get(id);
    if (target === undefined) {
      this.#targets.set(id, (target = { id, label }));
      if (table !== undefined && field !== undefined)
        this.#provided.set(table.id, [...(this.#provided.get(table.id) ?? []), { index: field.index, target }]);
    }
    return target;
  }

  /** What a key and actions refer to. Fields that do not care refer to nothing. */
  usesOf(tableId: number, match: readonly MatchValue[], actions: readonly DirectAction[]): Reference[] {
    const fromMatch = (this.#matchUses.get(tableId) ?? []).flatMap(({ index, target }) => {
      const value = match[index];
      const bytes = value?.kind === 'exact' || value?.kind === 'optional' ? value.value : undefined;
      return bytes === undefined ? [] : [{ target, value: hex(bytes) }];
    });
    const fromActions = actions.flatMap((action) =>
      (this.#paramUses.get(action.actionId) ?? []).map(({ index, target }) => ({
        target,
        value: hex(action.params[index]!),
      })),
    );
    return [...fromMatch, ...fromActions];
  }

  /** What an entry with a key provides for others. */
  providesOf(tableId: number, match: readonly MatchValue[]): Reference[] {
    return (this.#provided.get(tableId) ?? []).flatMap(({ index, target }) => {
      const value = match[index];
      return value?.kind === 'exact' ? [{ target, value: hex(value.value) }] : [];
    });
  }

  /** What a multicast group provides. */
  ofMulticast(groupId: number): Reference[] {
    const target = this.#targets.get('multicast');
    if (target === undefined) return [];
    const text = groupId.toString(16);
    return [{ target, value: text.length % 2 === 1 ? `0${text}` : text }];
  }

  /** @throws RpcError NOT_FOUND when something that is used does not exist */
  require(uses: readonly Reference[], what: string): void {
    if (!this.isEnforced) return;
    for (const { target, value } of uses)
      if ((this.#providers.get(`${target.id}|${value}`) ?? 0) === 0)
        throw notFound(`${what} refers to ${target.label} = 0x${value}, which does not exist.`);
  }

  /** @throws RpcError FAILED_PRECONDITION when something that goes is still used */
  checkRelease(provides: readonly Reference[], what: string): void {
    if (!this.isEnforced) return;
    for (const { target, value } of provides) {
      const id = `${target.id}|${value}`;
      const users = this.#users.get(id) ?? 0;
      if (users > 0 && (this.#providers.get(id) ?? 0) <= 1)
        throw precondition(`${what}: ${target.label} = 0x${value} is still in use by ${users} others.`);
    }
  }

  /** Counts users (or fewer). */
  countUses(uses: readonly Reference[], change: 1 | -1): void {
    for (const { target, value } of uses) count(this.#users, `${target.id}|${value}`, change);
  }

  /** Counts providers (or fewer). */
  countProvides(provides: readonly Reference[], change: 1 | -1): void {
    for (const { target, value } of provides) count(this.#providers, `${target.id}|${value}`, change);
  }
}

function count(counters: Map<string, number>, id: string, change: 1 | -1): void {
  const next = (counters.get(id) ?? 0) + change;
  if (next === 0) counters.delete(id);
  else counters.set(id, next);
}
