/** `@refers_to`: an entry may only name what exists, and what is named may not go. */
import { clone } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { Code, type EntityInput, type P4RuntimeClient, type ReplicaValue } from '../src/index.ts';
import { MatchFieldSchema, P4InfoSchema } from '../src/p4info.ts';
import { connectTo, everything, startService } from './fixtures/everything.ts';

// Routes' actions name a next hop by its MAC address (table ecmp, here without its selector), and multicast groups by
// the port.
async function start() {
  const info = clone(P4InfoSchema, everything);
  info.tables[2]!.implementationId = 0;
  info.actionProfiles[0]!.tableIds = [info.tables[0]!.preamble!.id];
  info.actions[0]!.params[1]!.annotations = ['@refers_to(ecmp , hdr.ethernet.dst)'];
  info.actions[3]!.params[0]!.annotations = ['@refers_to(builtin : : multicast_group_table , multicast_group_id)'];
  info.tables[5]!.matchFields[0]!.annotations = ['@refers_to(nowhere, nothing)'];
  const { service } = startService();
  const client = await connectTo(service);
  const config = { p4info: info, deviceConfig: '{}' };
  await client.setPipeline(config);
  return { client, config };
}

const hop = (mac: number): EntityInput => ({ kind: 'table', table: 'ecmp', match: { dst: mac }, action: 'NoAction' });
const route = (mac: number): EntityInput => ({
  kind: 'table',
  table: 'routes',
  match: { dst: '10.0.0.0/8' },
  action: { name: 'forward', params: { port: 1, mac } },
});

async function codeOf(
  client: P4RuntimeClient,
  op: 'insert' | 'modify' | 'delete',
  entity: EntityInput,
): Promise<string> {
  const [result] = await client.tryWrite([{ op, entity }]);
  return Code[result!.code]!;
}

describe('references', () => {
  it('between tables', async () => {
    const { client } = await start();
    await expect(client.insert(route(5))).rejects.toThrow(
      'NOT_FOUND: table routes: the entry refers to ecmp.hdr.ethernet.dst = 0x05, which does not exist',
    );
    await client.insert(hop(5), hop(6), route(5));
    expect(await codeOf(client, 'delete', hop(5))).toBe('FAILED_PRECONDITION');
    expect(await codeOf(client, 'modify', route(7))).toBe('NOT_FOUND');
    await client.modify(route(6));
    await client.delete(hop(5));
    expect(await codeOf(client, 'delete', hop(6))).toBe('FAILED_PRECONDITION');
    await client.delete(route(6));
    await client.delete(hop(6));
  });

  it('of several fields are to one entry', async () => {
    const info = clone(P4InfoSchema, everything);
    // A next hop has a MAC address and a number; routes name both.
    const [routes, , hops] = info.tables;
    hops!.implementationId = 0;
    info.actionProfiles[0]!.tableIds = [routes!.preamble!.id];
    const extra = clone(MatchFieldSchema, hops!.matchFields[0]!);
    Object.assign(extra, { id: 2, name: 'number', bitwidth: 9, annotations: [] });
    hops!.matchFields.push(extra);
    info.actions[0]!.params[0]!.annotations = ['@refers_to(ecmp, number)'];
    info.actions[0]!.params[1]!.annotations = ['@refers_to(ecmp, hdr.ethernet.dst)'];
    const { service } = startService();
    const client = await connectTo(service);
    await client.setPipeline({ p4info: info, deviceConfig: '{}' });
    const numbered = (mac: number, number: number): EntityInput => ({
      kind: 'table',
      table: 'ecmp',
      match: { 'hdr.ethernet.dst': mac, number },
      action: 'NoAction',
    });
    await client.insert(numbered(5, 2), numbered(6, 1));
    await expect(client.insert(route(5))).rejects.toThrow(
      'NOT_FOUND: table routes: the entry refers to ecmp.(hdr.ethernet.dst, number) = (0x05, 0x01), which does not exist',
    );
    await client.insert(route(6));
    await client.delete(numbered(5, 2));
    expect(await codeOf(client, 'delete', numbered(6, 1))).toBe('FAILED_PRECONDITION');
    await client.delete(route(6), numbered(6, 1));
  });

  it('to one field from two places are two', async () => {
    const info = clone(P4InfoSchema, everything);
    info.tables[2]!.implementationId = 0;
    info.actionProfiles[0]!.tableIds = [info.tables[0]!.preamble!.id];
    for (const param of info.actions[0]!.params) param.annotations = ['@refers_to(ecmp, hdr.ethernet.dst)'];
    const { service } = startService();
    const client = await connectTo(service);
    await client.setPipeline({ p4info: info, deviceConfig: '{}' });
    await client.insert(hop(5));
    expect(await codeOf(client, 'insert', route(5))).toBe('NOT_FOUND');
    await client.insert(hop(1), route(5));
    for (const mac of [1, 5]) expect(await codeOf(client, 'delete', hop(mac))).toBe('FAILED_PRECONDITION');
  });

  it('are restored when a batch is rolled back', async () => {
    const { client } = await start();
    await client.insert(hop(5), route(5));
    const updates = [
      { op: 'delete' as const, entity: route(5) },
      { op: 'delete' as const, entity: hop(5) },
      { op: 'insert' as const, entity: route(5) },
    ];
    const results = await client.tryWrite(updates, { atomicity: 'rollback' });
    expect(results.map((result) => Code[result.code])).toEqual(['ABORTED', 'ABORTED', 'NOT_FOUND']);
    expect(await codeOf(client, 'delete', hop(5))).toBe('FAILED_PRECONDITION');
  });

  it('to multicast groups', async () => {
    const { client } = await start();
    const entry: EntityInput = {
      kind: 'table',
      table: 'named',
      match: { vrf: 'a' },
      action: { name: 'set_kind', params: { kind: 2 } },
    };
    expect(await codeOf(client, 'insert', entry)).toBe('NOT_FOUND');
    await client.insert({ kind: 'multicast', group: 2 }, entry);
    expect(await codeOf(client, 'delete', { kind: 'multicast', group: 2 })).toBe('FAILED_PRECONDITION');
    await client.delete(entry, { kind: 'multicast', group: 2 });
  });

  it('of replicas of multicast groups, which have no declaration: `@referenced_by`', async () => {
    const info = clone(P4InfoSchema, everything);
    // Copies are rewritten by a table whose key is a copy's port and number.
    const [routes, , rewrites] = info.tables;
    rewrites!.implementationId = 0;
    info.actionProfiles[0]!.tableIds = [routes!.preamble!.id];
    const number = clone(MatchFieldSchema, rewrites!.matchFields[0]!);
    Object.assign(number, { id: 2, name: 'number', bitwidth: 16 });
    number.annotations = ['@referenced_by(builtin : : multicast_group_table , replica . instance)'];
    rewrites!.matchFields[0]!.annotations = ['@referenced_by(builtin::multicast_group_table, replica.port)'];
    rewrites!.matchFields.push(number);
    const { service } = startService();
    const client = await connectTo(service);
    const config = { p4info: info, deviceConfig: '{}' };
    await client.setPipeline(config);
    const rewrite = (port: number, number: number): EntityInput => ({
      kind: 'table',
      table: 'ecmp',
      match: { 'hdr.ethernet.dst': port, number },
      action: 'NoAction',
    });
    const group = (...replicas: ReplicaValue[]): EntityInput => ({
      kind: 'multicast',
      group: 2,
      replicas,
    });
    const [first, second] = [
      { port: 1, instance: 10 },
      { port: 2, instance: 300 },
    ];
    await client.insert(rewrite(1, 10));
    await expect(client.insert(group(first, second))).rejects.toThrow(
      'NOT_FOUND: multicast group 2 refers to ecmp.(hdr.ethernet.dst, number) = (0x02, 0x012c), which does not exist',
    );
    expect(await codeOf(client, 'insert', group({ ...first, backups: [second] }))).toBe('NOT_FOUND');
    await client.insert(rewrite(2, 300), group(first));
    expect(await codeOf(client, 'delete', rewrite(1, 10))).toBe('FAILED_PRECONDITION');
    await client.modify(group(second));
    await client.delete(rewrite(1, 10));
    expect(await codeOf(client, 'delete', rewrite(2, 300))).toBe('FAILED_PRECONDITION');
    await client.setPipeline({ ...config, action: 'reconcile-and-commit' });
    expect(await codeOf(client, 'delete', rewrite(2, 300))).toBe('FAILED_PRECONDITION');
    await client.delete(group(), rewrite(2, 300));
  });

  it('survive a reconciliation', async () => {
    const { client, config } = await start();
    await client.insert(hop(5), route(5));
    await client.setPipeline({ ...config, action: 'reconcile-and-commit' });
    expect(await codeOf(client, 'delete', hop(5))).toBe('FAILED_PRECONDITION');
  });
});
