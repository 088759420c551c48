/**
 * Actions between plain values by parameter name and P4Runtime's `Action` and `TableAction` messages.
 */

import type { ActionCall, ActionInput, ActionOutput } from '../entities/types.ts';
import {
  type Action,
  ActionProfileActionSet_ActionSelectionMode as SelectionMode,
  ActionProfileActionSet_SizeSemantics as SizeSemantics,
  type TableAction,
} from '../gen/p4/v1/p4runtime_pb.ts';
import type { NameTable } from '../schema/names.ts';
import type { ActionInfo, Program, TableInfo } from '../schema/program.ts';
import { toBigInt, toCanonical } from '../values/bytes.ts';
import { decodeValue, encodeValue } from '../values/plain.ts';
import { EntityError, placed, within } from './error.ts';

/**
 * An action with its arguments; all parameters must be there, no others.
 *
 * @param choices where the name is looked up: a table's actions, or all
 * @throws EntityError
 */
export function encodeAction(
  choices: NameTable<ActionInfo> | TableInfo['actions'],
  input: string | ActionCall,
  object: string,
): Action {
  const call: ActionCall = typeof input === 'string' ? { name: input } : input;
  const found = within(object, '', () => choices.get(call.name));
  const action = 'action' in found ? found.action : found;
  const given = call.params ?? {};
  const params: Action['params'] = [];
  for (const name in given) {
    let field = '';
    try {
      const param = action.params.get(name);
      field = `action ${action.alias}, parameter ${param.name}`;
      params.push({ $typeName: 'p4.v1.Action.Param', paramId: param.id, value: encodeValue(given[name]!, param.type) });
    } catch (error) {
      throw placed(error, object, field);
    }
  }
  if (params.length !== action.params.size) {
    const missing = action.params.items.filter((param) => !params.some((candidate) => candidate.paramId === param.id));
    const names = missing.map((param) => param.name).join(', ');
    throw new EntityError(object, `action ${action.alias}`, names ? `lacks ${names}.` : 'a parameter is given twice.');
  }
  return { $typeName: 'p4.v1.Action', actionId: action.id, params };
}

/**
 * What an entry of `table` does.
 *
 * @throws EntityError
 */
export function encodeTableAction(table: TableInfo, input: ActionInput, object: string): TableAction {
  return { $typeName: 'p4.v1.TableAction', type: tableActionType(table, input, object) };
}

function tableActionType(table: TableInfo, input: ActionInput, object: string): TableAction['type'] {
  if (typeof input === 'string' || 'name' in input)
    return { case: 'action', value: encodeAction(table.actions, input, object) };
  if (table.profile === undefined)
    throw new EntityError(object, 'action', 'the table has no action profile, so it takes an action by name.');
  if ('member' in input) return { case: 'actionProfileMemberId', value: input.member };
  if ('group' in input) return { case: 'actionProfileGroupId', value: input.group };
  const mode = { hash: SelectionMode.HASH, random: SelectionMode.RANDOM };
  return {
    case: 'actionProfileActionSet',
    value: {
      $typeName: 'p4.v1.ActionProfileActionSet',
      actionProfileActions: input.set.map((member) => ({
        $typeName: 'p4.v1.ActionProfileAction',
        action: encodeAction(table.actions, member.action, object),
        weight: member.weight ?? 1,
        watchKind: encodeWatchPort(member.watchPort),
      })),
      actionSelectionMode:
        input.selection === undefined
          ? SelectionMode.DEFAULT_MODE_DETERMINED_BY_ACTION_SELECTOR
          : mode[input.selection],
      sizeSemantics: SizeSemantics.DEFAULT_SIZE_DETERMINED_BY_ACTION_SELECTOR,
      groupAction: input.groupAction === undefined ? undefined : encodeAction(table.actions, input.groupAction, object),
    },
  };
}

type WatchKind =
  | { case: 'watch'; value: number }
  | { case: 'watchPort'; value: Uint8Array }
  | { case: undefined; value?: undefined };

/** A port to watch as bytes, the current form. */
export function encodeWatchPort(port: number | undefined): WatchKind {
  return port === undefined ? { case: undefined } : { case: 'watchPort', value: toCanonical(BigInt(port)) };
}

/** A port to watch from either form. The deprecated integer 0 means none. */
export function decodeWatchPort(watch: WatchKind): number | undefined {
  if (watch.case === 'watchPort') return Number(toBigInt(watch.value));
  return watch.case === 'watch' && watch.value !== 0 ? watch.value : undefined;
}

/** A received action; one that P4Info does not have is shown by its ids. */
export function decodeAction(program: Program, action: Action): Required<ActionCall<bigint | string>> {
  const info = program.actions.byId(action.actionId);
  const params: Record<string, bigint | string> = {};
  for (const { paramId, value } of action.params) {
    const param = info?.params.byId(paramId);
    params[param?.name ?? `#${paramId}`] = param === undefined ? toBigInt(value) : decodeValue(value, param.type);
  }
  return { name: info?.alias ?? `#${action.actionId}`, params };
}

/** What a received entry does; `undefined` if it says nothing. */
export function decodeTableAction(program: Program, action: TableAction | undefined): ActionOutput | undefined {
  switch (action?.type.case) {
    case 'action':
      return decodeAction(program, action.type.value);
    case 'actionProfileMemberId':
      return { member: action.type.value };
    case 'actionProfileGroupId':
      return { group: action.type.value };
    case 'actionProfileActionSet': {
      const { actionProfileActions, actionSelectionMode, groupAction } = action.type.value;
      const set = actionProfileActions.map((member) => {
        const watchPort = decodeWatchPort(member.watchKind);
        const call = member.action ?? { $typeName: 'p4.v1.Action' as const, actionId: 0, params: [] };
        return {
          action: decodeAction(program, call),
          weight: member.weight,
          ...(watchPort === undefined ? {} : { watchPort }),
        };
      });
      const selection = { [SelectionMode.HASH]: 'hash', [SelectionMode.RANDOM]: 'random' } as const;
      const mode = actionSelectionMode === SelectionMode.HASH || actionSelectionMode === SelectionMode.RANDOM;
      return {
        set,
        ...(mode ? { selection: selection[actionSelectionMode] } : {}),
        ...(groupAction === undefined ? {} : { groupAction: decodeAction(program, groupAction) }),
      };
    }
    default:
      return undefined;
  }
}
