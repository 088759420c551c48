/**
 * Generated types: the text is golden, and the golden file itself is compiled with this test, so that what it allows
 * and forbids is checked by the TypeScript compiler (`@ts-expect-error` fails when there is none).
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { generateTypes, readTable, type TypedClient, type TypedInput, typed } from '../src/index.ts';
import { connected, everything } from './fixtures/everything.ts';
import type { EverythingProgram } from './golden/types/everything.types.ts';

const golden = new URL('./golden/types/everything.types.ts', import.meta.url);

/** Compiles or not; never runs. */
export function compileOnly(client: TypedClient<EverythingProgram>): unknown[] {
  const good: TypedInput<EverythingProgram>[] = [
    { kind: 'table', table: 'routes', match: { 'hdr.ipv4.dst': '10.0.0.0/8' }, action: 'drop' },
    {
      kind: 'table',
      table: 'routes',
      match: {},
      action: { name: 'forward', params: { port: 1, mac: '00:00:00:00:00:01' } },
    },
    { kind: 'table', table: 'acl', match: { 'hdr.tcp.dport': '1..2' }, priority: 1, action: 'NoAction' },
    { kind: 'table', table: 'ecmp', match: { 'hdr.ethernet.dst': 1 }, action: { group: 1 } },
    {
      kind: 'table',
      table: 'ecmp',
      match: { 'hdr.ethernet.dst': 1 },
      action: { set: [{ action: { name: 'NoAction' } }], groupAction: 'drop' },
    },
    { kind: 'table', table: 'named', match: { vrf: 'blue' }, action: { name: 'set_kind', params: { kind: 'SMALL' } } },
    { kind: 'table', table: 'routes', isDefault: true, action: 'NoAction' },
    { kind: 'counter', counter: 'ports', index: 1 },
  ];
  const tiny = { name: 'set_kind', params: { kind: 'TINY' } } as const;
  return [
    ...good,
    // @ts-expect-error no such table
    client.insert({ kind: 'table', table: 'rutes', match: {} }),
    // @ts-expect-error no such field
    client.insert({ kind: 'table', table: 'routes', match: { dts: 1 }, action: 'drop' }),
    // @ts-expect-error an action for the default entry only
    client.insert({ kind: 'table', table: 'routes', match: {}, action: 'NoAction' }),
    // @ts-expect-error a parameter is missing
    client.insert({ kind: 'table', table: 'routes', match: {}, action: { name: 'forward', params: { port: 1 } } }),
    // @ts-expect-error the priority is missing
    client.insert({ kind: 'table', table: 'acl', match: {}, action: 'drop' }),
    // @ts-expect-error a priority too many
    client.insert({ kind: 'table', table: 'routes', match: {}, action: 'drop', priority: 1 }),
    // @ts-expect-error the exact field is missing
    client.insert({ kind: 'table', table: 'ecmp', match: {}, action: { member: 1 } }),
    client.insert({
      kind: 'table',
      table: 'ecmp',
      match: { 'hdr.ethernet.dst': 1 },
      // @ts-expect-error an action that is not for groups
      action: { set: [], groupAction: 'NoAction' },
    }),
    // @ts-expect-error no such enum member
    client.insert({ kind: 'table', table: 'named', match: { vrf: 'a' }, action: tiny }),
    // @ts-expect-error no such counter
    client.modify({ kind: 'counter', counter: 'prots' }),
    // @ts-expect-error the metadata are incomplete
    client.packetOut(new Uint8Array(1), { egress_port: 1 }),
    // @ts-expect-error no such digest
    client.onDigest('learn', () => {}),
  ];
}

describe('generated types', () => {
  it('are the golden ones', () => {
    const text = generateTypes(everything, { module: '../../../src/index.ts' });
    if (process.env.UPDATE_GOLDEN === '1') writeFileSync(golden, text);
    expect(text).toBe(readFileSync(golden, 'utf8'));
  });

  it('fit what the client does', async () => {
    const all = await connected();
    const client = typed<EverythingProgram>(all.client);
    await client.insert({ kind: 'table', table: 'routes', match: { 'hdr.ipv4.dst': '10.0.0.0/8' }, action: 'drop' });
    const [entry] = await readTable<EverythingProgram, 'routes'>(client, 'routes');
    const prefix: bigint | undefined = entry?.match['hdr.ipv4.dst']?.value;
    expect(prefix).toBe(0x0a000000n);
    await client.insert({ kind: 'digest', digest: 'learn_t', config: { maxListSize: 1 } });
    const macs: bigint[] = [];
    client.onDigest('learn_t', (list) => {
      for (const { mac, fresh } of list.entries) if (fresh) macs.push(mac);
    });
    all.target.emit({
      kind: 'digest',
      digestId: 0x17000001,
      samples: [[Uint8Array.of(7), Uint8Array.of(1), Uint8Array.of(1)]],
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(macs).toEqual([7n]);
  });
});
