/**
 * What a table entry does, checked and resolved: an action, a member, a group, or a one-shot set, which becomes hidden
 * members and a hidden group (specification: "Action Specification", "One Shot Action Selector Programming").
 */
import {
  type Action,
  type ActionProfileActionSet,
  ActionProfileActionSet_ActionSelectionMode as Mode,
  ActionProfileActionSet_SizeSemantics as Semantics,
  type TableAction,
} from '../../gen/p4/v1/p4runtime_pb.ts';
import type { ActionProfileInfo, TableInfo } from '../../schema/program.ts';
import { toBigInt } from '../../values/bytes.ts';
import { denied, exhausted, invalid, notFound } from '../refusals.ts';
import type { StoredAction } from '../store/action-codec.ts';
import type { OneShotSet, ProfileStore, StoredWatch } from '../store/profile-store.ts';
import type { PipelineState } from '../store/state.ts';
import type { StoredTarget, TableStore } from '../store/table-store.ts';
import type { DirectAction, EntryAction } from '../switch.ts';
import type { Batch } from './batch.ts';

/** A target ready to store and to send. `after` adds what must follow the entry's own update. */
interface DecodedTarget {
  readonly stored: StoredTarget;
  readonly action: EntryAction;
  readonly after?: () => void;
}

/**
 * Checks what an entry shall do. For a one-shot set, the hidden objects are created in the batch at once.
 *
 * @param old the target that it replaces, whose hidden objects go afterwards
 */
export function decodeTarget(
  state: PipelineState,
  batch: Batch,
  table: TableStore,
  message: TableAction,
  old: StoredTarget | undefined,
  isDefault = false,
): DecodedTarget {
  const { info } = table;
  const { type } = message;
  const object = `table ${info.alias}`;
  const after = old?.kind === 'set' ? () => disposeTarget(state, batch, table, old) : undefined;
  switch (type.case) {
    case 'action': {
      if (info.profile !== undefined)
        throw invalid(
          `${object} has the action profile ${info.profile.alias}, so entries name a member, a group or an action set.`,
        );
      const { action, stored } = decodeTableAction(state, info, type.value, isDefault ? 'default' : 'entry');
      return { stored, action, after };
    }
    case 'actionProfileMemberId': {
      const profile = profileOf(state, info);
      checkManual(profile);
      const member = profile.members.get(type.value);
      if (member === undefined) throw notFound(`action profile ${profile.info.alias} has no member ${type.value}.`);
      return {
        stored: { kind: 'member', memberId: type.value },
        action: { kind: 'member', member: member.slot },
        after,
      };
    }
    case 'actionProfileGroupId': {
      const profile = profileOf(state, info);
      if (!profile.info.withSelector)
        throw invalid(`${object}: its action profile has no selector, so there are no groups.`);
      checkManual(profile);
      const group = profile.groups.get(type.value);
      if (group === undefined) throw notFound(`action profile ${profile.info.alias} has no group ${type.value}.`);
      return { stored: { kind: 'group', groupId: type.value }, action: { kind: 'group', group: group.slot }, after };
    }
    case 'actionProfileActionSet': {
      const profile = profileOf(state, info);
      if (!profile.info.withSelector)
        throw invalid(`${object}: its action profile has no selector, so there are no action sets.`);
      const set = createOneShot(state, batch, info, profile, type.value);
      return { stored: { kind: 'set', set }, action: { kind: 'group', group: set.groupSlot }, after };
    }
    case undefined:
      throw invalid(`${object}: the action is empty.`);
  }
}

/** Checks an action against a table's choices and decodes its arguments. */
export function decodeTableAction(
  state: PipelineState,
  info: TableInfo,
  message: Action,
  place: 'entry' | 'default' | 'group',
): { readonly action: DirectAction; readonly stored: StoredAction } {
  const choice = info.actions.byId(message.actionId);
  if (choice === undefined) {
    const known = state.actions.get(message.actionId)?.info.alias;
    throw invalid(
      `table ${info.alias} cannot use the action ${known ?? `with id ${message.actionId}`}; its actions are ${info.actions.items
        .map((action) => action.alias)
        .join(', ')}.`,
    );
  }
  const isAllowed = { entry: choice.inEntries, default: choice.asDefault, group: choice.asGroupAction }[place];
  if (!isAllowed) {
    const places: string[] = [];
    if (choice.inEntries) places.push('in entries');
    if (choice.asDefault) places.push('in the default entry');
    if (choice.asGroupAction) places.push('as the group action of a one-shot action set');
    throw denied(`table ${info.alias}: the action ${choice.alias} may be used ${places.join(' and ')} only.`);
  }
  return state.actions.get(message.actionId)!.decode(message, `table ${info.alias}`);
}

function profileOf(state: PipelineState, info: TableInfo): ProfileStore {
  if (info.profile === undefined)
    throw invalid(`table ${info.alias} has no action profile, so entries carry an action.`);
  return state.profiles.get(info.profile.id)!;
}

function checkManual(profile: ProfileStore): void {
  if (profile.oneShotSets > 0)
    throw invalid(
      `action profile ${profile.info.alias} is programmed by one-shot action sets; members and groups cannot be mixed in.`,
    );
}

/** The data plane's port of a watch, or `undefined` for none. */
export function watchedPort(watch: StoredWatch): number | undefined {
  if (watch.case === 'watchPort') return watch.value.length === 0 ? undefined : Number(toBigInt(watch.value));
  return watch.case === 'watch' && watch.value !== 0 ? watch.value : undefined;
}

/** Checks one member's weight. */
export function checkWeight(profile: ActionProfileInfo, weight: number): void {
  if (profile.weightsDisallowed) {
    if (weight !== 0) throw invalid(`action profile ${profile.alias} has no weights, so a weight must be left unset.`);
    return;
  }
  if (weight <= 0) throw invalid(`action profile ${profile.alias}: a weight of ${weight} is not 1 or more.`);
  if (profile.maxMemberWeight > 0 && weight > profile.maxMemberWeight)
    throw invalid(
      `action profile ${profile.alias}: the weight ${weight} is above the greatest, ${profile.maxMemberWeight}.`,
    );
}

/** What a group's members count against its size. */
export function groupSize(profile: ActionProfileInfo, members: readonly { readonly weight: number }[]): number {
  if (profile.sizeSemantics === 'sum-of-members') return members.length;
  return members.reduce((sum, member) => sum + Math.max(1, member.weight), 0);
}

function createOneShot(
  state: PipelineState,
  batch: Batch,
  info: TableInfo,
  profile: ProfileStore,
  message: ActionProfileActionSet,
): OneShotSet {
  const { alias, maxGroupSize, size, id: profileId } = profile.info;
  if (profile.members.size > 0 || profile.groups.size > 0)
    throw invalid(
      `action profile ${alias} is programmed with members and groups; one-shot action sets cannot be mixed in.`,
    );
  const sizeSemantics =
    message.sizeSemantics === Semantics.SUM_OF_MEMBERS
      ? 'sum-of-members'
      : message.sizeSemantics === Semantics.SUM_OF_WEIGHTS
        ? 'sum-of-weights'
        : profile.info.sizeSemantics;
  const sizeInfo = { ...profile.info, sizeSemantics } as ActionProfileInfo;
  const decoded = message.actionProfileActions.map((member) => {
    if (member.action === undefined) throw invalid(`table ${info.alias}: an action of the action set is missing.`);
    checkWeight(profile.info, member.weight);
    return {
      ...decodeTableAction(state, info, member.action, 'entry'),
      weight: member.weight,
      watch: member.watchKind,
    };
  });
  const decodedGroupAction =
    message.groupAction === undefined ? undefined : decodeTableAction(state, info, message.groupAction, 'group');
  const used = groupSize(sizeInfo, decoded);
  if (maxGroupSize > 0 && used > maxGroupSize)
    throw invalid(
      `table ${info.alias}: the action set has the size ${used}; a group of ${alias} holds ${maxGroupSize}.`,
    );
  if (size > 0 && profile.oneShotMembers + decoded.length > size)
    throw exhausted(`action profile ${alias} is full: it holds ${size} members.`);
  const selection =
    message.actionSelectionMode === Mode.HASH
      ? 'hash'
      : message.actionSelectionMode === Mode.RANDOM
        ? 'random'
        : 'default';
  const members = decoded.map((member) => ({
    slot: profile.memberSlots.take(),
    action: member.stored,
    weight: member.weight,
    watch: member.watch,
  }));
  const groupAction = decodedGroupAction && { slot: profile.memberSlots.take(), action: decodedGroupAction.stored };
  const groupSlot = profile.groupSlots.take();
  if (groupAction !== undefined)
    batch.push({ kind: 'member-set', profileId, member: groupAction.slot, action: decodedGroupAction!.action });
  members.forEach((member, index) => {
    batch.push({ kind: 'member-set', profileId, member: member.slot, action: decoded[index]!.action });
  });
  batch.push({
    kind: 'group-set',
    profileId,
    group: groupSlot,
    members: members.map((member) => ({
      member: member.slot,
      weight: Math.max(1, member.weight),
      watchPort: watchedPort(member.watch),
    })),
    selection,
    before: groupAction?.slot,
  });
  const set: OneShotSet = {
    groupSlot,
    members,
    groupAction,
    selection,
    selectionMode: message.actionSelectionMode,
    sizeSemantics: message.sizeSemantics,
  };
  batch.onUndo(() => releaseHidden(profile, set));
  return set;
}

/** The members that a one-shot set keeps in its profile: its actions, and the group action. */
function hiddenMembers({ members, groupAction }: OneShotSet): readonly { slot: number; action: StoredAction }[] {
  return groupAction === undefined ? members : [...members, groupAction];
}

/** Gives back the slots of a one-shot set's members and group. */
function releaseHidden(profile: ProfileStore, set: OneShotSet): void {
  profile.groupSlots.release(set.groupSlot);
  for (const { slot } of hiddenMembers(set)) profile.memberSlots.release(slot);
}

/** After an entry went or changed: the hidden objects that its old target had go as well. */
export function disposeTarget(state: PipelineState, batch: Batch, table: TableStore, target: StoredTarget): void {
  if (target.kind !== 'set') return;
  const profile = state.profiles.get(table.info.profile!.id)!;
  const profileId = profile.info.id;
  const { set } = target;
  batch.push({ kind: 'group-delete', profileId, group: set.groupSlot });
  for (const { slot } of hiddenMembers(set)) batch.push({ kind: 'member-delete', profileId, member: slot });
  batch.onSettled(() => releaseHidden(profile, set));
}

/** A stored target as the switch gets it. */
export function targetToSwitch(state: PipelineState, table: TableStore, target: StoredTarget): EntryAction {
  switch (target.kind) {
    case 'action':
      return state.actions.get(target.actionId)!.toSwitch(target.params);
    case 'member':
      return { kind: 'member', member: profileOf(state, table.info).members.get(target.memberId)!.slot };
    case 'group':
      return { kind: 'group', group: profileOf(state, table.info).groups.get(target.groupId)!.slot };
    case 'set':
      return { kind: 'group', group: target.set.groupSlot };
  }
}

/** Counts what an entry refers to in its action profile (or one less). */
export function refer(state: PipelineState, table: TableStore, target: StoredTarget, change: 1 | -1): void {
  if (target.kind === 'action') return;
  const profile = state.profiles.get(table.info.profile!.id)!;
  if (target.kind === 'member') profile.referMember(target.memberId, change);
  else if (target.kind === 'group') profile.referGroup(target.groupId, change);
  else {
    profile.oneShotSets += change;
    profile.oneShotMembers += change * target.set.members.length;
  }
}

/** The actions that an entry brings with it; those of members and groups count for themselves. */
export function actionsOf(state: PipelineState, target: StoredTarget): DirectAction[] {
  const actionOf = ({ actionId, params }: StoredAction) => state.actions.get(actionId)!.toSwitch(params);
  if (target.kind === 'action') return [actionOf(target)];
  if (target.kind !== 'set') return [];
  return hiddenMembers(target.set).map(({ action }) => actionOf(action));
}
