/**
 * Everything that is written and read beside table entries, translated values, and batches. As in `tables.test.ts`,
 * both what the data plane was told and what reads back are checked.
 */
import { describe, expect, it } from 'vitest';
import { Code, type EntityInput } from '../src/index.ts';
import { acl, refusal, route } from './fixtures/entries.ts';
import { connected, ids } from './fixtures/everything.ts';

describe('indirect counters, meters, registers', () => {
  it('cells and wildcards', async () => {
    const { client } = await connected();
    await client.modify({ kind: 'counter', counter: 'ports', packets: 1, bytes: 2 });
    await client.modify({ kind: 'counter', counter: 'ports', index: 2, packets: 7, bytes: 8 });
    const cells = await client.readAll({ kind: 'counter', counter: 'ports' });
    expect(cells.map((cell) => [cell.index, cell.packets, cell.bytes])).toEqual([
      [0n, 1n, 2n],
      [1n, 1n, 2n],
      [2n, 7n, 8n],
      [3n, 1n, 2n],
    ]);
    expect(await client.readAll({ kind: 'counter', counter: 'ports', index: 2 })).toMatchObject([{ packets: 7n }]);
    expect((await client.readAll({ kind: 'counter' })).length).toBe(4);

    const config = { cir: 1n, cburst: 2n, pir: 3n, pburst: 4n, eburst: 0n };
    await client.modify({ kind: 'meter', meter: 'rates', config }, { kind: 'meter', meter: 'rates', index: 1 });
    const meters = await client.readAll({ kind: 'meter', meter: 'rates' });
    expect(meters.map((cell) => cell.config)).toEqual([config, undefined, config, config]);

    await client.modify(
      { kind: 'register', register: 'state', value: 5 },
      { kind: 'register', register: 'state', index: 3, value: '0xffffffff' },
    );
    const registers = await client.readAll({ kind: 'register', register: 'state' });
    expect(registers.map((cell) => cell.value)).toEqual([5n, 5n, 5n, 0xffffffffn]);
  });

  it.each<[string, 'insert' | 'modify' | 'delete', EntityInput, string]>([
    ['an index beyond', 'modify', { kind: 'counter', counter: 'ports', index: 4 }, 'OUT_OF_RANGE'],
    ['a negative index', 'modify', { kind: 'counter', counter: 'ports', index: -1 }, 'INVALID_ARGUMENT'],
    ['an insert', 'insert', { kind: 'counter', counter: 'ports', index: 0 }, 'INVALID_ARGUMENT'],
    ['a delete', 'delete', { kind: 'meter', meter: 'rates', index: 0 }, 'INVALID_ARGUMENT'],
    ['a register index beyond', 'modify', { kind: 'register', register: 'state', index: 9, value: 1 }, 'OUT_OF_RANGE'],
    ['a register without data', 'modify', { kind: 'register', register: 'state', index: 0 }, 'INVALID_ARGUMENT'],
  ])('refuse %s', async (_, op, entity, code) => {
    const { client } = await connected();
    expect(await refusal(client.write([{ op, entity }]))).toBe(code);
  });
});

describe('action profiles', () => {
  const member = (id: number, port = id) =>
    ({
      kind: 'member',
      profile: 'selector',
      member: id,
      action: { name: 'forward', params: { port, mac: 0 } },
    }) as const;
  const group = (id: number, members: number[], extra = {}) =>
    ({
      kind: 'group',
      profile: 'selector',
      group: id,
      members: members.map((one) => ({ member: one })),
      ...extra,
    }) as const;
  const entry = (dst: number, action: object) =>
    ({ kind: 'table', table: 'ecmp', match: { dst }, action }) as EntityInput;

  it('members, groups and entries refer by slot, and read back by id', async () => {
    const { client, target } = await connected();
    await client.insert(
      member(100),
      member(200),
      group(7, [200, 100]),
      entry(1, { group: 7 }),
      entry(2, { member: 200 }),
    );
    // The switch gets them in one order, whatever the group's, which is read back.
    expect([...target.groups.values()]).toEqual([
      [
        { member: 0, weight: 1, watchPort: undefined },
        { member: 1, weight: 1, watchPort: undefined },
      ],
    ]);
    expect(target.entry(ids.ecmp, 0).action).toEqual({ kind: 'group', group: 0 });
    expect(target.entry(ids.ecmp, 1).action).toEqual({ kind: 'member', member: 1 });
    expect((await client.readAll({ kind: 'table', table: 'ecmp' })).map((one) => one.action)).toEqual([
      { group: 7 },
      { member: 200 },
    ]);
    expect(await client.readAll({ kind: 'group' })).toEqual([
      {
        kind: 'group',
        profile: 'selector',
        group: 7,
        maxSize: 0,
        members: [
          { member: 200, weight: 1 },
          { member: 100, weight: 1 },
        ],
      },
    ]);
    expect(
      (await client.readAll({ kind: 'member', profile: 'selector' })).map((one) => [one.member, one.action]),
    ).toEqual([
      [100, { name: 'forward', params: { port: 100n, mac: 0n } }],
      [200, { name: 'forward', params: { port: 200n, mac: 0n } }],
    ]);
  });

  it('weights and watch ports', async () => {
    const { client, target } = await connected();
    await client.insert(member(1), {
      kind: 'group',
      profile: 'selector',
      group: 1,
      members: [{ member: 1, weight: 3, watchPort: 9 }],
    });
    expect([...target.groups.values()]).toEqual([[{ member: 0, weight: 3, watchPort: 9 }]]);
    expect((await client.readAll({ kind: 'group' }))[0]?.members).toEqual([{ member: 1, weight: 3, watchPort: 9 }]);
  });

  it.each<[string, 'insert' | 'modify' | 'delete', EntityInput, string]>([
    ['a member twice', 'insert', member(1), 'ALREADY_EXISTS'],
    ['a missing member', 'modify', member(9), 'NOT_FOUND'],
    ['a member in use', 'delete', member(1), 'FAILED_PRECONDITION'],
    ['member 0', 'insert', member(0), 'INVALID_ARGUMENT'],
    ['a group twice', 'insert', group(1, []), 'ALREADY_EXISTS'],
    ['a missing group', 'delete', group(9, []), 'NOT_FOUND'],
    ['a group in use', 'delete', group(1, []), 'FAILED_PRECONDITION'],
    ['an unknown member', 'modify', group(1, [77]), 'NOT_FOUND'],
    ['a member twice in a group', 'modify', group(1, [1, 1]), 'INVALID_ARGUMENT'],
    ['another max_size', 'modify', group(1, [1], { maxSize: 2 }), 'INVALID_ARGUMENT'],
    [
      'a group that is too large',
      'modify',
      { kind: 'group', profile: 'selector', group: 1, members: [{ member: 1, weight: 5 }] },
      'RESOURCE_EXHAUSTED',
    ],
    [
      'a weight of 0',
      'modify',
      { kind: 'group', profile: 'selector', group: 1, members: [{ member: 1, weight: 0 }] },
      'INVALID_ARGUMENT',
    ],
    ['max_size above the profile’s', 'insert', group(2, [], { maxSize: 5 }), 'INVALID_ARGUMENT'],
    ['a one-shot set beside groups', 'insert', entry(5, { set: [{ action: 'NoAction' }] }), 'INVALID_ARGUMENT'],
  ])('refuse %s', async (_, op, entity, code) => {
    const { client } = await connected();
    await client.insert(member(1), group(1, [1]), entry(1, { group: 1 }));
    expect(await refusal(client.write([{ op, entity }]))).toBe(code);
  });

  it('a group without max_size is refused in strict mode, where the program limits groups', async () => {
    const { client } = await connected({ strict: true });
    await client.insert(member(1));
    expect(await refusal(client.insert(group(1, [1])))).toBe('INVALID_ARGUMENT');
    await client.insert(group(1, [1], { maxSize: 4 }));
  });

  it('one-shot sets become hidden members and groups, and leave nothing behind', async () => {
    const { client, target } = await connected();
    const set = [
      { action: { name: 'forward', params: { port: 1n, mac: 2n } }, weight: 2 },
      { action: { name: 'NoAction', params: {} }, weight: 1, watchPort: 4 },
    ];
    await client.insert(entry(1, { set, selection: 'random' }));
    expect(target.members.size).toBe(2);
    expect([...target.groups.values()]).toEqual([
      [
        { member: 0, weight: 2, watchPort: undefined },
        { member: 1, weight: 1, watchPort: 4 },
      ],
    ]);
    expect((await client.readAll({ kind: 'table', table: 'ecmp' }))[0]?.action).toEqual({ set, selection: 'random' });
    expect(await client.readAll({ kind: 'member' })).toEqual([]);
    expect(await refusal(client.insert(member(1)))).toBe('INVALID_ARGUMENT');
    await client.modify(entry(1, { set: [set[1]] }));
    expect([target.members.size, target.groups.size]).toEqual([1, 1]);
    await client.delete(entry(1, { set: [] }));
    expect([target.members.size, target.groups.size]).toEqual([0, 0]);
    await client.insert(member(1));
    expect(target.members.size).toBe(1);
  });

  it('the group action of a one-shot set is one more hidden member, and the first to act', async () => {
    const { client, target } = await connected();
    const set = [{ action: { name: 'NoAction', params: {} }, weight: 1 }];
    await client.insert(entry(1, { set, groupAction: 'drop' }));
    expect([...target.members.values()].map(({ actionId }) => actionId)).toEqual([ids.drop, ids.noAction]);
    expect(target.log.find(({ kind }) => kind === 'group-set')).toMatchObject({ before: 1, members: [{ member: 0 }] });
    expect((await client.readAll({ kind: 'table', table: 'ecmp' }))[0]?.action).toEqual({
      set,
      groupAction: { name: 'drop', params: {} },
    });
    expect(await refusal(client.insert(entry(2, { set, groupAction: 'NoAction' })))).toBe('PERMISSION_DENIED');
    expect(await refusal(client.insert(entry(2, { set: [{ action: 'drop' }] })))).toBe('PERMISSION_DENIED');
    await client.delete(entry(1, { set: [] }));
    expect([target.members.size, target.groups.size]).toEqual([0, 0]);
  });

  it('a one-shot set may not exceed a group', async () => {
    const { client, target } = await connected();
    expect(await refusal(client.insert(entry(1, { set: [{ action: 'NoAction', weight: 5 }] })))).toBe(
      'INVALID_ARGUMENT',
    );
    expect(target.members.size).toBe(0);
  });
});

describe('replication, value sets, digests', () => {
  it('multicast groups', async () => {
    const { client, target } = await connected();
    const replicas = [
      { port: 1, instance: 5 },
      { port: 2, instance: 0, backups: [{ port: 3, instance: 1 }] },
    ];
    await client.insert({ kind: 'multicast', group: 4, replicas, metadata: Uint8Array.of(1) });
    expect(target.multicast.get(4)).toEqual([
      { port: 1, instance: 5, backups: [] },
      { port: 2, instance: 0, backups: [{ port: 3, instance: 1 }] },
    ]);
    expect(await client.readAll({ kind: 'multicast' })).toEqual([
      { kind: 'multicast', group: 4, replicas, metadata: Uint8Array.from([1]) },
    ]);
    await client.delete({ kind: 'multicast', group: 4 });
    expect(await client.readAll({ kind: 'multicast' })).toEqual([]);
  });

  it('clone sessions', async () => {
    const { client, target } = await connected();
    await client.insert({ kind: 'clone', session: 9, replicas: [{ port: 7 }], packetLengthBytes: 64 });
    expect(target.clones.get(9)).toMatchObject({
      replicas: [{ port: 7, instance: 0 }],
      packetLengthBytes: 64,
      classOfService: 0,
    });
    await client.modify({ kind: 'clone', session: 9, replicas: [] });
    expect(await client.readAll({ kind: 'clone', session: 9 })).toEqual([
      { kind: 'clone', session: 9, replicas: [], classOfService: 0, packetLengthBytes: 0 },
    ]);
  });

  it.each<[string, 'insert' | 'modify' | 'delete', EntityInput, string]>([
    ['group 0', 'insert', { kind: 'multicast', group: 0 }, 'INVALID_ARGUMENT'],
    ['a missing group', 'modify', { kind: 'multicast', group: 5 }, 'NOT_FOUND'],
    [
      'a copy twice',
      'insert',
      { kind: 'multicast', group: 5, replicas: [{ port: 1 }, { port: 1 }] },
      'INVALID_ARGUMENT',
    ],
    [
      'a port as its own backup',
      'insert',
      { kind: 'multicast', group: 5, replicas: [{ port: 1, backups: [{ port: 1, instance: 2 }] }] },
      'INVALID_ARGUMENT',
    ],
    [
      'an instance too great',
      'insert',
      { kind: 'multicast', group: 5, replicas: [{ port: 1, instance: 65536 }] },
      'INVALID_ARGUMENT',
    ],
    ['session 0', 'insert', { kind: 'clone', session: 0 }, 'INVALID_ARGUMENT'],
    ['a missing session', 'delete', { kind: 'clone', session: 3 }, 'NOT_FOUND'],
    ['a value set inserted', 'insert', { kind: 'value-set', valueSet: 'tunnels', members: [1] }, 'INVALID_ARGUMENT'],
    [
      'a value set too large',
      'modify',
      { kind: 'value-set', valueSet: 'tunnels', members: [1, 2, 3] },
      'RESOURCE_EXHAUSTED',
    ],
    ['a value twice', 'modify', { kind: 'value-set', valueSet: 'tunnels', members: [1, 1] }, 'ALREADY_EXISTS'],
    ['a digest that is off', 'modify', { kind: 'digest', digest: 'learn_t' }, 'NOT_FOUND'],
  ])('refuse %s', async (_, op, entity, code) => {
    const { client } = await connected();
    expect(await refusal(client.write([{ op, entity }]))).toBe(code);
  });

  it('value sets are replaced as a whole', async () => {
    const { client, target } = await connected();
    await client.modify({ kind: 'value-set', valueSet: 'tunnels', members: [4789, { port: 6081 }] });
    expect(target.valueSets.get(ids.tunnels)).toEqual([
      [{ kind: 'exact', value: Uint8Array.of(0x12, 0xb5) }],
      [{ kind: 'exact', value: Uint8Array.of(0x17, 0xc1) }],
    ]);
    expect(await client.readAll({ kind: 'value-set' })).toEqual([
      { kind: 'value-set', valueSet: 'tunnels', members: [{ port: 4789n }, { port: 6081n }] },
    ]);
  });
});

describe('translated strings', () => {
  it('keep their text for the controller and are numbers for the switch', async () => {
    const { client, target } = await connected();
    await client.insert(
      {
        kind: 'table',
        table: 'named',
        match: { vrf: 'blue' },
        action: { name: 'set_kind', params: { kind: 'SMALL' } },
      },
      { kind: 'table', table: 'named', match: { vrf: 'red' }, action: { name: 'set_kind', params: { kind: 2 } } },
    );
    expect(target.entry(0x02000006, 1).match).toEqual([{ kind: 'exact', value: Uint8Array.of(0, 0, 0, 2) }]);
    expect((await client.readAll({ kind: 'table', table: 'named' })).map((one) => one.match)).toEqual([
      { vrf: 'blue' },
      { vrf: 'red' },
    ]);
  });

  it('can be given a meaning', async () => {
    const meanings = new Map([['blue', 17n]]);
    const { client, target } = await connected({
      translations: { vrf_t: { toSwitch: (value) => meanings.get(String(value)), toController: () => 'blue' } },
    });
    await client.insert({
      kind: 'table',
      table: 'named',
      match: { vrf: 'blue' },
      action: { name: 'set_kind', params: { kind: 1 } },
    });
    expect(target.entry(0x02000006, 0).match).toEqual([{ kind: 'exact', value: Uint8Array.of(0, 0, 0, 17) }]);
    const red: EntityInput = {
      kind: 'table',
      table: 'named',
      match: { vrf: 'red' },
      action: { name: 'set_kind', params: { kind: 1 } },
    };
    expect(await refusal(client.insert(red))).toBe('OUT_OF_RANGE');
  });
});

describe('batches', () => {
  const mixed = [route('10.0.0.0/8'), route('10.0.0.0/8'), route('11.0.0.0/8')].map((entity) => ({
    op: 'insert' as const,
    entity,
  }));
  const prefixes = async (client: Awaited<ReturnType<typeof connected>>['client']) =>
    (await client.readAll({ kind: 'table', table: 'routes' })).length;

  it('continue on error', async () => {
    const { client } = await connected();
    const results = await client.tryWrite(mixed);
    expect(results.map((result) => Code[result.code])).toEqual(['OK', 'ALREADY_EXISTS', 'OK']);
    expect(await prefixes(client)).toBe(2);
  });

  it.each(['rollback', 'dataplane-atomic'] as const)('%s leaves nothing', async (atomicity) => {
    const { client, target } = await connected();
    const results = await client.tryWrite(mixed, { atomicity });
    expect(results.map((result) => Code[result.code])).toEqual(['ABORTED', 'ALREADY_EXISTS', 'ABORTED']);
    expect(await prefixes(client)).toBe(0);
    expect(target.log).toEqual([]);
    await client.insert(route('10.0.0.0/8'));
    expect(target.tables.get(ids.routes)?.has(0)).toBe(true);
  });

  it('take back what the switch refuses', async () => {
    const { client, target } = await connected();
    target.fail((update) => (update.kind === 'table-insert' && update.slot === 1 ? 'no room' : undefined));
    const inserts = ['10.0.0.0/8', '11.0.0.0/8', '12.0.0.0/8'].map((dst) => ({
      op: 'insert' as const,
      entity: route(dst),
    }));
    expect((await client.tryWrite(inserts)).map((result) => [Code[result.code], result.message])).toEqual([
      ['OK', ''],
      ['RESOURCE_EXHAUSTED', 'no room'],
      ['OK', ''],
    ]);
    expect((await client.readAll({ kind: 'table', table: 'routes', counter: {} })).length).toBe(2);
    target.fail(undefined);
    await client.insert(route('11.0.0.0/8'));
    expect(await prefixes(client)).toBe(3);
  });

  it('roll back when the switch refuses one of an atomic batch', async () => {
    const { client, target } = await connected();
    await client.insert(route('10.0.0.0/8'));
    target.fail((update) => (update.kind === 'table-modify' ? 'no' : undefined));
    const updates = [
      { op: 'delete' as const, entity: route('10.0.0.0/8') },
      { op: 'insert' as const, entity: route('11.0.0.0/8') },
      { op: 'modify' as const, entity: route('11.0.0.0/8', { action: 'drop' }) },
    ];
    expect((await client.tryWrite(updates, { atomicity: 'rollback' })).every((result) => !result.ok)).toBe(true);
    const [left] = await client.readAll({ kind: 'table', table: 'routes', counter: {} });
    expect(left?.match).toEqual({ 'hdr.ipv4.dst': { value: 0x0a000000n, prefixLength: 8 } });
  });

  it('are split without losing the index', async () => {
    const { client } = await connected();
    const results = await client.tryWrite(mixed, { batchSize: 1 });
    expect(results.map((result) => [result.index, result.ok])).toEqual([
      [0, true],
      [1, false],
      [2, true],
    ]);
  });

  it('what is read can be written back', async () => {
    const { client } = await connected();
    await client.insert(route('10.0.0.0/8'), acl(3, { match: { src: '1.2.3.4', dport: '5..6', 'meta.port': 1 } }));
    const entries = await client.readAll({ kind: 'table', table: 'routes' }, { kind: 'table', table: 'acl' });
    await client.delete(...entries);
    await client.insert(...entries);
    expect(await client.readAll({ kind: 'table', table: 'routes' }, { kind: 'table', table: 'acl' })).toEqual(entries);
  });
});
