/**
 * One WriteRequest, from its updates to the error that tells what became of each (specification: "Write RPC", "Batch
 * Atomicity").
 *
 * All updates of an atomic request go to the switch together. Where each update stands for itself, those that must be
 * decoded go in small portions: what one portion needs is garbage before the next one comes. Entries that are taken
 * straight from the request's bytes leave no garbage, and do not count.
 */
import type { Update } from '../../gen/p4/v1/p4runtime_pb.ts';
import { Code, RpcError } from '../../transport/rpc-error.ts';
import type { UpdateList } from '../../wire/write-request.ts';
import { asRpcError, errorDetails } from '../refusals.ts';
import type { PipelineState } from '../store/state.ts';
import type { Switch, SwitchUpdate } from '../switch.ts';
import { Batch } from './batch.ts';
import type { EncodedEntries } from './encoded-entries.ts';
import { applyUpdate } from './write.ts';

/** Updates that are decoded and done at a time, where no update depends on another. */
const portionSize = 256;

/** What is written, and to what. */
export interface WriteOptions {
  /** What the updates speak of. */
  readonly state: PipelineState;
  /** Takes entries from encoded updates to `state`. */
  readonly entries: EncodedEntries;
  readonly target: Switch;
  /** Takes the changes instead of the switch, where a pipeline waits for COMMIT. */
  readonly saved: { readonly updates: SwitchUpdate[] } | undefined;
  readonly updates: UpdateList;
  readonly isAtomic: boolean;
  /** Throws where the client's role may not write something. */
  readonly scope: ((update: Update) => void) | undefined;
}

/** See the file's comment. */
export class WriteInProgress {
  readonly #options: WriteOptions;
  readonly #errors = new Map<number, RpcError>();
  #next = 0;
  /** Whether digests were among the updates. */
  hasDigests = false;

  constructor(options: WriteOptions) {
    this.#options = options;
  }

  /**
   * Does all updates.
   *
   * @throws RpcError when nothing was done
   */
  async run(): Promise<void> {
    while (this.#next < this.#options.updates.length) await this.#portion();
  }

  async #portion(): Promise<void> {
    const { isAtomic, saved } = this.#options;
    const batch = this.#changeStores();
    if (isAtomic && this.#errors.size > 0) {
      batch.undoAll();
      this.throwErrors();
    }
    if (saved !== undefined) {
      for (const update of batch.unpacked()) saved.updates.push(update);
      batch.settle(new Set());
    } else if (!batch.isEmpty) await this.#apply(batch);
  }

  /** Checks updates, as many as go together, and does them as far as the stores are concerned. */
  #changeStores(): Batch {
    const { state, entries, updates, isAtomic, scope } = this.#options;
    const { length } = updates;
    const batch = new Batch();
    // What a role may not write is refused one by one.
    const encoded = scope === undefined ? updates.encoded : undefined;
    let room = isAtomic ? length : portionSize;
    while (this.#next < length && room > 0) {
      const index = this.#next++;
      if (encoded !== undefined) {
        const { bytes, places } = encoded;
        if (entries.write(batch, bytes, places[2 * index]!, places[2 * index + 1]!, index, length)) continue;
      }
      room--;
      batch.begin(index);
      try {
        const update = updates.at(index)!;
        scope?.(update);
        this.hasDigests ||= update.entity?.entity.case === 'digestEntry';
        applyUpdate(state, batch, update);
      } catch (error) {
        batch.rollBack();
        this.#errors.set(index, asRpcError(error));
        if (isAtomic) break;
      }
    }
    return batch;
  }

  /** Has the switch do what the stores already remember. */
  async #apply(batch: Batch): Promise<void> {
    const { isAtomic } = this.#options;
    try {
      const failed = await this.#applyToSwitch(batch);
      if (isAtomic && failed.size > 0) batch.undoAll();
      else batch.settle(failed);
    } catch (error) {
      batch.undoAll();
      const failure = asRpcError(error);
      // Nothing was done before: the call fails as a whole. Else the earlier portions stay, and these updates have
      // failed.
      const owners = batch.owners();
      if (isAtomic || owners[0] === 0) throw failure;
      for (const owner of owners) this.#errors.set(owner, failure);
    }
  }

  /** Returns the updates that the switch has refused. */
  async #applyToSwitch(batch: Batch): Promise<Set<number>> {
    const { target, isAtomic } = this.#options;
    const failed = new Set<number>();
    const fail = (owner: number, error: unknown) => {
      failed.add(owner);
      this.#errors.set(owner, asRpcError(error));
    };
    if (target.applyBlocks !== undefined) {
      for (const { index, item, error } of await target.applyBlocks(batch.withBlocks(), isAtomic))
        fail(batch.ownerWithBlocks(index, item), error);
    } else {
      const failures = await target.apply(batch.unpacked(), isAtomic);
      const owners = failures.length === 0 ? [] : batch.owners();
      for (const { index, error } of failures) fail(owners[index] ?? 0, error);
    }
    return failed;
  }

  /** Throws the error of a request in which updates failed; does nothing when all went well. */
  throwErrors(): void {
    const errors = this.#errors;
    const { isAtomic, updates } = this.#options;
    if (errors.size === 0) return;
    const others = isAtomic
      ? { code: Code.ABORTED, reason: 'Not applied, because another update of the batch failed.' }
      : undefined;
    const details = errorDetails(updates.length, errors, others);
    const [first] = errors.values();
    const isSingle = updates.length === 1 && first !== undefined;
    const message = isSingle ? first.reason : `${errors.size} of ${updates.length} updates failed.`;
    throw new RpcError(Code.UNKNOWN, message, details);
  }
}
