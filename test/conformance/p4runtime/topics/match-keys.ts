/**
 * How values are written: byte strings of every length, don't-cares, masks and prefixes with bits that do not count.
 */
import { expect } from 'vitest';
import { codeOf, type EntityInit } from '../support/peer.ts';
import type { EntryInit, Session } from '../support/session.ts';
import type { Check, Topic } from '../support/topic.ts';
import { exact, hex, lpm, type Match, optional, range, ternary } from '../support/values.ts';

const insert = (s: Session, table: string, match: Readonly<Record<string, Match>>, rest: EntryInit = {}) =>
  s.primary.insert(s.entry(table, { match, action: s.mark(1), ...rest }));

function accepted(name: string, sent: string, read: string, covers: readonly string[], bmv2?: string): Check {
  return {
    name,
    covers,
    ...(bmv2 === undefined ? {} : { bmv2 }),
    async run(s) {
      await insert(s, 'exact_one', { c: exact(hex(sent)) });
      const [entry] = await s.readTable('exact_one');
      expect(entry!.match[0]!.fieldMatchType).toMatchObject({ case: 'exact', value: { value: hex(read) } });
      expect(await s.marked({ kind: 1, c: Number.parseInt(read, 16) })).toBe(1);
    },
  };
}

function refused(
  name: string,
  code: string,
  table: string,
  match: (s: Session) => Record<string, Match>,
  covers: string[],
  bmv2?: string,
  priority = 0,
): Check {
  return {
    name,
    covers,
    ...(bmv2 === undefined ? {} : { bmv2 }),
    async run(s) {
      expect(await codeOf(insert(s, table, match(s), { priority }))).toBe(code);
      expect(await s.readTable(table)).toEqual([]);
    },
  };
}

export const matchKeys: Topic = {
  title: 'match keys',
  program: 'keys',
  checks: [
    accepted('a value of all its bytes', '0a 0b 0c 0d', '0a0b0c0d', ['MatchKeyFormatTest.Good1']),
    accepted('a short value is a small number', '11 22', '1122', [
      'MatchKeyFormatTest.Good2',
      'MatchKeyFormatTest.FieldTooShort',
      'TestBytestringConversionP4RtToPi.convert',
    ]),
    accepted('leading zeros do not count, and do not come back', '00 00 11 22', '1122', [
      'TestBytestringConversionPiToP4Rt.convert',
      'TestBytestringConversionPiToP4Rt.convert_cstr',
    ]),
    accepted('more leading zeros than the field has bytes', '00 00 00 00 00 00 11 22', '1122', []),
    refused(
      'a value that does not fit',
      'OUT_OF_RANGE',
      'exact_one',
      () => ({ c: exact(hex('01 00 00 00 00')) }),
      ['MatchKeyFormatTest.FieldTooLong', 'TestBytestringConversionP4RtToPiErrors.convert'],
      'INVALID_ARGUMENT instead of OUT_OF_RANGE',
    ),
    refused(
      'a value whose extra bits are in its first byte',
      'OUT_OF_RANGE',
      'mixed',
      () => ({ seven: exact(0x80) }),
      ['MatchKeyFormatTest.BadLeadingZeros'],
      'INVALID_ARGUMENT instead of OUT_OF_RANGE',
      1,
    ),
    refused(
      'a field that the table does not have',
      'INVALID_ARGUMENT',
      'exact_one',
      () => ({ c: exact(1) }),
      [],
      undefined,
      4,
    ),
    {
      name: 'too many fields, or an unknown one',
      covers: ['MatchKeyFormatTest.MkTooLong'],
      async run(s) {
        const entry = s.entry('exact_one', { match: { c: exact(1) }, action: s.mark(1) });
        if (entry.entity?.case !== 'tableEntry') throw new Error('no table entry');
        const field = { fieldId: 99, fieldMatchType: exact(1) };
        const { value } = entry.entity;
        const wrong: EntityInit = {
          entity: {
            case: 'tableEntry' as const,
            value: { ...value, match: [...(value.match ?? []), field] } as typeof value,
          },
        };
        expect(await codeOf(s.primary.insert(wrong))).toBe('INVALID_ARGUMENT');
      },
    },
    refused(
      'a field is missing',
      'INVALID_ARGUMENT',
      'mixed',
      () => ({ c: lpm(1 << 24, 8) }),
      ['MatchKeyFormatTest.MkMissingField'],
      undefined,
      1,
    ),
    refused('a field of another kind', 'INVALID_ARGUMENT', 'exact_one', () => ({ c: ternary(1, 1) }), []),
    {
      name: 'a field given twice',
      async run(s) {
        const entry = s.entry('exact_one', { match: { c: exact(1) }, action: s.mark(1) });
        if (entry.entity?.case !== 'tableEntry') throw new Error('no table entry');
        const { value } = entry.entity;
        const match = [...value.match!, ...value.match!];
        const call = s.primary.insert({ entity: { case: 'tableEntry', value: { ...value, match } as typeof value } });
        expect(await codeOf(call)).toBe('INVALID_ARGUMENT');
      },
    },
    refused(
      'ternary: value bits outside the mask',
      'INVALID_ARGUMENT',
      'ternary_one',
      () => ({ c: ternary(0x1ff, 0xff) }),
      ['TernaryOneTest.ValueEqValueAndMask'],
      undefined,
      1,
    ),
    refused(
      'ternary: a mask of 0 instead of leaving the field out',
      'INVALID_ARGUMENT',
      'ternary_one',
      () => ({ c: ternary(0, 0) }),
      ['TernaryOneTest.DontCare'],
      undefined,
      1,
    ),
    refused(
      'range: low above high',
      'INVALID_ARGUMENT',
      'range_one',
      () => ({ b: range(0x81, 0x80) }),
      ['RangeOneTest.LowLeHigh'],
      undefined,
      1,
    ),
    refused(
      'range: everything instead of leaving the field out',
      'INVALID_ARGUMENT',
      'range_one',
      () => ({ b: range(0, 0xffff) }),
      ['RangeOneTest.DontCare'],
      'accepted',
      1,
    ),
    refused('lpm: bits beyond the prefix', 'INVALID_ARGUMENT', 'lpm_one', () => ({ c: lpm(0x0a0b0c0d, 24) }), [
      'LpmOneTest.TrailingZeros',
    ]),
    refused(
      'lpm: a prefix of 0 instead of leaving the field out',
      'INVALID_ARGUMENT',
      'lpm_one',
      () => ({ c: lpm(0, 0) }),
      ['LpmOneTest.DontCare'],
    ),
    refused('lpm: a prefix longer than the field', 'INVALID_ARGUMENT', 'lpm_one', () => ({ c: lpm(1, 33) }), []),
    {
      name: 'a range of one value, and an optional field of 0, are no don’t-cares',
      async run(s) {
        await insert(s, 'range_one', { b: range(7, 7) }, { priority: 1 });
        await insert(s, 'optional_two', { b: optional(0) }, { priority: 1 });
        expect(await s.marked({ kind: 4, b: 7 })).toBe(1);
        expect(await s.isDropped({ kind: 4, b: 8 })).toBe(true);
        expect(await s.marked({ kind: 5, b: 0, c: 9 })).toBe(1);
        expect(await s.isDropped({ kind: 5, b: 1 })).toBe(true);
      },
    },
    {
      name: 'arguments of actions: missing, unknown, too wide',
      bmv2: 'a too wide argument is INVALID_ARGUMENT instead of OUT_OF_RANGE',
      async run(s) {
        const attempt = (action: ReturnType<Session['does']>) =>
          codeOf(insert(s, 'exact_one', { c: exact(1) }, { action }));
        expect(await attempt(s.does('mark'))).toBe('INVALID_ARGUMENT');
        expect(await attempt(s.does('mark', { value: 1, nonsense: 1 }))).toBe('INVALID_ARGUMENT');
        expect(await attempt(s.does('send', { port: 0x200 }))).toBe('OUT_OF_RANGE');
        expect(await attempt(s.does('send', { port: 0x1ff }))).toBe('OK');
      },
    },
  ],
};
