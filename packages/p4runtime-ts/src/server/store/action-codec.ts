/**
 * Actions with arguments: from messages to what the switch gets and to what the store keeps, and back.
 *
 * Stored, the arguments are one string of single-byte characters, as in `key-codec.ts`. Thousands of entries often do
 * the same (send to one of a few servers), so recent ones are shared.
 */
import type { Action } from '../../gen/p4/v1/p4runtime_pb.ts';
import type { ActionInfo, ParamInfo } from '../../schema/program.ts';
import { actionConstraint, type Constraint } from '../constraints/check.ts';
import { invalid } from '../refusals.ts';
import type { DirectAction } from '../switch.ts';
import type { CodecFactory, ValueCodec } from '../translation.ts';

/** Stored actions that are kept for sharing, per action. */
const recentLimit = 1024;

interface ParamPlan {
  readonly param: ParamInfo;
  readonly codec: ValueCodec;
  readonly offset: number;
}

/** A parameter whose values are plain numbers, as it lies among stored arguments. */
export interface PlainParam {
  readonly id: number;
  readonly offset: number;
  readonly length: number;
  readonly bitwidth: number;
}

/** An action as stored. */
export interface StoredAction {
  readonly kind: 'action';
  readonly actionId: number;
  readonly params: string;
}

/** Parameters of one action. */
export class ActionCodec {
  readonly info: ActionInfo;
  readonly #constraint: Constraint | undefined;
  readonly #plans: ParamPlan[];
  readonly #byId = new Map<number, ParamPlan>();
  /** Stored actions that came lately, to be shared by entries that do the same. */
  readonly #recent = new Map<string, StoredAction>();
  readonly #scratch: Buffer;
  readonly #length: number;

  constructor(info: ActionInfo, codecs: CodecFactory) {
    this.info = info;
    this.#constraint = actionConstraint(info);
    let offset = 0;
    this.#plans = info.params.items.map((param) => {
      const codec = codecs.codec(param.type);
      const plan = { param, codec, offset };
      offset += codec.length;
      this.#byId.set(param.id, plan);
      return plan;
    });
    this.#length = offset;
    this.#scratch = Buffer.alloc(Math.max(1, offset));
  }

  /**
   * An action from its message, whose id is this action's.
   *
   * @param object for messages: `table x`
   * @throws RpcError INVALID_ARGUMENT or OUT_OF_RANGE
   */
  decode(message: Action, object: string): { readonly action: DirectAction; readonly stored: StoredAction } {
    const params: (Uint8Array | undefined)[] = new Array(this.#plans.length).fill(undefined);
    for (const { paramId, value } of message.params) {
      const plan = this.#byId.get(paramId);
      if (plan === undefined)
        throw invalid(`${object}, action ${this.info.alias} has no parameter with id ${paramId}.`);
      if (params[plan.param.index] !== undefined)
        throw invalid(`${object}, action ${this.info.alias}, parameter ${plan.param.name} is given twice.`);
      params[plan.param.index] = plan.codec.toSwitch(
        value,
        `${object}, action ${this.info.alias}, parameter ${plan.param.name}`,
      );
    }
    for (const { param, offset } of this.#plans) {
      const value = params[param.index];
      if (value === undefined) throw invalid(`${object}, action ${this.info.alias} lacks the parameter ${param.name}.`);
      this.#scratch.set(value, offset);
    }
    this.#constraint?.check({ match: [], params: params as Uint8Array[], priority: 0 });
    const action: DirectAction = { kind: 'action', actionId: this.info.id, params: params as Uint8Array[] };
    return { action, stored: this.#storedScratch() };
  }

  /**
   * The parameters, for those who read arguments from bytes; `undefined` if one is translated or the action has a
   * constraint.
   */
  plainParams(): PlainParam[] | undefined {
    const params = this.#plans.flatMap(({ param: { id }, codec, offset }): PlainParam[] =>
      codec.plainBits ? [{ id, offset, length: codec.length, bitwidth: codec.plainBits }] : [],
    );
    return params.length === this.#plans.length && this.#constraint === undefined ? params : undefined;
  }

  /** An action that the switch named, as stored. */
  store(action: DirectAction): StoredAction {
    for (const { param, offset, codec } of this.#plans)
      this.#scratch.set((action.params[param.index] ?? new Uint8Array(0)).subarray(0, codec.length), offset);
    return this.#storedScratch();
  }

  #storedScratch(): StoredAction {
    const params = this.#scratch.toString('latin1', 0, this.#length);
    const known = this.#recent.get(params);
    if (known !== undefined) return known;
    const stored: StoredAction = { kind: 'action', actionId: this.info.id, params };
    if (this.#recent.size >= recentLimit) this.#recent.clear();
    this.#recent.set(params, stored);
    return stored;
  }

  /** A stored action as the switch gets it. */
  toSwitch(params: string): DirectAction {
    const bytes = new Uint8Array(Buffer.from(params, 'latin1'));
    return {
      kind: 'action',
      actionId: this.info.id,
      params: this.#plans.map(({ offset, codec }) => bytes.slice(offset, offset + codec.length)),
    };
  }

  /** A stored action as message. */
  toMessage(params: string): Action {
    const bytes = new Uint8Array(Buffer.from(params, 'latin1'));
    return {
      $typeName: 'p4.v1.Action',
      actionId: this.info.id,
      params: this.#plans.map(({ param, offset, codec }) => ({
        $typeName: 'p4.v1.Action.Param',
        paramId: param.id,
        value: codec.toController(bytes.subarray(offset, offset + codec.length)),
      })),
    };
  }
}
