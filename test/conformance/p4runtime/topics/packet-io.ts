/** Packets to and from the controller, and what is answered to those that are wrong. */
import { expect } from 'vitest';
import type { Peer } from '../support/peer.ts';
import { joinRole } from '../support/roles.ts';
import type { Session } from '../support/session.ts';
import type { Topic } from '../support/topic.ts';
import { bytesOf, hex, probe, readProbe, type Value } from '../support/values.ts';

function packetOut(
  s: Session,
  metadata: readonly (readonly [id: number, value: Value])[],
  payload = probe({ kind: 2 }),
) {
  const fields = metadata.map(([metadataId, value]) => ({ metadataId, value: bytesOf(value) }));
  s.primary.send({ case: 'packet', value: { payload, metadata: fields } });
}

export const packetIo: Topic = {
  title: 'packets to and from the controller',
  program: 'controller',
  checks: [
    {
      name: 'a packet-in has its metadata in the shortest form, and the packet',
      covers: [
        'DeviceMgrPacketIORegTest.PacketIn',
        'DeviceMgrPacketIOMetadataTest.PacketIn',
        'SimpleSwitchGrpcTest_PacketIO.SendAndReceiveCPUPacket',
      ],
      async run(s) {
        const packet = probe({ kind: 1, a: 0x85, c: 0x0a0b });
        s.ports.send(9, packet);
        const { payload, metadata } = await s.primary.next('packet');
        expect(Buffer.from(payload)).toEqual(Buffer.from(packet));
        const values = metadata.map(({ metadataId, value }) => [metadataId, Buffer.from(value).toString('hex')]);
        expect(values).toEqual([
          [1, '09'],
          [2, '05'],
          [3, '0a0b'],
        ]);
      },
    },
    {
      name: 'a packet-out goes where its metadata say',
      covers: [
        'DeviceMgrPacketIORegTest.PacketOut',
        'DeviceMgrPacketIOMetadataTest.PacketOut',
        'DeviceMgrPacketIOMetadataTest.PacketOutCanonicalMetadata',
      ],
      async run(s) {
        s.ports.send(1, probe({ kind: 0 }));
        await s.take(1);
        packetOut(s, [
          [1, 300],
          [2, 0x7f],
          [3, 0x0102],
        ]);
        const [output] = await s.take(1);
        expect(output).toMatchObject({ port: 300, probe: { a: 0x7f, c: 0x0102 } });
        packetOut(s, [
          [1, hex('0003')],
          [2, hex('05')],
          [3, hex('00000102')],
        ]);
        expect((await s.take(1))[0]).toMatchObject({ port: 3, probe: { a: 5, c: 0x0102 } });
      },
    },
    {
      name: 'the order of metadata does not matter',
      covers: ['DeviceMgrPacketIOMetadataTest.PacketOutMetadataOutOfOrder'],
      async run(s) {
        await s.ask({ kind: 0 });
        packetOut(s, [
          [3, 9],
          [1, 4],
          [2, 6],
        ]);
        expect((await s.take(1))[0]).toMatchObject({ port: 4, probe: { a: 6, c: 9 } });
      },
    },
    {
      name: 'a packet-out with unknown metadata is dropped and reported',
      covers: [
        'DeviceMgrPacketIOMetadataTest.PacketOutUnknownMetadata',
        'PacketIOStreamErrorTest.PacketOutUnkownMetadata',
        'PacketIOStreamErrorTest.PacketOutUnexpectedMetadata',
        'StreamErrorTest.StreamErrorEnabled',
      ],
      bmv2: 'dropped, and reported only where the service ServerConfig has turned that on',
      async run(s) {
        await s.ask({ kind: 0 });
        packetOut(s, [
          [1, 4],
          [2, 6],
          [3, 9],
          [77, 1],
        ]);
        const error = await s.primary.next('error', 2000);
        expect(error.canonicalCode).toBe(3);
        expect(error.details.case).toBe('packetOut');
        expect((await s.ask({ kind: 0, c: 3 })).probe.c).toBe(3);
      },
    },
    {
      name: 'a packet-out with too wide a value is reported',
      bmv2: 'dropped, and reported only where the service ServerConfig has turned that on',
      async run(s) {
        packetOut(s, [
          [1, 512],
          [2, 6],
          [3, 9],
        ]);
        const error = await s.primary.next('error', 2000);
        expect(
          ['INVALID_ARGUMENT', 'OUT_OF_RANGE'].map((name) => ({ INVALID_ARGUMENT: 3, OUT_OF_RANGE: 11 })[name]),
        ).toContain(error.canonicalCode);
      },
    },
    {
      name: 'missing metadata are 0 for clients that are used to that',
      covers: ['DeviceMgrPacketIOMetadataTest.PacketOutMissingMetadata'],
      async run(s) {
        await s.ask({ kind: 0 });
        packetOut(s, []);
        packetOut(s, [
          [1, 6],
          [2, 0],
          [3, 1],
        ]);
        const outputs = await s.take(2).catch(() => []);
        // Both send the complete one; the other goes to port 0, or nowhere.
        const ports = outputs.map(({ port }) => port);
        expect(ports).toContain(6);
      },
    },
    {
      name: 'a role receives packets only where its configuration says so, and those that its filter admits',
      bmv2: 'roles are ignored',
      async run(s) {
        const deaf = s.peer({ electionId: 1n, role: 'deaf' });
        const all = s.peer({ electionId: 1n, role: 'all' });
        const some = s.peer({ electionId: 1n, role: 'some' });
        expect(await joinRole(deaf, { receivesPackets: false, filter: { metadataId: 2, value: 5 } })).toBe(0);
        expect(await joinRole(all, { receivesPackets: true })).toBe(0);
        // Metadata 2 is the reason, which the program takes from `a`.
        expect(await joinRole(some, { receivesPackets: true, filter: { metadataId: 2, value: 5 } })).toBe(0);
        for (const [a, c] of [
          [4, 1],
          [5, 2],
          [6, 3],
          [5, 4],
        ] as const)
          s.ports.send(9, probe({ kind: 1, a, c }));
        const received = async (peer: Peer, count: number) => {
          const numbers: number[] = [];
          while (numbers.length < count) numbers.push(readProbe((await peer.next('packet')).payload).c);
          return numbers;
        };
        // The default role has no configuration and receives everything.
        expect(await received(s.primary, 4)).toEqual([1, 2, 3, 4]);
        expect(await received(all, 4)).toEqual([1, 2, 3, 4]);
        expect(await received(some, 2)).toEqual([2, 4]);
        expect([some.pending('packet'), deaf.pending('packet')]).toEqual([0, 0]);
      },
    },
    {
      name: 'only the primary of a role receives packets',
      async run(s) {
        const backup = s.peer({ electionId: 0n });
        backup.arbitrate();
        await backup.next('arbitration');
        s.ports.send(9, probe({ kind: 1, c: 1 }));
        s.ports.send(9, probe({ kind: 1, c: 2 }));
        for (const c of [1, 2]) expect(readProbe((await s.primary.next('packet')).payload).c).toBe(c);
        expect(backup.pending('packet')).toBe(0);
      },
    },
    {
      name: 'packets of any length go both ways',
      async run(s) {
        await s.ask({ kind: 0 });
        for (const length of [1, 100, 1400]) {
          const packet = probe({ kind: 1, c: length }, 'x'.repeat(length));
          s.ports.send(2, packet);
          expect(readProbe((await s.primary.next('packet')).payload).c).toBe(length);
          packetOut(
            s,
            [
              [1, 5],
              [2, 0],
              [3, length],
            ],
            packet,
          );
          expect((await s.take(1))[0]!.bytes.length).toBe(packet.length);
        }
      },
    },
  ],
};
