/** Direct and indirect meters: configured, read, unset, and colouring packets. */
import { expect } from 'vitest';
import { codeOf, type EntityInit } from '../support/peer.ts';
import type { Session } from '../support/session.ts';
import type { Topic } from '../support/topic.ts';
import { exact } from '../support/values.ts';

const KEY = { match: { c: exact(7) } };
const RATES = { cir: 10n, cburst: 2n, pir: 20n, pburst: 4n };
const RED_AFTER_THREE = { cir: 1n, cburst: 1n, pir: 1n, pburst: 3n };

const add = (s: Session, c = 7) =>
  s.primary.insert(s.entry('paced', { match: { c: exact(c) }, action: s.does('shade', { value: c }) }));

type Rates = typeof RATES;

/** The counters of colours, as asked for and as set. */
type Colours = { readonly green?: { readonly packetCount?: bigint } };

function direct(s: Session, entry: Parameters<Session['entry']>[1], config?: Rates, counterData?: Colours): EntityInit {
  const { entity } = s.entry('paced', entry);
  if (entity?.case !== 'tableEntry') throw new Error('no table entry');
  const rest = { ...(config && { config }), ...(counterData && { counterData }) };
  return { entity: { case: 'directMeterEntry', value: { tableEntry: entity.value, ...rest } } };
}

function indirect(s: Session, index: number | undefined, config?: Rates, counterData?: Colours): EntityInit {
  const meterId = s.id('meters', 'limits');
  const where = index === undefined ? {} : { index: { index: BigInt(index) } };
  const rest = { ...(config && { config }), ...(counterData && { counterData }) };
  return { entity: { case: 'meterEntry', value: { meterId, ...where, ...rest } } };
}

/** Packets by colour that are read: green, yellow, red; `undefined` where the answer has none. */
async function counted(s: Session, entity: EntityInit): Promise<(bigint[] | undefined)[]> {
  return (await s.primary.read(entity)).map(({ entity: { case: kind, value } }) => {
    const data =
      kind === 'tableEntry'
        ? value.meterCounterData
        : kind === 'directMeterEntry' || kind === 'meterEntry'
          ? value.counterData
          : undefined;
    return data && [data.green, data.yellow, data.red].map((colour) => colour?.packetCount ?? -1n);
  });
}

/** The configurations that are read; `undefined` for a meter that has none. */
async function configs(s: Session, entity: EntityInit): Promise<(Rates | undefined)[]> {
  return (await s.primary.read(entity)).map(({ entity: { case: kind, value } }) => {
    if (kind !== 'directMeterEntry' && kind !== 'meterEntry') throw new Error(`a ${kind} was read`);
    if (value.config === undefined) return undefined;
    const { cir, cburst, pir, pburst } = value.config;
    return { cir, cburst, pir, pburst };
  });
}

export const meters: Topic = {
  title: 'meters',
  program: 'resources',
  checks: [
    {
      name: 'direct: configured, read, unset',
      covers: ['DirectMeterTest.WriteAndRead'],
      async run(s) {
        await add(s);
        await s.primary.modify(direct(s, KEY, RATES));
        expect(await configs(s, direct(s, KEY))).toEqual([RATES]);
        await s.primary.modify(direct(s, KEY));
        expect(await configs(s, direct(s, KEY))).toEqual([undefined]);
      },
    },
    {
      name: 'direct: without configuration every packet is green; then bursts count',
      async run(s) {
        await add(s);
        for (let i = 0; i < 5; i++) expect((await s.ask({ kind: 2, c: 7 })).probe.a).toBe(0);
        await s.primary.modify(direct(s, KEY, RED_AFTER_THREE));
        const colors: number[] = [];
        for (let i = 0; i < 5; i++) colors.push((await s.ask({ kind: 2, c: 7 })).probe.a);
        expect(colors).toEqual([0, 1, 1, 2, 2]);
      },
    },
    {
      name: 'direct: set with the entry, read where asked for, gone when modified without',
      covers: ['DirectMeterTest.WriteInTableEntry'],
      bmv2: 'the configuration stays when the entry is modified without one',
      async run(s) {
        const action = s.does('shade', { value: 1 });
        await s.primary.insert(s.entry('paced', { ...KEY, action, meterConfig: RATES }));
        expect((await s.readTable('paced'))[0]!.meterConfig).toBeUndefined();
        expect((await s.readTable('paced', { meterConfig: {} }))[0]!.meterConfig).toMatchObject(RATES);
        await s.primary.modify(s.entry('paced', { ...KEY, action }));
        expect(await configs(s, direct(s, KEY))).toEqual([undefined]);
      },
    },
    {
      name: 'direct: of an entry that is not there',
      covers: ['DirectMeterTest.InvalidTableEntry'],
      async run(s) {
        const code = await codeOf(s.primary.modify(direct(s, KEY, RATES)));
        expect(['NOT_FOUND', 'INVALID_ARGUMENT']).toContain(code);
      },
    },
    {
      name: 'direct: of no entry at all',
      covers: ['DirectMeterTest.MissingTableEntry'],
      async run(s) {
        const none: EntityInit = { entity: { case: 'directMeterEntry', value: { config: RATES } } };
        expect(await codeOf(s.primary.modify(none))).toBe('INVALID_ARGUMENT');
        expect(await codeOf(s.primary.read(none))).toBe('INVALID_ARGUMENT');
      },
    },
    {
      name: 'direct: of all entries of a table',
      covers: ['DirectMeterTest.ReadAllFromTable'],
      async run(s) {
        for (const c of [1, 2, 3]) await add(s, c);
        await s.primary.modify(direct(s, { match: { c: exact(2) } }, RATES));
        const read = await configs(s, direct(s, {}));
        expect(read).toHaveLength(3);
        expect(read.filter((each) => each !== undefined)).toEqual([RATES]);
      },
    },
    {
      name: 'direct: of the default entry',
      covers: ['DirectMeterTest.DefaultEntry'],
      bmv2: 'not supported for default entries',
      async run(s) {
        const isDefaultAction = true;
        await s.primary.modify(s.entry('paced', { isDefaultAction, action: s.does('shade', { value: 1 }) }));
        await s.primary.modify(direct(s, { isDefaultAction }, RED_AFTER_THREE));
        expect(await configs(s, direct(s, { isDefaultAction }))).toEqual([RED_AFTER_THREE]);
        const colors: number[] = [];
        for (let i = 0; i < 4; i++) colors.push((await s.ask({ kind: 2, c: 50 + i })).probe.a);
        expect(colors).toEqual([0, 1, 1, 2]);
      },
    },
    {
      name: 'direct: set with the default entry',
      covers: ['DirectMeterTest.WriteInTableEntryDefault'],
      bmv2: 'not supported for default entries',
      async run(s) {
        const action = s.does('shade', { value: 1 });
        await s.primary.modify(s.entry('paced', { isDefaultAction: true, action, meterConfig: RATES }));
        const [entry] = await s.readTable('paced', { isDefaultAction: true, meterConfig: {} });
        expect(entry!.meterConfig).toMatchObject(RATES);
      },
    },
    {
      name: 'indirect: one cell is configured, read, and colours packets',
      covers: ['IndirectMeterTest.WriteAndRead'],
      async run(s) {
        await s.primary.modify(indirect(s, 2, RED_AFTER_THREE));
        expect(await configs(s, indirect(s, 2))).toEqual([RED_AFTER_THREE]);
        const colors: number[] = [];
        for (let i = 0; i < 5; i++) colors.push((await s.ask({ kind: 4, a: 2 })).probe.result);
        expect(colors).toEqual([0, 1, 1, 2, 2]);
        expect((await s.ask({ kind: 4, a: 3 })).probe.result).toBe(0);
      },
    },
    {
      name: 'indirect: a cell without configuration has none to read, and all can be read',
      covers: ['IndirectMeterTest.WriteAndReadDefault', 'SimpleSwitchGrpcTest_Meter.ReadDefault'],
      async run(s) {
        expect(await configs(s, indirect(s, 1))).toEqual([undefined]);
        await s.primary.modify(indirect(s, 1, RATES));
        const all = await configs(s, indirect(s, undefined));
        expect(all).toHaveLength(8);
        expect(all[1]).toEqual(RATES);
        await s.primary.modify(indirect(s, 1));
        expect(await configs(s, indirect(s, 1))).toEqual([undefined]);
      },
    },
    {
      name: 'indirect: all cells can be configured at once',
      bmv2: 'UNIMPLEMENTED',
      async run(s) {
        await s.primary.modify(indirect(s, undefined, RATES));
        expect(await configs(s, indirect(s, undefined))).toEqual(Array.from({ length: 8 }, () => RATES));
      },
    },
    {
      name: 'indirect: modified only, within its size, no negative rates',
      bmv2: 'UNKNOWN instead of OUT_OF_RANGE beyond the size',
      async run(s) {
        expect(await codeOf(s.primary.insert(indirect(s, 1, RATES)))).toBe('INVALID_ARGUMENT');
        expect(await codeOf(s.primary.delete(indirect(s, 1)))).toBe('INVALID_ARGUMENT');
        expect(await codeOf(s.primary.modify(indirect(s, 1, { ...RATES, cir: -1n })))).toBe('INVALID_ARGUMENT');
        expect(await codeOf(s.primary.modify(indirect(s, 8, RATES)))).toBe('OUT_OF_RANGE');
      },
    },
    {
      name: 'colours: packets are counted by colour, green without configuration, and read where asked for',
      bmv2: 'UNIMPLEMENTED',
      async run(s) {
        await add(s);
        await s.ask({ kind: 2, c: 7 });
        await s.primary.modify(direct(s, KEY, RED_AFTER_THREE), indirect(s, 2, RED_AFTER_THREE));
        for (let i = 0; i < 5; i++) {
          await s.ask({ kind: 2, c: 7 });
          await s.ask({ kind: 4, a: 2 });
        }
        expect(await counted(s, direct(s, KEY, undefined, {}))).toEqual([[2n, 2n, 2n]]);
        expect(await counted(s, indirect(s, 2, undefined, {}))).toEqual([[1n, 2n, 2n]]);
        expect(await counted(s, indirect(s, 3, undefined, {}))).toEqual([[0n, 0n, 0n]]);
        expect(await counted(s, s.entry('paced', { meterCounterData: {} }))).toEqual([[2n, 2n, 2n]]);
        expect(await counted(s, direct(s, KEY))).toEqual([undefined]);
        expect(await counted(s, indirect(s, 2))).toEqual([undefined]);
        expect(await counted(s, s.entry('paced'))).toEqual([undefined]);
      },
    },
    {
      name: 'colours: bytes are counted as well',
      bmv2: 'UNIMPLEMENTED',
      async run(s) {
        const { bytes } = await s.ask({ kind: 4, a: 5 });
        const [read] = await s.primary.read(indirect(s, 5, undefined, {}));
        if (read?.entity.case !== 'meterEntry') throw new Error('no meter entry was read');
        expect(read.entity.value.counterData?.green).toMatchObject({
          packetCount: 1n,
          byteCount: BigInt(bytes.length),
        });
      },
    },
    {
      name: 'colours: can be taken back to 0, and to nothing else; a new configuration leaves them alone',
      bmv2: 'UNIMPLEMENTED',
      async run(s) {
        await add(s);
        for (let i = 0; i < 3; i++) {
          await s.ask({ kind: 2, c: 7 });
          await s.ask({ kind: 4, a: 2 });
        }
        await s.primary.modify(direct(s, KEY, RATES), indirect(s, 2, RATES));
        expect(await counted(s, direct(s, KEY, undefined, {}))).toEqual([[3n, 0n, 0n]]);
        expect(await counted(s, indirect(s, 2, undefined, {}))).toEqual([[3n, 0n, 0n]]);
        const some = { green: { packetCount: 1n } };
        const action = s.does('shade', { value: 7 });
        for (const entity of [
          direct(s, KEY, RATES, some),
          indirect(s, 2, RATES, some),
          s.entry('paced', { ...KEY, action, meterCounterData: some }),
        ])
          expect(await codeOf(s.primary.modify(entity))).toBe('INVALID_ARGUMENT');
        const other = s.entry('paced', { match: { c: exact(8) }, action, meterCounterData: some });
        expect(await codeOf(s.primary.insert(other))).toBe('INVALID_ARGUMENT');
        await s.primary.modify(direct(s, KEY, RATES, {}), indirect(s, undefined, RATES, { green: {} }));
        expect(await counted(s, direct(s, KEY, undefined, {}))).toEqual([[0n, 0n, 0n]]);
        expect(await counted(s, indirect(s, 2, undefined, {}))).toEqual([[0n, 0n, 0n]]);
        await s.ask({ kind: 2, c: 7 });
        await s.primary.modify(s.entry('paced', { ...KEY, action }));
        expect(await counted(s, direct(s, KEY, undefined, {}))).toEqual([[1n, 0n, 0n]]);
        await s.primary.modify(s.entry('paced', { ...KEY, action, meterCounterData: {} }));
        expect(await counted(s, direct(s, KEY, undefined, {}))).toEqual([[0n, 0n, 0n]]);
      },
    },
    {
      name: 'colours: a new entry starts at 0; only tables with a direct meter have them',
      bmv2: 'UNIMPLEMENTED',
      async run(s) {
        await add(s);
        await s.ask({ kind: 2, c: 7 });
        await s.primary.delete(s.entry('paced', KEY));
        await s.primary.insert(
          s.entry('paced', { ...KEY, action: s.does('shade', { value: 7 }), meterCounterData: { red: {} } }),
        );
        expect(await counted(s, direct(s, KEY, undefined, {}))).toEqual([[0n, 0n, 0n]]);
        const without = s.entry('counted', { meterCounterData: {} });
        expect(await codeOf(s.primary.read(without))).toBe('INVALID_ARGUMENT');
      },
    },
  ],
};
