/** What packets do: copies of every kind, second passes, truncation, early exit, parse errors. */
import { expect } from 'vitest';
import { type EntityInit, within } from '../support/peer.ts';
import { json } from '../support/session.ts';
import { openPorts } from '../support/target.ts';
import type { Topic } from '../support/topic.ts';
import { bytesOf, hex, probe } from '../support/values.ts';
import { clone, copies, multicast } from './replication.ts';

const CLONE_I2E = 1;
const CLONE_E2E = 2;
const RECIRCULATED = 4;
const REPLICATED = 5;
const RESUBMITTED = 6;

const suite = (name: string) => `SimpleSwitch_PacketRedirectP4${name}`;

export const redirects: Topic = {
  title: 'copies and second passes',
  program: 'redirect',
  checks: [
    {
      name: 'a packet goes out as it came',
      covers: [suite('.Baseline')],
      async run(s) {
        const packet = probe({ kind: 0, a: 1, b: 2, c: 3, result: 4 });
        const [output] = await s.send(3, packet, 1);
        expect(output!.port).toBe(3);
        expect(Buffer.from(output!.bytes)).toEqual(Buffer.from(packet));
      },
    },
    {
      name: 'multicast: a copy for each replica, which knows its instance and what it is',
      covers: [suite('.Multicast'), 'SimpleSwitchGrpcTest_Multicast.2Rids3Ports'],
      async run(s) {
        await s.primary.insert(
          multicast(3, [
            [1, 10],
            [2, 10],
            [3, 20],
          ]),
        );
        const outputs = await s.send(1, probe({ kind: 1, c: 3 }), 3);
        expect(outputs.map(({ port, probe: { a, result } }) => [port, a, result]).sort()).toEqual([
          [1, REPLICATED, 10],
          [2, REPLICATED, 10],
          [3, REPLICATED, 20],
        ]);
      },
    },
    {
      name: 'multicast: to a group that is not there goes nothing',
      async run(s) {
        expect(await s.isDropped({ kind: 1, c: 99 })).toBe(true);
      },
    },
    {
      name: 'multicast: while its port is down a copy takes the first backup that is up',
      bmv2: 'backup replicas are ignored',
      async run(s) {
        const port = (number: number) => bytesOf(number);
        const value = {
          multicastGroupId: 4,
          replicas: [
            {
              portKind: { case: 'port' as const, value: port(1) },
              instance: 10,
              backupReplicas: [
                { port: port(2), instance: 20 },
                { port: port(3), instance: 30 },
              ],
            },
          ],
        };
        const group: EntityInit = {
          entity: { case: 'packetReplicationEngineEntry', value: { type: { case: 'multicastGroupEntry', value } } },
        };
        for (const each of [1, 2, 3]) await s.ports.setPortUp(each, true);
        await s.primary.insert(group);
        expect(await copies(s, 1, 4, 1)).toEqual(['1/10']);
        await s.ports.setPortUp(1, false);
        expect(await copies(s, 1, 4, 1)).toEqual(['2/20']);
        await s.ports.setPortUp(2, false);
        expect(await copies(s, 1, 4, 1)).toEqual(['3/30']);
        await s.ports.setPortUp(2, true);
        expect(await copies(s, 1, 4, 1)).toEqual(['2/20']);
        await s.ports.setPortUp(1, true);
        expect(await copies(s, 1, 4, 1)).toEqual(['1/10']);
        expect((await s.primary.read(group)).map(json)).toEqual([json(group)]);
      },
    },
    {
      name: 'clone from ingress: the copy is the packet as it came',
      covers: [suite('_CloneI2E.CloneI2E')],
      async run(s) {
        await s.primary.insert(clone(5, [[6, 0]]));
        const outputs = await s.send(1, probe({ kind: 2, c: 5 }), 2);
        expect(outputs.map(({ port, probe: { a } }) => [port, a]).sort()).toEqual([
          [1, 0],
          [6, CLONE_I2E],
        ]);
      },
    },
    {
      name: 'clone from ingress to several ports, of a packet that is multicast itself',
      covers: [suite('_CloneI2E.CloneI2E_Multicast'), 'SimpleSwitchGrpcTest_Clone.SingletonAndMulticast'],
      async run(s) {
        await s.primary.insert(
          clone(5, [
            [6, 1],
            [7, 2],
          ]),
          multicast(2, [
            [3, 8],
            [4, 9],
          ]),
        );
        expect(await copies(s, 8, 5, 4, 2)).toEqual(['3/8', '4/9', '6/1', '7/2']);
        expect(await copies(s, 2, 5, 3)).toEqual(['1/0', '6/1', '7/2']);
      },
    },
    {
      name: 'clone from egress: the copy is the packet as it left, and goes through egress again',
      covers: [suite('_CloneE2E.CloneE2E')],
      async run(s) {
        await s.primary.insert(clone(5, [[6, 0]]));
        const outputs = await s.send(1, probe({ kind: 3, c: 5 }), 2);
        expect(outputs.map(({ port, probe: { a } }) => [port, a]).sort()).toEqual([
          [1, 0],
          [6, CLONE_E2E],
        ]);
      },
    },
    {
      name: 'clone from egress to several ports',
      covers: [suite('_CloneE2E.CloneE2E_Multicast')],
      async run(s) {
        await s.primary.insert(
          clone(5, [
            [6, 1],
            [7, 2],
          ]),
        );
        const outputs = await s.send(1, probe({ kind: 3, c: 5 }), 3);
        expect(outputs.map(({ port }) => port).sort()).toEqual([1, 6, 7]);
      },
    },
    {
      name: 'a session that is not there makes no copy',
      async run(s) {
        expect((await s.ask({ kind: 2, c: 99 })).port).toBe(1);
        expect((await s.ask({ kind: 3, c: 99 })).port).toBe(1);
      },
    },
    {
      name: 'resubmission: ingress again, with the packet as it came and the metadata that are kept',
      covers: [suite('.Resubmit')],
      async run(s) {
        const { probe: fields } = await s.ask({ kind: 5, a: 9 }, 4);
        expect([fields.result, fields.a]).toEqual([3, RESUBMITTED]);
      },
    },
    {
      name: 'recirculation: from the deparser to the parser',
      covers: [suite('.Recirculate'), 'SimpleSwitch_RecircP4.Recirc'],
      async run(s) {
        const { probe: fields } = await s.ask({ kind: 6 });
        expect([fields.a, fields.result]).toEqual([3, RECIRCULATED]);
      },
    },
    {
      name: 'exit ends ingress and nothing else',
      covers: [suite('.ExitIngress')],
      async run(s) {
        expect((await s.ask({ kind: 7 })).probe.result).toBe(0xe);
      },
    },
    {
      name: 'truncation cuts what is too long',
      covers: ['SimpleSwitch_TruncateP4.Truncate'],
      async run(s) {
        const packet = probe({ kind: 4, c: 13 }, 'a long payload');
        const [output] = await s.send(1, packet, 1);
        expect(Buffer.from(output!.bytes)).toEqual(Buffer.from(packet.subarray(0, 13)));
        const short = probe({ kind: 4, c: 1000 });
        expect((await s.send(1, short, 1))[0]!.bytes.length).toBe(short.length);
      },
    },
    {
      name: 'in an idle switch the queues are empty',
      covers: ['SimpleSwitch_QueueingP4.QueueingBasic'],
      async run(s) {
        const { probe: fields } = await s.ask({ kind: 10, c: 9, result: 9 });
        expect([fields.c, fields.result]).toEqual([0, 0]);
      },
    },
    {
      name: 'copies made at the end of egress wait, and are the depth of their queue',
      async run(s) {
        await s.primary.insert(
          clone(5, [
            [6, 1],
            [6, 2],
            [6, 3],
          ]),
        );
        // The packet leaves at port 2, whose queue the same thread of BMv2 serves as port 6's.
        const outputs = await s.send(2, probe({ kind: 11, c: 5 }), 4);
        expect(outputs.map(({ port, probe: { result, b } }) => [port, result, b]).sort()).toEqual([
          [2, 0, 0],
          [6, 0, 2],
          [6, 1, 1],
          [6, 2, 0],
        ]);
      },
    },
    {
      name: 'the ports are one client’s',
      covers: ['SimpleSwitchGrpcTest_GrpcDataplane.MultipleClients'],
      async run(s) {
        await s.ask({ kind: 0 });
        const second = openPorts(s.target);
        try {
          second.send(1, probe({ kind: 0 }));
          await expect(within(second.packets().next(), 'a refusal')).rejects.toThrow();
        } finally {
          second.close();
        }
        expect((await s.ask({ kind: 0, c: 5 })).probe.c).toBe(5);
      },
    },
    {
      name: 'parsing: no error',
      covers: ['SimpleSwitch_ParserErrorP4.NoError'],
      async run(s) {
        expect((await s.ask({ kind: 0, result: 0x77 })).probe.result).toBe(0x77);
      },
    },
    {
      name: 'parsing: a packet that is too short',
      covers: ['SimpleSwitch_ParserErrorP4.PacketTooShort'],
      async run(s) {
        const [output] = await s.send(1, hex('01020304'), 1);
        expect(output!.probe.result).toBe(1);
      },
    },
    {
      name: 'parsing: an error of the program’s own',
      covers: ['SimpleSwitch_ParserErrorP4.CustomError'],
      async run(s) {
        expect((await s.ask({ kind: 0xee })).probe.result).toBe(2);
      },
    },
  ],
};
