// One switch on several threads: registers lose no update, changes reach all packets at one moment, counts add up,
// ageing and events are those of one switch. Packets are played from memory in two threads at once (built files:
// threads need them).
import type { SwitchEvent, SwitchUpdate } from '@mooring/p4runtime-ts/switch';
import { afterEach, describe, expect, test } from 'vitest';
import { findRegions, STRIPES } from '../src/compile/critical.ts';
import { defaultSwitchOptions } from '../src/host/arguments.ts';
import { startThreads } from '../src/host/threads.ts';
import { loadProgram } from '../src/model/load.ts';
import { threadOfPacket } from '../src/ports/flow.ts';
import {
  action,
  always,
  assign,
  base,
  EGRESS_SPEC,
  expression,
  field,
  hex,
  operation,
  primitive,
} from './support/program.ts';

const CELL = expression(operation('&', field('h', 'a'), hex(3)));
const REGISTER = { type: 'register_array', value: 'r' };
const parameter = (value: number) => ({ type: 'runtime_data', value });

function exactTable(name: string, id: number, actions: [number, string][], next: string | null) {
  return {
    name,
    id,
    key: [{ match_type: 'exact', name: 'a', target: ['h', 'a'] }],
    match_type: 'exact',
    type: 'simple',
    max_size: 64,
    with_counters: true,
    support_timeout: true,
    action_ids: actions.map(([number]) => number),
    actions: actions.map(([, each]) => each),
    next_tables: Object.fromEntries(actions.map(([, each]) => [each, next])),
    default_entry: { action_id: actions[0]![0], action_const: false, action_data: ['0x0'], action_entry_const: false },
  };
}

/**
 * Reads a register, looks up a table and writes the register, in three actions: packets get tickets in h.b. Only
 * packets with h.a < 256 do so; the others just pass the table.
 */
function tickets(): object {
  const json = base();
  json.register_arrays.push({ name: 'r', id: 0, bitwidth: 32, size: 4 });
  json.counter_arrays.push({ name: 'c', id: 0, size: 4, is_direct: false });
  json.learn_lists.push({ id: 1, name: 'seen', elements: [field('h', 'a')] });
  json.actions = [
    action(0, 'to', [assign(EGRESS_SPEC, parameter(0))], [['port', 9]]),
    action(1, 'read', [primitive('register_read', field('scalars', 'x'), REGISTER, CELL)]),
    action(2, 'write', [
      primitive('register_write', REGISTER, CELL, expression(operation('+', field('scalars', 'x'), hex(1)))),
      assign(field('h', 'b'), field('scalars', 'x')),
      primitive('count', { type: 'counter_array', value: 'c' }, CELL),
    ]),
    action(
      3,
      'learn',
      [assign(EGRESS_SPEC, parameter(0)), primitive('generate_digest', hex(1), hex(1))],
      [['port', 9]],
    ),
  ];
  const small = expression(operation('<', field('h', 'a'), hex(256)));
  const conditional = (name: string, id: number, yes: string, no: string | null) => ({
    name,
    id,
    expression: small,
    true_next: yes,
    false_next: no,
  });
  Object.assign(json.pipelines[0]!, {
    init_table: 'first',
    conditionals: [conditional('first', 0, 'read', 'steer'), conditional('second', 1, 'write', null)],
    tables: [
      always('read', 0, 1, 'read', 'steer'),
      exactTable(
        'steer',
        1,
        [
          [0, 'to'],
          [3, 'learn'],
        ],
        'second',
      ),
      always('write', 2, 2, 'write', null),
    ],
  });
  return json;
}

const STEER = 33;
const actionInfo = (id: number, name: string, bitwidth: number) => ({ preamble: { id, name }, params: [{ bitwidth }] });
const empty = { actionProfiles: [], meters: [], valueSets: [] };
const tableInfo = (id: number, name: string, actions: number[]) => ({
  preamble: { id, name },
  matchFields: [{ name: 'a', bitwidth: 32 }],
  actionRefs: actions.map((each) => ({ id: each })),
});
const TICKETS_INFO = {
  ...empty,
  tables: [tableInfo(STEER, 'steer', [16, 17])],
  actions: [actionInfo(16, 'to', 9), actionInfo(17, 'learn', 9)],
  counters: [{ preamble: { id: 40, name: 'c' } }],
  registers: [{ preamble: { id: 50, name: 'r' } }],
  digests: [{ preamble: { id: 60, name: 'seen' } }],
};
const VERSIONS_INFO = {
  ...empty,
  tables: [tableInfo(STEER, 'one', [18]), tableInfo(STEER + 1, 'two', [19])],
  actions: [actionInfo(18, 'mark', 32), actionInfo(19, 'check', 32)],
  counters: [],
  registers: [],
  digests: [],
};

const packet = (a: number, b = 0) => {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setUint32(0, a);
  new DataView(bytes.buffer).setUint32(4, b);
  return bytes;
};
const word = (bytes: Uint8Array, at: number) => new DataView(bytes.buffer, bytes.byteOffset).getUint32(at);
const bytes4 = (value: number) => packet(value).slice(0, 4);
const insert = (tableId: number, slot: number, key: number, actionId: number, value: number): SwitchUpdate => ({
  kind: 'table-insert',
  tableId,
  slot,
  match: [{ kind: 'exact', value: bytes4(key) }],
  priority: 0,
  action: { kind: 'action', actionId, params: [bytes4(value)] },
  idleTimeoutNs: 0n,
});

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

/** A switch on two threads that runs a program. */
async function start(json: object, p4info: object, sweepIntervalMs = 5) {
  const half = await startThreads(
    { ...defaultSwitchOptions, workers: 2, sweepIntervalMs, cpuPort: 510 },
    undefined,
    () => {},
  );
  open.push(() => half.stop());
  const { target } = half;
  const config = {
    p4info: p4info as never,
    deviceConfig: new TextEncoder().encode(JSON.stringify(json)),
    cookie: 0n,
  };
  const load = async (preserve: boolean) => target.commit(await target.prepare(config), { preserve, updates: [] });
  await load(false);
  return { half, target, load };
}

const number = (bytes: Uint8Array) => word(bytes, 0);

describe('several workers', () => {
  test('a read and a write of a register in different actions have no packet between them', async () => {
    const { target } = await start(tickets(), TICKETS_INFO);
    const rounds = 20_000;
    const packets = [0, 1, 1, 300].map((a) => ({ port: 0, bytes: packet(a) }));
    const played = await Promise.all([0, 1].map((worker) => target.play(worker, packets, rounds, true)));
    for (const [cell, count] of [
      [0, 2 * rounds],
      [1, 4 * rounds],
    ] as const) {
      const given = played.flatMap(({ sent }) =>
        sent.filter(({ bytes }) => word(bytes, 0) === cell).map(({ bytes }) => word(bytes, 4)),
      );
      // Every ticket once: 0, 1, 2, ...
      expect(given.sort((a, b) => a - b).findIndex((ticket, i) => ticket !== i)).toBe(-1);
      expect(given.length).toBe(count);
      expect(number((await target.readRegister(50, [cell]))[0]!)).toBe(count);
    }
    const counter = await target.readCounter(40, [0, 1, 2]);
    expect([...counter.packets]).toEqual([BigInt(2 * rounds), BigInt(4 * rounds), 0n]);
    expect([...counter.bytes]).toEqual([BigInt(16 * rounds), BigInt(32 * rounds), 0n]);
  });

  test('registers locked by index lose no update either', async () => {
    const json = base();
    const cell = field('h', 'a');
    json.register_arrays.push({ name: 'r', id: 0, bitwidth: 32, size: 256 });
    json.actions = [
      action(0, 'forward', [
        primitive('register_read', field('scalars', 'x'), REGISTER, cell),
        primitive('register_write', REGISTER, cell, expression(operation('+', field('scalars', 'x'), hex(1)))),
        assign(field('h', 'b'), field('scalars', 'x')),
        assign(EGRESS_SPEC, hex(1)),
      ]),
    ];
    const { target } = await start(json, { ...TICKETS_INFO, tables: [], actions: [], counters: [], digests: [] });
    const packets = [1, 65, 1, 255].map((a) => ({ port: 0, bytes: packet(a) }));
    await Promise.all([0, 1].map((worker) => target.play(worker, packets, 50_000, false)));
    expect((await target.readRegister(50, [1, 65, 255, 0])).map(number)).toEqual([200_000, 100_000, 100_000, 0]);
  });

  test('a batch of changes is seen whole or not at all, and by all packets from one moment on', async () => {
    const json = base();
    json.register_arrays.push({ name: 'r', id: 0, bitwidth: 32, size: 4 });
    json.actions = [
      action(0, 'mark', [assign(field('scalars', 'x'), parameter(0))], [['version', 32]]),
      action(1, 'check', [assign(field('scalars', 'y'), parameter(0))], [['version', 32]]),
      action(2, 'last', [
        primitive('register_read', field('h', 'a'), REGISTER, hex(0)),
        primitive('register_write', REGISTER, hex(0), field('scalars', 'x')),
        assign(
          field('h', 'b'),
          expression(
            operation('|', expression(operation('<<', field('scalars', 'x'), hex(16))), field('scalars', 'y')),
          ),
        ),
        assign(EGRESS_SPEC, hex(1)),
      ]),
    ];
    Object.assign(json.pipelines[0]!, {
      init_table: 'one',
      tables: [
        exactTable('one', 0, [[0, 'mark']], 'two'),
        exactTable('two', 1, [[1, 'check']], 'last'),
        always('last', 2, 2, 'last', null),
      ],
    });
    const { target } = await start(json, VERSIONS_INFO);
    await target.apply([insert(STEER, 0, 7, 18, 0), insert(STEER + 1, 0, 7, 19, 0)], true);
    const modify = (tableId: number, actionId: number, version: number): SwitchUpdate => ({
      kind: 'table-modify',
      tableId,
      slot: 0,
      action: { kind: 'action', actionId, params: [bytes4(version)] },
      idleTimeoutNs: 0n,
    });
    const packets = [{ port: 0, bytes: packet(7) }];
    let done = false;
    const playing = Promise.all([0, 1].map((worker) => target.play(worker, packets, 100_000, true))).finally(() => {
      done = true;
    });
    let version = 0;
    while (!done && version < 60_000) {
      version++;
      expect(await target.apply([modify(STEER, 18, version), modify(STEER + 1, 19, version)], false)).toEqual([]);
    }
    const sent = (await playing).flatMap((each) => each.sent);
    expect(sent.length).toBe(200_000);
    const broken = sent.filter(({ bytes }) => {
      const [previous, one, two] = [word(bytes, 0), word(bytes, 4) >>> 16, word(bytes, 4) & 0xffff];
      // A packet before this one has written its version: none has been newer than what this one found.
      return one !== two || previous > one;
    });
    expect(broken).toEqual([]);
    expect(version).toBeGreaterThan(1);
    expect(new Set(sent.map(({ bytes }) => word(bytes, 4))).size).toBeGreaterThan(1);
  });

  test('counters of entries add up, can be set, and survive a new pipeline that keeps them', async () => {
    const { target, load } = await start(tickets(), TICKETS_INFO);
    await target.apply([insert(STEER, 0, 2, 16, 1)], false);
    await Promise.all(
      [3, 5].map((rounds, worker) => target.play(worker, [{ port: 0, bytes: packet(2) }], rounds, false)),
    );
    const read = () => target.readEntries(STEER, [0], { counters: true, age: true });
    expect(await read()).toMatchObject({ packets: BigUint64Array.of(8n), bytes: BigUint64Array.of(64n) });
    await target.apply([{ kind: 'direct-counter', tableId: STEER, slot: 0, packets: 100n, bytes: 1000n }], false);
    await target.play(1, [{ port: 0, bytes: packet(2) }], 1, false);
    expect(await read()).toMatchObject({ packets: BigUint64Array.of(101n), bytes: BigUint64Array.of(1008n) });
    await target.apply([{ kind: 'counter', counterId: 40, index: 1, packets: 7n, bytes: 9n }], false);
    await target.apply([{ kind: 'register', registerId: 50, index: 3, value: bytes4(5) }], false);
    await load(true);
    expect([...(await target.readCounter(40, [1, 2])).packets]).toEqual([7n, 9n]);
    expect((await target.readRegister(50, [2, 3])).map(number)).toEqual([9, 5]);
    await load(false);
    expect([...(await target.readCounter(40, [1, 2])).packets]).toEqual([0n, 0n]);
    expect((await target.readRegister(50, [3])).map(number)).toEqual([0]);
  });

  test('an entry is idle when no thread hits it; digests come from all threads', async () => {
    const { target } = await start(tickets(), TICKETS_INFO);
    const events: SwitchEvent[] = [];
    let told = () => {};
    const idle = new Promise<void>((resolve) => {
      told = resolve;
    });
    target.subscribe((event) => {
      events.push(event);
      if (event.kind === 'idle' && event.slots.includes(1)) told();
    });
    await target.apply([{ kind: 'digest', digestId: 60, enabled: true } as SwitchUpdate], false);
    const aged = (slot: number, key: number, timeoutMs: number): SwitchUpdate => ({
      ...(insert(STEER, slot, key, 17, 1) as Extract<SwitchUpdate, { kind: 'table-insert' }>),
      idleTimeoutNs: BigInt(timeoutMs) * 1_000_000n,
    });
    await target.apply([aged(0, 400, 3_600_000), aged(1, 401, 20)], false);
    const ageMs = async (slot: number) =>
      Number((await target.readEntries(STEER, [slot], { counters: false, age: true })).ageNs![0]) / 1e6;
    await idle;
    expect(await ageMs(1)).toBeGreaterThanOrEqual(20);
    expect(await ageMs(0)).toBeGreaterThanOrEqual(20);
    // A hit in the second thread makes the entry young, as the first thread tells.
    const beforeMs = performance.now();
    await target.play(1, [{ port: 0, bytes: packet(400) }], 1, false);
    expect(await ageMs(0)).toBeLessThanOrEqual(performance.now() - beforeMs + 2);
    expect(events.flatMap((event) => (event.kind === 'idle' ? event.slots : []))).not.toContain(0);
    expect(events.some((event) => event.kind === 'digest' && event.digestId === 60)).toBe(true);
    const { received, sent } = await target.statistics();
    expect(sent).toBe(received);
  });

  test('packets of the process go to the thread of their flow and come back; a wrong program is refused by all', async () => {
    const { half, target } = await start(tickets(), TICKETS_INFO);
    await target.apply([insert(STEER, 0, 2, 16, 5)], false);
    const frame = new Promise<[number, number]>((resolve) => {
      half.onFrame((port, bytes) => resolve([port, word(bytes, 4)]));
    });
    half.send(0, packet(2));
    expect(await frame).toEqual([5, 0]);
    await expect(target.prepare({ p4info: TICKETS_INFO as never, deviceConfig: new Uint8Array() })).rejects.toThrow();
    target.packetOut([packet(2)]);
    const { received } = await target.statistics();
    expect(received).toBeGreaterThanOrEqual(1);
  });
});

describe('critical regions', () => {
  test('one lock for registers that one packet may touch, given back behind the last of them', () => {
    const program = loadProgram(tickets());
    const regions = findRegions(program);
    expect(regions.lockCount).toBe(1);
    expect(regions.registers).toEqual([0]);
    expect(regions.actions).toEqual([-1, 0, 0, -1]);
  });

  test('what is done at one index in one action is locked by the index', () => {
    const json = base();
    const read = (index: object) => primitive('register_read', field('scalars', 'x'), REGISTER, index as never);
    const write = (index: object) =>
      primitive('register_write', REGISTER, index as never, expression(operation('+', field('scalars', 'x'), hex(1))));
    const regionsOf = (...primitives: object[]) => {
      json.register_arrays = [{ name: 'r', id: 0, bitwidth: 32, size: 256 }];
      json.actions = [action(0, 'forward', primitives as never)];
      return findRegions(loadProgram(json));
    };
    const [a, b] = [field('h', 'a'), field('h', 'b')];
    const good = regionsOf(assign(a, hex(3)), read(a), assign(b, hex(1)), write(a));
    expect([good.lockCount, [...good.striped], good.actions]).toEqual([STRIPES, [[0, 0]], [-1]]);
    for (const bad of [
      // Two indices, an index that changes in between, one that is computed, another register access beside it, a jump.
      regionsOf(read(a), write(b)),
      regionsOf(read(a), assign(a, b), write(a)),
      regionsOf(read(CELL), write(CELL)),
      regionsOf(read(a), assign({ type: 'register', value: ['r', a] }, hex(1)), write(a)),
      regionsOf(primitive('_jump', hex(2)), read(a), write(a)),
    ])
      expect([bad.lockCount, bad.striped.size, bad.actions]).toEqual([1, 0, [0]]);
  });

  test('registers on different paths have different locks, untouched ones none', () => {
    const json = base();
    for (const name of ['r', 's', 'unused'])
      json.register_arrays.push({ name, id: json.register_arrays.length, bitwidth: 8, size: 1 });
    const bump = (name: string) => primitive('register_write', { type: 'register_array', value: name }, hex(0), hex(1));
    json.actions = [
      action(0, 'left', [bump('r')]),
      action(1, 'right', [bump('s')]),
      action(2, 'forward', [assign(EGRESS_SPEC, hex(1))]),
    ];
    Object.assign(json.pipelines[0]!, {
      init_table: 'which',
      conditionals: [
        {
          name: 'which',
          id: 0,
          expression: expression(operation('==', field('h', 'a'), hex(1))),
          true_next: 'left',
          false_next: 'right',
        },
      ],
      tables: [
        always('left', 0, 0, 'left', 'out'),
        always('right', 1, 1, 'right', 'out'),
        always('out', 2, 2, 'forward', null),
      ],
    });
    const regions = findRegions(loadProgram(json));
    expect(regions.lockCount).toBe(2 * STRIPES);
    expect(regions.registers.slice(0, 2)).toEqual([0, STRIPES]);
    expect(regions.registers[2]).toBe(-1);
    expect([...regions.releases.values()].map((nodes) => nodes.size)).toEqual([1, 0]);
    expect([...regions.striped]).toEqual([
      [0, 0],
      [1, STRIPES],
    ]);
  });
});

test('both directions of a connection have one thread', () => {
  const frame = (words: string) =>
    Uint8Array.from(Buffer.from(`000000000000000000000000${words.replaceAll(' ', '')}`, 'hex'));
  const there = frame('0800 4500 0028 0000 0000 4006 0000 0a000001 0a000002 1234 0050 00000000');
  const back = frame('0800 4500 0028 0000 0000 4006 0000 0a000002 0a000001 0050 1234 00000000');
  for (const count of [1, 2, 3, 16]) expect(threadOfPacket(there, count)).toBe(threadOfPacket(back, count));
  const ports = Array.from({ length: 64 }, (_, i) => {
    const other = there.slice();
    other[35] = i;
    return threadOfPacket(other, 2);
  });
  expect(new Set(ports)).toEqual(new Set([0, 1]));
  expect(threadOfPacket(new Uint8Array(3), 4)).toBe(0);
});
