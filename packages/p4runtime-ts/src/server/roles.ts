/**
 * The roles of one device: who is primary of each, and what its configuration lets it do. A role stays known after its
 * clients have gone, because its highest election id and its configuration are remembered.
 */
import type { Any } from '@bufbuild/protobuf/wkt';
import type { Update } from '../gen/p4/v1/p4runtime_pb.ts';
import { RoleArbitration } from './arbitration.ts';
import { denied, invalid } from './refusals.ts';
import { covers, idOf, type RoleRules, roleRules } from './role-config.ts';

/** See the file's comment. */
export class Roles<Controller> {
  readonly #arbitrations = new Map<string, RoleArbitration<Controller>>();
  /** What the configurations say; those that are not here say nothing. */
  readonly #rules = new WeakMap<object, RoleRules>();
  readonly #isStrict: boolean;

  constructor(isStrict: boolean) {
    this.#isStrict = isStrict;
  }

  get(role: string): RoleArbitration<Controller> | undefined {
    return this.#arbitrations.get(role);
  }

  /** The role, made when it is new. */
  open(role: string): RoleArbitration<Controller> {
    let arbitration = this.#arbitrations.get(role);
    if (arbitration === undefined) {
      arbitration = new RoleArbitration();
      this.#arbitrations.set(role, arbitration);
    }
    return arbitration;
  }

  [Symbol.iterator](): IterableIterator<[string, RoleArbitration<Controller>]> {
    return this.#arbitrations.entries();
  }

  /** The rules of a role; `undefined` for full access. */
  rulesOf(role: string): RoleRules | undefined {
    const config = this.#arbitrations.get(role)?.roleConfig;
    return config === undefined ? undefined : this.#rules.get(config);
  }

  /**
   * Takes note of a configuration that a client gives its role; it holds once the client is primary.
   *
   * @throws RpcError INVALID_ARGUMENT when it is malformed, or claims what is another role's
   */
  adopt(role: string, config: Any | undefined): void {
    const rules = roleRules(config, this.#isStrict);
    if (config === undefined || rules === undefined) return;
    for (const [name, { size }] of this.#arbitrations) {
      const other = name === role || size === 0 ? undefined : this.rulesOf(name);
      if (other === undefined) continue;
      for (const id of rules.exclusive)
        if (covers(other, id)) throw invalid(`The id ${id} is of role '${name}' already.`);
      for (const id of rules.shared)
        if (other.exclusive.has(id)) throw invalid(`The id ${id} belongs to role '${name}', exclusively.`);
    }
    this.#rules.set(config, rules);
  }

  /**
   * What refuses an update that the role may not write; `undefined` when no role has rules, which is the usual case and
   * costs nothing. The function throws RpcError PERMISSION_DENIED.
   */
  scope(role: string): ((update: Update) => void) | undefined {
    const own = this.rulesOf(role);
    const others = [...this.#arbitrations.keys()].flatMap((name) => {
      const rules = name === role ? undefined : this.rulesOf(name);
      return rules === undefined ? [] : [rules.exclusive];
    });
    if (own === undefined && others.length === 0) return undefined;
    return ({ entity }) => {
      const id = entity === undefined ? 0 : idOf(entity.entity);
      if (id === 0) return;
      if (!covers(own, id)) throw denied(`The configuration of role '${role}' does not have the id ${id}.`);
      if (others.some((exclusive) => exclusive.has(id)))
        throw denied(`The id ${id} belongs to another role, exclusively.`);
    };
  }
}
