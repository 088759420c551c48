/**
 * Multicast groups and clone sessions: written, read, changed, refused. What packets do with them is the next topic.
 */
import type { Entity } from '@mooring/p4runtime-ts/proto';
import { expect } from 'vitest';
import { codeOf, type EntityInit } from '../support/peer.ts';
import { json, type Session, sorted } from '../support/session.ts';
import type { Topic } from '../support/topic.ts';
import { bytesOf, probe } from '../support/values.ts';

type Copy = readonly [port: number, instance: number];

const replicas = (copies: readonly Copy[], asBytes: boolean) =>
  copies.map(([port, instance]) => ({
    instance,
    portKind: asBytes ? { case: 'port' as const, value: bytesOf(port) } : { case: 'egressPort' as const, value: port },
  }));

export function multicast(multicastGroupId: number, copies: readonly Copy[] = [], asBytes = false): EntityInit {
  const value = { multicastGroupId, replicas: replicas(copies, asBytes) };
  return { entity: { case: 'packetReplicationEngineEntry', value: { type: { case: 'multicastGroupEntry', value } } } };
}

export function clone(
  sessionId: number,
  copies: readonly Copy[] = [],
  packetLengthBytes = 0,
  classOfService = 0,
): EntityInit {
  const value = { sessionId, replicas: replicas(copies, false), packetLengthBytes, classOfService };
  return { entity: { case: 'packetReplicationEngineEntry', value: { type: { case: 'cloneSessionEntry', value } } } };
}

/** Entries with their replicas in order of ports: they are a set, and switches may give them back in another order. */
function ordered(entities: readonly Entity[]): Entity[] {
  for (const { entity } of entities) {
    if (entity.case !== 'packetReplicationEngineEntry') continue;
    const { type } = entity.value;
    if (type.case === 'multicastGroupEntry' || type.case === 'cloneSessionEntry')
      type.value.replicas.sort((a, b) => a.instance - b.instance);
  }
  return [...entities];
}

/** Port and egress_rid of the copies that a packet of a kind makes. */
export async function copies(s: Session, kind: number, c: number, count: number, b = 0): Promise<string[]> {
  const outputs = await s.send(1, probe({ kind, c, b }), count);
  return outputs.map(({ port, probe: { result } }) => `${port}/${result}`).sort();
}

export const replication: Topic = {
  title: 'multicast groups and clone sessions',
  program: 'redirect',
  checks: [
    {
      name: 'a multicast group is made, changed, deleted; ports as numbers',
      covers: ['PREMulticastTest.Write'],
      async run(s) {
        await s.primary.insert(
          multicast(7, [
            [1, 1],
            [2, 1],
            [3, 2],
          ]),
        );
        expect(await copies(s, 1, 7, 3)).toEqual(['1/1', '2/1', '3/2']);
        await s.primary.modify(multicast(7, [[4, 9]]));
        expect(await copies(s, 1, 7, 1)).toEqual(['4/9']);
        expect(await codeOf(s.primary.insert(multicast(7)))).toBe('ALREADY_EXISTS');
        await s.primary.delete(multicast(7));
        expect(await s.isDropped({ kind: 1, c: 7 })).toBe(true);
        expect(await codeOf(s.primary.delete(multicast(7)))).toBe('NOT_FOUND');
        expect(await codeOf(s.primary.modify(multicast(7)))).toBe('NOT_FOUND');
      },
    },
    {
      name: 'ports as byte strings',
      covers: ['PREMulticastTest.WriteStringPorts'],
      async run(s) {
        await s.primary.insert(
          multicast(
            7,
            [
              [1, 1],
              [300, 1],
            ],
            true,
          ),
        );
        expect(await copies(s, 1, 7, 2)).toEqual(['1/1', '300/1']);
        expect((await s.primary.read(multicast(7))).map(json)).toEqual([
          json(
            multicast(
              7,
              [
                [1, 1],
                [300, 1],
              ],
              true,
            ),
          ),
        ]);
      },
    },
    {
      name: 'the same port twice needs two instances',
      covers: ['PREMulticastTest.Duplicates'],
      async run(s) {
        expect(
          await codeOf(
            s.primary.insert(
              multicast(7, [
                [1, 1],
                [1, 1],
              ]),
            ),
          ),
        ).toBe('INVALID_ARGUMENT');
        await s.primary.insert(
          multicast(7, [
            [1, 1],
            [1, 2],
          ]),
        );
        expect(await copies(s, 1, 7, 2)).toEqual(['1/1', '1/2']);
      },
    },
    {
      name: 'a group’s id is not 0',
      covers: ['PREMulticastTest.InvalidId'],
      async run(s) {
        expect(await codeOf(s.primary.insert(multicast(0, [[1, 1]])))).toBe('INVALID_ARGUMENT');
      },
    },
    {
      name: 'groups are read as written, one and all; clone sessions are not among them',
      covers: ['PREMulticastTest.Read', 'PREMulticastTest.ReadExcludeGroupsFromCloneSessions'],
      async run(s) {
        const groups = [
          multicast(1, [
            [1, 1],
            [2, 2],
          ]),
          multicast(2, [[3, 3]]),
        ];
        await s.primary.insert(...groups, clone(5, [[1, 1]]));
        expect(sorted(ordered(await s.primary.read(multicast(0))))).toEqual(sorted(groups));
        expect((await s.primary.read(multicast(2))).map(json)).toEqual([json(groups[1]!)]);
      },
    },
    {
      name: 'a group that is not there, or an entry that says neither, when read',
      async run(s) {
        const empty: EntityInit = { entity: { case: 'packetReplicationEngineEntry', value: {} } };
        expect(await codeOf(s.primary.read(empty))).toBe('INVALID_ARGUMENT');
        expect(await codeOf(s.primary.insert(empty))).toBe('INVALID_ARGUMENT');
      },
    },
    {
      name: 'a clone session is made, used, deleted',
      covers: ['PRECloningTest.Write'],
      async run(s) {
        await s.primary.insert(clone(5, [[6, 77]]));
        const outputs = await s.send(1, probe({ kind: 2, c: 5 }), 2);
        expect(outputs.map(({ port, probe: { a, result } }) => [port, a, result]).sort()).toEqual([
          [1, 0, 0],
          [6, 1, 77],
        ]);
        await s.primary.delete(clone(5));
        expect((await s.ask({ kind: 2, c: 5 })).port).toBe(1);
      },
    },
    {
      name: 'a clone session’s replicas can be changed, as a whole',
      covers: ['PRECloningTest.ModifyConfig'],
      async run(s) {
        await s.primary.insert(
          clone(5, [
            [6, 1],
            [7, 1],
          ]),
        );
        expect(await copies(s, 2, 5, 3)).toEqual(['1/0', '6/1', '7/1']);
        await s.primary.modify(clone(5, [[8, 2]]));
        expect(await copies(s, 2, 5, 2)).toEqual(['1/0', '8/2']);
        expect((await s.primary.read(clone(5))).map(json)).toEqual([json(clone(5, [[8, 2]]))]);
      },
    },
    {
      name: 'a session’s id is not 0, and not beyond what the switch has',
      covers: ['PRECloningTest.InvalidId'],
      async run(s) {
        expect(await codeOf(s.primary.insert(clone(0, [[1, 1]])))).not.toBe('OK');
      },
    },
    {
      name: 'clone sessions are read as written, one and all',
      covers: ['PRECloningTest.Read'],
      async run(s) {
        const sessions = [
          clone(1, [
            [1, 1],
            [2, 2],
          ]),
          clone(2, [[3, 3]]),
        ];
        await s.primary.insert(...sessions, multicast(9, [[1, 1]]));
        expect(sorted(ordered(await s.primary.read(clone(0))))).toEqual(sorted(sessions));
        expect((await s.primary.read(clone(2))).map(json)).toEqual([json(sessions[1]!)]);
      },
    },
    {
      name: 'clones can be cut to a length',
      bmv2: 'packet_length_bytes is not supported',
      async run(s) {
        await s.primary.insert(clone(5, [[6, 1]], 12));
        const outputs = await s.send(1, probe({ kind: 2, c: 5 }), 2);
        expect(outputs.find(({ port }) => port === 6)!.bytes.length).toBe(12);
        expect(outputs.find(({ port }) => port === 1)!.bytes.length).toBe(18);
      },
    },
    {
      name: 'a class of service of the 8 that there are is kept; with one queue, all of them are one',
      bmv2: 'UNIMPLEMENTED',
      async run(s) {
        await s.primary.insert(clone(5, [[6, 1]], 0, 3));
        expect((await s.primary.read(clone(5))).map(json)).toEqual([json(clone(5, [[6, 1]], 0, 3))]);
        const outputs = await s.send(1, probe({ kind: 12, c: 5 }), 2);
        expect(outputs.map(({ port, probe: { result } }) => [port, result]).sort()).toEqual([
          [1, 0],
          [6, 0],
        ]);
        expect(await codeOf(s.primary.modify(clone(5, [[6, 1]], 0, 8)))).toBe('INVALID_ARGUMENT');
      },
    },
    {
      name: 'a copy goes to a port of 9 bits, or is refused',
      bmv2: 'accepted',
      async run(s) {
        expect(await codeOf(s.primary.insert(multicast(7, [[512, 1]])))).toBe('INVALID_ARGUMENT');
        expect(await codeOf(s.primary.insert(clone(5, [[512, 1]])))).toBe('INVALID_ARGUMENT');
        await s.primary.insert(multicast(7, [[511, 1]]), clone(5, [[0, 1]]));
      },
    },
  ],
};
