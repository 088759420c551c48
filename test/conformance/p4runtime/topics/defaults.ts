/** Default entries, constant ones among them, and actions that are meant for entries only or for the default only. */
import { expect } from 'vitest';
import { codeOf } from '../support/peer.ts';
import { json } from '../support/session.ts';
import type { Topic } from '../support/topic.ts';
import { exact } from '../support/values.ts';

export const defaults: Topic = {
  title: 'default entries',
  program: 'keys',
  checks: [
    {
      name: 'the default is modified, read back, and acts on packets that match nothing',
      covers: ['MatchTableTest.SetDefault', 'SimpleSwitchGrpcTest_Basic.DefaultEntry'],
      async run(s) {
        const entry = s.entry('exact_one', { isDefaultAction: true, action: s.mark(0x42) });
        await s.primary.modify(entry);
        expect((await s.primary.read(s.entry('exact_one', { isDefaultAction: true }))).map(json)).toEqual([
          json(entry),
        ]);
        expect(await s.marked({ kind: 1, c: 3 })).toBe(0x42);
      },
    },
    {
      name: 'before it is set, the default is the program’s',
      covers: ['MatchTableTest.GetDefault'],
      async run(s) {
        const entries = await s.primary.read(s.entry('exact_one', { isDefaultAction: true }));
        expect(entries.map(json)).toEqual([
          json(s.entry('exact_one', { isDefaultAction: true, action: s.does('discard') })),
        ]);
      },
    },
    {
      name: 'the default cannot be inserted or deleted, and has no key',
      covers: ['MatchTableTest.InvalidSetDefault'],
      async run(s) {
        const entry = s.entry('exact_one', { isDefaultAction: true, action: s.mark(1) });
        expect(await codeOf(s.primary.insert(entry))).toBe('INVALID_ARGUMENT');
        expect(await codeOf(s.primary.delete(entry))).toBe('INVALID_ARGUMENT');
        const keyed = s.entry('exact_one', { isDefaultAction: true, action: s.mark(1), match: { c: exact(1) } });
        expect(await codeOf(s.primary.modify(keyed))).toBe('INVALID_ARGUMENT');
        expect(await s.isDropped({ kind: 1 })).toBe(true);
      },
    },
    {
      name: 'without an action the default goes back to the program’s',
      covers: ['MatchTableTest.ResetDefault'],
      async run(s) {
        await s.primary.modify(s.entry('exact_one', { isDefaultAction: true, action: s.mark(0x42) }));
        expect(await s.marked({ kind: 1 })).toBe(0x42);
        await s.primary.modify(s.entry('exact_one', { isDefaultAction: true }));
        expect(await s.isDropped({ kind: 1 })).toBe(true);
      },
    },
    {
      name: 'a constant default keeps its arguments',
      covers: ['MatchTableConstDefaultActionTest.MutateParam'],
      async run(s) {
        const entry = s.entry('constant_default', { isDefaultAction: true, action: s.mark(0x0001) });
        expect(await codeOf(s.primary.modify(entry))).toBe('PERMISSION_DENIED');
        expect(await s.marked({ kind: 8 })).toBe(0x0bad);
      },
    },
    {
      name: 'a constant default keeps its action',
      covers: ['MatchTableConstDefaultActionTest.MutateAction'],
      async run(s) {
        const entry = s.entry('constant_default', { isDefaultAction: true, action: s.does('discard') });
        expect(await codeOf(s.primary.modify(entry))).toBe('PERMISSION_DENIED');
        expect(await s.marked({ kind: 8 })).toBe(0x0bad);
      },
    },
    {
      name: 'a constant default can be read',
      covers: ['MatchTableConstDefaultActionTest.GetBeforeSet'],
      async run(s) {
        const entries = await s.primary.read(s.entry('constant_default', { isDefaultAction: true }));
        const expected = s.entry('constant_default', { isDefaultAction: true, action: s.mark(0x0bad) });
        expect(entries.map(json)).toEqual([json(expected)]);
      },
    },
    {
      name: 'an action without restriction is for entries and for the default',
      covers: ['MatchTableActionAnnotationsTest.TableAndDefault'],
      async run(s) {
        await s.primary.insert(s.entry('annotated', { match: { c: exact(1) }, action: s.mark(1) }));
        await s.primary.modify(s.entry('annotated', { isDefaultAction: true, action: s.mark(2) }));
        expect(await s.marked({ kind: 9, c: 1 })).toBe(1);
        expect(await s.marked({ kind: 9, c: 2 })).toBe(2);
      },
    },
    {
      name: 'an action for entries only',
      covers: ['MatchTableActionAnnotationsTest.TableOnly'],
      async run(s) {
        const action = s.does('send', { port: 3 });
        await s.primary.insert(s.entry('annotated', { match: { c: exact(1) }, action }));
        const call = s.primary.modify(s.entry('annotated', { isDefaultAction: true, action }));
        expect(await codeOf(call)).toBe('PERMISSION_DENIED');
        expect((await s.ask({ kind: 9, c: 1 })).port).toBe(3);
      },
    },
    {
      name: 'an action for the default only',
      covers: ['MatchTableActionAnnotationsTest.DefaultOnly'],
      async run(s) {
        const action = s.does('discard');
        await s.primary.modify(s.entry('annotated', { isDefaultAction: true, action }));
        const call = s.primary.insert(s.entry('annotated', { match: { c: exact(1) }, action }));
        expect(await codeOf(call)).toBe('PERMISSION_DENIED');
      },
    },
  ],
};
