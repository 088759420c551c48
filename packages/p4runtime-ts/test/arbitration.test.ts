/**
 * Who is primary, and what the others may not do. Most of it is played on raw streams, because the rules are about
 * messages that a well-behaved client never sends.
 */
import { describe, expect, it } from 'vitest';
import { connected, connectTo, everything, settled, startService } from './fixtures/everything.ts';
import { code, rawStream, route } from './fixtures/streams.ts';

describe('arbitration', () => {
  it('the highest election id is primary; the others are told', async () => {
    const { service } = startService({ strict: true });
    const [a, b] = [rawStream(service), rawStream(service)];
    a.arbitrate(5n);
    expect(a.status).toBe('OK');
    b.arbitrate(4n);
    expect([a.status, b.status, a.messages.length]).toEqual(['OK', 'ALREADY_EXISTS', 1]);
    b.arbitrate(6n);
    expect([a.status, b.status]).toEqual(['ALREADY_EXISTS', 'OK']);
    expect(a.messages.at(-1)?.value).toMatchObject({ electionId: { low: 6n } });
  });

  it('when the primary leaves, nobody is, until an id at least as high comes', async () => {
    const { service } = startService({ strict: true });
    const [a, b] = [rawStream(service), rawStream(service)];
    a.arbitrate(5n);
    b.arbitrate(4n);
    a.closed();
    expect(b.status).toBe('NOT_FOUND');
    b.arbitrate(4n);
    expect(b.status).toBe('NOT_FOUND');
    b.arbitrate(5n);
    expect(b.status).toBe('OK');
  });

  it('a primary that lowers its id is a backup', () => {
    const { service } = startService({ strict: true });
    const a = rawStream(service);
    a.arbitrate(5n);
    a.arbitrate(3n);
    expect(a.status).toBe('NOT_FOUND');
  });

  it('an unset id never is primary', () => {
    const { service } = startService({ strict: true });
    const a = rawStream(service);
    a.arbitrate(undefined);
    expect(a.status).toBe('NOT_FOUND');
    expect(a.messages.at(-1)?.value).toMatchObject({ electionId: undefined });
  });

  it('an unset id counts as 0 for old clients that are alone', () => {
    const { service } = startService();
    const a = rawStream(service);
    a.arbitrate(undefined);
    expect(a.status).toBe('OK');
  });

  it.each<[string, (stream: ReturnType<typeof rawStream>, other: ReturnType<typeof rawStream>) => void, string]>([
    ['an unknown device', (stream) => stream.arbitrate(1n, 9n), 'NOT_FOUND'],
    [
      'an election id in use',
      (stream, other) => [other, stream].forEach((one) => void one.arbitrate(1n)),
      'INVALID_ARGUMENT',
    ],
    [
      'another device later',
      (stream) => [1n, 2n].forEach((device) => void stream.arbitrate(1n, device)),
      'FAILED_PRECONDITION',
    ],
    [
      'another role later',
      (stream) => ['', 'x'].forEach((role) => void stream.arbitrate(1n, 1n, role)),
      'FAILED_PRECONDITION',
    ],
    [
      'anything else first',
      (stream) =>
        stream.send({
          case: 'packet',
          value: { $typeName: 'p4.v1.PacketOut', payload: new Uint8Array(1), metadata: [] },
        }),
      'FAILED_PRECONDITION',
    ],
    ['an empty message', (stream) => stream.send({ case: undefined }), 'INVALID_ARGUMENT'],
  ])('%s ends the stream', (_, play, expected) => {
    const { service } = startService();
    const [a, b] = [rawStream(service), rawStream(service)];
    play(a, b);
    expect(a.ended).toBe(expected);
  });

  it('no more streams than allowed', () => {
    const { service } = startService({ maximumStreams: 2 });
    const streams = [1n, 2n, 3n].map((id) => {
      const stream = rawStream(service);
      stream.arbitrate(id);
      return stream;
    });
    expect(streams.map((stream) => stream.ended)).toEqual([undefined, undefined, 'RESOURCE_EXHAUSTED']);
  });

  it('is apart for each role, and each primary may write', async () => {
    const { service, client } = await connected();
    const other = await connectTo(service, { role: 'statistics', p4info: everything });
    expect([client.isPrimary, other.isPrimary]).toEqual([true, true]);
    await other.insert(route);
    expect(await code(client.insert(route))).toContain('ALREADY_EXISTS');
  });

  it('only the primary may write', async () => {
    const { service, client } = await connected();
    const second = await connectTo(service, { electionId: 2, p4info: everything });
    await settled();
    expect([client.isPrimary, second.isPrimary]).toEqual([false, true]);
    expect(await code(client.insert(route))).toBe('PERMISSION_DENIED');
    expect(await code(client.setPipeline({ p4info: everything, deviceConfig: '{}' }))).toBe('PERMISSION_DENIED');
    await second.insert(route);
    expect(await client.readAll({ kind: 'table', table: 'routes' })).toHaveLength(1);
  });

  it('the writes of the old primary are done before the new one is told', async () => {
    const { service, client, target } = await connected();
    const release = target.hold();
    const late = client.insert(route);
    await settled();
    const second = rawStream(service);
    second.arbitrate(9n);
    expect(second.messages).toEqual([]);
    release();
    await late;
    await settled();
    expect(second.status).toBe('OK');
  });

  it('scripts without stream may write as long as nobody is there, and never in strict mode', async () => {
    for (const strict of [false, true]) {
      const { service } = startService({ strict });
      const set = {
        $typeName: 'p4.v1.SetForwardingPipelineConfigRequest' as const,
        deviceId: 1n,
        roleId: 0n,
        role: '',
        action: 3,
        config: {
          $typeName: 'p4.v1.ForwardingPipelineConfig' as const,
          p4info: everything,
          p4DeviceConfig: new Uint8Array(0),
        },
      };
      expect(await code(service.setForwardingPipelineConfig(set))).toBe(strict ? 'PERMISSION_DENIED' : 'OK');
      const client = await connectTo(service);
      expect(client.isPrimary).toBe(true);
      expect(await code(service.setForwardingPipelineConfig(set))).toBe('PERMISSION_DENIED');
    }
  });

  it('runForPrimary takes over and gives way', async () => {
    const { service, client } = await connected();
    const second = await connectTo(service, { electionId: null });
    expect(second.isPrimary).toBe(false);
    expect(await second.runForPrimary()).toMatchObject({ isPrimary: true, electionId: 2n });
    await settled();
    expect(client.isPrimary).toBe(false);
    const waiting = client.primary();
    await client.runForPrimary();
    await waiting;
    expect(client.isPrimary).toBe(true);
  });
});
