/**
 * The stream: packets, digests, idle notifications, errors, reconnection. Time is fake, so timeouts are played and
 * nothing waits.
 */
import { describe, expect, it } from 'vitest';
import { Code, P4RuntimeClient, RpcError } from '../src/index.ts';
import { inProcessTransport } from '../src/testing.ts';
import { connected, connectTo, everything, ids, settled, startService } from './fixtures/everything.ts';
import { rawStream, route } from './fixtures/streams.ts';

describe('packets', () => {
  it('out: metadata become the header in front', async () => {
    const { client, target } = await connected();
    client.packetOut(Uint8Array.of(0xaa, 0xbb), { egress_port: 0x101, submit: 1 });
    await settled();
    expect(target.sent).toEqual([Uint8Array.of(0x80, 0xc0, 0xaa, 0xbb)]);
  });

  it('in: the header becomes metadata, padding is not shown', async () => {
    const { client, target } = await connected();
    const packets = client.packetsIn();
    target.emit({ kind: 'packet-in', packets: [Uint8Array.of(0x80, 0x80, 1, 2, 3), Uint8Array.of(1)] });
    target.emit({ kind: 'packet-in', packets: [Uint8Array.of(0, 0, 9)] });
    expect((await packets.next()).value).toEqual({
      payload: Uint8Array.of(1, 2, 3),
      metadata: { ingress_port: 0x101n },
    });
    expect((await packets.next()).value).toEqual({ payload: Uint8Array.of(9), metadata: { ingress_port: 0n } });
  });

  it('the client refuses wrong metadata', async () => {
    const { client } = await connected();
    expect(() => client.packetOut(new Uint8Array(1), { egress_port: 1 })).toThrow(
      'packet-out, metadata submit: is missing',
    );
    expect(() => client.packetOut(new Uint8Array(1), { egress_port: 512, submit: 0 })).toThrow('does not fit 9 bits');
    expect(() => client.packetOut(new Uint8Array(1), { egress: 512 })).toThrow(
      "no metadata field 'egress' of controller header packet_out. Did you mean 'egress_port'",
    );
  });

  it('the server reports a packet that does not fit, and drops it', async () => {
    const { service, target } = await connected({ strict: true });
    const stream = rawStream(service);
    stream.arbitrate(9n);
    const packet = (metadata: [number, number][]) =>
      stream.send({
        case: 'packet',
        value: {
          $typeName: 'p4.v1.PacketOut',
          payload: Uint8Array.of(1),
          metadata: metadata.map(([metadataId, value]) => ({
            $typeName: 'p4.v1.PacketMetadata',
            metadataId,
            value: Uint8Array.of(value),
          })),
        },
      });
    packet([[1, 1]]);
    packet([
      [1, 1],
      [2, 1],
      [2, 1],
    ]);
    packet([
      [1, 1],
      [2, 1],
      [9, 1],
    ]);
    packet([
      [1, 1],
      [2, 2],
    ]);
    const errors = stream.messages.flatMap((update) =>
      update.case === 'error' ? [[Code[update.value.canonicalCode], update.value.message]] : [],
    );
    expect(errors).toEqual([
      ['INVALID_ARGUMENT', 'packet_out lacks the metadata field submit.'],
      ['INVALID_ARGUMENT', 'packet_out: the metadata field submit is given twice.'],
      ['INVALID_ARGUMENT', 'packet_out has no metadata field with id 9.'],
      ['OUT_OF_RANGE', 'packet_out, metadata field submit: 0x02 does not fit 1 bits.'],
    ]);
    expect(target.sent).toEqual([]);
    packet([
      [1, 1],
      [2, 1],
    ]);
    expect(target.sent).toHaveLength(1);
  });

  it('a backup may not send', async () => {
    const { service, target } = await connected();
    const backup = await connectTo(service, { electionId: 0, p4info: everything });
    const faults: unknown[] = [];
    backup.onStreamError((fault) => void faults.push(fault));
    backup.packetOut(new Uint8Array(1), { egress_port: 1, submit: 1 });
    await settled();
    expect(faults).toEqual([
      { code: Code.PERMISSION_DENIED, message: 'Only the primary may send packets.', about: 'packet-out' },
    ]);
    expect(target.sent).toEqual([]);
  });

  it('only the primary receives', async () => {
    const { service, target, client } = await connected();
    const backup = await connectTo(service, { electionId: 0, p4info: everything });
    const heard: string[] = [];
    backup.onPacketIn(() => void heard.push('backup'));
    client.onPacketIn(() => void heard.push('primary'));
    target.emit({ kind: 'packet-in', packets: [new Uint8Array(5)] });
    await settled();
    expect(heard).toEqual(['primary']);
  });

  it('wait in bounded memory for a client that does not read, and arbitration still arrives', () => {
    const { service, target } = startService();
    const sent: (string | undefined)[] = [];
    let room = true;
    let drain = () => {};
    const stream = service.openStream({
      send: (message) => {
        sent.push(message.update.case);
        return room;
      },
      onDrain: (callback) => {
        drain = callback;
      },
      end: () => {},
    });
    const arbitrate = (low: bigint) =>
      stream.message({
        $typeName: 'p4.v1.StreamMessageRequest',
        update: {
          case: 'arbitration',
          value: {
            $typeName: 'p4.v1.MasterArbitrationUpdate',
            deviceId: 1n,
            electionId: { $typeName: 'p4.v1.Uint128', high: 0n, low },
          },
        },
      });
    arbitrate(1n);
    const set = {
      $typeName: 'p4.v1.SetForwardingPipelineConfigRequest' as const,
      deviceId: 1n,
      roleId: 0n,
      role: '',
      electionId: { $typeName: 'p4.v1.Uint128' as const, high: 0n, low: 1n },
      action: 3,
      config: {
        $typeName: 'p4.v1.ForwardingPipelineConfig' as const,
        p4info: everything,
        p4DeviceConfig: new Uint8Array(0),
      },
    };
    return service.setForwardingPipelineConfig(set).then(() => {
      room = false;
      for (let index = 0; index < 50_000; index++) target.emit({ kind: 'packet-in', packets: [new Uint8Array(1000)] });
      expect(sent).toHaveLength(2);
      arbitrate(2n);
      room = true;
      drain();
      expect(sent.length).toBeLessThan(20_010);
      expect(sent.length).toBeGreaterThan(10_000);
      expect(sent.at(-1)).toBe('arbitration');
    });
  });
});

describe('digests', () => {
  const sample = (mac: number, port = 1) => [
    Uint8Array.of(0, 0, 0, 0, 0, mac),
    Uint8Array.of(0, port),
    Uint8Array.of(1),
  ];
  const setUp = async (configuration: object, strict = false) => {
    const all = await connected({ strict });
    await all.client.insert({ kind: 'digest', digest: 'learn_t', config: configuration });
    const emit = (...macs: number[]) =>
      all.target.emit({ kind: 'digest', digestId: ids.learn, samples: macs.map((mac) => sample(mac)) });
    return { ...all, emit };
  };

  it('are gathered, decoded, and acknowledged once handled', async () => {
    const { client, emit, timers } = await setUp({
      maxListSize: 2,
      maxTimeoutNs: 5_000_000n,
      ackTimeoutNs: 1_000_000_000n,
    });
    const lists: unknown[] = [];
    const stop = client.onDigest('learn_t', (list) => void lists.push(list.entries));
    emit(1);
    await settled();
    expect(lists).toEqual([]);
    emit(1, 2);
    await settled();
    expect(lists).toEqual([
      [
        { mac: 1n, port: 1n, fresh: true },
        { mac: 2n, port: 1n, fresh: true },
      ],
    ]);
    emit(1);
    timers.advance(5);
    await settled();
    expect(lists).toHaveLength(2);
    stop();
  });

  it('a list leaves after its timeout although it is not full', async () => {
    const { client, emit, timers } = await setUp({ maxListSize: 10, maxTimeoutNs: 5_000_000n });
    const lists = client.digestLists();
    emit(1);
    timers.advance(4);
    emit(2);
    timers.advance(1);
    expect((await lists.next()).value.entries).toHaveLength(2);
  });

  it('with no time to wait, samples that came together are one list, in strict mode one each', async () => {
    const lenient = await setUp({ maxListSize: 10, maxTimeoutNs: 0n });
    const together = lenient.client.digestLists();
    lenient.emit(1, 2, 3);
    expect((await together.next()).value.entries).toHaveLength(3);
    const strict = await setUp({ maxListSize: 10, maxTimeoutNs: 0n }, true);
    const singly = strict.client.digestLists();
    strict.emit(1, 2, 3);
    for (const mac of [1n, 2n, 3n]) expect((await singly.next()).value.entries).toMatchObject([{ mac }]);
  });

  it('what is not acknowledged is not sent again before the ack timeout', async () => {
    const { client, emit, timers } = await setUp({ maxListSize: 1, ackTimeoutNs: 1_000_000_000n });
    const lists = client.digestLists();
    emit(1);
    const first = (await lists.next()).value;
    emit(1);
    emit(2);
    expect((await lists.next()).value.entries).toMatchObject([{ mac: 2n }]);
    expect(first.listId).toBe(1n);
    timers.advance(1000);
    emit(2);
    expect((await lists.next()).value.entries).toMatchObject([{ mac: 2n }]);
  });

  it('asking for the next list acknowledges the last', async () => {
    const { client, emit } = await setUp({ maxListSize: 1, ackTimeoutNs: 1_000_000_000n });
    const lists = client.digestLists();
    emit(1);
    await lists.next();
    const second = lists.next();
    await settled();
    emit(1);
    expect((await second).value.entries).toMatchObject([{ mac: 1n }]);
  });

  it('a handler that throws does not acknowledge', async () => {
    const errors: unknown[] = [];
    const { client, target, timers } = await connected({}, { onError: (error) => errors.push(error) });
    await client.insert({
      kind: 'digest',
      digest: 'learn_t',
      config: { maxListSize: 1, ackTimeoutNs: 1_000_000_000n },
    });
    let calls = 0;
    client.onDigest(undefined, () => {
      calls++;
      throw new Error('cannot handle it');
    });
    const emit = () => target.emit({ kind: 'digest', digestId: ids.learn, samples: [sample(1)] });
    emit();
    await settled();
    emit();
    await settled();
    expect([calls, errors.map(String)]).toEqual([1, ['Error: cannot handle it']]);
    timers.advance(1000);
    emit();
    await settled();
    expect(calls).toBe(2);
  });

  it('stop with delete, and read back their configuration', async () => {
    const { client, emit, target } = await setUp({ maxListSize: 1 });
    expect(target.digests.has(ids.learn)).toBe(true);
    expect(await client.readAll({ kind: 'digest' })).toEqual([
      { kind: 'digest', digest: 'learn_t', config: { maxListSize: 1, maxTimeoutNs: 0n, ackTimeoutNs: 0n } },
    ]);
    const heard: unknown[] = [];
    client.onDigest(undefined, (list) => void heard.push(list));
    await client.delete({ kind: 'digest', digest: 'learn_t' });
    emit(1);
    await settled();
    expect([heard, target.digests.size]).toEqual([[], 0]);
  });

  it('an acknowledgement of an unknown digest is reported', async () => {
    const { service } = await connected();
    const stream = rawStream(service);
    stream.arbitrate(9n);
    stream.send({ case: 'digestAck', value: { $typeName: 'p4.v1.DigestListAck', digestId: 5, listId: 1n } });
    expect(stream.messages.at(-1)?.value).toMatchObject({
      canonicalCode: Code.INVALID_ARGUMENT,
      details: { case: 'digestListAck' },
    });
  });
});

describe('idle timeouts', () => {
  it('name the entry with its key, timeout and metadata', async () => {
    const { client, target } = await connected();
    await client.insert({ ...route, metadata: Uint8Array.of(4) });
    const idle = client.idleTimeouts();
    target.emit({ kind: 'idle', tableId: ids.routes, slots: [0, 5] });
    const { value } = await idle.next();
    expect(value.entries).toHaveLength(1);
    expect(value.entries[0]).toMatchObject({
      table: 'routes',
      match: { 'hdr.ipv4.dst': { value: 0x0a000000n, prefixLength: 8 } },
      idleTimeoutNs: 1_000_000n,
      metadata: Uint8Array.of(4),
    });
    expect(value.entries[0]).not.toHaveProperty('action');
  });

  it('of an entry that is being deleted are not told', async () => {
    const { client, target } = await connected();
    await client.insert(route);
    const heard: unknown[] = [];
    client.onIdleTimeout((event) => void heard.push(event));
    const release = target.hold();
    const deleted = client.delete(route);
    await settled();
    target.emit({ kind: 'idle', tableId: ids.routes, slots: [0] });
    release();
    await deleted;
    await settled();
    expect(heard).toEqual([]);
  });
});

describe('reconnection', () => {
  it('comes back by itself, runs the ready handler again, and aborts the old one’s signal', async () => {
    const { service, timers } = startService();
    const transport = inProcessTransport(service);
    const listeners: { closed(error: RpcError | undefined): void }[] = [];
    const client = await P4RuntimeClient.connect({
      deviceId: 1,
      timers,
      electionId: 5,
      transport: {
        ...transport,
        openStream(listener) {
          listeners.push(listener);
          const handle = transport.openStream(listener);
          return handle;
        },
      },
      onError: (error) => {
        throw error;
      },
    });
    const signals: AbortSignal[] = [];
    const states: boolean[] = [];
    client.onReady((_, signal) => void signals.push(signal));
    client.onArbitration((state) => void states.push(state.isPrimary));
    expect([signals.length, client.isPrimary]).toEqual([1, true]);
    transport.close();
    listeners[0]!.closed(new RpcError(Code.UNAVAILABLE, 'gone'));
    await settled();
    expect([client.isConnected, client.isPrimary, signals[0]!.aborted]).toEqual([false, false, true]);
    expect(() => client.packetOut(new Uint8Array(1))).toThrow('not connected');
    timers.advance(50);
    await settled();
    expect([client.isPrimary, signals.length, signals[1]!.aborted, states]).toEqual([true, 2, false, [false, true]]);
    client.close();
    expect(signals[1]!.aborted).toBe(true);
    expect(timers.pending).toBe(0);
  });

  it('pauses longer and longer, up to the limit', async () => {
    const { timers } = startService();
    let attempts = 0;
    const refused = {
      ...inProcessTransport(startService().service),
      openStream: (listener: { closed(error: RpcError | undefined): void }) => {
        attempts++;
        queueMicrotask(() => listener.closed(new RpcError(Code.UNAVAILABLE, 'connection refused')));
        return { send: () => true, drained: () => Promise.resolve(), close: () => {} };
      },
    };
    const connecting = P4RuntimeClient.connect({
      transport: refused,
      timers,
      connectTimeoutMs: 2000,
      reconnectDelayMs: 100,
      maximumReconnectDelayMs: 400,
    });
    const outcome = connecting.catch((error: unknown) => error);
    const seen: number[] = [];
    for (const step of [0, 100, 200, 400, 400]) {
      timers.advance(step);
      await settled();
      seen.push(attempts);
    }
    expect(seen).toEqual([1, 2, 3, 4, 5]);
    timers.advance(2000);
    expect(String(await outcome)).toContain('cannot connect to the switch within 2000 ms: connection refused');
  });
});
