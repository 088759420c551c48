/**
 * Writes to action profile members and groups (specification: "ActionProfileMember & ActionProfileGroup").
 */
import { type ActionProfileGroup, type ActionProfileMember, Update_Type } from '../../gen/p4/v1/p4runtime_pb.ts';
import { alreadyExists, exhausted, invalid, notFound, precondition } from '../refusals.ts';
import type { StoredAction } from '../store/action-codec.ts';
import type { ProfileStore, StoredGroup, StoredGroupMember } from '../store/profile-store.ts';
import type { PipelineState } from '../store/state.ts';
import type { Batch } from './batch.ts';
import { checkWeight, decodeTableAction, groupSize, watchedPort } from './target.ts';

/** The profile that a message names. */
export function profileById(state: PipelineState, id: number): ProfileStore {
  const profile = state.profiles.get(id);
  if (profile !== undefined) return profile;
  if (id === 0) throw invalid('The action profile id is missing.');
  throw notFound(`There is no action profile with id ${id} in the running program.`);
}

function checkNotOneShot(profile: ProfileStore): void {
  if (profile.oneShotSets > 0)
    throw invalid(
      `action profile ${profile.info.alias} is programmed by one-shot action sets; members and groups cannot be mixed in.`,
    );
}

/** Writes a member. */
export function writeMember(state: PipelineState, batch: Batch, type: Update_Type, message: ActionProfileMember): void {
  const profile = profileById(state, message.actionProfileId);
  const { alias, id: profileId, size, tableIds } = profile.info;
  const { memberId } = message;
  if (memberId === 0) throw invalid(`action profile ${alias}: 0 is not a member id.`);
  const old = profile.members.get(memberId);
  if (type === Update_Type.DELETE) {
    if (old === undefined) throw notFound(`action profile ${alias} has no member ${memberId}.`);
    if (profile.memberReferences(memberId) > 0)
      throw precondition(
        `action profile ${alias}: member ${memberId} is in use by ${profile.memberReferences(memberId)} entries or groups.`,
      );
    profile.members.delete(memberId);
    exchangeUses(state, batch, old.action, undefined, alias);
    batch.onUndo(() => profile.members.set(memberId, old));
    batch.push({ kind: 'member-delete', profileId, member: old.slot });
    batch.onSettled(() => profile.memberSlots.release(old.slot));
    return;
  }
  checkNotOneShot(profile);
  if (type === Update_Type.INSERT && old !== undefined)
    throw alreadyExists(`action profile ${alias} has a member ${memberId} already.`);
  if (type === Update_Type.MODIFY && old === undefined)
    throw notFound(`action profile ${alias} has no member ${memberId}.`);
  if (message.action === undefined) throw invalid(`action profile ${alias}: member ${memberId} has no action.`);
  const table = tableIds.map((id) => state.tables.get(id)).find((candidate) => candidate !== undefined);
  if (table === undefined) throw invalid(`action profile ${alias} belongs to no table.`);
  const { action, stored } = decodeTableAction(state, table.info, message.action, 'entry');
  if (old === undefined && size > 0 && profile.members.size >= size)
    throw exhausted(`action profile ${alias} is full: it holds ${size} members.`);
  exchangeUses(state, batch, old?.action, stored, alias);
  const slot = old?.slot ?? profile.memberSlots.take();
  profile.members.set(memberId, { slot, memberId, action: stored });
  batch.onUndo(() => {
    if (old !== undefined) profile.members.set(memberId, old);
    else {
      profile.members.delete(memberId);
      profile.memberSlots.release(slot);
    }
  });
  batch.push({ kind: 'member-set', profileId, member: slot, action });
}

/** Counts what a member's action refers to (`@refers_to`), instead of what its old one did. */
function exchangeUses(
  state: PipelineState,
  batch: Batch,
  from: StoredAction | undefined,
  to: StoredAction | undefined,
  alias: string,
): void {
  const { references } = state;
  if (references === undefined) return;
  const usesOf = (action: StoredAction | undefined) =>
    action === undefined ? [] : references.usesOf(0, [], [state.actions.get(action.actionId)!.toSwitch(action.params)]);
  references.exchangeUses(batch, usesOf(from), usesOf(to), `action profile ${alias}: the member`);
}

/** Writes a group. */
export function writeGroup(state: PipelineState, batch: Batch, type: Update_Type, message: ActionProfileGroup): void {
  const profile = profileById(state, message.actionProfileId);
  const { alias, id: profileId, maxGroupSize, withSelector } = profile.info;
  const { groupId, maxSize } = message;
  if (!withSelector) throw invalid(`action profile ${alias} has no selector, so there are no groups.`);
  if (groupId === 0) throw invalid(`action profile ${alias}: 0 is not a group id.`);
  const old = profile.groups.get(groupId);
  if (type === Update_Type.DELETE) {
    if (old === undefined) throw notFound(`action profile ${alias} has no group ${groupId}.`);
    if (profile.groupReferences(groupId) > 0)
      throw precondition(
        `action profile ${alias}: group ${groupId} is in use by ${profile.groupReferences(groupId)} table entries.`,
      );
    profile.groups.delete(groupId);
    for (const member of old.members) profile.referMember(member.memberId, -1);
    batch.onUndo(() => {
      profile.groups.set(groupId, old);
      for (const member of old.members) profile.referMember(member.memberId, 1);
    });
    batch.push({ kind: 'group-delete', profileId, group: old.slot });
    batch.onSettled(() => profile.groupSlots.release(old.slot));
    return;
  }
  checkNotOneShot(profile);
  if (type === Update_Type.INSERT && old !== undefined)
    throw alreadyExists(`action profile ${alias} has a group ${groupId} already.`);
  if (type === Update_Type.MODIFY && old === undefined)
    throw notFound(`action profile ${alias} has no group ${groupId}.`);
  if (maxSize < 0) throw invalid(`action profile ${alias}: max_size is negative.`);
  if (maxGroupSize > 0 && maxSize > maxGroupSize)
    throw invalid(
      `action profile ${alias}: max_size ${maxSize} is above the profile's max_group_size, ${maxGroupSize}.`,
    );
  if (state.isStrict && maxGroupSize > 0 && maxSize === 0)
    throw invalid(`action profile ${alias}: max_size is needed, 1 to ${maxGroupSize}.`);
  if (old !== undefined && maxSize !== old.maxSize)
    throw invalid(`action profile ${alias}: max_size of group ${groupId} is ${old.maxSize} and cannot change.`);
  const members = message.members.map((member): StoredGroupMember => {
    checkWeight(profile.info, member.weight);
    return { memberId: member.memberId, weight: member.weight, watch: member.watchKind };
  });
  checkMembers(profile, members);
  const used = groupSize(profile.info, members);
  const limit = maxSize > 0 ? maxSize : maxGroupSize;
  if (limit > 0 && used > limit)
    throw exhausted(`action profile ${alias}: group ${groupId} would have the size ${used}; it holds ${limit}.`);
  const slot = old?.slot ?? profile.groupSlots.take();
  const group: StoredGroup = { slot, groupId, maxSize, members };
  exchange(profile, groupId, old, group);
  batch.onUndo(() => {
    exchange(profile, groupId, group, old);
    if (old === undefined) profile.groupSlots.release(slot);
  });
  batch.push({
    kind: 'group-set',
    profileId,
    group: slot,
    members: profile.toSwitch(members, watchedPort),
    selection: 'default',
  });
}

function checkMembers(profile: ProfileStore, members: readonly StoredGroupMember[]): void {
  const seen = new Set<number>();
  for (const { memberId } of members) {
    if (seen.has(memberId))
      throw invalid(`action profile ${profile.info.alias}: member ${memberId} is in the group twice; use its weight.`);
    seen.add(memberId);
    if (!profile.members.has(memberId))
      throw notFound(`action profile ${profile.info.alias} has no member ${memberId}.`);
  }
}

function exchange(
  profile: ProfileStore,
  groupId: number,
  from: StoredGroup | undefined,
  to: StoredGroup | undefined,
): void {
  for (const member of from?.members ?? []) profile.referMember(member.memberId, -1);
  for (const member of to?.members ?? []) profile.referMember(member.memberId, 1);
  if (to === undefined) profile.groups.delete(groupId);
  else profile.groups.set(groupId, to);
}
