/**
 * Writes and reads of every entity, client to data plane and back, on the fake switch. What the data plane was told is checked as well as what
 * reads back, because either alone could hide a mistake of both sides.
 */
import { describe, expect, it } from 'vitest';
import { Code, EntityError, type EntityInput, RpcError, WriteError } from '../src/index.ts';
import { connected, ids } from './fixtures/everything.ts';

const route = (dst: string, extra = {}) =>
  ({
    kind: 'table',
    table: 'routes',
    match: { dst },
    action: { name: 'forward', params: { port: 3, mac: '00:00:00:00:00:02' } },
    ...extra,
  }) as const;

const acl = (priority: number, extra = {}) =>
  ({ kind: 'table', table: 'acl', match: { src: '10.0.0.0/8' }, priority, action: 'drop', ...extra }) as const;

/** The code with which the switch refuses one update. */
async function refusal(run: Promise<unknown>): Promise<string> {
  try {
    await run;
  } catch (error) {
    if (error instanceof WriteError) return Code[error.failures[0]!.code]!;
    if (error instanceof RpcError) return Code[error.code]!;
    throw error;
  }
  return 'OK';
}

describe('table entries', () => {
  it('arrive as bytes and read back as values', async () => {
    const { client, target } = await connected();
    await client.insert(route('10.1.2.3/16', { metadata: Uint8Array.of(1, 2), idleTimeoutNs: 5_000_000_000n }));
    expect(target.entry(ids.routes, 0)).toMatchObject({
      match: [{ kind: 'lpm', value: Uint8Array.of(10, 1, 0, 0), prefixLength: 16 }],
      priority: 0,
      action: { kind: 'action', actionId: ids.forward, params: [Uint8Array.of(0, 3), Uint8Array.of(0, 0, 0, 0, 0, 2)] },
      idleTimeoutNs: 5_000_000_000n,
    });
    expect(await client.readAll({ kind: 'table', table: 'routes' })).toEqual([
      {
        kind: 'table',
        table: 'routes',
        match: { 'hdr.ipv4.dst': { value: 0x0a010000n, prefixLength: 16 } },
        priority: 0,
        action: { name: 'forward', params: { port: 3n, mac: 2n } },
        isDefault: false,
        idleTimeoutNs: 5_000_000_000n,
        metadata: Uint8Array.from([1, 2]),
        isConst: false,
      },
    ]);
  });

  it('of ternary, range and optional fields, with don’t-cares left out', async () => {
    const { client, target } = await connected();
    await client.insert(
      acl(7, { match: { src: '10.0.0.1 &&& 255.0.0.255', dport: '80..90', 'meta.port': 5 } }),
      acl(8, { match: { dport: { low: 0, high: 65535 }, src: '*' } }),
    );
    expect(target.entry(ids.acl, 0)).toMatchObject({
      priority: 7,
      match: [
        { kind: 'ternary', value: Uint8Array.of(10, 0, 0, 1), mask: Uint8Array.of(255, 0, 0, 255) },
        { kind: 'range', low: Uint8Array.of(0, 80), high: Uint8Array.of(0, 90) },
        { kind: 'optional', value: Uint8Array.of(0, 5) },
      ],
    });
    expect(target.entry(ids.acl, 1).match).toEqual([
      { kind: 'ternary', value: new Uint8Array(4), mask: new Uint8Array(4) },
      { kind: 'range', low: new Uint8Array(2), high: Uint8Array.of(255, 255) },
      { kind: 'optional', value: undefined },
    ]);
    const [first, second] = await client.readAll({ kind: 'table', table: 'acl' });
    expect(first?.match).toEqual({
      'hdr.ipv4.src': { value: 0x0a000001n, mask: 0xff0000ffn },
      'hdr.tcp.dport': { low: 80n, high: 90n },
      'meta.port': 5n,
    });
    expect(second?.match).toEqual({});
  });

  it('modify and delete by key, and slots come back for reuse', async () => {
    const { client, target } = await connected();
    await client.insert(route('10.0.0.0/8'), route('10.1.0.0/16'));
    await client.modify(route('10.0.0.0/8', { action: 'drop' }));
    expect(target.entry(ids.routes, 0).action).toEqual({ kind: 'action', actionId: ids.drop, params: [] });
    await client.delete({ kind: 'table', table: 'routes', match: { dst: '10.0.0.0/8' } });
    expect(target.tables.get(ids.routes)?.has(0)).toBe(false);
    await client.insert(route('10.2.0.0/16'));
    expect(target.entry(ids.routes, 0).match).toMatchObject([{ prefixLength: 16 }]);
    expect((await client.readAll({ kind: 'table', table: 'routes' })).length).toBe(2);
  });

  it('can delete and insert in one batch although the table is full', async () => {
    const { client } = await connected();
    for (let index = 0; index < 8; index++) await client.insert(route(`10.${index}.0.0/16`));
    expect(await refusal(client.insert(route('11.0.0.0/8')))).toBe('RESOURCE_EXHAUSTED');
    await client.write(
      [
        { op: 'delete', entity: route('10.0.0.0/16') },
        { op: 'insert', entity: route('11.0.0.0/8') },
      ],
      { atomicity: 'dataplane-atomic' },
    );
    expect((await client.readAll({ kind: 'table', table: 'routes' })).length).toBe(8);
  });

  it.each<[string, 'insert' | 'modify' | 'delete', EntityInput, string]>([
    ['a duplicate', 'insert', route('10.0.0.0/8'), 'ALREADY_EXISTS'],
    ['a missing one modified', 'modify', route('10.9.0.0/16'), 'NOT_FOUND'],
    ['a missing one deleted', 'delete', route('10.9.0.0/16'), 'NOT_FOUND'],
    [
      'the constant table',
      'insert',
      { kind: 'table', table: 'fixed', match: { class: 9 }, action: 'drop' },
      'PERMISSION_DENIED',
    ],
    ['a constant entry deleted', 'delete', { kind: 'table', table: 'fixed', match: { class: 1 } }, 'PERMISSION_DENIED'],
    [
      'a constant entry modified',
      'modify',
      { kind: 'table', table: 'fixed', match: { class: 1 }, action: 'drop' },
      'PERMISSION_DENIED',
    ],
    [
      'a constant default',
      'modify',
      { kind: 'table', table: 'fixed', isDefault: true, action: 'drop' },
      'PERMISSION_DENIED',
    ],
    [
      'a default inserted',
      'insert',
      { kind: 'table', table: 'routes', isDefault: true, action: 'drop' },
      'INVALID_ARGUMENT',
    ],
    ['a default deleted', 'delete', { kind: 'table', table: 'routes', isDefault: true }, 'INVALID_ARGUMENT'],
    ['a default-only action in an entry', 'insert', route('12.0.0.0/8', { action: 'NoAction' }), 'PERMISSION_DENIED'],
    ['an entry without key', 'insert', { kind: 'table', table: 'keyless', action: 'NoAction' }, 'INVALID_ARGUMENT'],
    [
      'an insert without action',
      'insert',
      { kind: 'table', table: 'routes', match: { dst: '12.0.0.0/8' } },
      'INVALID_ARGUMENT',
    ],
    ['a timeout without support', 'insert', acl(5, { idleTimeoutNs: 1n }), 'INVALID_ARGUMENT'],
    ['a counter without support', 'insert', acl(5, { counter: { packets: 1 } }), 'INVALID_ARGUMENT'],
    [
      'a meter without support',
      'insert',
      acl(5, { meter: { cir: 1, cburst: 1, pir: 1, pburst: 1 } }),
      'INVALID_ARGUMENT',
    ],
    ['a negative timeout', 'insert', route('12.0.0.0/8', { idleTimeoutNs: -1n }), 'INVALID_ARGUMENT'],
    [
      'a member of nothing',
      'insert',
      { kind: 'table', table: 'ecmp', match: { dst: 1 }, action: { member: 4 } },
      'NOT_FOUND',
    ],
    [
      'an action where a member is due',
      'insert',
      { kind: 'table', table: 'ecmp', match: { dst: 1 }, action: 'NoAction' },
      'INVALID_ARGUMENT',
    ],
  ])('refuses %s', async (_, op, entity, code) => {
    const { client, target } = await connected();
    await client.insert(route('10.0.0.0/8'));
    const applied = target.log.length;
    expect(await refusal(client.write([{ op, entity }]))).toBe(code);
    expect(target.log.length).toBe(applied);
  });

  it.each<[string, EntityInput, string]>([
    ['an unknown table', { kind: 'table', table: 'rutes' }, "There is no table 'rutes'. Did you mean 'routes'"],
    ['an unknown field', route('1.2.3.4', { match: { dts: 1 } }), "table routes: There is no match field 'dts'"],
    [
      'an action of another table',
      route('1.2.3.4', { action: 'set_kind' }),
      "There is no action 'set_kind' of table Ingress.routes",
    ],
    [
      'a missing parameter',
      route('1.2.3.4', { action: { name: 'forward', params: { port: 1 } } }),
      'action forward: lacks mac.',
    ],
    [
      'a wide parameter',
      route('1.2.3.4', { action: { name: 'forward', params: { port: 512, mac: 0 } } }),
      'action forward, parameter port: 512 does not fit 9 bits',
    ],
    [
      'a priority too many',
      route('1.2.3.4', { priority: 3 }),
      'table routes, priority: this table has exact and lpm fields only',
    ],
    ['a priority too few', acl(0), 'table acl, priority: entries with ternary'],
    ['a long prefix', route('1.2.3.4/33'), 'the prefix length 33 is not between 0 and 32'],
    [
      'a mask for lpm',
      route('x', { match: { dst: { value: 1, mask: 1 } } }),
      'lpm takes a value and a prefix length, not { value, mask }',
    ],
    ['an empty range', acl(1, { match: { dport: '9..8' } }), 'the range is empty'],
    ['a field twice', acl(1, { match: { dport: 1, 'hdr.tcp.dport': 2 } }), 'given twice'],
    ['no exact field', { kind: 'table', table: 'ecmp', action: { group: 1 } }, 'an exact field cannot be left out'],
  ])('the client itself refuses %s', async (_, entity, message) => {
    const { client, target } = await connected();
    const error = await client.insert(entity).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(EntityError);
    expect((error as Error).message).toContain(message);
    expect(target.log).toEqual([]);
  });
});

describe('default entries', () => {
  it('come from the program, are set, and reset', async () => {
    const { client, target } = await connected();
    const read = async () => (await client.readAll({ kind: 'table', table: 'routes', isDefault: true }))[0];
    expect((await read())?.action).toEqual({ name: 'NoAction', params: {} });
    await client.modify({
      kind: 'table',
      table: 'routes',
      isDefault: true,
      action: 'drop',
      metadata: Uint8Array.of(9),
    });
    expect(await read()).toMatchObject({ isDefault: true, action: { name: 'drop' }, metadata: Uint8Array.from([9]) });
    expect(target.defaults.get(ids.routes)).toEqual({ kind: 'action', actionId: ids.drop, params: [] });
    await client.modify({ kind: 'table', table: 'routes', isDefault: true });
    expect(target.defaults.get(ids.routes)).toBeUndefined();
    expect(await read()).toMatchObject({ action: { name: 'NoAction' }, metadata: Uint8Array.from([]) });
  });

  it('are not part of a wildcard read', async () => {
    const { client } = await connected();
    expect(await client.readAll({ kind: 'table', table: 'routes' })).toEqual([]);
  });
});

describe('reading with filters', () => {
  it('by key, priority, action, metadata; all tables at once', async () => {
    const { client } = await connected();
    await client.insert(
      acl(1),
      acl(2, { action: 'NoAction', metadata: Uint8Array.of(5) }),
      acl(3, { match: {} }),
      route('10.0.0.0/8'),
    );
    const priorities = async (pattern: object) =>
      (await client.readAll({ kind: 'table', table: 'acl', ...pattern })).map((entry) => entry.priority);
    expect(await priorities({})).toEqual([1, 2, 3]);
    expect(await priorities({ priority: 2 })).toEqual([2]);
    expect(await priorities({ action: 'drop' })).toEqual([1, 3]);
    expect(await priorities({ metadata: Uint8Array.of(5) })).toEqual([2]);
    expect(await priorities({ match: { src: '10.0.0.0/8' }, priority: 1 })).toEqual([1]);
    expect(await priorities({ match: { src: '10.0.0.0/8' } })).toEqual([1, 2]);
    expect(await priorities({ match: { src: '11.0.0.0/8' } })).toEqual([]);
    expect((await client.readAll({ kind: 'table' })).map((entry) => entry.table).sort()).toEqual([
      'acl',
      'acl',
      'acl',
      'fixed',
      'fixed',
      'routes',
    ]);
  });

  it('shows constant entries as such', async () => {
    const { client } = await connected();
    const entries = await client.readAll({ kind: 'table', table: 'fixed' });
    expect(entries.map((entry) => [entry.match['meta.class'], entry.isConst, entry.action])).toEqual([
      [1n, true, { name: 'drop', params: {} }],
      [2n, true, { name: 'drop', params: {} }],
    ]);
  });

  it('reports each bad pattern, and answers the others', async () => {
    const { client } = await connected();
    await client.insert(route('10.0.0.0/8'));
    const seen: unknown[] = [];
    const run = async () => {
      const patterns: EntityInput[] = [
        { kind: 'table', table: 'routes' },
        { kind: 'direct-counter', table: 'acl' },
      ];
      for await (const entity of client.read(...patterns)) seen.push(entity.kind);
    };
    await expect(run()).rejects.toThrow('1 of 2 requests failed');
    expect(seen).toEqual(['table']);
  });
});

describe('direct counters, meters, ages', () => {
  it('are read with the entry only when asked for', async () => {
    const { client, target } = await connected();
    await client.insert(route('10.0.0.0/8', { counter: { packets: 5, bytes: 500 } }));
    target.hit(ids.routes, 0, 2, 200);
    target.entry(ids.routes, 0).ageNs = 42n;
    const [plain] = await client.readAll({ kind: 'table', table: 'routes' });
    expect(plain).not.toHaveProperty('counter');
    const [full] = await client.readAll({
      kind: 'table',
      table: 'routes',
      counter: {},
      meter: 'default',
      timeSinceLastHitNs: 0,
    });
    expect(full).toMatchObject({ counter: { packets: 7n, bytes: 700n }, timeSinceLastHitNs: 42n });
    expect(full).not.toHaveProperty('meter');
    expect(await client.readAll({ kind: 'direct-counter', table: 'routes' })).toMatchObject([
      { match: { 'hdr.ipv4.dst': { value: 0x0a000000n, prefixLength: 8 } }, packets: 7n, bytes: 700n },
    ]);
    await client.modify({
      kind: 'direct-counter',
      table: 'routes',
      match: { dst: '10.0.0.0/8' },
      packets: 0,
      bytes: 0,
    });
    expect(target.entry(ids.routes, 0)).toMatchObject({ packets: 0n, bytes: 0n });
  });

  it('meter rates read back as written; modify without them resets', async () => {
    const { client, target } = await connected();
    const meter = { cir: 10n, cburst: 20n, pir: 30n, pburst: 40n, eburst: 0n };
    await client.insert(route('10.0.0.0/8', { meter }));
    expect((await client.readAll({ kind: 'table', table: 'routes', meter: 'default' }))[0]?.meter).toEqual(meter);
    expect(target.entry(ids.routes, 0).meter).toEqual(meter);
    await client.modify(route('10.0.0.0/8'));
    expect(target.entry(ids.routes, 0).meter).toBeUndefined();
    await client.modify({ kind: 'direct-meter', table: 'routes', match: { dst: '10.0.0.0/8' }, config: meter });
    expect((await client.readAll({ kind: 'direct-meter', table: 'routes' }))[0]?.config).toEqual(meter);
  });

  it.each<[string, object, string]>([
    ['a negative rate', { cir: -1, cburst: 1, pir: 1, pburst: 1 }, 'INVALID_ARGUMENT'],
    ['an excess burst for two rates', { cir: 1, cburst: 1, pir: 1, pburst: 1, eburst: 1 }, 'INVALID_ARGUMENT'],
  ])('refuse %s', async (_, meter, code) => {
    const { client } = await connected();
    expect(await refusal(client.insert(route('10.0.0.0/8', { meter })))).toBe(code);
    expect(await client.readAll({ kind: 'table', table: 'routes' })).toEqual([]);
  });

  it('ages cannot be read where there are none', async () => {
    const { client } = await connected();
    expect(await refusal(client.readAll({ kind: 'table', table: 'acl', timeSinceLastHitNs: 0 }))).toBe(
      'INVALID_ARGUMENT',
    );
  });

  it('of constant entries and of the default entry can be written', async () => {
    const { client, target } = await connected();
    await client.modify({ kind: 'direct-counter', table: 'fixed', match: { class: 2 }, packets: 9 });
    await client.modify({ kind: 'table', table: 'fixed', match: { class: 1 }, counter: { packets: 4 } });
    expect([target.entry(ids.fixed, 0).packets, target.entry(ids.fixed, 1).packets]).toEqual([4n, 9n]);
    await client.modify({ kind: 'direct-counter', table: 'routes', isDefault: true, packets: 3 });
    expect(await client.readAll({ kind: 'direct-counter', table: 'routes', isDefault: true })).toMatchObject([
      { isDefault: true, packets: 3n },
    ]);
  });
});

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
      group(7, [100, 200]),
      entry(1, { group: 7 }),
      entry(2, { member: 200 }),
    );
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
          { member: 100, weight: 1 },
          { member: 200, weight: 1 },
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
