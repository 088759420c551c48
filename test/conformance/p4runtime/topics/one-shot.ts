/** One-shot action sets: members and groups that come and go with the table entry that needs them. */
import { expect } from 'vitest';
import { codeOf } from '../support/peer.ts';
import { json, type Session } from '../support/session.ts';
import type { Topic } from '../support/topic.ts';
import { bytesOf, exact } from '../support/values.ts';
import { group, member, spread } from './action-profiles.ts';

interface Choice {
  readonly port: number;
  readonly weight?: number;
  readonly watch?: number;
  readonly watchBytes?: number;
}

function set(s: Session, choices: readonly Choice[], c = 1, groupAction?: ReturnType<Session['action']>) {
  const actions = choices.map(({ port, weight = 1, watch, watchBytes }) => ({
    action: s.action('send', { port }),
    weight,
    ...(watch === undefined ? {} : { watchKind: { case: 'watch' as const, value: watch } }),
    ...(watchBytes === undefined ? {} : { watchKind: { case: 'watchPort' as const, value: bytesOf(watchBytes) } }),
  }));
  const value = { actionProfileActions: actions, ...(groupAction && { groupAction }) };
  const action = { type: { case: 'actionProfileActionSet' as const, value } };
  return s.entry('chosen', { match: { c: exact(c) }, action });
}

export const oneShot: Topic = {
  title: 'one-shot action sets',
  program: 'selectors',
  checks: [
    {
      name: 'inserted, read as written, and used by packets',
      covers: ['MatchTableIndirectTest.OneShotInsertAndRead'],
      async run(s) {
        const entry = set(s, [{ port: 5 }, { port: 6 }]);
        await s.primary.insert(entry);
        expect((await s.primary.read(s.entry('chosen'))).map(json)).toEqual([json(entry)]);
        expect([...(await spread(s, 64)).keys()].sort()).toEqual([5, 6]);
      },
    },
    {
      name: 'modified',
      covers: ['MatchTableIndirectTest.OneShotInsertAndModify'],
      async run(s) {
        await s.primary.insert(set(s, [{ port: 5 }, { port: 6 }]));
        const other = set(s, [{ port: 7 }]);
        await s.primary.modify(other);
        expect((await s.primary.read(s.entry('chosen'))).map(json)).toEqual([json(other)]);
        expect([...(await spread(s, 16)).keys()]).toEqual([7]);
      },
    },
    {
      name: 'deleted, with all that it needed',
      covers: ['MatchTableIndirectTest.OneShotInsertAndDelete'],
      async run(s) {
        for (let round = 0; round < 30; round++) {
          await s.primary.insert(
            set(
              s,
              Array.from({ length: 8 }, (_, i) => ({ port: i + 1 })),
            ),
          );
          await s.primary.delete(s.entry('chosen', { match: { c: exact(1) } }));
        }
        expect(await s.readTable('chosen')).toEqual([]);
      },
    },
    {
      name: 'a weight is 1 or more',
      covers: ['MatchTableIndirectTest.OneShotInvalidActionWeight'],
      async run(s) {
        expect(await codeOf(s.primary.insert(set(s, [{ port: 5, weight: 0 }])))).toBe('INVALID_ARGUMENT');
        expect(await codeOf(s.primary.insert(set(s, [{ port: 5, weight: -1 }])))).toBe('INVALID_ARGUMENT');
      },
    },
    {
      name: 'weights share the packets out',
      covers: ['MatchTableIndirectTest.OneShotWeights'],
      async run(s) {
        const entry = set(s, [
          { port: 5, weight: 7 },
          { port: 6, weight: 1 },
        ]);
        await s.primary.insert(entry);
        const ports = await spread(s);
        expect(ports.get(5)!).toBeGreaterThan(3 * ports.get(6)!);
        expect((await s.primary.read(s.entry('chosen'))).map(json)).toEqual([json(entry)]);
      },
    },
    {
      name: 'watch ports as numbers',
      covers: ['MatchTableIndirectTest.OneShotWatchPort'],
      async run(s) {
        await s.ports.setPortUp(5, false);
        await s.ports.setPortUp(6, true);
        const entry = set(s, [
          { port: 5, watch: 5 },
          { port: 6, watch: 6 },
        ]);
        await s.primary.insert(entry);
        expect([...(await spread(s, 64)).keys()]).toEqual([6]);
        expect((await s.primary.read(s.entry('chosen'))).map(json)).toEqual([json(entry)]);
      },
    },
    {
      name: 'watch ports as byte strings',
      covers: ['MatchTableIndirectTest.OneShotWatchPortBytes'],
      async run(s) {
        await s.ports.setPortUp(5, true);
        await s.ports.setPortUp(6, true);
        const entry = set(s, [
          { port: 5, watchBytes: 5 },
          { port: 6, watchBytes: 6 },
        ]);
        await s.primary.insert(entry);
        expect([...(await spread(s, 64)).keys()].sort()).toEqual([5, 6]);
        await s.ports.setPortUp(6, false);
        expect([...(await spread(s, 64)).keys()]).toEqual([5]);
        expect((await s.primary.read(s.entry('chosen'))).map(json)).toEqual([json(entry)]);
      },
    },
    {
      name: 'no more actions than the program allows',
      covers: ['MatchTableIndirectTest.OneShotMaxSizeExceeded'],
      async run(s) {
        const many = (count: number) =>
          set(
            s,
            Array.from({ length: count }, (_, i) => ({ port: i })),
          );
        expect(await codeOf(s.primary.insert(many(121)))).not.toBe('OK');
        expect(await codeOf(s.primary.insert(many(120)))).toBe('OK');
      },
    },
    {
      name: 'an empty set is refused or drops nothing by itself',
      bmv2: 'UNIMPLEMENTED',
      async run(s) {
        expect(['OK', 'INVALID_ARGUMENT']).toContain(await codeOf(s.primary.insert(set(s, []))));
      },
    },
    {
      name: 'the group action comes before the action chosen, and is read back',
      bmv2: 'the group action is ignored',
      async run(s) {
        const entry = set(s, [{ port: 5 }, { port: 6 }], 1, s.action('tag', { value: 77 }));
        await s.primary.insert(entry);
        expect((await s.primary.read(s.entry('chosen'))).map(json)).toEqual([json(entry)]);
        for (let b = 0; b < 8; b++) {
          const { port, probe } = await s.ask({ kind: 1, c: 1, b });
          expect([5, 6]).toContain(port);
          expect(probe.result).toBe(77);
        }
        await s.primary.modify(set(s, [{ port: 5 }], 1));
        expect((await s.ask({ kind: 1, c: 1 })).probe.result).toBe(0);
      },
    },
    {
      name: 'actions for groups are for nothing else, and others are not for groups',
      bmv2: 'scopes of group actions are not known',
      async run(s) {
        const tag = s.action('tag', { value: 1 });
        const only = (action: typeof tag) =>
          s.entry('chosen', {
            match: { c: exact(1) },
            action: {
              type: { case: 'actionProfileActionSet', value: { actionProfileActions: [{ action, weight: 1 }] } },
            },
          });
        expect(await codeOf(s.primary.insert(only(tag)))).toBe('PERMISSION_DENIED');
        const wrong = set(s, [{ port: 5 }], 1, s.action('send', { port: 5 }));
        expect(await codeOf(s.primary.insert(wrong))).toBe('PERMISSION_DENIED');
        const unknown = set(s, [{ port: 5 }], 1, s.action('other'));
        expect(await codeOf(s.primary.insert(unknown))).toBe('INVALID_ARGUMENT');
        await s.primary.insert(set(s, [{ port: 5 }], 1, tag));
      },
    },
    {
      name: 'not together with members and groups in one profile',
      covers: ['MatchTableIndirectTest.MixedSelectorModes'],
      async run(s) {
        await s.primary.insert(member(s, 1, 5));
        expect(await codeOf(s.primary.insert(set(s, [{ port: 5 }])))).not.toBe('OK');
        await s.primary.delete(member(s, 1));
        await s.primary.insert(set(s, [{ port: 5 }]));
        expect(await codeOf(s.primary.insert(member(s, 1, 5)))).not.toBe('OK');
        expect(await codeOf(s.primary.insert(group(s, 1)))).not.toBe('OK');
        await s.primary.delete(s.entry('chosen', { match: { c: exact(1) } }));
        await s.primary.insert(member(s, 1, 5));
      },
    },
  ],
};
