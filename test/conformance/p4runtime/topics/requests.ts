/** Requests as such: which device and role they are for, what they must say, and what is not looked at. */
import { expect } from 'vitest';
import { codeOf, codesOf, type EntityInit, within } from '../support/peer.ts';
import { json, type Session } from '../support/session.ts';
import type { Topic } from '../support/topic.ts';
import { exact } from '../support/values.ts';

const one = (s: Session, c = 1) => s.entry('exact_one', { match: { c: exact(c) }, action: s.mark(c) });
const NOTHING: EntityInit = {};

export const requests: Topic = {
  title: 'requests',
  program: 'keys',
  checks: [
    {
      name: 'an unknown device is not found, whatever is asked',
      bmv2: 'any device id is taken',
      async run(s) {
        const lost = s.peer({ electionId: 1n, deviceId: 4711n });
        expect(await codeOf(lost.insert(one(s)))).toBe('NOT_FOUND');
        expect(await codeOf(lost.read(one(s)))).toBe('NOT_FOUND');
        expect(await codeOf(lost.setPipeline(1, s.program))).toBe('NOT_FOUND');
        expect(await codeOf(lost.getPipeline(0))).toBe('NOT_FOUND');
        expect(await codeOf(lost.capabilities())).toBe('NOT_FOUND');
        lost.arbitrate();
        expect((await within(lost.closed, 'the end of the stream'))?.code).toBe(5);
      },
    },
    {
      name: 'an unknown role is not found',
      bmv2: 'roles are ignored',
      async run(s) {
        const stranger = s.peer({ electionId: 1n, role: 'stranger' });
        expect(await codeOf(stranger.insert(one(s)))).toBe('NOT_FOUND');
        expect(await codeOf(stranger.setPipeline(1, s.program))).toBe('NOT_FOUND');
      },
    },
    {
      name: 'a read needs neither stream nor election id',
      async run(s) {
        await s.primary.insert(one(s));
        expect(await s.peer({}).read(s.entry('exact_one'))).toHaveLength(1);
      },
    },
    {
      name: 'an empty entity is neither written nor read',
      bmv2: 'UNKNOWN',
      async run(s) {
        for (const op of ['insert', 'modify', 'delete'] as const)
          expect(await codeOf(s.primary[op](NOTHING))).toBe('INVALID_ARGUMENT');
        expect(await codeOf(s.primary.read(NOTHING))).toBe('INVALID_ARGUMENT');
      },
    },
    {
      name: 'ids are not 0 in writes',
      async run(s) {
        const entities: EntityInit[] = [
          { entity: { case: 'tableEntry', value: { action: s.mark(1) } } },
          { entity: { case: 'counterEntry', value: { data: {} } } },
          { entity: { case: 'meterEntry', value: {} } },
          { entity: { case: 'actionProfileMember', value: { memberId: 1 } } },
          { entity: { case: 'valueSetEntry', value: {} } },
        ];
        for (const entity of entities) expect(await codeOf(s.primary.modify(entity))).not.toBe('OK');
      },
    },
    {
      name: 'a delete looks at the key and at nothing else',
      async run(s) {
        await s.primary.insert(one(s));
        const nonsense = s.entry('exact_one', {
          match: { c: exact(1) },
          action: { type: { case: 'action', value: { actionId: 77, params: [{ paramId: 9 }] } } },
          metadata: Uint8Array.of(1),
        });
        await s.primary.delete(nonsense);
        expect(await s.readTable('exact_one')).toEqual([]);
      },
    },
    {
      name: 'is_const and time_since_last_hit are for reads',
      bmv2: 'accepted',
      async run(s) {
        const match = { c: exact(1) };
        const constant = s.entry('exact_one', { match, action: s.mark(1), isConst: true });
        expect(await codeOf(s.primary.insert(constant))).toBe('INVALID_ARGUMENT');
        const aged = s.entry('ageing', { match, action: s.mark(1), timeSinceLastHit: {} });
        expect(await codeOf(s.primary.insert(aged))).toBe('INVALID_ARGUMENT');
        await s.primary.insert(one(s));
        expect(await codeOf(s.primary.modify(constant))).toBe('INVALID_ARGUMENT');
        expect(await codeOf(s.primary.delete(constant))).toBe('INVALID_ARGUMENT');
      },
    },
    {
      name: 'the default entry has no idle timeout and no age',
      bmv2: 'accepted',
      async run(s) {
        const isDefaultAction = true;
        const timed = s.entry('ageing', { isDefaultAction, action: s.mark(1), idleTimeoutNs: 1_000_000n });
        expect(await codeOf(s.primary.modify(timed))).toBe('INVALID_ARGUMENT');
        const aged = s.entry('ageing', { isDefaultAction, timeSinceLastHit: {} });
        expect(await codeOf(s.primary.read(aged))).toBe('INVALID_ARGUMENT');
      },
    },
    {
      name: 'metadata of both kinds are kept, and filter reads',
      bmv2: 'the filter is ignored, all entries come',
      async run(s) {
        const metadata = Uint8Array.of(0, 1, 255);
        const entry = s.entry('exact_one', { match: { c: exact(1) }, action: s.mark(1), metadata });
        const old = s.entry('exact_one', { match: { c: exact(2) }, action: s.mark(1), controllerMetadata: 99n });
        await s.primary.insert(entry, old);
        expect((await s.primary.read(s.entry('exact_one', { metadata }))).map(json)).toEqual([json(entry)]);
        expect((await s.primary.read(s.entry('exact_one', { controllerMetadata: 99n }))).map(json)).toEqual([
          json(old),
        ]);
      },
    },
    {
      name: 'a read of good and bad requests answers the good ones, and says which is which',
      bmv2: 'the first bad one is the answer to all',
      async run(s) {
        await s.primary.insert(one(s));
        const bad: EntityInit = { entity: { case: 'tableEntry', value: { tableId: 77 } } };
        const codes = await codesOf(s.primary.read(s.entry('exact_one'), bad, s.entry('lpm_one')));
        expect(codes).toEqual(['OK', 'NOT_FOUND', 'OK']);
      },
    },
    {
      name: 'the whole state is read by one request, a wildcard for each kind',
      async run(s) {
        await s.primary.insert(one(s));
        const wildcards: EntityInit[] = [
          { entity: { case: 'tableEntry', value: {} } },
          { entity: { case: 'actionProfileMember', value: {} } },
          { entity: { case: 'actionProfileGroup', value: {} } },
          { entity: { case: 'counterEntry', value: {} } },
          { entity: { case: 'meterEntry', value: {} } },
          {
            entity: {
              case: 'packetReplicationEngineEntry',
              value: { type: { case: 'multicastGroupEntry', value: {} } },
            },
          },
        ];
        expect((await s.primary.read(...wildcards)).map(json)).toContainEqual(json(one(s)));
      },
    },
  ],
};
