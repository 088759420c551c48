/** Members and groups of action profiles: made, changed, used by entries, refused; weights, watch ports, sizes. */
import { expect } from 'vitest';
import { codeOf, type EntityInit } from '../support/peer.ts';
import { json, type Session, sorted } from '../support/session.ts';
import type { Topic } from '../support/topic.ts';
import { bytesOf, exact } from '../support/values.ts';

export function member(s: Session, memberId: number, value?: number, profile = 'chooser'): EntityInit {
  const actionProfileId = s.id('actionProfiles', profile);
  const action = value === undefined ? {} : { action: s.action('send', { port: value }) };
  return { entity: { case: 'actionProfileMember', value: { actionProfileId, memberId, ...action } } };
}

interface MemberOf {
  readonly id: number;
  readonly weight?: number;
  readonly watch?: number;
  readonly watchBytes?: number;
}

export function group(
  s: Session,
  groupId: number,
  members: readonly MemberOf[] = [],
  maxSize = 0,
  profile = 'chooser',
): EntityInit {
  return {
    entity: {
      case: 'actionProfileGroup',
      value: {
        actionProfileId: s.id('actionProfiles', profile),
        groupId,
        maxSize,
        members: members.map(({ id, weight = 1, watch, watchBytes }) => ({
          memberId: id,
          weight,
          ...(watch === undefined ? {} : { watchKind: { case: 'watch' as const, value: watch } }),
          ...(watchBytes === undefined
            ? {}
            : { watchKind: { case: 'watchPort' as const, value: bytesOf(watchBytes) } }),
        })),
      },
    },
  };
}

/** How many of many flows each port gets. */
export async function spread(s: Session, flows = 128): Promise<Map<number, number>> {
  const ports = new Map<number, number>();
  for (let b = 0; b < flows; b++) {
    const { port } = await s.ask({ kind: 1, c: 1, b: b * 257 });
    ports.set(port, (ports.get(port) ?? 0) + 1);
  }
  return ports;
}

const toMember = (id: number) => ({ type: { case: 'actionProfileMemberId' as const, value: id } });
const toGroup = (id: number) => ({ type: { case: 'actionProfileGroupId' as const, value: id } });

export const actionProfiles: Topic = {
  title: 'action profiles',
  program: 'selectors',
  checks: [
    {
      name: 'members are made, changed, deleted',
      covers: ['ActionProfTest.Member'],
      async run(s) {
        await s.primary.insert(member(s, 1, 5));
        await s.primary.insert(s.entry('chosen', { match: { c: exact(1) }, action: toMember(1) }));
        expect((await s.ask({ kind: 1, c: 1 })).port).toBe(5);
        await s.primary.modify(member(s, 1, 6));
        expect((await s.ask({ kind: 1, c: 1 })).port).toBe(6);
        await s.primary.delete(s.entry('chosen', { match: { c: exact(1) } }));
        await s.primary.delete(member(s, 1));
        expect(await s.primary.read(member(s, 0))).toEqual([]);
      },
    },
    {
      name: 'a member id is used once',
      covers: ['ActionProfTest.CreateDupMemberId'],
      async run(s) {
        await s.primary.insert(member(s, 1, 5));
        expect(await codeOf(s.primary.insert(member(s, 1, 6)))).toBe('ALREADY_EXISTS');
      },
    },
    {
      name: 'a member that is not there cannot be changed or deleted',
      covers: ['ActionProfTest.BadMemberId'],
      async run(s) {
        expect(await codeOf(s.primary.modify(member(s, 1, 5)))).toBe('NOT_FOUND');
        expect(await codeOf(s.primary.delete(member(s, 1)))).toBe('NOT_FOUND');
      },
    },
    {
      name: 'groups are made, changed, deleted',
      covers: ['ActionProfTest.Group'],
      async run(s) {
        await s.primary.insert(member(s, 1, 5), member(s, 2, 6));
        await s.primary.insert(group(s, 1, [{ id: 1 }]));
        await s.primary.insert(s.entry('chosen', { match: { c: exact(1) }, action: toGroup(1) }));
        expect([...(await spread(s, 16)).keys()]).toEqual([5]);
        await s.primary.modify(group(s, 1, [{ id: 1 }, { id: 2 }]));
        expect([...(await spread(s, 64)).keys()].sort()).toEqual([5, 6]);
        await s.primary.modify(group(s, 1, [{ id: 2 }]));
        expect([...(await spread(s, 16)).keys()]).toEqual([6]);
        await s.primary.delete(s.entry('chosen', { match: { c: exact(1) } }));
        await s.primary.delete(group(s, 1));
        expect(await s.primary.read(group(s, 0))).toEqual([]);
      },
    },
    {
      name: 'all members and groups are read as written',
      covers: ['ActionProfTest.Read'],
      bmv2: 'a member comes once for each unit of weight that it has in a group',
      async run(s) {
        const members = [member(s, 1, 5), member(s, 2, 6)];
        await s.primary.insert(...members);
        await s.primary.insert(group(s, 7, [{ id: 1 }, { id: 2, weight: 3 }], 10));
        expect(sorted(await s.primary.read(member(s, 0)))).toEqual(sorted(members));
        const groups = await s.primary.read(group(s, 0));
        expect(groups.map(json)).toEqual([json(group(s, 7, [{ id: 1 }, { id: 2, weight: 3 }], 10))]);
        const everywhere = await s.primary.read({ entity: { case: 'actionProfileMember', value: {} } });
        expect(everywhere).toHaveLength(2);
      },
    },
    {
      name: 'one member and one group are read by id',
      covers: ['ActionProfTest.ReadOne'],
      async run(s) {
        await s.primary.insert(member(s, 1, 5), member(s, 2, 6));
        await s.primary.insert(group(s, 7, [{ id: 1 }]), group(s, 8, [{ id: 2 }]));
        expect((await s.primary.read(member(s, 2))).map(json)).toEqual([json(member(s, 2, 6))]);
        expect((await s.primary.read(group(s, 8))).map(json)).toEqual([json(group(s, 8, [{ id: 2 }]))]);
      },
    },
    {
      name: 'a group id is used once',
      covers: ['ActionProfTest.CreateDupGroupId'],
      async run(s) {
        await s.primary.insert(group(s, 1));
        expect(await codeOf(s.primary.insert(group(s, 1)))).toBe('ALREADY_EXISTS');
      },
    },
    {
      name: 'a group that is not there cannot be changed or deleted',
      covers: ['ActionProfTest.BadGroupId'],
      async run(s) {
        expect(await codeOf(s.primary.modify(group(s, 1)))).toBe('NOT_FOUND');
        expect(await codeOf(s.primary.delete(group(s, 1)))).toBe('NOT_FOUND');
      },
    },
    {
      name: 'a group cannot have a member that is not there',
      covers: ['ActionProfTest.AddBadMemberIdToGroup'],
      async run(s) {
        expect(await codeOf(s.primary.insert(group(s, 1, [{ id: 9 }])))).toBe('NOT_FOUND');
      },
    },
    {
      name: 'a weight is 1 or more',
      covers: ['ActionProfTest.InvalidMemberWeight'],
      async run(s) {
        await s.primary.insert(member(s, 1, 5));
        expect(await codeOf(s.primary.insert(group(s, 1, [{ id: 1, weight: 0 }])))).toBe('INVALID_ARGUMENT');
        expect(await codeOf(s.primary.insert(group(s, 2, [{ id: 1, weight: -3 }])))).toBe('INVALID_ARGUMENT');
      },
    },
    {
      name: 'weights share the packets out',
      covers: ['ActionProfTest.MemberWeights'],
      async run(s) {
        await s.primary.insert(member(s, 1, 5), member(s, 2, 6));
        await s.primary.insert(
          group(s, 1, [
            { id: 1, weight: 7 },
            { id: 2, weight: 1 },
          ]),
        );
        await s.primary.insert(s.entry('chosen', { match: { c: exact(1) }, action: toGroup(1) }));
        const ports = await spread(s);
        expect(ports.get(5)!).toBeGreaterThan(3 * ports.get(6)!);
        await s.primary.modify(
          group(s, 1, [
            { id: 1, weight: 1 },
            { id: 2, weight: 7 },
          ]),
        );
        const after = await spread(s);
        expect(after.get(6)!).toBeGreaterThan(3 * after.get(5)!);
      },
    },
    {
      name: 'a member whose watch port is down gets nothing, and comes back with the port',
      covers: [
        'ActionProfTest.MemberWatchPort',
        'SimpleSwitchGrpcTest_ActionProfile.WatchPort',
        'WatchPortEnforcerTest.DontUpdateHw',
        'WatchPortEnforcerTest.UpdateHw',
        'WatchPortEnforcerTest.PortStatusEvents',
      ],
      bmv2: 'acts alike, but all members of a group are read with the watch port of one of them',
      async run(s) {
        await s.ports.setPortUp(5, true);
        await s.ports.setPortUp(6, true);
        await s.primary.insert(member(s, 1, 5), member(s, 2, 6));
        await s.primary.insert(
          group(s, 1, [
            { id: 1, watch: 5 },
            { id: 2, watch: 6 },
          ]),
        );
        await s.primary.insert(s.entry('chosen', { match: { c: exact(1) }, action: toGroup(1) }));
        expect([...(await spread(s, 64)).keys()].sort()).toEqual([5, 6]);
        await s.ports.setPortUp(5, false);
        expect([...(await spread(s, 64)).keys()]).toEqual([6]);
        await s.ports.setPortUp(5, true);
        expect([...(await spread(s, 64)).keys()].sort()).toEqual([5, 6]);
        const [read] = await s.primary.read(group(s, 1));
        expect(json(read!)).toEqual(
          json(
            group(s, 1, [
              { id: 1, watch: 5 },
              { id: 2, watch: 6 },
            ]),
          ),
        );
      },
    },
    {
      name: 'watch ports as byte strings, and those of ports that are down from the start',
      covers: ['ActionProfTest.MemberWatchPortBytes', 'WatchPortEnforcerTest.UpdateConfig'],
      bmv2: 'acts alike, but all members of a group are read with the watch port of one of them',
      async run(s) {
        await s.ports.setPortUp(5, false);
        await s.ports.setPortUp(6, true);
        await s.primary.insert(member(s, 1, 5), member(s, 2, 6));
        await s.primary.insert(
          group(s, 1, [
            { id: 1, watchBytes: 5 },
            { id: 2, watchBytes: 6 },
          ]),
        );
        await s.primary.insert(s.entry('chosen', { match: { c: exact(1) }, action: toGroup(1) }));
        expect([...(await spread(s, 64)).keys()]).toEqual([6]);
        const [read] = await s.primary.read(group(s, 1));
        expect(json(read!)).toEqual(
          json(
            group(s, 1, [
              { id: 1, watchBytes: 5 },
              { id: 2, watchBytes: 6 },
            ]),
          ),
        );
      },
    },
    {
      name: 'an unknown action profile',
      covers: ['ActionProfTest.InvalidActionProfId'],
      bmv2: 'INVALID_ARGUMENT instead of NOT_FOUND',
      async run(s) {
        const value = { actionProfileId: 0x11abcdef, memberId: 1, action: s.action('discard') };
        const call = s.primary.insert({ entity: { case: 'actionProfileMember', value } });
        expect(await codeOf(call)).toBe('NOT_FOUND');
      },
    },
    {
      name: 'an action that the profile’s tables do not have',
      covers: ['ActionProfTest.InvalidActionId'],
      async run(s) {
        const actionProfileId = s.id('actionProfiles', 'chooser');
        const value = { actionProfileId, memberId: 1, action: s.action('other') };
        const call = s.primary.insert({ entity: { case: 'actionProfileMember', value } });
        expect(await codeOf(call)).toBe('INVALID_ARGUMENT');
      },
    },
    {
      name: 'a group’s size is not negative, nor larger than the program allows',
      covers: ['ActionProfTest.InvalidMaxSize'],
      async run(s) {
        expect(await codeOf(s.primary.insert(group(s, 1, [], -1)))).not.toBe('OK');
        expect(await codeOf(s.primary.insert(group(s, 1, [], 121)))).not.toBe('OK');
      },
    },
    {
      name: 'a group takes no more than its size, weights counted',
      covers: ['ActionProfTest.MaxSizeExceeded'],
      bmv2: 'RESOURCE_EXHAUSTED for members, weights not counted',
      async run(s) {
        await s.primary.insert(member(s, 1, 5), member(s, 2, 6));
        const two = [{ id: 1 }, { id: 2 }];
        expect(await codeOf(s.primary.insert(group(s, 1, two, 1)))).toBe('RESOURCE_EXHAUSTED');
        expect(await codeOf(s.primary.insert(group(s, 1, [{ id: 1, weight: 3 }], 2)))).toBe('RESOURCE_EXHAUSTED');
        await s.primary.insert(group(s, 1, two, 2));
      },
    },
    {
      name: 'a member is in a group once',
      covers: ['ActionProfTest.DuplicateMemberIds'],
      async run(s) {
        await s.primary.insert(member(s, 1, 5));
        expect(await codeOf(s.primary.insert(group(s, 1, [{ id: 1 }, { id: 1 }])))).toBe('INVALID_ARGUMENT');
      },
    },
    {
      name: 'a group’s size does not change',
      covers: ['ActionProfTest.MaxSizeModify'],
      async run(s) {
        await s.primary.insert(group(s, 1, [], 4));
        expect(await codeOf(s.primary.modify(group(s, 1, [], 8)))).toBe('INVALID_ARGUMENT');
        await s.primary.modify(group(s, 1, [], 4));
      },
    },
    {
      name: 'entries name a member',
      covers: ['MatchTableIndirectTest.Member'],
      async run(s) {
        await s.primary.insert(member(s, 3, 9, 'shared_actions'));
        const entry = s.entry('assigned', { match: { c: exact(1) }, action: toMember(3) });
        await s.primary.insert(entry);
        expect((await s.ask({ kind: 2, c: 1 })).port).toBe(9);
        expect((await s.primary.read(s.entry('assigned'))).map(json)).toEqual([json(entry)]);
      },
    },
    {
      name: 'entries name a group; an empty one drops nothing by itself',
      covers: ['MatchTableIndirectTest.Group'],
      async run(s) {
        await s.primary.insert(member(s, 1, 5));
        await s.primary.insert(group(s, 1, [{ id: 1 }]));
        const entry = s.entry('chosen', { match: { c: exact(1) }, action: toGroup(1) });
        await s.primary.insert(entry);
        expect((await s.ask({ kind: 1, c: 1 })).port).toBe(5);
        expect((await s.primary.read(s.entry('chosen'))).map(json)).toEqual([json(entry)]);
      },
    },
    {
      name: 'entries cannot name what is not there',
      bmv2: 'INVALID_ARGUMENT instead of NOT_FOUND',
      async run(s) {
        const entry = (action: ReturnType<typeof toMember> | ReturnType<typeof toGroup>) =>
          s.primary.insert(s.entry('chosen', { match: { c: exact(1) }, action }));
        expect(await codeOf(entry(toMember(1)))).toBe('NOT_FOUND');
        expect(await codeOf(entry(toGroup(1)))).toBe('NOT_FOUND');
      },
    },
    {
      name: 'entries of a table with a profile name no action, those of others no member',
      async run(s) {
        const indirect = s.entry('chosen', { match: { c: exact(1) }, action: s.does('send', { port: 5 }) });
        expect(await codeOf(s.primary.insert(indirect))).toBe('INVALID_ARGUMENT');
        await s.primary.insert(member(s, 1, 5));
        const direct = s.entry('plain', { match: { c: exact(1) }, action: toMember(1) });
        expect(await codeOf(s.primary.insert(direct))).toBe('INVALID_ARGUMENT');
      },
    },
    {
      name: 'what is in use cannot be deleted',
      bmv2: 'UNKNOWN instead of FAILED_PRECONDITION',
      async run(s) {
        await s.primary.insert(member(s, 1, 5));
        await s.primary.insert(group(s, 1, [{ id: 1 }]));
        await s.primary.insert(s.entry('chosen', { match: { c: exact(1) }, action: toGroup(1) }));
        expect(await codeOf(s.primary.delete(group(s, 1)))).toBe('FAILED_PRECONDITION');
        expect(await codeOf(s.primary.delete(member(s, 1)))).toBe('FAILED_PRECONDITION');
      },
    },
    {
      name: 'a group is deleted with its members still in it',
      covers: ['SimpleSwitchGrpcTest_ActionProfile.DeleteGroupWithMembers'],
      async run(s) {
        await s.primary.insert(member(s, 1, 5));
        await s.primary.insert(group(s, 1, [{ id: 1 }]));
        await s.primary.delete(group(s, 1));
        await s.primary.delete(member(s, 1));
        expect(await s.primary.read(group(s, 0))).toEqual([]);
      },
    },
    {
      name: 'the default entry of such a table is the program’s',
      covers: ['MatchTableIndirectTest.SetDefault'],
      async run(s) {
        await s.primary.insert(member(s, 1, 5));
        const entry = s.entry('chosen', { isDefaultAction: true, action: toMember(1) });
        expect(await codeOf(s.primary.modify(entry))).not.toBe('OK');
      },
    },
  ],
};
