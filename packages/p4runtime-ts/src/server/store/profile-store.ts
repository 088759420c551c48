/**
 * Members and groups of one action profile, and who refers to whom.
 *
 * Reference counts answer "may it be deleted" at once. A profile is programmed either with members and groups, or by
 * one-shot sets in table entries, never both; the two counts tell which.
 */
import type { ActionProfileInfo } from '../../schema/program.ts';
import type { GroupMember } from '../switch.ts';
import type { StoredAction } from './action-codec.ts';
import { Slots } from './slots.ts';

/** A port to watch, in the form in which the client gave it, so that it reads back alike. */
export type StoredWatch =
  | { readonly case: 'watch'; readonly value: number }
  | { readonly case: 'watchPort'; readonly value: Uint8Array }
  | { readonly case: undefined; readonly value?: undefined };

/** A member. */
export interface StoredMember {
  readonly slot: number;
  readonly memberId: number;
  readonly action: StoredAction;
}

/** A member's place in a group. */
export interface StoredGroupMember {
  readonly memberId: number;
  readonly weight: number;
  readonly watch: StoredWatch;
}

/** A group. */
export interface StoredGroup {
  readonly slot: number;
  readonly groupId: number;
  readonly maxSize: number;
  readonly members: readonly StoredGroupMember[];
}

/** A one-shot action set: a hidden group with hidden members, owned by one table entry. */
export interface OneShotSet {
  readonly groupSlot: number;
  readonly members: readonly {
    readonly slot: number;
    readonly action: StoredAction;
    readonly weight: number;
    readonly watch: StoredWatch;
  }[];
  /** What every packet gets before the action of its member: one more hidden member. */
  readonly groupAction: { readonly slot: number; readonly action: StoredAction } | undefined;
  readonly selectionMode: number;
  readonly sizeSemantics: number;
  readonly selection: 'default' | 'hash' | 'random';
}

/** Members and groups of one profile. */
export class ProfileStore {
  readonly info: ActionProfileInfo;
  readonly members = new Map<number, StoredMember>();
  readonly groups = new Map<number, StoredGroup>();
  readonly memberSlots = new Slots();
  readonly groupSlots = new Slots();
  readonly #memberReferences = new Map<number, number>();
  readonly #groupReferences = new Map<number, number>();
  /** Hidden members of all one-shot sets. */
  oneShotMembers = 0;
  /** One-shot sets in table entries. */
  oneShotSets = 0;

  constructor(info: ActionProfileInfo) {
    this.info = info;
  }

  /** Table entries and groups that refer to a member. */
  memberReferences(memberId: number): number {
    return this.#memberReferences.get(memberId) ?? 0;
  }

  /** Table entries that refer to a group. */
  groupReferences(groupId: number): number {
    return this.#groupReferences.get(groupId) ?? 0;
  }

  /** Counts a reference to a member (or one less). */
  referMember(memberId: number, change: 1 | -1): void {
    this.#memberReferences.set(memberId, this.memberReferences(memberId) + change);
  }

  /** Counts a reference to a group (or one less). */
  referGroup(groupId: number, change: 1 | -1): void {
    this.#groupReferences.set(groupId, this.groupReferences(groupId) + change);
  }

  /**
   * Members as the switch gets them. They come in order of their slots, however the group names them: so equal groups
   * choose alike, and as simple_switch's do, which go by the order in which members were made.
   */
  toSwitch(members: readonly StoredGroupMember[], portOf: (watch: StoredWatch) => number | undefined): GroupMember[] {
    const inGroup = members.map((member) => ({
      member: this.members.get(member.memberId)!.slot,
      weight: Math.max(1, member.weight),
      watchPort: portOf(member.watch),
    }));
    return inGroup.sort((a, b) => a.member - b.member);
  }
}
