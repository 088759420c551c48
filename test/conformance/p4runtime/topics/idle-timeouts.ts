/**
 * Entries that age: notifications, their repetition, the time since the last hit, and other timeouts for living
 * entries.
 */
import { expect } from 'vitest';
import { codeOf, codesOf } from '../support/peer.ts';
import { joinRole } from '../support/roles.ts';
import type { Session } from '../support/session.ts';
import type { Topic } from '../support/topic.ts';
import { exact } from '../support/values.ts';

const MS = 1_000_000n;
const HOUR = 3_600_000n * MS;

const entry = (s: Session, idleTimeoutNs: bigint, c = 5) =>
  s.entry('ageing', { match: { c: exact(c) }, action: s.mark(1), idleTimeoutNs });

export const idleTimeouts: Topic = {
  title: 'idle timeouts',
  program: 'keys',
  checks: [
    {
      name: 'an entry that is not hit is told, with its key and timeout',
      covers: ['IdleTimeoutTest.EntryAgeing', 'SimpleSwitchGrpcTest_IdleTimeout.EntryExpire'],
      async run(s) {
        await s.primary.insert(s.entry('ageing', { match: { c: exact(6) }, action: s.mark(1) }), entry(s, 100n * MS));
        const { tableEntry, timestamp } = await s.primary.next('idleTimeoutNotification');
        expect(tableEntry).toHaveLength(1);
        expect(tableEntry[0]).toMatchObject({ tableId: s.id('tables', 'ageing'), idleTimeoutNs: 100n * MS });
        expect(tableEntry[0]!.match[0]!.fieldMatchType).toMatchObject({
          case: 'exact',
          value: { value: Uint8Array.of(5) },
        });
        expect(timestamp).toBeGreaterThan(0n);
      },
    },
    {
      name: 'a role is told of the tables in its configuration only',
      bmv2: 'roles are ignored',
      async run(s) {
        const within = s.peer({ electionId: 1n, role: 'within' });
        const without = s.peer({ electionId: 1n, role: 'without' });
        expect(await joinRole(within, { shared: [s.id('tables', 'ageing')] })).toBe(0);
        expect(await joinRole(without, { shared: [s.id('tables', 'exact_one')] })).toBe(0);
        await within.insert(entry(s, 100n * MS));
        await within.next('idleTimeoutNotification');
        await s.primary.next('idleTimeoutNotification');
        expect(without.pending('idleTimeoutNotification')).toBe(0);
      },
    },
    {
      name: 'it is told again after another timeout without a hit',
      covers: ['SimpleSwitchGrpcTest_IdleTimeout.NotifyAgain'],
      async run(s) {
        await s.primary.insert(entry(s, 100n * MS));
        await s.primary.next('idleTimeoutNotification');
        await s.primary.next('idleTimeoutNotification');
      },
    },
    {
      name: 'entries that age together may be told together, each once a timeout',
      covers: ['IdleTimeoutTest.Buffering', 'IdleTimeoutTest.MaxBuffering'],
      async run(s) {
        await s.primary.insert(...Array.from({ length: 10 }, (_, c) => entry(s, 300n * MS, c)));
        const keys = new Set<string>();
        while (keys.size < 10) {
          const { tableEntry } = await s.primary.next('idleTimeoutNotification');
          for (const { match } of tableEntry) {
            const type = match[0]!.fieldMatchType;
            if (type.case === 'exact') keys.add(Buffer.from(type.value.value).toString('hex'));
          }
        }
      },
    },
    {
      name: 'an hour can be modified to less',
      covers: ['IdleTimeoutTest.ModifyTTL', 'SimpleSwitchGrpcTest_IdleTimeout.ModifyTTL'],
      async run(s) {
        await s.primary.insert(entry(s, HOUR));
        await s.primary.modify(entry(s, 100n * MS));
        await s.primary.next('idleTimeoutNotification');
        expect((await s.readTable('ageing'))[0]!.idleTimeoutNs).toBe(100n * MS);
        await s.primary.modify(s.entry('ageing', { match: { c: exact(5) }, action: s.mark(1) }));
        expect((await s.readTable('ageing'))[0]!.idleTimeoutNs).toBe(0n);
      },
    },
    {
      name: 'the timeout is read back, the time since the last hit where asked for',
      covers: ['IdleTimeoutTest.ReadEntry', 'SimpleSwitchGrpcTest_IdleTimeout.ReadEntry'],
      async run(s) {
        await s.primary.insert(entry(s, HOUR));
        const [plain] = await s.readTable('ageing');
        expect(plain).toMatchObject({ idleTimeoutNs: HOUR });
        expect(plain!.timeSinceLastHit).toBeUndefined();
        const read = async () => {
          const [found] = await s.readTable('ageing', { match: { c: exact(5) }, timeSinceLastHit: {} });
          return found!.timeSinceLastHit!.elapsedNs;
        };
        let before = await read();
        while (before < 20n * MS) before = await read();
        await s.ask({ kind: 11, c: 5 });
        const after = await read();
        expect(after).toBeLessThan(before + 1000n * MS);
        expect(after).toBeGreaterThanOrEqual(0n);
      },
    },
    {
      name: 'only tables that ask for it age, and no timeout is negative',
      async run(s) {
        const other = s.entry('exact_one', { match: { c: exact(5) }, action: s.mark(1), idleTimeoutNs: MS });
        expect(await codeOf(s.primary.insert(other))).toBe('INVALID_ARGUMENT');
        expect((await codesOf(s.primary.insert(entry(s, -1n))))[0]).toBe('INVALID_ARGUMENT');
      },
    },
  ],
};
