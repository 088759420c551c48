/** Entries of every match kind: written, read back, hit by packets, changed, deleted; what is refused. */
import { WriteRequest_Atomicity } from '@mooring/p4runtime-ts/proto';
import { expect } from 'vitest';
import { codeOf, codesOf } from '../support/peer.ts';
import { type EntryInit, json, type Session, sorted } from '../support/session.ts';
import type { Check, Topic } from '../support/topic.ts';
import { exact, lpm, optional, range, ternary } from '../support/values.ts';

interface Kind {
  readonly table: string;
  readonly kind: number;
  readonly key: EntryInit;
  /** Fields of a packet that hits, and of one that does not. */
  readonly hit: { readonly b?: number; readonly c?: number };
  readonly miss: { readonly b?: number; readonly c?: number };
}

const KINDS: readonly Kind[] = [
  { table: 'exact_one', kind: 1, key: { match: { c: exact(0x0a000001) } }, hit: { c: 0x0a000001 }, miss: { c: 1 } },
  {
    table: 'lpm_one',
    kind: 2,
    key: { match: { c: lpm(0x0a000000, 8) } },
    hit: { c: 0x0a123456 },
    miss: { c: 0x0b000000 },
  },
  {
    table: 'ternary_one',
    kind: 3,
    key: { match: { c: ternary(0x00340000, 0x00ff0000) }, priority: 10 },
    hit: { c: 0x12345678 },
    miss: { c: 0x12355678 },
  },
  {
    table: 'range_one',
    kind: 4,
    key: { match: { b: range(100, 200) }, priority: 3 },
    hit: { b: 200 },
    miss: { b: 201 },
  },
  {
    table: 'optional_two',
    kind: 5,
    key: { match: { c: optional(77) }, priority: 3 },
    hit: { b: 9, c: 77 },
    miss: { c: 78 },
  },
  {
    table: 'ternary_two',
    kind: 6,
    key: { match: { b: ternary(5, 0xff), c: ternary(0x80000000, 0x80000000) }, priority: 1 },
    hit: { b: 0x1205, c: 0xffffffff },
    miss: { b: 0x1205, c: 1 },
  },
];

const covers = (...names: string[]) => names.map((name) => `MatchTableTest.${name}`);

function ofKind({ table, kind, key, hit, miss }: Kind): Check[] {
  return [
    {
      name: `${table}: an entry is read back as written, and acts on packets`,
      covers: [
        ...covers('AddAndRead'),
        ...(table === 'ternary_one' ? ['SimpleSwitchGrpcTest_Ternary.ReadEntry'] : []),
        ...(table === 'optional_two' ? ['SimpleSwitchGrpcTest_Optional.ReadEntry'] : []),
        ...(table === 'exact_one' ? ['SimpleSwitchGrpcTest_Basic.Entries'] : []),
      ],
      async run(s) {
        const entry = s.entry(table, { ...key, action: s.mark(0x0102), metadata: Uint8Array.of(1, 2, 3) });
        await s.primary.insert(entry);
        expect((await s.primary.read(s.entry(table))).map(json)).toEqual([json(entry)]);
        expect((await s.primary.read(s.entry(table, key))).map(json)).toEqual([json(entry)]);
        expect(await s.marked({ kind, ...hit })).toBe(0x0102);
        expect(await s.isDropped({ kind, ...miss })).toBe(true);
      },
    },
    {
      name: `${table}: deleting needs the key only, works once, and ends the effect`,
      covers: covers('AddAndDelete'),
      async run(s) {
        await s.primary.insert(s.entry(table, { ...key, action: s.mark(1) }));
        await s.primary.delete(s.entry(table, key));
        expect(await s.readTable(table)).toEqual([]);
        expect(await s.isDropped({ kind, ...hit })).toBe(true);
        expect(await codeOf(s.primary.delete(s.entry(table, key)))).toBe('NOT_FOUND');
      },
    },
    {
      name: `${table}: modifying changes the action; inserting again is refused`,
      covers: covers('AddAndModify'),
      async run(s) {
        const again = s.entry(table, { ...key, action: s.mark(2) });
        expect(await codeOf(s.primary.modify(again))).toBe('NOT_FOUND');
        await s.primary.insert(s.entry(table, { ...key, action: s.mark(1) }));
        expect(await codeOf(s.primary.insert(again))).toBe('ALREADY_EXISTS');
        expect(await s.marked({ kind, ...hit })).toBe(1);
        await s.primary.modify(again);
        expect(await s.marked({ kind, ...hit })).toBe(2);
        expect((await s.primary.read(s.entry(table))).map(json)).toEqual([json(again)]);
      },
    },
  ];
}

const insertMark = (s: Session, table: string, init: EntryInit, value = 1) =>
  s.primary.insert(s.entry(table, { action: s.mark(value), ...init }));

export const tables: Topic = {
  title: 'tables',
  program: 'keys',
  checks: [
    ...KINDS.flatMap(ofKind),
    {
      name: 'the action can send packets to another port',
      covers: ['SimpleSwitchGrpcTest_GrpcDataplane.SendAndReceive'],
      async run(s) {
        await s.primary.insert(s.entry('exact_one', { match: { c: exact(5) }, action: s.does('send', { port: 7 }) }));
        expect((await s.ask({ kind: 1, c: 5 })).port).toBe(7);
      },
    },
    {
      name: 'an unknown table is refused',
      covers: covers('InvalidTableId'),
      bmv2: 'INVALID_ARGUMENT instead of NOT_FOUND',
      async run(s) {
        const entity = { entity: { case: 'tableEntry' as const, value: { tableId: 0x02abcdef, action: s.mark(1) } } };
        expect(await codeOf(s.primary.insert(entity))).toBe('NOT_FOUND');
      },
    },
    {
      name: 'a table id of another kind of object is refused',
      covers: ['DeviceMgrTest.ResourceTypeFromId'],
      bmv2: 'UNKNOWN or INVALID_ARGUMENT instead of NOT_FOUND',
      async run(s) {
        const tableId = s.id('actions', 'mark');
        expect(await codeOf(s.primary.insert({ entity: { case: 'tableEntry', value: { tableId } } }))).toBe(
          'NOT_FOUND',
        );
      },
    },
    {
      name: 'an action that the table does not have is refused',
      covers: covers('InvalidActionId'),
      async run(s) {
        const action = s.does('send', { port: 1 });
        const entry = s.entry('small', { match: { c: exact(1) }, action });
        expect(await codeOf(s.primary.insert(entry))).toBe('INVALID_ARGUMENT');
        const nowhere = { type: { case: 'action' as const, value: { actionId: 0x01fedcba, params: [] } } };
        const unknown = await codeOf(insertMark(s, 'exact_one', { match: { c: exact(1) }, action: nowhere }));
        expect(['INVALID_ARGUMENT', 'NOT_FOUND']).toContain(unknown);
        expect(await s.readTable('small')).toEqual([]);
      },
    },
    {
      name: 'an exact field cannot be left out',
      covers: covers('MissingMatchField'),
      async run(s) {
        expect(await codeOf(insertMark(s, 'exact_one', {}))).toBe('INVALID_ARGUMENT');
        const noSeven = { match: { twelve: ternary(1, 0xfff) }, priority: 1 };
        expect(await codeOf(insertMark(s, 'mixed', noSeven))).toBe('INVALID_ARGUMENT');
      },
    },
    {
      name: 'ternary fields can be left out, and then match everything',
      covers: ['TernaryTwoTest.MissingMatchField'],
      async run(s) {
        await insertMark(s, 'ternary_two', { match: { c: ternary(5, 0xff) }, priority: 2 }, 0x22);
        await insertMark(s, 'ternary_two', { match: {}, priority: 1 }, 0x11);
        expect(await s.marked({ kind: 6, b: 0x1234, c: 0xab05 })).toBe(0x22);
        expect(await s.marked({ kind: 6, b: 0x1234, c: 0xab06 })).toBe(0x11);
        expect((await s.readTable('ternary_two')).map(({ match }) => match.length).sort()).toEqual([0, 1]);
      },
    },
    {
      name: 'of several updates the good ones are done, and each has its own answer',
      covers: covers('WriteBatchWithError'),
      async run(s) {
        const good = s.entry('exact_one', { match: { c: exact(1) }, action: s.mark(1) });
        const bad = s.entry('exact_one', { action: s.mark(1) });
        const alsoGood = s.entry('exact_one', { match: { c: exact(2) }, action: s.mark(2) });
        const call = s.primary.insert(good, bad, alsoGood);
        expect(await codesOf(call)).toEqual(['OK', 'INVALID_ARGUMENT', 'OK']);
        await expect(call).rejects.toMatchObject({ code: 2 });
        expect(sorted(await s.primary.read(s.entry('exact_one')))).toEqual(sorted([good, alsoGood]));
      },
    },
    {
      name: 'a batch can be all or nothing',
      bmv2: 'UNIMPLEMENTED',
      async run(s) {
        const good = ['insert', s.entry('exact_one', { match: { c: exact(1) }, action: s.mark(1) })] as const;
        const bad = ['insert', s.entry('exact_one', { action: s.mark(1) })] as const;
        for (const atomicity of [WriteRequest_Atomicity.ROLLBACK_ON_ERROR, WriteRequest_Atomicity.DATAPLANE_ATOMIC]) {
          expect(await codesOf(s.primary.write([good, bad], atomicity))).toEqual(['ABORTED', 'INVALID_ARGUMENT']);
          expect(await s.readTable('exact_one')).toEqual([]);
          expect(await s.isDropped({ kind: 1, c: 1 })).toBe(true);
        }
        await s.primary.write([good], WriteRequest_Atomicity.DATAPLANE_ATOMIC);
        expect(await s.marked({ kind: 1, c: 1 })).toBe(1);
      },
    },
    {
      name: 'an update without type is refused',
      async run(s) {
        const entry = s.entry('exact_one', { match: { c: exact(1) }, action: s.mark(1) });
        expect(await codeOf(s.primary.write([['unset', entry]]))).toBe('INVALID_ARGUMENT');
      },
    },
    {
      name: 'a full table takes no more',
      bmv2: 'UNKNOWN instead of RESOURCE_EXHAUSTED',
      async run(s) {
        for (let c = 1; c <= 4; c++) await insertMark(s, 'small', { match: { c: exact(c) } }, c);
        expect(await codeOf(insertMark(s, 'small', { match: { c: exact(5) } }))).toBe('RESOURCE_EXHAUSTED');
        await s.primary.delete(s.entry('small', { match: { c: exact(2) } }));
        await insertMark(s, 'small', { match: { c: exact(5) } }, 5);
        expect(await s.marked({ kind: 12, c: 5 })).toBe(5);
        expect(await s.isDropped({ kind: 12, c: 2 })).toBe(true);
      },
    },
    {
      name: 'tables without ternary, range or optional fields take no priority',
      covers: ['ExactOneTest.PriorityForNonTernaryMatch'],
      async run(s) {
        const entry = { match: { c: exact(1) }, priority: 9 };
        expect(await codeOf(insertMark(s, 'exact_one', entry))).toBe('INVALID_ARGUMENT');
      },
    },
    {
      name: 'the others need one',
      covers: [
        'TernaryOneTest.ZeroPriority',
        'SimpleSwitchGrpcTest_Ternary.PriorityZero',
        'SimpleSwitchGrpcTest_Optional.PriorityZero',
      ],
      async run(s) {
        expect(await codeOf(insertMark(s, 'ternary_one', { match: { c: ternary(1, 1) } }))).toBe('INVALID_ARGUMENT');
        expect(await codeOf(insertMark(s, 'range_one', { match: { b: range(1, 2) } }))).toBe('INVALID_ARGUMENT');
        expect(await codeOf(insertMark(s, 'optional_two', { match: { b: optional(1) } }))).toBe('INVALID_ARGUMENT');
      },
    },
    {
      name: 'the higher priority wins, and the same key with another priority is another entry',
      covers: ['SimpleSwitchGrpcTest_Ternary.PriorityOrder'],
      async run(s) {
        const wide = { match: { c: ternary(0x10, 0xf0) } };
        await insertMark(s, 'ternary_one', { ...wide, priority: 1 }, 1);
        await insertMark(s, 'ternary_one', { ...wide, priority: 3 }, 3);
        await insertMark(s, 'ternary_one', { match: { c: ternary(0x11, 0xff) }, priority: 2 }, 2);
        expect(await s.marked({ kind: 3, c: 0x11 })).toBe(3);
        await s.primary.delete(s.entry('ternary_one', { ...wide, priority: 3 }));
        expect(await s.marked({ kind: 3, c: 0x11 })).toBe(2);
        expect(await s.marked({ kind: 3, c: 0x12 })).toBe(1);
        expect(await s.readTable('ternary_one')).toHaveLength(2);
      },
    },
    {
      name: 'the more special optional entry wins by its priority only',
      covers: ['SimpleSwitchGrpcTest_Optional.BothEntries'],
      async run(s) {
        await insertMark(s, 'optional_two', { match: { b: optional(5), c: optional(6) }, priority: 10 }, 2);
        await insertMark(s, 'optional_two', { match: { b: optional(5) }, priority: 20 }, 1);
        expect(await s.marked({ kind: 5, b: 5, c: 6 })).toBe(1);
        await s.primary.delete(s.entry('optional_two', { match: { b: optional(5) }, priority: 20 }));
        expect(await s.marked({ kind: 5, b: 5, c: 6 })).toBe(2);
        expect(await s.isDropped({ kind: 5, b: 5, c: 7 })).toBe(true);
      },
    },
    {
      name: 'the longest prefix wins',
      async run(s) {
        await insertMark(s, 'lpm_one', { match: {} }, 1);
        await insertMark(s, 'lpm_one', { match: { c: lpm(0x0a000000, 8) } }, 8);
        await insertMark(s, 'lpm_one', { match: { c: lpm(0x0a010000, 16) } }, 16);
        expect(await s.marked({ kind: 2, c: 0x0a010203 })).toBe(16);
        expect(await s.marked({ kind: 2, c: 0x0a020203 })).toBe(8);
        expect(await s.marked({ kind: 2, c: 0xffffffff })).toBe(1);
      },
    },
    {
      name: 'a key of all zeros is not the default entry',
      covers: ['ExactOneTest.ZeroKeyAndDefaultEntry'],
      async run(s) {
        const zero = s.entry('exact_one', { match: { c: exact(0) }, action: s.mark(0xa) });
        await s.primary.insert(zero);
        await s.primary.modify(s.entry('exact_one', { isDefaultAction: true, action: s.mark(0xb) }));
        expect((await s.primary.read(s.entry('exact_one'))).map(json)).toEqual([json(zero)]);
        expect(await s.marked({ kind: 1, c: 0 })).toBe(0xa);
        expect(await s.marked({ kind: 1, c: 1 })).toBe(0xb);
      },
    },
    {
      name: 'fields narrower than their bytes, of all kinds in one key',
      async run(s) {
        const match = { seven: exact(0x7f), twelve: ternary(0x0abc & 0xff0, 0xff0), c: lpm(0xc0a80000, 16) };
        const entry = s.entry('mixed', { match, priority: 5, action: s.mark(0x77) });
        await s.primary.insert(entry);
        expect((await s.primary.read(s.entry('mixed'))).map(json)).toEqual([json(entry)]);
        expect(await s.marked({ kind: 7, a: 0xff, b: 0xfab1, c: 0xc0a80101 })).toBe(0x77);
        expect(await s.isDropped({ kind: 7, a: 0x7e, b: 0xfab1, c: 0xc0a80101 })).toBe(true);
      },
    },
    {
      name: 'all tables can be read at once',
      async run(s) {
        const one = s.entry('exact_one', { match: { c: exact(1) }, action: s.mark(1) });
        const two = s.entry('lpm_one', { match: { c: lpm(0x0a000000, 8) }, action: s.mark(2) });
        await s.primary.insert(one, two);
        const all = await s.primary.read({ entity: { case: 'tableEntry', value: { tableId: 0 } } });
        const constant = s.id('tables', 'constant_entries');
        const written = all.filter(({ entity }) => entity.case === 'tableEntry' && entity.value.tableId !== constant);
        expect(sorted(written)).toEqual(sorted([one, two]));
      },
    },
    {
      name: 'reads can be filtered by action and by priority',
      bmv2: 'the filter is ignored, all entries come',
      async run(s) {
        await insertMark(s, 'ternary_one', { match: { c: ternary(1, 0xff) }, priority: 1 });
        const dropping = { match: { c: ternary(2, 0xff) }, priority: 2, action: s.does('discard') };
        await insertMark(s, 'ternary_one', dropping);
        expect(await s.readTable('ternary_one', { priority: 2 })).toHaveLength(1);
        expect(await s.readTable('ternary_one', { action: s.does('discard') })).toHaveLength(1);
      },
    },
    {
      name: 'constant entries are read, and cannot be changed',
      covers: ['ReadConstTableTest.P4RuntimeEntries'],
      bmv2: 'UNKNOWN instead of PERMISSION_DENIED',
      async run(s) {
        const entries = await s.readTable('constant_entries');
        expect(entries).toHaveLength(3);
        expect(await s.marked({ kind: 10, b: 2 })).toBe(0x2222);
        const other = { match: { b: exact(9) } };
        expect(await codeOf(insertMark(s, 'constant_entries', other))).toBe('PERMISSION_DENIED');
        const first = s.entry('constant_entries', { match: { b: exact(1) }, action: s.mark(5) });
        expect(await codeOf(s.primary.modify(first))).toBe('PERMISSION_DENIED');
        expect(await codeOf(s.primary.delete(first))).toBe('PERMISSION_DENIED');
        expect(await s.marked({ kind: 10, b: 1 })).toBe(0x1111);
      },
    },
    {
      name: 'constant entries are marked as such',
      bmv2: 'is_const is never set',
      async run(s) {
        expect((await s.readTable('constant_entries')).every(({ isConst }) => isConst)).toBe(true);
      },
    },
    {
      name: 'reads and writes at the same time see whole writes',
      covers: [
        'ReadExclusiveAccess.ConcurrentReadAndWrites',
        'AccessArbitrationTest.ConcurrentWrites',
        'AccessArbitrationTest.ExclusiveWrites',
        'AccessArbitrationTest.ConcurrentReadsSameObject',
        'AccessArbitrationTest.ConcurrentReadsDifferentObjects',
        'AccessArbitrationTest.ExclusiveReadAndWrite',
      ],
      async run(s) {
        const entries = Array.from({ length: 200 }, (_, c) =>
          s.entry('exact_one', { match: { c: exact(c + 1) }, action: s.mark(1) }),
        );
        const calls: Promise<void>[] = [];
        const sizes: Promise<number>[] = [];
        for (let round = 0; round < 5; round++) {
          calls.push(s.primary.insert(...entries));
          sizes.push(s.readTable('exact_one').then(({ length }) => length));
          await Promise.all(calls);
          sizes.push(s.readTable('exact_one').then(({ length }) => length));
          calls.push(s.primary.delete(...entries));
          await Promise.all(calls);
        }
        for (const size of await Promise.all(sizes)) expect([0, 200]).toContain(size);
      },
    },
  ],
};
