/**
 * Table entries, written and read: client to data plane and back, on the fake switch. What the data plane was told is
 * checked as well as what reads back, because either alone could hide a mistake of both sides.
 */
import { clone } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { EntityError, type EntityInput } from '../src/index.ts';
import { P4InfoSchema } from '../src/p4info.ts';
import { acl, refusal, route } from './fixtures/entries.ts';
import { connected, everything, ids, settled } from './fixtures/everything.ts';

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

  it('of fields whose width P4Info does not tell, as of keys of type error, have 0 there', async () => {
    const info = clone(P4InfoSchema, everything);
    info.tables[0]!.matchFields[0]!.bitwidth = 0;
    info.tables[0]!.matchFields[0]!.match = info.tables[2]!.matchFields[0]!.match;
    const { client, target } = await connected();
    await client.setPipeline({ p4info: info, deviceConfig: '{}' });
    const entry = (dst: number): EntityInput => ({ kind: 'table', table: 'routes', match: { dst }, action: 'drop' });
    await client.insert(entry(0));
    expect(target.entry(ids.routes, 0).match).toEqual([{ kind: 'exact', value: new Uint8Array(0) }]);
    expect(await client.readAll({ kind: 'table', table: 'routes' })).toMatchObject([{ match: { 'hdr.ipv4.dst': 0n } }]);
    await expect(client.insert(entry(1))).rejects.toThrow('0 bits');
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

  it('sees a write wholly or not at all', async () => {
    const { client, target } = await connected();
    await client.insert(route('10.0.0.0/8'));
    const readEntries = target.readEntries.bind(target);
    let write: Promise<void> | undefined;
    target.readEntries = async (...args) => {
      write ??= client.insert(route('11.0.0.0/8'), acl(1));
      await settled();
      return readEntries(...args);
    };
    const both: EntityInput[] = [
      { kind: 'table', table: 'routes', counter: {} },
      { kind: 'table', table: 'acl' },
    ];
    expect(await client.readAll(...both)).toHaveLength(1);
    await write;
    expect(await client.readAll(...both)).toHaveLength(3);
  });

  it('of one bad pattern ends with its own code, in strict mode with UNKNOWN and the details', async () => {
    for (const strict of [false, true]) {
      const { client } = await connected({ strict });
      const read = client.readAll({ kind: 'table', table: 'ecmp', counter: {} });
      await expect(read).rejects.toThrow(strict ? 'UNKNOWN: 1 of 1 requests failed' : 'INVALID_ARGUMENT');
    }
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

  it('counters of meter colours are read where asked for, set to 0 by reset, and by nothing else', async () => {
    const { client, target } = await connected();
    const key = { table: 'routes', match: { dst: '10.0.0.0/8' } } as const;
    await client.insert(route('10.0.0.0/8', { meterCounters: 'reset' }));
    target.entry(ids.routes, 0).colours = { packets: [1n, 2n, 3n], bytes: [10n, 20n, 30n] };
    const counted = {
      green: { packets: 1n, bytes: 10n },
      yellow: { packets: 2n, bytes: 20n },
      red: { packets: 3n, bytes: 30n },
    };
    const [entry] = await client.readAll({ kind: 'table', table: 'routes', meterCounters: {} });
    expect(entry?.meterCounters).toEqual(counted);
    expect((await client.readAll({ kind: 'table', table: 'routes' }))[0]).not.toHaveProperty('meterCounters');
    const [meter] = await client.readAll({ kind: 'direct-meter', ...key, counters: {} });
    expect(meter?.counters).toEqual(counted);
    // What was read can be written back, and changes nothing.
    await client.modify(entry!, meter!);
    expect(target.entry(ids.routes, 0).colours.packets).toEqual([1n, 2n, 3n]);
    await client.modify({ kind: 'direct-meter', ...key, counters: 'reset' });
    expect(target.entry(ids.routes, 0).colours).toEqual({ packets: [0n, 0n, 0n], bytes: [0n, 0n, 0n] });
    target.colours.set(`${ids.rates}/1`, { packets: [4n, 5n, 6n], bytes: [0n, 0n, 0n] });
    const cell = { kind: 'meter', meter: 'rates', index: 1 } as const;
    expect((await client.readAll({ ...cell, counters: {} }))[0]?.counters?.red.packets).toBe(6n);
    await client.modify({ ...cell, counters: 'reset' });
    expect((await client.readAll({ ...cell, counters: {} }))[0]?.counters?.red.packets).toBe(0n);
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
