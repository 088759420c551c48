/**
 * Who is primary (specification: "Client Arbitration and Controller Replication").
 *
 * Pure: one object per device and role, fed with what controllers say, answering who must be told what. The rule in
 * short: the controller whose election id is the highest that was ever seen is primary; when it leaves, nobody is until
 * somebody comes with an id at least as high.
 */
import type { Any } from '@bufbuild/protobuf/wkt';
import { Code } from '../transport/rpc-error.ts';
import { invalid } from './refusals.ts';

/** Who is told what. */
export interface ArbitrationNotice<Controller> {
  readonly to: Controller;
  readonly code: Code;
  readonly message: string;
  /** The highest election id ever seen; `undefined` before the first primary. */
  readonly electionId: bigint | undefined;
  readonly roleConfig: Any | undefined;
}

/** Arbitration of one role of one device. */
export class RoleArbitration<Controller> {
  readonly #controllers = new Map<Controller, bigint | undefined>();
  #highest: bigint | undefined;
  #primary: Controller | undefined;
  #roleConfig: Any | undefined;

  /** The primary, if there is one. */
  get primary(): Controller | undefined {
    return this.#primary;
  }

  /** The configuration that the last primary gave the role. */
  get roleConfig(): Any | undefined {
    return this.#roleConfig;
  }

  /** Connected controllers. */
  get size(): number {
    return this.#controllers.size;
  }

  /** Whether the id is the present primary's. */
  isPrimary(electionId: bigint | undefined): boolean {
    if (this.#primary === undefined || electionId === undefined) return false;
    return this.#controllers.get(this.#primary) === electionId;
  }

  /**
   * A controller runs with an election id (`undefined`: it does not want to be primary).
   *
   * @throws RpcError INVALID_ARGUMENT when another connected controller has the id; the stream must end
   */
  update(
    controller: Controller,
    electionId: bigint | undefined,
    roleConfig: Any | undefined,
  ): ArbitrationNotice<Controller>[] {
    if (electionId !== undefined)
      for (const [other, id] of this.#controllers)
        if (other !== controller && id === electionId)
          throw invalid(`The election id ${electionId} is in use by another controller.`);
    const before = this.#primary;
    const configBefore = this.#roleConfig;
    this.#controllers.set(controller, electionId);
    if (electionId !== undefined && electionId >= (this.#highest ?? 0n)) {
      this.#highest = electionId;
      this.#primary = controller;
      this.#roleConfig = roleConfig;
    } else if (before === controller) this.#primary = undefined;
    const changed = this.#primary !== before || configBefore !== this.#roleConfig || this.#primary === controller;
    return changed ? this.#notices() : [this.#notice(controller)];
  }

  /** A controller has gone. */
  leave(controller: Controller): ArbitrationNotice<Controller>[] {
    this.#controllers.delete(controller);
    if (this.#primary !== controller) return [];
    this.#primary = undefined;
    return this.#notices();
  }

  #notices(): ArbitrationNotice<Controller>[] {
    const backups = [...this.#controllers.keys()].filter((controller) => controller !== this.#primary);
    const all = this.#primary === undefined ? backups : [...backups, this.#primary];
    return all.map((controller) => this.#notice(controller));
  }

  #notice(to: Controller): ArbitrationNotice<Controller> {
    const common = { to, electionId: this.#highest, roleConfig: this.#roleConfig };
    if (this.#primary === to) return { ...common, code: Code.OK, message: 'You are primary.' };
    if (this.#primary !== undefined)
      return { ...common, code: Code.ALREADY_EXISTS, message: 'Another controller is primary; you are a backup.' };
    return { ...common, code: Code.NOT_FOUND, message: 'There is no primary.' };
  }
}
