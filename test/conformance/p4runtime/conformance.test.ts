/**
 * Runs every check of every topic against the embedded switch, and against simple_switch_grpc where SIMPLE_SWITCH_GRPC
 * names it. A check with a declared difference must fail there: a difference that is gone is news as well.
 */
import { describe, expect, test } from 'vitest';
import { Session } from './support/session.ts';
import { targets } from './support/target.ts';
import type { Check, Topic } from './support/topic.ts';
import { topics } from './topics/index.ts';

async function run(start: () => ReturnType<ReturnType<typeof targets>[number]['start']>, topic: Topic, check: Check) {
  const target = await start();
  try {
    const session = await Session.open(target, topic.program, check.bare ?? false);
    try {
      await check.run(session);
    } finally {
      session.close();
    }
  } finally {
    await target.close();
  }
}

for (const { kind, start } of targets())
  describe(kind, () => {
    for (const topic of topics)
      describe(topic.title, () => {
        for (const check of topic.checks)
          test(check.name, async () => {
            const result = run(start, topic, check);
            if (kind === 'simple_switch_grpc' && check.bmv2 !== undefined) await expect(result).rejects.toThrow();
            else await result;
          });
      });
  });
