/** SetForwardingPipelineConfig and GetForwardingPipelineConfig: every action, and what each leaves behind. */
import { clone, create, toBinary } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { Code, type EntityInput, P4RuntimeClient, RpcError } from '../src/index.ts';
import { P4InfoSchema } from '../src/p4info.ts';
import { P4DeviceConfigSchema } from '../src/proto.ts';
import { connected, connectTo, everything, ids, startService } from './fixtures/everything.ts';

const route: EntityInput = { kind: 'table', table: 'routes', match: { dst: '10.0.0.0/8' }, action: 'drop' };
const config = { p4info: everything, deviceConfig: '{}' };

async function code(run: Promise<unknown>): Promise<string> {
  return run.then(
    () => 'OK',
    (error: unknown) => (error instanceof RpcError ? Code[error.code]! : String(error)),
  );
}

describe('before any pipeline', () => {
  it('reads and writes are refused, the config is empty', async () => {
    const { service } = startService();
    const client = await connectTo(service, { p4info: everything });
    expect(await code(client.insert(route))).toBe('FAILED_PRECONDITION');
    expect(await code(client.readAll({ kind: 'table' }))).toBe('FAILED_PRECONDITION');
    expect(await client.getPipeline()).toMatchObject({ p4info: undefined, cookie: undefined });
    expect(await client.adoptPipeline()).toBeUndefined();
    expect(await code(client.commitPipeline())).toBe('NOT_FOUND');
  });
});

describe('actions', () => {
  it('verify changes nothing', async () => {
    const { service, target } = startService();
    const client = await connectTo(service);
    await client.setPipeline({ ...config, action: 'verify' });
    expect(target.running).toBeUndefined();
    expect(() => client.program).toThrow('No program is known yet');
  });

  it('verify-and-commit starts with empty tables', async () => {
    const { client, target } = await connected();
    await client.insert(route);
    await client.setPipeline(config);
    expect(await client.readAll({ kind: 'table', table: 'routes' })).toEqual([]);
    expect(target.tables.get(ids.routes)).toBeUndefined();
  });

  it('what is written after verify-and-save arrives with commit, and reads back before', async () => {
    const { client, target } = await connected();
    await client.insert(route);
    await client.setPipeline({ ...config, action: 'verify-and-save', cookie: 8n });
    expect(await client.readAll({ kind: 'table', table: 'routes' })).toEqual([]);
    await client.insert({ ...route, match: { dst: '11.0.0.0/8' } });
    expect((await client.readAll({ kind: 'table', table: 'routes', counter: {} })).length).toBe(1);
    expect(target.tables.get(ids.routes)?.size).toBe(1);
    await client.commitPipeline();
    expect(target.entry(ids.routes, 0).match).toMatchObject([{ value: Uint8Array.of(11, 0, 0, 0) }]);
    expect((await client.getPipeline('cookie')).cookie).toBe(8n);
  });

  it('reconcile-and-commit keeps entries, configurations and counters', async () => {
    const { client, target } = await connected();
    await client.insert(
      { ...route, counter: { packets: 3, bytes: 4 }, metadata: Uint8Array.of(1), idleTimeoutNs: 9n },
      { kind: 'member', profile: 'selector', member: 5, action: 'NoAction' },
      { kind: 'group', profile: 'selector', group: 6, members: [{ member: 5, watchPort: 2 }] },
      { kind: 'table', table: 'ecmp', match: { dst: 1 }, action: { group: 6 } },
      { kind: 'multicast', group: 1, replicas: [{ port: 1 }] },
      { kind: 'clone', session: 2, replicas: [{ port: 3 }] },
      { kind: 'digest', digest: 'learn_t', config: { maxListSize: 1 } },
    );
    await client.modify(
      { kind: 'table', table: 'routes', isDefault: true, action: 'drop' },
      { kind: 'value-set', valueSet: 'tunnels', members: [1] },
      { kind: 'meter', meter: 'rates', index: 1, config: { cir: 1, cburst: 1, pir: 1, pburst: 1 } },
      { kind: 'counter', counter: 'ports', index: 1, packets: 5 },
    );
    target.hit(ids.routes, 0, 1, 1);
    const everyKind: EntityInput[] = [
      { kind: 'table', table: 'routes', counter: {} },
      { kind: 'table', table: 'routes', isDefault: true },
      { kind: 'table', table: 'ecmp' },
      { kind: 'member' },
      { kind: 'group' },
      { kind: 'multicast' },
      { kind: 'clone' },
      { kind: 'digest' },
      { kind: 'value-set' },
      { kind: 'meter' },
      { kind: 'counter' },
    ];
    const before = await client.readAll(...everyKind);
    await client.setPipeline({ ...config, action: 'reconcile-and-commit' });
    expect(await client.readAll(...everyKind)).toEqual(before);
    expect(target.entry(ids.routes, 0).packets).toBe(4n);
    expect(target.digests.has(ids.learn)).toBe(true);
  });

  it('reconcile-and-commit keeps what direct counters and meters have counted, also of constant and default entries', async () => {
    const { client, target } = await connected();
    await client.insert(route);
    const colours = { packets: [1n, 2n, 3n], bytes: [4n, 5n, 6n] } as const;
    target.entry(ids.routes, 0).colours = colours;
    await client.modify({ kind: 'direct-counter', table: 'routes', isDefault: true, packets: 8, bytes: 9 });
    await client.setPipeline({ ...config, action: 'reconcile-and-commit' });
    expect(target.entry(ids.routes, 0).colours).toEqual(colours);
    expect(await client.readAll({ kind: 'direct-counter', table: 'routes', isDefault: true })).toMatchObject([
      { packets: 8n, bytes: 9n },
    ]);
  });

  it('reconcile-and-commit refuses what would lose entries, and changes nothing', async () => {
    const { client, target } = await connected();
    await client.insert(route);
    const other = clone(P4InfoSchema, everything);
    other.tables[0]!.actionRefs = other.tables[0]!.actionRefs.filter((reference) => reference.id !== ids.drop);
    const run = client.setPipeline({ p4info: other, deviceConfig: '{}', action: 'reconcile-and-commit' });
    await expect(run).rejects.toThrow('INVALID_ARGUMENT: The forwarding state does not fit the new program');
    expect(target.running?.p4info).toBe(everything);
    expect((await client.readAll({ kind: 'table', table: 'routes' })).length).toBe(1);
  });

  it('a device config that the switch refuses is an invalid argument, with the reason', async () => {
    const { client } = await connected();
    const run = client.setPipeline({ p4info: everything, deviceConfig: 'broken' });
    await expect(run).rejects.toThrow('INVALID_ARGUMENT: line 1: the device config is broken');
  });

  it('so is a P4Info that contradicts itself', async () => {
    const { client, service } = await connected();
    const broken = clone(P4InfoSchema, everything);
    broken.tables[0]!.implementationId = 5;
    const raw = {
      deviceId: 1n,
      roleId: 0n,
      role: '',
      electionId: { high: 0n, low: 1n, $typeName: 'p4.v1.Uint128' as const },
      action: 1,
    };
    const request = { $typeName: 'p4.v1.SetForwardingPipelineConfigRequest' as const, ...raw };
    const bad = {
      $typeName: 'p4.v1.ForwardingPipelineConfig' as const,
      p4info: broken,
      p4DeviceConfig: new Uint8Array(0),
    };
    await expect(service.setForwardingPipelineConfig({ ...request, config: bad })).rejects.toThrow(
      'The P4Info is not valid',
    );
    await expect(service.setForwardingPipelineConfig({ ...request, config: undefined })).rejects.toThrow('is missing');
    await expect(service.setForwardingPipelineConfig({ ...request, action: 0, config: bad })).rejects.toThrow(
      'The action is not set',
    );
    await expect(service.setForwardingPipelineConfig({ ...request, action: 4, config: bad })).rejects.toThrow(
      'COMMIT takes no config',
    );
    expect(client.isPrimary).toBe(true);
  });

  it('the wrapper of early clients is taken off', async () => {
    const { client, target } = await connected();
    const wrapped = toBinary(
      P4DeviceConfigSchema,
      create(P4DeviceConfigSchema, { deviceData: Buffer.from('{"a":1}') }),
    );
    await client.setPipeline({ p4info: everything, deviceConfig: wrapped });
    expect(Buffer.from(target.running!.deviceConfig).toString()).toBe('{"a":1}');
    expect((await client.getPipeline()).deviceConfig).toEqual(wrapped);
  });
});

describe('get', () => {
  it('gives the parts asked for', async () => {
    const { client } = await connected();
    expect(await client.getPipeline()).toEqual({
      p4info: everything,
      deviceConfig: new Uint8Array(Buffer.from('{}')),
      cookie: 7n,
    });
    expect(await client.getPipeline('cookie')).toEqual({
      p4info: undefined,
      deviceConfig: new Uint8Array(0),
      cookie: 7n,
    });
    expect((await client.getPipeline('p4info')).p4info).toBe(everything);
    expect((await client.getPipeline('device-config')).p4info).toBeUndefined();
  });

  it('lets another client adopt the program', async () => {
    const { service } = await connected();
    const second = await connectTo(service, { electionId: null });
    expect((await second.adoptPipeline())?.tables.get('routes').id).toBe(ids.routes);
    expect(second).toBeInstanceOf(P4RuntimeClient);
  });
});
