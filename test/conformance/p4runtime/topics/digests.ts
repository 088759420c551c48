/** Digests: lists, acknowledgement, repetition, limits of size and time. */
import { expect } from 'vitest';
import { codeOf, type EntityInit } from '../support/peer.ts';
import { joinRole } from '../support/roles.ts';
import type { Session } from '../support/session.ts';
import type { Topic } from '../support/topic.ts';
import { probe } from '../support/values.ts';

const MS = 1_000_000n;
const HOUR = 3_600_000n * MS;

interface Config {
  readonly maxTimeoutNs: bigint;
  readonly maxListSize: number;
  readonly ackTimeoutNs: bigint;
}

const AT_ONCE: Config = { maxTimeoutNs: 0n, maxListSize: 1, ackTimeoutNs: HOUR };

function digest(s: Session, config?: Config): EntityInit {
  const digestId = s.id('digests', 'sighting_t');
  return { entity: { case: 'digestEntry', value: { digestId, ...(config && { config }) } } };
}

/** The next list: its id, and `c` and the port of each sample. */
async function list(s: Session) {
  const { digestId, listId, data } = await s.primary.next('digest');
  expect(digestId).toBe(s.id('digests', 'sighting_t'));
  const samples = data.map(({ data: each }) => {
    if (each.case !== 'struct') throw new Error(`a ${each.case} came`);
    return each.value.members.map(({ data: member }) => {
      if (member.case !== 'bitstring') throw new Error(`a ${member.case} came`);
      return Buffer.from(member.value).toString('hex');
    });
  });
  return { listId, samples };
}

const acknowledge = (s: Session, listId: bigint) =>
  s.primary.send({ case: 'digestAck', value: { digestId: s.id('digests', 'sighting_t'), listId } });

const learn = (s: Session, c: number, port = 1) => s.send(port, probe({ kind: 7, c }), 1);

export const digests: Topic = {
  title: 'digests',
  program: 'resources',
  checks: [
    {
      name: 'a configuration is inserted, read, modified, deleted',
      covers: ['DigestTest.WriteAndRead'],
      async run(s) {
        await s.primary.insert(digest(s, AT_ONCE));
        expect(await codeOf(s.primary.insert(digest(s, AT_ONCE)))).toBe('ALREADY_EXISTS');
        const other = { ...AT_ONCE, maxListSize: 9 };
        await s.primary.modify(digest(s, other));
        const [read] = await s.primary.read(digest(s));
        expect(read!.entity).toMatchObject(digest(s, other).entity as object);
        await s.primary.delete(digest(s));
        expect(await codeOf(s.primary.delete(digest(s)))).toBe('NOT_FOUND');
      },
    },
    {
      name: 'without a configuration there is nothing to read',
      bmv2: 'NOT_FOUND',
      async run(s) {
        expect(await s.primary.read(digest(s))).toHaveLength(0);
      },
    },
    {
      name: 'all digests can be read at once',
      bmv2: 'UNIMPLEMENTED',
      async run(s) {
        await s.primary.insert(digest(s, AT_ONCE));
        expect(await s.primary.read({ entity: { case: 'digestEntry', value: { digestId: 0 } } })).toHaveLength(1);
      },
    },
    {
      name: 'a sample comes in a list, its values in the shortest form',
      covers: ['DigestMgrTest.Default', 'DigestMgrTest.DefaultCanonical', 'SimpleSwitchGrpcTest_Digest.OneSample'],
      async run(s) {
        await s.primary.insert(digest(s, AT_ONCE));
        await learn(s, 0x0102);
        expect((await list(s)).samples).toEqual([['0102', '01']]);
      },
    },
    {
      name: 'the same sample does not come again before it is acknowledged',
      covers: ['DigestMgrTest.Cache'],
      async run(s) {
        await s.primary.insert(digest(s, AT_ONCE));
        await learn(s, 5);
        expect((await list(s)).samples).toEqual([['05', '01']]);
        await learn(s, 5);
        await learn(s, 6);
        expect((await list(s)).samples).toEqual([['06', '01']]);
      },
    },
    {
      name: 'after the acknowledgement it does',
      covers: ['DigestMgrTest.Ack', 'SimpleSwitchGrpcTest_Digest.Ack'],
      async run(s) {
        await s.primary.insert(digest(s, AT_ONCE));
        await learn(s, 5);
        acknowledge(s, (await list(s)).listId);
        // The acknowledgement is not answered: packets go on until it has had its effect.
        const again = list(s);
        let came = false;
        void again.then(() => {
          came = true;
        });
        for (let i = 0; i < 500 && !came; i++) await learn(s, 5);
        expect((await again).samples).toEqual([['05', '01']]);
      },
    },
    {
      name: 'without acknowledgement it comes again after the timeout for that',
      covers: ['DigestMgrTest.Reset'],
      async run(s) {
        await s.primary.insert(digest(s, { ...AT_ONCE, ackTimeoutNs: 50n * MS }));
        await learn(s, 5);
        await list(s);
        const again = list(s);
        let came = false;
        void again.then(() => {
          came = true;
        });
        for (let i = 0; i < 2000 && !came; i++) await learn(s, 5);
        expect((await again).samples).toEqual([['05', '01']]);
      },
    },
    {
      name: 'a list that is full is sent at once',
      covers: ['DigestMgrTest.MaxListSize'],
      async run(s) {
        await s.primary.insert(digest(s, { maxTimeoutNs: HOUR, maxListSize: 3, ackTimeoutNs: HOUR }));
        for (const c of [1, 2, 3, 4]) await learn(s, c, 2);
        expect((await list(s)).samples).toEqual([
          ['01', '02'],
          ['02', '02'],
          ['03', '02'],
        ]);
        expect(s.primary.pending('digest')).toBe(0);
      },
    },
    {
      name: 'a list that is not full is sent after the time for that',
      covers: ['DigestMgrTest.MaxTimeout'],
      async run(s) {
        await s.primary.insert(digest(s, { maxTimeoutNs: 50n * MS, maxListSize: 1000, ackTimeoutNs: HOUR }));
        await learn(s, 1);
        expect((await list(s)).samples).toEqual([['01', '01']]);
      },
    },
    {
      name: 'with a maximum time of 0 every sample is a list of its own',
      bmv2: 'samples that come together are one list, and some are not sent',
      async run(s) {
        await s.primary.insert(digest(s, { maxTimeoutNs: 0n, maxListSize: 100, ackTimeoutNs: HOUR }));
        for (const c of [1, 2, 3]) s.ports.send(1, probe({ kind: 7, c }));
        for (const c of [1, 2, 3]) expect((await list(s)).samples).toEqual([[`0${c}`, '01']]);
      },
    },
    {
      name: 'a role is told of the digests in its configuration only',
      bmv2: 'roles are ignored',
      async run(s) {
        const digestId = s.id('digests', 'sighting_t');
        const within = s.peer({ electionId: 1n, role: 'within' });
        const without = s.peer({ electionId: 1n, role: 'without' });
        expect(await joinRole(within, { shared: [digestId] })).toBe(0);
        expect(await joinRole(without, { shared: [s.id('tables', 'counted')] })).toBe(0);
        await within.insert(digest(s, AT_ONCE));
        expect(await codeOf(without.modify(digest(s, AT_ONCE)))).toBe('PERMISSION_DENIED');
        await learn(s, 1);
        expect((await within.next('digest')).digestId).toBe(digestId);
        expect((await list(s)).samples).toEqual([['01', '01']]);
        expect(without.pending('digest')).toBe(0);
      },
    },
    {
      name: 'a deleted digest is silent',
      covers: ['SimpleSwitchGrpcTest_Digest.DeleteDigest'],
      async run(s) {
        await s.primary.insert(digest(s, AT_ONCE));
        await s.primary.delete(digest(s));
        await learn(s, 1);
        await s.primary.insert(digest(s, AT_ONCE));
        await learn(s, 2);
        expect((await list(s)).samples).toEqual([['02', '01']]);
      },
    },
  ],
};
