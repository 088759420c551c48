/** Registers and parser value sets: written, read, used by packets. */
import { expect } from 'vitest';
import { codeOf, type EntityInit } from '../support/peer.ts';
import type { Session } from '../support/session.ts';
import type { Topic } from '../support/topic.ts';
import { bytesOf, exact, hex } from '../support/values.ts';

function register(s: Session, alias: string, index: number | undefined, value?: Uint8Array): EntityInit {
  const registerId = s.id('registers', alias);
  const where = index === undefined ? {} : { index: { index: BigInt(index) } };
  const data = value === undefined ? {} : { data: { data: { case: 'bitstring' as const, value } } };
  return { entity: { case: 'registerEntry', value: { registerId, ...where, ...data } } };
}

async function cells(s: Session, alias: string, index?: number): Promise<string[]> {
  return (await s.primary.read(register(s, alias, index))).map(({ entity }) => {
    if (entity.case !== 'registerEntry' || entity.value.data?.data.case !== 'bitstring') throw new Error('no cell');
    return Buffer.from(entity.value.data.data.value).toString('hex');
  });
}

function valueSet(s: Session, values: readonly number[]): EntityInit {
  const members = values.map((value) => ({ match: [{ fieldId: 1, fieldMatchType: exact(value) }] }));
  return { entity: { case: 'valueSetEntry', value: { valueSetId: s.id('valueSets', 'known'), members } } };
}

const NONE = 'UNIMPLEMENTED';

export const registersAndValueSets: Topic = {
  title: 'registers and value sets',
  program: 'resources',
  checks: [
    {
      name: 'a register’s cell is written, seen by packets, and read after they changed it',
      covers: ['RegisterTest.Write'],
      bmv2: NONE,
      async run(s) {
        await s.primary.modify(register(s, 'memory', 3, bytesOf(0x01020304)));
        expect((await s.ask({ kind: 6, a: 3 })).probe.c).toBe(0x01020304);
        await s.ask({ kind: 5, a: 3, c: 0x99 });
        expect(await cells(s, 'memory', 3)).toEqual(['99']);
      },
    },
    {
      name: 'all cells of a register are read and written at once',
      covers: ['RegisterTest.Read'],
      bmv2: NONE,
      async run(s) {
        await s.primary.modify(register(s, 'memory', undefined, bytesOf(7)));
        await s.primary.modify(register(s, 'memory', 1, bytesOf(8)));
        expect(await cells(s, 'memory')).toEqual(['07', '08', '07', '07', '07', '07', '07', '07']);
        const all = await s.primary.read({ entity: { case: 'registerEntry', value: { registerId: 0 } } });
        expect(all).toHaveLength(8 + 4);
      },
    },
    {
      name: 'a register of signed numbers',
      bmv2: NONE,
      async run(s) {
        await s.primary.modify(register(s, 'balance', 0, hex('fffe')));
        expect((await s.ask({ kind: 9, a: 0 })).probe.result).toBe(0xfffe);
        expect(await cells(s, 'balance', 0)).toEqual(['fffe']);
      },
    },
    {
      name: 'registers are modified only, within their size and width',
      bmv2: NONE,
      async run(s) {
        expect(await codeOf(s.primary.insert(register(s, 'memory', 1, bytesOf(1))))).toBe('INVALID_ARGUMENT');
        expect(await codeOf(s.primary.modify(register(s, 'memory', 8, bytesOf(1))))).toBe('OUT_OF_RANGE');
        expect(await codeOf(s.primary.modify(register(s, 'memory', 1, bytesOf(2 ** 32))))).toBe('OUT_OF_RANGE');
        expect(await codeOf(s.primary.read(register(s, 'memory', 8)))).toBe('OUT_OF_RANGE');
      },
    },
    {
      name: 'a value set is replaced as a whole, and the parser goes by it',
      covers: ['PVSTest.Write'],
      bmv2: NONE,
      async run(s) {
        await s.primary.modify(valueSet(s, [5, 6]));
        const member = async (b: number) => (await s.ask({ kind: 8, b })).probe.result;
        expect([await member(5), await member(6), await member(7)]).toEqual([1, 1, 0]);
        await s.primary.modify(valueSet(s, [7]));
        expect([await member(5), await member(6), await member(7)]).toEqual([0, 0, 1]);
      },
    },
    {
      name: 'a value set is read back',
      covers: ['PVSTest.Read'],
      bmv2: NONE,
      async run(s) {
        await s.primary.modify(valueSet(s, [0x1234, 6]));
        const [entry] = await s.primary.read({ entity: { case: 'valueSetEntry', value: { valueSetId: 0 } } });
        expect(entry!.entity).toMatchObject(valueSet(s, [0x1234, 6]).entity as object);
      },
    },
    {
      name: 'a value set has a size, and can be modified only',
      bmv2: NONE,
      async run(s) {
        expect(await codeOf(s.primary.modify(valueSet(s, [1, 2, 3, 4, 5])))).toBe('RESOURCE_EXHAUSTED');
        expect(await codeOf(s.primary.insert(valueSet(s, [1])))).toBe('INVALID_ARGUMENT');
      },
    },
  ],
};
