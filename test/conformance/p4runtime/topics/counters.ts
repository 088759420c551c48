/** Direct and indirect counters: counted, read, set, with the entry and by themselves. */
import { expect } from 'vitest';
import { codeOf, type EntityInit } from '../support/peer.ts';
import type { Session } from '../support/session.ts';
import type { Topic } from '../support/topic.ts';
import { exact, probe } from '../support/values.ts';

const KEY = { match: { c: exact(7) } };
const SIZE = probe({}).length;

const add = (s: Session, c = 7) =>
  s.primary.insert(s.entry('counted', { match: { c: exact(c) }, action: s.does('count_mark', { value: c }) }));

type Count = { packetCount: bigint; byteCount: bigint };

/** A DirectCounterEntry of table `counted`. */
function direct(s: Session, entry: Parameters<Session['entry']>[1], data?: Count): EntityInit {
  const { entity } = s.entry('counted', entry);
  if (entity?.case !== 'tableEntry') throw new Error('no table entry');
  return { entity: { case: 'directCounterEntry', value: { tableEntry: entity.value, ...(data && { data }) } } };
}

/** A CounterEntry of counter `totals`. */
function indirect(s: Session, index: number | undefined, data?: Count): EntityInit {
  const counterId = s.id('counters', 'totals');
  const where = index === undefined ? {} : { index: { index: BigInt(index) } };
  return { entity: { case: 'counterEntry', value: { counterId, ...where, ...(data && { data }) } } };
}

async function counts(s: Session, entity: EntityInit): Promise<[bigint, bigint][]> {
  return (await s.primary.read(entity)).map(({ entity: { case: kind, value } }) => {
    if (kind !== 'directCounterEntry' && kind !== 'counterEntry') throw new Error(`a ${kind} was read`);
    return [value.data?.packetCount ?? -1n, value.data?.byteCount ?? -1n];
  });
}

export const counters: Topic = {
  title: 'counters',
  program: 'resources',
  checks: [
    {
      name: 'direct: packets that hit are counted, and the counter can be set and read',
      covers: ['DirectCounterTest.WriteAndRead', 'SimpleSwitchGrpcTest_Counter.CounterHit'],
      async run(s) {
        await add(s);
        expect(await counts(s, direct(s, KEY))).toEqual([[0n, 0n]]);
        for (let i = 0; i < 3; i++) await s.ask({ kind: 1, c: 7 });
        expect(await counts(s, direct(s, KEY))).toEqual([[3n, BigInt(3 * SIZE)]]);
        await s.primary.modify(direct(s, KEY, { packetCount: 100n, byteCount: 2000n }));
        expect(await counts(s, direct(s, KEY))).toEqual([[100n, 2000n]]);
        await s.ask({ kind: 1, c: 7 });
        expect(await counts(s, direct(s, KEY))).toEqual([[101n, BigInt(2000 + SIZE)]]);
      },
    },
    {
      name: 'direct: can be modified only',
      bmv2: 'DELETE is accepted',
      async run(s) {
        await add(s);
        const entry = direct(s, KEY, { packetCount: 1n, byteCount: 1n });
        expect(await codeOf(s.primary.insert(entry))).toBe('INVALID_ARGUMENT');
        expect(await codeOf(s.primary.delete(entry))).toBe('INVALID_ARGUMENT');
      },
    },
    {
      name: 'direct: of an entry that is not there',
      covers: ['DirectCounterTest.InvalidTableEntry'],
      async run(s) {
        const code = await codeOf(s.primary.modify(direct(s, KEY, { packetCount: 1n, byteCount: 1n })));
        expect(['NOT_FOUND', 'INVALID_ARGUMENT']).toContain(code);
        const read = await codeOf(s.primary.read(direct(s, KEY)));
        expect(['NOT_FOUND', 'INVALID_ARGUMENT']).toContain(read);
      },
    },
    {
      name: 'direct: of no entry at all',
      covers: ['DirectCounterTest.MissingTableEntry'],
      async run(s) {
        const none: EntityInit = { entity: { case: 'directCounterEntry', value: {} } };
        expect(await codeOf(s.primary.modify(none))).toBe('INVALID_ARGUMENT');
        expect(await codeOf(s.primary.read(none))).toBe('INVALID_ARGUMENT');
      },
    },
    {
      name: 'direct: of a table that has none',
      async run(s) {
        const tableEntry = { tableId: s.id('tables', 'paced'), isDefaultAction: true };
        const call = s.primary.read({ entity: { case: 'directCounterEntry', value: { tableEntry } } });
        expect(await codeOf(call)).toBe('INVALID_ARGUMENT');
      },
    },
    {
      name: 'direct: of all entries of a table',
      covers: ['DirectCounterTest.ReadAllFromTable'],
      async run(s) {
        for (const c of [1, 2, 3]) await add(s, c);
        await s.ask({ kind: 1, c: 2 });
        const read = await counts(s, direct(s, {}));
        expect(read.map(([packets]) => packets).sort()).toEqual([0n, 0n, 1n]);
      },
    },
    {
      name: 'direct: of all tables',
      covers: ['DirectCounterTest.ReadAll'],
      bmv2: 'UNIMPLEMENTED',
      async run(s) {
        for (const c of [1, 2]) await add(s, c);
        const tableEntry = { tableId: 0 };
        expect(await counts(s, { entity: { case: 'directCounterEntry', value: { tableEntry } } })).toHaveLength(2);
      },
    },
    {
      name: 'direct: set with the entry, and read with it only where asked for',
      covers: ['DirectCounterTest.WriteInTableEntry'],
      async run(s) {
        const action = s.does('count_mark', { value: 1 });
        const counterData = { packetCount: 5n, byteCount: 500n };
        await s.primary.insert(s.entry('counted', { ...KEY, action, counterData }));
        expect((await s.readTable('counted'))[0]!.counterData).toBeUndefined();
        expect((await s.readTable('counted', { counterData: {} }))[0]!.counterData).toMatchObject(counterData);
        await s.primary.modify(s.entry('counted', { ...KEY, action, counterData: { packetCount: 6n, byteCount: 6n } }));
        expect(await counts(s, direct(s, KEY))).toEqual([[6n, 6n]]);
        await s.primary.modify(s.entry('counted', { ...KEY, action: s.does('count_mark', { value: 2 }) }));
        expect(await counts(s, direct(s, KEY))).toEqual([[6n, 6n]]);
      },
    },
    {
      name: 'direct: of the default entry',
      covers: ['DirectCounterTest.DefaultEntry'],
      bmv2: 'not supported for default entries',
      async run(s) {
        const isDefaultAction = true;
        await s.primary.modify(s.entry('counted', { isDefaultAction, action: s.does('count_mark', { value: 1 }) }));
        await s.ask({ kind: 1, c: 99 });
        expect(await counts(s, direct(s, { isDefaultAction }))).toEqual([[1n, BigInt(SIZE)]]);
        await s.primary.modify(direct(s, { isDefaultAction }, { packetCount: 10n, byteCount: 10n }));
        expect(await counts(s, direct(s, { isDefaultAction }))).toEqual([[10n, 10n]]);
      },
    },
    {
      name: 'direct: set with the default entry',
      covers: ['DirectCounterTest.WriteInTableEntryDefault'],
      bmv2: 'not supported for default entries',
      async run(s) {
        const counterData = { packetCount: 3n, byteCount: 300n };
        const action = s.does('count_mark', { value: 1 });
        await s.primary.modify(s.entry('counted', { isDefaultAction: true, action, counterData }));
        const [entry] = await s.readTable('counted', { isDefaultAction: true, counterData: {} });
        expect(entry!.counterData).toMatchObject(counterData);
      },
    },
    {
      name: 'indirect: one cell is counted, set and read',
      covers: ['IndirectCounterTest.WriteAndRead'],
      async run(s) {
        await s.ask({ kind: 3, a: 2 });
        expect(await counts(s, indirect(s, 2))).toEqual([[1n, BigInt(SIZE)]]);
        await s.primary.modify(indirect(s, 2, { packetCount: 50n, byteCount: 60n }));
        await s.ask({ kind: 3, a: 2 });
        expect(await counts(s, indirect(s, 2))).toEqual([[51n, BigInt(60 + SIZE)]]);
        expect(await counts(s, indirect(s, 3))).toEqual([[0n, 0n]]);
      },
    },
    {
      name: 'indirect: all cells of one counter, and of all counters',
      covers: ['IndirectCounterTest.ReadAll'],
      async run(s) {
        await s.ask({ kind: 3, a: 5 });
        const all = await counts(s, indirect(s, undefined));
        expect(all.map(([packets]) => packets)).toEqual([0n, 0n, 0n, 0n, 0n, 1n, 0n, 0n]);
        expect(await counts(s, { entity: { case: 'counterEntry', value: { counterId: 0 } } })).toEqual(all);
      },
    },
    {
      name: 'indirect: all cells can be set at once',
      bmv2: 'UNIMPLEMENTED',
      async run(s) {
        await s.primary.modify(indirect(s, undefined, { packetCount: 4n, byteCount: 5n }));
        expect(await counts(s, indirect(s, undefined))).toEqual(Array.from({ length: 8 }, () => [4n, 5n]));
      },
    },
    {
      name: 'indirect: modified only, within its size',
      bmv2: 'DELETE is accepted',
      async run(s) {
        const data = { packetCount: 1n, byteCount: 1n };
        expect(await codeOf(s.primary.insert(indirect(s, 1, data)))).toBe('INVALID_ARGUMENT');
        expect(await codeOf(s.primary.delete(indirect(s, 1, data)))).toBe('INVALID_ARGUMENT');
        expect(await codeOf(s.primary.modify(indirect(s, -1, data)))).not.toBe('OK');
      },
    },
    {
      name: 'indirect: an index beyond its size',
      bmv2: 'UNKNOWN instead of OUT_OF_RANGE',
      async run(s) {
        const data = { packetCount: 1n, byteCount: 1n };
        expect(await codeOf(s.primary.modify(indirect(s, 8, data)))).toBe('OUT_OF_RANGE');
        expect(await codeOf(s.primary.read(indirect(s, 8)))).toBe('OUT_OF_RANGE');
      },
    },
  ],
};
