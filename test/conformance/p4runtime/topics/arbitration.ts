/** Who is primary, and what the others may do. */
import { SetForwardingPipelineConfigRequest_Action as Action } from '@mooring/p4runtime-ts/proto';
import { expect } from 'vitest';
import { codeOf, codesOf, type Peer, within } from '../support/peer.ts';
import { joinRole, roleConfig } from '../support/roles.ts';
import type { Session } from '../support/session.ts';
import type { Topic } from '../support/topic.ts';
import { exact } from '../support/values.ts';

const OK = 0;
const INVALID_ARGUMENT = 3;
const NOT_FOUND = 5;
const ALREADY_EXISTS = 6;

const one = (s: Session, c = 1) => s.entry('exact_one', { match: { c: exact(c) }, action: s.mark(c) });

async function join(peer: Peer): Promise<number> {
  peer.arbitrate();
  return (await peer.next('arbitration')).status!.code;
}

export const arbitration: Topic = {
  title: 'arbitration',
  program: 'keys',
  checks: [
    {
      name: 'the highest election id is primary; the others are told',
      async run(s) {
        const low = s.peer({ electionId: 0n });
        expect(await join(low)).toBe(ALREADY_EXISTS);
        const high = s.peer({ electionId: 1n << 64n });
        expect(await join(high)).toBe(OK);
        expect((await low.next('arbitration')).electionId).toMatchObject({ high: 1n, low: 0n });
        expect((await s.primary.next('arbitration')).status!.code).toBe(ALREADY_EXISTS);
      },
    },
    {
      name: 'a write needs a primary with that election id',
      covers: ['TestArbitration.WriteNoPrimary'],
      bare: true,
      async run(s) {
        const nobody = s.peer({ electionId: 9n });
        expect(await codeOf(nobody.setPipeline(Action.VERIFY_AND_COMMIT, s.program))).toBe('PERMISSION_DENIED');
        expect(await codeOf(nobody.insert(one(s)))).toBe('PERMISSION_DENIED');
      },
    },
    {
      name: 'an election id that is in use ends the stream',
      covers: ['TestArbitration.DuplicateElectionId'],
      async run(s) {
        const other = s.peer({ electionId: 1n });
        other.arbitrate();
        expect((await within(other.closed, 'the end of the stream'))?.code).toBe(3);
        await s.primary.insert(one(s));
      },
    },
    {
      name: 'only the primary writes',
      covers: ['TestArbitration.WriteAndPacketInAndPacketOut'],
      async run(s) {
        const other = s.peer({ electionId: 2n });
        expect(await join(other)).toBe(OK);
        expect(await codeOf(s.primary.insert(one(s)))).toBe('PERMISSION_DENIED');
        expect(await codeOf(s.primary.setPipeline(Action.VERIFY, s.program))).toBe('PERMISSION_DENIED');
        await other.insert(one(s));
        expect(await s.readTable('exact_one')).toHaveLength(1);
      },
    },
    {
      name: 'streams are limited',
      covers: ['TestArbitration.MaxConnections'],
      bare: true,
      async run(s) {
        const peers = Array.from({ length: 66 }, (_, i) => s.peer({ electionId: BigInt(i + 1) }));
        for (const peer of peers) peer.arbitrate();
        const ends = await within(Promise.race(peers.map((peer) => peer.closed)), 'a refusal');
        expect(ends?.code).toBe(8);
      },
    },
    {
      name: 'one client does everything on one stream, calls in between',
      covers: ['TestArbitration.SingleThreadedClient'],
      bare: true,
      async run(s) {
        expect(await join(s.primary)).toBe(OK);
        await s.primary.setPipeline(Action.VERIFY_AND_COMMIT, s.program);
        await s.primary.insert(one(s));
        s.primary.arbitrate(5n);
        const again = await s.primary.next('arbitration');
        expect([again.status!.code, again.electionId?.low]).toEqual([OK, 5n]);
      },
    },
    {
      name: 'when the primary leaves, nobody is primary until somebody comes with an id as high',
      bmv2: 'the next highest becomes primary',
      async run(s) {
        const high = s.peer({ electionId: 7n });
        await join(high);
        await s.primary.next('arbitration');
        high.closeStream();
        expect((await s.primary.next('arbitration')).status!.code).toBe(NOT_FOUND);
        expect(await codeOf(s.primary.insert(one(s)))).toBe('PERMISSION_DENIED');
        const next = s.peer({ electionId: 7n });
        expect(await join(next)).toBe(OK);
        await next.insert(one(s));
      },
    },
    {
      name: 'another device id on a stream that has one',
      async run(s) {
        s.primary.arbitrate(1n, 55n);
        expect((await within(s.primary.closed, 'the end of the stream'))?.code).toBe(9);
      },
    },
    {
      name: 'the first message on a stream must be an arbitration',
      bmv2: 'the stream stays open',
      bare: true,
      async run(s) {
        const peer = s.peer({});
        peer.openStream();
        peer.send({ case: 'packet', value: { payload: Uint8Array.of(1) } });
        expect((await within(peer.closed, 'the end of the stream', 1500))?.code).toBe(9);
      },
    },
    {
      name: 'each role has a primary of its own',
      bmv2: 'roles are ignored: an election id is in use, or a backup',
      async run(s) {
        const other = s.peer({ electionId: 1n, role: 'other' });
        expect(await join(other)).toBe(OK);
        await other.insert(one(s));
        await s.primary.insert(one(s, 2));
      },
    },
    {
      name: 'a role’s configuration says what it may write, and keeps others away from it',
      bmv2: 'roles are ignored',
      async run(s) {
        const own = s.id('tables', 'exact_one');
        const other = s.peer({ electionId: 1n, role: 'lpm' });
        expect(await joinRole(other, { exclusive: [own], shared: [s.id('tables', 'lpm_one')] })).toBe(OK);
        const lpmEntry = s.entry('lpm_one', { match: {}, action: s.mark(1) });
        const ternaryEntry = s.entry('ternary_one', { match: {}, priority: 1, action: s.mark(1) });
        expect(await codeOf(s.primary.insert(one(s)))).toBe('PERMISSION_DENIED');
        expect(await codesOf(other.insert(one(s), lpmEntry, ternaryEntry))).toEqual(['OK', 'OK', 'PERMISSION_DENIED']);
        await s.primary.insert(ternaryEntry);
        await s.primary.delete(s.entry('lpm_one', { match: {} }));
        expect(await codeOf(other.setPipeline(Action.VERIFY, s.program))).toBe('PERMISSION_DENIED');
        const third = s.peer({ electionId: 1n, role: 'third' });
        third.arbitrate(1n, undefined, roleConfig({ exclusive: [own] }));
        expect((await within(third.closed, 'the end of the stream'))?.code).toBe(INVALID_ARGUMENT);
      },
    },
    {
      name: 'a role may set the pipeline where its configuration says so',
      bmv2: 'roles are ignored',
      async run(s) {
        const other = s.peer({ electionId: 1n, role: 'deployer' });
        expect(await joinRole(other, { canSetPipeline: true })).toBe(OK);
        await other.setPipeline(Action.VERIFY, s.program);
        expect(await codeOf(other.insert(one(s)))).toBe('PERMISSION_DENIED');
      },
    },
    {
      name: 'a read in a role gives what is in its configuration',
      bmv2: 'roles are ignored',
      async run(s) {
        const reader = s.peer({ electionId: 1n, role: 'reader' });
        expect(await joinRole(reader, { shared: [s.id('tables', 'exact_one')] })).toBe(OK);
        await s.primary.insert(one(s), s.entry('lpm_one', { match: {}, action: s.mark(1) }));
        const everything = { entity: { case: 'tableEntry', value: {} } } as const;
        const tables = (await reader.read(everything)).map(({ entity }) =>
          entity.case === 'tableEntry' ? entity.value.tableId : 0,
        );
        expect(tables).toEqual([s.id('tables', 'exact_one')]);
        expect(await reader.read(s.entry('lpm_one'))).toEqual([]);
        expect((await s.primary.read(everything)).length).toBeGreaterThan(1);
      },
    },
    {
      name: 'a configuration is kept for its role, told to all its controllers, and changed by its primary',
      bmv2: 'roles are ignored',
      async run(s) {
        const [table, another] = [s.id('tables', 'exact_one'), s.id('tables', 'lpm_one')];
        const high = s.peer({ electionId: 9n, role: 'r' });
        const low = s.peer({ electionId: 2n, role: 'r' });
        expect(await joinRole(high, { shared: [table] })).toBe(OK);
        // A backup's own configuration does not count.
        low.arbitrate(2n, undefined, roleConfig({ shared: [another] }));
        const told = await low.next('arbitration');
        expect([told.status!.code, told.electionId?.low]).toEqual([ALREADY_EXISTS, 9n]);
        expect(told.role?.config?.value).toEqual(roleConfig({ shared: [table] }).value);
        high.arbitrate(9n, undefined, roleConfig({ shared: [another] }));
        expect((await low.next('arbitration')).role?.config?.value).toEqual(roleConfig({ shared: [another] }).value);
        expect(await codeOf(high.insert(one(s)))).toBe('PERMISSION_DENIED');
        // Without a configuration a role may do everything.
        high.arbitrate(9n);
        await high.next('arbitration');
        expect((await high.next('arbitration')).status!.code).toBe(OK);
        await high.insert(one(s));
      },
    },
    {
      name: 'without a stream and without election id, a lone script may write',
      bare: true,
      async run(s) {
        const script = s.peer({});
        await script.setPipeline(Action.VERIFY_AND_COMMIT, s.program);
        await script.insert(one(s));
        expect(await script.read(s.entry('exact_one'))).toHaveLength(1);
      },
    },
  ],
};
