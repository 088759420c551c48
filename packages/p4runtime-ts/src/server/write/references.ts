/**
 * References between tables that the program declares (`@refers_to(table, field)` on match fields and action
 * parameters, `@referenced_by(table, field)` on match fields, for the built-in table of multicast groups, which has no
 * declaration to annotate).
 *
 * An entry may only name what exists, and what is named may not go: the data plane then never finds a next hop missing.
 * What one key, or the parameters of one action, say about several fields of a table is about one entry of it, so such
 * annotations make one reference of several values (two that name the same field are two references). Two maps of
 * counters are enough, keyed by target fields and values: how many entries provide the values, and how many use them.
 * Programs without the annotations have no `References` at all. An annotation whose target is not in the P4Info is
 * ignored, because programs are also loaded in parts.
 */
import type { ActionInfo, Program, TableInfo } from '../../schema/program.ts';
import { canonicalBytes } from '../../values/bytes.ts';
import { notFound, precondition } from '../refusals.ts';
import type { DirectAction, MatchValue, PortReplica } from '../switch.ts';
import type { Batch } from './batch.ts';

/** Fields of a table that others refer to together. */
interface Target {
  readonly id: string;
  /** For messages: `nexthop_table.nexthop_id`, `neighbours.(port, id)`. */
  readonly label: string;
  /** Match fields of the table, by index. */
  readonly fields: readonly number[];
}

/** What a key or the parameters of an action refer to together: which of them, in the order of the target's fields. */
interface Use {
  readonly target: Target;
  readonly sources: readonly number[];
}

/** One annotation, resolved. */
interface Annotation {
  readonly source: number;
  /** Undefined: the built-in table of multicast groups. */
  readonly table: TableInfo | undefined;
  readonly field: number;
}

/** The built-in table of multicast groups. */
const multicastTable = 'builtin::multicast_group_table';
const multicastField = 'multicast_group_id';
/**
 * Its fields that refer to other tables, as `@referenced_by` names them; those of a replica's backups count as well.
 */
const replicaFields = ['replica.port', 'replica.instance'] as const;

/** The values of a target: what is counted. */
export interface Reference {
  readonly target: Target;
  /** Hexadecimal, separated by commas. */
  readonly values: string;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(canonicalBytes(bytes)).toString('hex');
}

function hexOf(value: number): string {
  const text = value.toString(16);
  return text.length % 2 === 1 ? `0${text}` : text;
}

/** Whether a match field is one that replicas of multicast groups refer to: which of `replicaFields`; else -1. */
function replicaFieldOf(annotations: readonly string[]): number {
  const named = annotations.map((each) => each.replace(/\s+/g, ''));
  return replicaFields.findIndex((field) => named.includes(`@referenced_by(${multicastTable},${field})`));
}

function resolve(program: Program, annotation: string, source: number): Annotation | undefined {
  const parts = /^@refers_to\(([^,]+),([^,]+)\)$/.exec(annotation.replace(/\s+/g, ''));
  if (parts === null) return undefined;
  if (parts[1] === multicastTable) return { source, table: undefined, field: 0 };
  const table = program.tables.find(parts[1]!);
  const field = table?.matchFields.find(parts[2]!)?.index;
  return table === undefined || field === undefined ? undefined : { source, table, field };
}

/** The values of some fields of a key; nothing where one of them does not care. */
function reference(target: Target, fields: readonly number[], match: readonly MatchValue[]): Reference[] {
  const values: string[] = [];
  for (const index of fields) {
    const value = match[index];
    if ((value?.kind !== 'exact' && value?.kind !== 'optional') || value.value === undefined) return [];
    values.push(hex(value.value));
  }
  return [{ target, values: values.join() }];
}

function keyOf({ target, values }: Reference): string {
  return `${target.id}|${values}`;
}

function describe({ target, values }: Reference): string {
  const numbers = values.split(',').map((value) => `0x${value}`);
  return `${target.label} = ${numbers.length === 1 ? numbers[0] : `(${numbers.join(', ')})`}`;
}

/** See the file's comment. */
export class References {
  readonly #targets = new Map<string, Target>();
  /** By table id: match fields that refer to something. */
  readonly #matchUses = new Map<number, readonly Use[]>();
  /** By action id: parameters that refer to something. */
  readonly #paramUses = new Map<number, readonly Use[]>();
  /** By table id: what of it others refer to. */
  readonly #provided = new Map<number, Target[]>();
  readonly #providers = new Map<string, number>();
  readonly #users = new Map<string, number>();
  /** What replicas refer to; sources are positions in `replicaFields`. */
  readonly #replicaUses: Use[] = [];
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
    for (const table of program.tables) references.#declareReplicas(table);
    return references.#targets.size === 0 ? undefined : references;
  }

  #declare(
    program: Program,
    uses: Map<number, readonly Use[]>,
    owner: number,
    fields: TableInfo['matchFields']['items'] | ActionInfo['params']['items'],
  ): void {
    // By table; each list names a field once.
    const together: Annotation[][] = [];
    for (const { index, annotations } of fields)
      for (const text of annotations) {
        const annotation = resolve(program, text, index);
        if (annotation === undefined) continue;
        const others = together.find(
          (each) => each[0]!.table === annotation.table && each.every(({ field }) => field !== annotation.field),
        );
        if (others === undefined) together.push([annotation]);
        else others.push(annotation);
      }
    const found = together.map((each) => {
      const inOrder = each.toSorted((a, b) => a.field - b.field);
      return { target: this.#target(inOrder), sources: inOrder.map(({ source }) => source) };
    });
    if (found.length > 0) uses.set(owner, found);
  }

  #declareReplicas(table: TableInfo): void {
    const named = table.matchFields.items.flatMap(({ index, annotations }) => {
      const source = replicaFieldOf(annotations);
      return source < 0 ? [] : [{ source, table, field: index }];
    });
    if (named.length > 0)
      this.#replicaUses.push({ target: this.#target(named), sources: named.map(({ source }) => source) });
  }

  #target(annotations: readonly Annotation[]): Target {
    const { table } = annotations[0]!;
    const fields = annotations.map(({ field }) => field);
    const id = table === undefined ? 'multicast' : `${table.id}/${fields.join(',')}`;
    const known = this.#targets.get(id);
    if (known !== undefined) return known;
    const names = table === undefined ? [multicastField] : fields.map((field) => table.matchFields.items[field]!.name);
    const label = `${table?.alias ?? multicastTable}.${names.length === 1 ? names[0] : `(${names.join(', ')})`}`;
    const target = { id, label, fields };
    this.#targets.set(id, target);
    if (table !== undefined) this.#provided.set(table.id, [...(this.#provided.get(table.id) ?? []), target]);
    return target;
  }

  /** What a key and actions refer to. Where one of several fields does not care, they refer to nothing. */
  usesOf(tableId: number, match: readonly MatchValue[], actions: readonly DirectAction[]): Reference[] {
    const fromMatch = (this.#matchUses.get(tableId) ?? []).flatMap(({ target, sources }) =>
      reference(target, sources, match),
    );
    const fromActions = actions.flatMap((action) =>
      (this.#paramUses.get(action.actionId) ?? []).map(({ target, sources }) => ({
        target,
        values: sources.map((index) => hex(action.params[index]!)).join(),
      })),
    );
    return [...fromMatch, ...fromActions];
  }

  /** What an entry with a key provides for others. */
  providesOf(tableId: number, match: readonly MatchValue[]): Reference[] {
    return (this.#provided.get(tableId) ?? []).flatMap((target) => reference(target, target.fields, match));
  }

  /** What the replicas of a multicast group refer to, their backups included. */
  usesOfReplicas(replicas: readonly PortReplica[]): Reference[] {
    return replicas.flatMap(({ port, instance, backups }) =>
      [{ port, instance }, ...backups].flatMap((copy) =>
        this.#replicaUses.map(({ target, sources }) => ({
          target,
          values: sources.map((source) => hexOf(source === 0 ? copy.port : copy.instance)).join(),
        })),
      ),
    );
  }

  /** What a multicast group provides. */
  ofMulticast(groupId: number): Reference[] {
    const target = this.#targets.get('multicast');
    if (target === undefined) return [];
    return [{ target, values: hexOf(groupId) }];
  }

  /** @throws RpcError NOT_FOUND when something that is used does not exist */
  require(uses: readonly Reference[], what: string): void {
    if (!this.isEnforced) return;
    for (const use of uses)
      if ((this.#providers.get(keyOf(use)) ?? 0) === 0)
        throw notFound(`${what} refers to ${describe(use)}, which does not exist.`);
  }

  /** @throws RpcError FAILED_PRECONDITION when something that goes is still used */
  checkRelease(provides: readonly Reference[], what: string): void {
    if (!this.isEnforced) return;
    for (const provided of provides) {
      const id = keyOf(provided);
      const users = this.#users.get(id) ?? 0;
      if (users > 0 && (this.#providers.get(id) ?? 0) <= 1)
        throw precondition(`${what}: ${describe(provided)} is still in use by ${users} others.`);
    }
  }

  /**
   * Counts what is used from now on instead of what was.
   *
   * @throws RpcError NOT_FOUND when something that `what` would use does not exist
   */
  exchangeUses(batch: Batch, before: readonly Reference[], after: readonly Reference[], what: string): void {
    this.require(after, what);
    this.countUses(after, 1);
    this.countUses(before, -1);
    batch.onUndo(() => {
      this.countUses(before, 1);
      this.countUses(after, -1);
    });
  }

  /** Counts users (or fewer). */
  countUses(uses: readonly Reference[], change: 1 | -1): void {
    for (const use of uses) count(this.#users, keyOf(use), change);
  }

  /** Counts providers (or fewer). */
  countProvides(provides: readonly Reference[], change: 1 | -1): void {
    for (const provided of provides) count(this.#providers, keyOf(provided), change);
  }
}

function count(counters: Map<string, number>, id: string, change: 1 | -1): void {
  const next = (counters.get(id) ?? 0) + change;
  if (next === 0) counters.delete(id);
  else counters.set(id, next);
}
