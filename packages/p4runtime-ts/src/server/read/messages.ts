/**
 * Stored things as P4Runtime messages, in canonical form. Shared by reads and by reconciliation, which replays what was
 * written as if a client had read it and wrote it back.
 */
import type { MeterConfig, MeterCounterData, TableAction } from '../../gen/p4/v1/p4runtime_pb.ts';
import type { StoredWatch } from '../store/profile-store.ts';
import type { PipelineState } from '../store/state.ts';
import type { StoredTarget } from '../store/table-store.ts';
import type { ColourCells, MeterRates } from '../switch.ts';

/** A watch as message. */
export function watchMessage(
  watch: StoredWatch,
): { case: 'watch'; value: number } | { case: 'watchPort'; value: Uint8Array } | { case: undefined } {
  return watch;
}

/** A meter's configuration as message; `undefined` for the default. */
export function meterConfigMessage(rates: MeterRates | undefined): MeterConfig | undefined {
  return rates === undefined ? undefined : { $typeName: 'p4.v1.MeterConfig', ...rates };
}

/** What an entry does as message. */
export function targetMessage(state: PipelineState, target: StoredTarget): TableAction {
  return { $typeName: 'p4.v1.TableAction', type: targetType(state, target) };
}

function targetType(state: PipelineState, target: StoredTarget): TableAction['type'] {
  switch (target.kind) {
    case 'action':
      return { case: 'action', value: state.actions.get(target.actionId)!.toMessage(target.params) };
    case 'member':
      return { case: 'actionProfileMemberId', value: target.memberId };
    case 'group':
      return { case: 'actionProfileGroupId', value: target.groupId };
    case 'set':
      return {
        case: 'actionProfileActionSet',
        value: {
          $typeName: 'p4.v1.ActionProfileActionSet',
          actionSelectionMode: target.set.selectionMode,
          sizeSemantics: target.set.sizeSemantics,
          groupAction:
            target.set.groupAction &&
            state.actions.get(target.set.groupAction.action.actionId)!.toMessage(target.set.groupAction.action.params),
          actionProfileActions: target.set.members.map((member) => ({
            $typeName: 'p4.v1.ActionProfileAction',
            action: state.actions.get(member.action.actionId)!.toMessage(member.action.params),
            weight: member.weight,
            watchKind: watchMessage(member.watch),
          })),
        },
      };
  }
}

/** A cell of a counter, of arrays of cells. */
export function counterData(packets: BigUint64Array | undefined, bytes: BigUint64Array | undefined, position: number) {
  return {
    $typeName: 'p4.v1.CounterData' as const,
    packetCount: BigInt.asIntN(64, packets?.[position] ?? 0n),
    byteCount: BigInt.asIntN(64, bytes?.[position] ?? 0n),
  };
}

/** What a meter counted in each of its colours; three cells a meter. */
export function meterCounterData(colours: ColourCells | undefined, position: number): MeterCounterData | undefined {
  if (colours === undefined) return undefined;
  const { packets, bytes } = colours;
  const [green, yellow, red] = [0, 1, 2].map((colour) => counterData(packets, bytes, 3 * position + colour));
  return { $typeName: 'p4.v1.MeterCounterData', green, yellow, red };
}
