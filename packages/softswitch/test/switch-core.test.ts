// The Switch contract on a data plane: pipelines, entries, events, all or nothing.
import { SwitchError, type SwitchEvent, type SwitchUpdate } from '@mooring/p4runtime-ts/switch';
import { beforeEach, describe, expect, test } from 'vitest';
import { SwitchCore, type SwitchCoreOptions } from '../src/control/switch-core.ts';
import { action, always, assign, base, EGRESS_SPEC, field, hex, primitive } from './support/program.ts';

const CPU_PORT = 510;
const TABLE = 33;
const TO = 16;
const DROP = 17;

/**
 * A table over h.a with an action `to(port)`, default drop, ageing and counters; every packet makes a digest of h.b.
 */
function program(): object {
  const json = base();
  json.actions = [
    action(0, 'to', [assign(EGRESS_SPEC, { type: 'runtime_data', value: 0 })], [['port', 9]]),
    action(1, 'drop', [primitive('mark_to_drop', { type: 'header', value: 'standard_metadata' })]),
    action(2, 'learn', [primitive('generate_digest', hex(1), hex(1))]),
  ];
  json.learn_lists.push({ id: 1, name: 'seen', elements: [field('h', 'b')] });
  json.register_arrays.push({ name: 'r', id: 0, bitwidth: 48, size: 4 });
  json.counter_arrays.push({ name: 'c', id: 0, size: 4, is_direct: false });
  Object.assign(json.pipelines[0]!, {
    init_table: 'learning',
    tables: [
      always('learning', 0, 2, 'learn', 'start'),
      {
        name: 'start',
        id: 1,
        key: [{ match_type: 'exact', name: 'a', target: ['h', 'a'] }],
        match_type: 'exact',
        type: 'simple',
        max_size: 4,
        with_counters: true,
        support_timeout: true,
        action_ids: [0, 1],
        actions: ['to', 'drop'],
        next_tables: { to: null, drop: null },
        default_entry: { action_id: 1, action_const: false, action_data: [], action_entry_const: false },
      },
    ],
  });
  return json;
}

const P4INFO = {
  tables: [
    {
      preamble: { id: TABLE, name: 'start' },
      matchFields: [{ name: 'a', bitwidth: 32 }],
      actionRefs: [{ id: TO }, { id: DROP }],
    },
  ],
  actions: [
    { preamble: { id: TO, name: 'to' }, params: [{ bitwidth: 9 }] },
    { preamble: { id: DROP, name: 'drop' }, params: [] },
  ],
  actionProfiles: [],
  counters: [{ preamble: { id: 40, name: 'c' } }],
  meters: [],
  registers: [{ preamble: { id: 50, name: 'r' } }],
  valueSets: [],
  digests: [{ preamble: { id: 60, name: 'seen' } }],
};

let nowUs: number;
let sent: [number, string][];
let events: SwitchEvent[];
let core: SwitchCore;

function makeCore(options: Partial<SwitchCoreOptions> = {}): SwitchCore {
  return new SwitchCore({
    cpuPort: CPU_PORT,
    dropPort: 511,
    priorityQueues: 1,
    nowUs: () => nowUs,
    output: (port, bytes, start, length) =>
      sent.push([port, Buffer.from(bytes.subarray(start, start + length)).toString('hex')]),
    log: () => {},
    ...options,
  });
}

beforeEach(async () => {
  nowUs = 0;
  sent = [];
  events = [];
  core = makeCore();
  core.subscribe((event) => events.push(event));
  await core.commit(await core.prepare(source()), { preserve: false, updates: [] });
});

function source() {
  return { p4info: P4INFO, deviceConfig: new TextEncoder().encode(JSON.stringify(program())) };
}

function insert(slot: number, key: number, port: number, idleTimeoutNs = 0n): SwitchUpdate {
  const value = new Uint8Array(4);
  new DataView(value.buffer).setUint32(0, key);
  return {
    kind: 'table-insert',
    tableId: TABLE,
    slot,
    match: [{ kind: 'exact', value }],
    priority: 0,
    action: { kind: 'action', actionId: TO, params: [Uint8Array.of(port >> 8, port)] },
    idleTimeoutNs,
  };
}

function packet(a: number, b = 0): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setUint32(0, a);
  new DataView(bytes.buffer).setUint32(4, b);
  return bytes;
}

describe('switch core', () => {
  test('entries forward, count, and can be changed and deleted', async () => {
    expect(await core.apply([insert(0, 5, 1), insert(1, 6, 2)], false)).toEqual([]);
    for (const key of [5, 5, 6, 7]) core.receive(0, packet(key));
    expect(sent.map(([port]) => port)).toEqual([1, 1, 2]);
    const states = await core.readEntries(TABLE, [0, 1], { counters: true, age: false });
    expect(states).toEqual({ packets: BigUint64Array.of(2n, 1n), bytes: BigUint64Array.of(16n, 8n) });
    await core.apply(
      [
        {
          kind: 'table-modify',
          tableId: TABLE,
          slot: 0,
          action: { kind: 'action', actionId: TO, params: [Uint8Array.of(0, 9)] },
          idleTimeoutNs: 0n,
        },
      ],
      false,
    );
    await core.apply([{ kind: 'table-delete', tableId: TABLE, slot: 1 }], false);
    sent.length = 0;
    for (const key of [5, 6]) core.receive(0, packet(key));
    expect(sent.map(([port]) => port)).toEqual([9]);
  });

  test('an atomic batch with one bad update changes nothing', async () => {
    const bad: SwitchUpdate = {
      ...(insert(1, 6, 2) as Extract<SwitchUpdate, { kind: 'table-insert' }>),
      action: { kind: 'action', actionId: 99, params: [] },
    };
    const failures = await core.apply([insert(0, 5, 1), bad], true);
    expect(failures.map(({ index, error }) => [index, error.kind])).toEqual([[1, 'invalid-argument']]);
    core.receive(0, packet(5));
    expect(sent).toEqual([]);
    expect((await core.apply([insert(0, 5, 1), bad], false)).map(({ index }) => index)).toEqual([1]);
    core.receive(0, packet(5));
    expect(sent).toHaveLength(1);
  });

  test('idle timeouts are told after each timeout without a hit', async () => {
    await core.apply([insert(3, 5, 1, 10_000_000n)], false);
    const sweepAt = (ms: number) => {
      nowUs = ms * 1000;
      events.length = 0;
      core.sweep();
      return events;
    };
    expect(sweepAt(9)).toEqual([]);
    expect(sweepAt(10)).toEqual([{ kind: 'idle', tableId: TABLE, slots: [3] }]);
    expect(sweepAt(19)).toEqual([]);
    expect(sweepAt(30)).toEqual([{ kind: 'idle', tableId: TABLE, slots: [3] }]);
    core.receive(0, packet(5));
    expect(sweepAt(39)).toEqual([]);
    expect(sweepAt(40)).toEqual([{ kind: 'idle', tableId: TABLE, slots: [3] }]);
    expect((await core.readEntries(TABLE, [3], { counters: false, age: true })).ageNs).toEqual(
      BigUint64Array.of(10_000_000n),
    );
  });

  test('digests come when enabled, gathered into one event', async () => {
    core.receive(0, packet(1, 2));
    core.flush();
    expect(events).toEqual([]);
    await core.apply([{ kind: 'digest', digestId: 60, enabled: true }], false);
    core.receive(0, packet(1, 2));
    core.receive(0, packet(1, 3));
    core.flush();
    expect(events).toEqual([
      { kind: 'digest', digestId: 60, samples: [[Uint8Array.of(0, 0, 0, 2)], [Uint8Array.of(0, 0, 0, 3)]] },
    ]);
  });

  test('packet-out goes in at the CPU port, packets to it come as packet-in', async () => {
    await core.apply([insert(0, 5, CPU_PORT), insert(1, 6, 2)], false);
    core.packetOut([packet(6), packet(5)]);
    core.flush();
    expect(sent).toEqual([[2, '0000000600000000']]);
    expect(events).toEqual([{ kind: 'packet-in', packets: [packet(5)] }]);
  });

  test('registers and counters carry over where asked', async () => {
    await core.apply(
      [
        { kind: 'register', registerId: 50, index: 2, value: Uint8Array.of(1, 2, 3, 4, 5, 6) },
        { kind: 'counter', counterId: 40, index: undefined, packets: 3n, bytes: 4n },
      ],
      false,
    );
    await core.commit(await core.prepare(source()), { preserve: true, updates: [insert(0, 5, 1)] });
    expect(await core.readRegister(50, [1, 2])).toEqual([new Uint8Array(6), Uint8Array.of(1, 2, 3, 4, 5, 6)]);
    expect(await core.readCounter(40, [3])).toEqual({ packets: BigUint64Array.of(3n), bytes: BigUint64Array.of(4n) });
    core.receive(0, packet(5));
    expect(sent).toHaveLength(1);
    await core.commit(await core.prepare(source()), { preserve: false, updates: [] });
    expect(await core.readRegister(50, [2])).toEqual([new Uint8Array(6)]);
  });

  test('a pipeline that cannot run is refused and the old one goes on', async () => {
    await core.apply([insert(0, 5, 1)], false);
    const wrong = { ...P4INFO, tables: [{ ...P4INFO.tables[0]!, preamble: { id: TABLE, name: 'begin' } }] };
    await expect(core.prepare({ ...source(), p4info: wrong })).rejects.toThrow(
      "the P4Info does not fit the device config: the program has no table 'begin'",
    );
    await expect(core.prepare({ p4info: P4INFO, deviceConfig: new TextEncoder().encode('{}') })).rejects.toBeInstanceOf(
      SwitchError,
    );
    core.receive(0, packet(5));
    expect(sent).toHaveLength(1);
  });

  test('a table that no packet reaches may be missing, and takes no entries', async () => {
    const dead = { ...P4INFO.tables[0]!, preamble: { id: 34, name: 'dead' } };
    const more = { ...P4INFO, tables: [...P4INFO.tables, dead] };
    const other = program() as ReturnType<typeof base>;
    (other.pipelines[0]!.tables as object[]).push(always('control.other', 2, 2, 'learn', null));
    const deviceConfig = new TextEncoder().encode(JSON.stringify(other));
    await expect(core.prepare({ p4info: more, deviceConfig })).rejects.toThrow("has no table 'dead'");
    await core.commit(await core.prepare({ ...source(), p4info: more }), { preserve: false, updates: [] });
    const into: SwitchUpdate = { ...insert(0, 5, 1), tableId: 34 } as SwitchUpdate;
    expect((await core.apply([insert(0, 5, 1), into], false)).map(({ index }) => index)).toEqual([1]);
    core.receive(0, packet(5));
    expect(sent).toHaveLength(1);
  });

  test('an action profile that no table uses may be missing, and a digest may have another name', async () => {
    const unused = { preamble: { id: 70, name: 'selector' }, tableIds: [] };
    const digests = [{ preamble: { id: 60, name: 'digest_0' } }];
    const loose = { ...P4INFO, actionProfiles: [unused], digests };
    await core.commit(await core.prepare({ ...source(), p4info: loose }), { preserve: false, updates: [] });
    await core.apply([{ kind: 'digest', digestId: 60, enabled: true }], false);
    core.receive(0, packet(1, 2));
    core.flush();
    expect(events).toMatchObject([{ kind: 'digest', digestId: 60 }]);
    const used = { ...loose, actionProfiles: [{ ...unused, tableIds: [TABLE] }] };
    await expect(core.prepare({ ...source(), p4info: used })).rejects.toThrow("has no action profile 'selector'");
    const tooMany = { ...loose, digests: [...digests, { preamble: { id: 61, name: 'digest_1' } }] };
    await expect(core.prepare({ ...source(), p4info: tooMany })).rejects.toThrow("has no digest 'digest_0'");
  });

  test('a full table and a missing pipeline are refusals', async () => {
    const failures = await core.apply([insert(1_000_000, 5, 1)], false);
    expect(failures[0]!.error.kind).toBe('resource-exhausted');
    const empty = new SwitchCore({
      cpuPort: undefined,
      dropPort: 511,
      priorityQueues: 1,
      nowUs: () => 0,
      output: () => {},
      log: () => {},
    });
    await expect(empty.apply([insert(0, 5, 1)], false)).rejects.toMatchObject({ kind: 'unavailable' });
    expect(() => empty.packetOut([packet(1)])).toThrow('this switch has no CPU port');
  });
});

describe('ports', () => {
  const replica = (port: number, ...backups: number[]) => ({
    port,
    instance: 0,
    backups: backups.map((backup) => ({ port: backup, instance: 0 })),
  });
  const group = (...replicas: ReturnType<typeof replica>[]): SwitchUpdate => ({
    kind: 'multicast-set',
    groupId: 1,
    replicas,
  });
  const watching = (watchPort: number): SwitchUpdate => ({
    kind: 'group-set',
    profileId: 70,
    group: 0,
    members: [{ member: 0, weight: 1, watchPort }],
    selection: 'default',
  });

  test.each([true, false])('that cannot be are refused (atomic: %s)', async (atomic) => {
    const refused = async (update: SwitchUpdate) => (await core.apply([update], atomic))[0]?.error.message;
    const message = 'port 512 cannot be: ports are numbered 0 to 511';
    expect(await refused(group(replica(511)))).toBeUndefined();
    expect(await refused(group(replica(512)))).toBe(message);
    expect(await refused(group(replica(1, 512)))).toBe(message);
    expect(await refused(watching(512))).toBe(message);
    const session = { kind: 'clone-set', sessionId: 1, classOfService: 0, packetLengthBytes: 0 } as const;
    expect(await refused({ ...session, replicas: [replica(512)] })).toBe(message);
    expect(await refused({ ...session, replicas: [replica(0)], classOfService: 8 })).toMatch(/^class of service 8/);
  });

  test('that are not there count as down, and can be watched unless the specification is followed to the letter', async () => {
    const json = program() as ReturnType<typeof base>;
    json.actions[2] = action(2, 'learn', [assign(field('standard_metadata', 'mcast_grp'), hex(1))]);
    Object.assign((json.pipelines[0]!.tables as object[])[0]!, always('learning', 0, 2, 'learn', null));
    const deviceConfig = new TextEncoder().encode(JSON.stringify(json));
    for (const strict of [false, true]) {
      const few = makeCore({ ports: new Set([2]), strict });
      await few.commit(await few.prepare({ p4info: P4INFO, deviceConfig }), { preserve: false, updates: [] });
      expect(await few.apply([group(replica(1, 3, 2))], false)).toEqual([]);
      sent.length = 0;
      few.receive(0, packet(1));
      expect(sent.map(([port]) => port)).toEqual([2]);
      const [failure] = await few.apply([watching(1)], false);
      // The program has no action profile, which is found out next.
      expect(failure!.error.message).toBe(
        strict ? 'port 1 cannot be watched: this switch does not have it' : 'no action profile has id 70',
      );
      for (const port of [2, CPU_PORT])
        expect((await few.apply([watching(port)], false))[0]!.error.message).toBe('no action profile has id 70');
    }
  });
});
