/** Setting and getting the pipeline, before and after there is one, and what stays when it is changed. */
import {
  SetForwardingPipelineConfigRequest_Action as Action,
  GetForwardingPipelineConfigRequest_ResponseType as Part,
} from '@mooring/p4runtime-ts/proto';
import { expect } from 'vitest';
import { codeOf, within } from '../support/peer.ts';
import { program } from '../support/program.ts';
import { type Session, sorted } from '../support/session.ts';
import type { Topic } from '../support/topic.ts';
import { exact } from '../support/values.ts';

const one = (s: Session, c = 1) => s.entry('exact_one', { match: { c: exact(c) }, action: s.mark(c) });

/** The primary, connected. */
async function connect(s: Session): Promise<void> {
  s.primary.arbitrate();
  await s.primary.next('arbitration');
}

export const pipelineConfig: Topic = {
  title: 'pipeline config',
  program: 'keys',
  checks: [
    {
      name: 'before any config: no writes',
      covers: ['TestNoForwardingPipeline.Write'],
      bare: true,
      async run(s) {
        await connect(s);
        expect(await codeOf(s.primary.insert(one(s)))).toBe('FAILED_PRECONDITION');
      },
    },
    {
      name: 'before any config: no reads',
      covers: ['TestNoForwardingPipeline.Read'],
      bare: true,
      async run(s) {
        await connect(s);
        expect(await codeOf(s.primary.read(s.entry('exact_one')))).toBe('FAILED_PRECONDITION');
      },
    },
    {
      name: 'before any config: an empty one is got',
      covers: ['TestNoForwardingPipeline.GetForwardingPipelineConfig'],
      bmv2: 'FAILED_PRECONDITION',
      bare: true,
      async run(s) {
        await connect(s);
        const config = await s.primary.getPipeline(Part.ALL);
        expect(config?.p4info).toBeUndefined();
      },
    },
    {
      name: 'what was set is got, as a whole and in parts',
      covers: ['DeviceMgrTest.PipelineConfigGet'],
      async run(s) {
        await s.primary.setPipeline(Action.VERIFY_AND_COMMIT, s.program, { cookie: 0x1234567890n });
        const all = await s.primary.getPipeline(Part.ALL);
        expect(all?.cookie?.cookie).toBe(0x1234567890n);
        expect(Buffer.from(all!.p4DeviceConfig)).toEqual(Buffer.from(s.program.deviceConfig));
        expect(all?.p4info?.tables).toHaveLength(s.program.p4info.tables.length);
        const cookie = await s.primary.getPipeline(Part.COOKIE_ONLY);
        expect([cookie?.cookie?.cookie, cookie?.p4info, cookie?.p4DeviceConfig.length]).toEqual([
          0x1234567890n,
          undefined,
          0,
        ]);
        const info = await s.primary.getPipeline(Part.P4INFO_AND_COOKIE);
        expect([info?.p4info?.tables.length, info?.p4DeviceConfig.length]).toEqual([s.program.p4info.tables.length, 0]);
        const device = await s.primary.getPipeline(Part.DEVICE_CONFIG_AND_COOKIE);
        expect([device?.p4info, device?.p4DeviceConfig.length]).toEqual([undefined, s.program.deviceConfig.length]);
      },
    },
    {
      name: 'a config of many megabytes',
      covers: ['DeviceMgrTest.PipelineConfigGetLarge'],
      async run(s) {
        const padding = Buffer.alloc(32 << 20, ' ');
        const deviceConfig = Buffer.concat([s.program.deviceConfig, padding]);
        await s.primary.setPipeline(Action.VERIFY_AND_COMMIT, { ...s.program, deviceConfig });
        const config = await s.primary.getPipeline(Part.DEVICE_CONFIG_AND_COOKIE);
        expect(config?.p4DeviceConfig.length).toBe(deviceConfig.length);
      },
    },
    {
      name: 'VERIFY changes nothing',
      bmv2: 'a Write after a VERIFY without a running program ends the process',
      bare: true,
      async run(s) {
        await connect(s);
        await s.primary.setPipeline(Action.VERIFY, s.program);
        expect(await codeOf(s.primary.insert(one(s)))).toBe('FAILED_PRECONDITION');
      },
    },
    {
      name: 'VERIFY finds a device config that is none',
      bmv2: 'the device config is not looked at',
      async run(s) {
        const deviceConfig = Buffer.from('{"program": 1}');
        expect(await codeOf(s.primary.setPipeline(Action.VERIFY, { ...s.program, deviceConfig }))).toBe(
          'INVALID_ARGUMENT',
        );
      },
    },
    {
      name: 'VERIFY_AND_SAVE waits for COMMIT',
      async run(s) {
        await s.primary.insert(one(s));
        await s.primary.setPipeline(Action.VERIFY_AND_SAVE, s.program);
        expect(await s.marked({ kind: 1, c: 1 })).toBe(1);
        await s.primary.setPipeline(Action.COMMIT, undefined);
        await s.primary.insert(one(s, 2));
        expect(await s.marked({ kind: 1, c: 2 })).toBe(2);
      },
    },
    {
      name: 'COMMIT without anything saved',
      bmv2: 'UNKNOWN or OK instead of NOT_FOUND',
      async run(s) {
        expect(await codeOf(s.primary.setPipeline(Action.COMMIT, undefined))).toBe('NOT_FOUND');
      },
    },
    {
      name: 'VERIFY_AND_COMMIT begins with empty tables',
      async run(s) {
        await s.primary.insert(one(s));
        await s.primary.setPipeline(Action.VERIFY_AND_COMMIT, s.program);
        expect(await s.readTable('exact_one')).toEqual([]);
        expect(await s.isDropped({ kind: 1, c: 1 })).toBe(true);
      },
    },
    {
      name: 'RECONCILE_AND_COMMIT keeps entries',
      covers: ['DeviceMgrSetPipelineConfigTest.Reconcile'],
      bmv2: 'refused where the program has constant entries: they are replayed, too',
      async run(s) {
        await s.primary.insert(one(s), one(s, 2));
        await s.primary.setPipeline(Action.RECONCILE_AND_COMMIT, s.program);
        expect(sorted(await s.primary.read(s.entry('exact_one')))).toEqual(sorted([one(s), one(s, 2)]));
        expect(await s.marked({ kind: 1, c: 2 })).toBe(2);
      },
    },
    {
      name: 'RECONCILE_AND_COMMIT keeps default entries',
      bmv2: 'refused where the program has constant entries',
      async run(s) {
        await s.primary.modify(s.entry('lpm_one', { isDefaultAction: true, action: s.mark(0xd) }));
        await s.primary.setPipeline(Action.RECONCILE_AND_COMMIT, s.program);
        expect(await s.marked({ kind: 2, c: 2 })).toBe(0xd);
      },
    },
    {
      name: 'RECONCILE_AND_COMMIT of a program that cannot hold the entries changes nothing',
      bmv2: 'UNKNOWN, and the switch is left without entries',
      async run(s) {
        await s.primary.insert(one(s));
        const other = program('selectors');
        expect(await codeOf(s.primary.setPipeline(Action.RECONCILE_AND_COMMIT, other))).toBe('INVALID_ARGUMENT');
        expect(await s.marked({ kind: 1, c: 1 })).toBe(1);
      },
    },
    {
      name: 'another program can be swapped in under traffic',
      covers: ['SimpleSwitch_SwapP4.Swap'],
      async run(s) {
        await s.primary.insert(one(s));
        expect(await s.marked({ kind: 1, c: 1 })).toBe(1);
        await s.primary.setPipeline(Action.VERIFY_AND_COMMIT, program('resources'));
        // Kind 3 counts there and comes back; here it would be dropped.
        expect((await s.ask({ kind: 3, a: 1, c: 77 })).probe.c).toBe(77);
      },
    },
    {
      name: 'no action, no config: INVALID_ARGUMENT',
      bmv2: 'UNKNOWN where the config is missing',
      async run(s) {
        expect(await codeOf(s.primary.setPipeline(Action.UNSPECIFIED, s.program))).toBe('INVALID_ARGUMENT');
        expect(await codeOf(s.primary.setPipeline(Action.VERIFY_AND_COMMIT, undefined))).toBe('INVALID_ARGUMENT');
      },
    },
    {
      name: 'a device config that is none, and one that does not fit the P4Info',
      bmv2: 'UNKNOWN instead of INVALID_ARGUMENT',
      async run(s) {
        const set = (config: Partial<typeof s.program>) =>
          codeOf(s.primary.setPipeline(Action.VERIFY_AND_COMMIT, { ...s.program, ...config }));
        expect(await set({ deviceConfig: Buffer.from('no JSON at all') })).toBe('INVALID_ARGUMENT');
        expect(await set({ deviceConfig: program('redirect').deviceConfig })).toBe('INVALID_ARGUMENT');
      },
    },
    {
      name: 'another device id is another device',
      bmv2: 'any device id is taken',
      bare: true,
      async run(s) {
        const other = s.peer({ electionId: 1n, deviceId: 99n });
        other.arbitrate();
        const error = await within(other.closed, 'the end of the stream', 1500);
        expect(error?.code).toBe(5);
        expect(await codeOf(other.getPipeline(Part.ALL))).toBe('NOT_FOUND');
      },
    },
    {
      name: 'the server says which version it speaks, on a port given to it',
      covers: ['TestPIGrpcServer.DefaultPort', 'TestPIGrpcServer.RandomPort'],
      bare: true,
      async run(s) {
        const request = { $typeName: 'p4.v1.CapabilitiesRequest' as const, deviceId: 0n };
        const { p4runtimeApiVersion } = await s.primary.transport.capabilities(request, { timeoutMs: 5000 });
        expect(p4runtimeApiVersion).toMatch(/^1\.\d+\.\d+$/);
      },
    },
  ],
};
