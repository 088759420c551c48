/**
 * How tests run: on the sources (export condition `mooring-source`), in two processes. What needs worker threads or
 * child processes runs on `dist/`, which `npm test` builds first. The end-to-end tests come last and one at a time:
 * they put a whole network under load and count stalls, so nothing else may compete for the machine.
 */
import { configDefaults, defineConfig } from 'vitest/config';

const END_TO_END = 'test/end-to-end/**/*.test.ts';

export default defineConfig({
  ssr: { resolve: { conditions: ['mooring-source'], externalConditions: ['mooring-source'] } },
  test: {
    testTimeout: 30_000,
    pool: 'forks',
    poolOptions: { forks: { maxForks: 2 } },
    reporters: ['default', './scripts/closing-line-reporter.mjs'],
    projects: [
      {
        extends: true,
        test: {
          name: 'rooms',
          include: ['{packages/*,controller,cli}/test/**/*.test.{ts,tsx}', 'test/**/*.test.ts'],
          exclude: [...configDefaults.exclude, END_TO_END],
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'end-to-end',
          include: [END_TO_END],
          poolOptions: { forks: { singleFork: true } },
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
