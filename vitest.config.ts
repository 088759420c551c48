import { defineConfig } from 'vitest/config';

/** Tests run on the sources (export condition `mooring-source`); what needs worker threads or processes runs on `dist/`. */
export default defineConfig({
  ssr: { resolve: { conditions: ['mooring-source'], externalConditions: ['mooring-source'] } },
  test: {
    include: ['{packages/*,controller,cli}/test/**/*.test.{ts,tsx}', 'test/**/*.test.ts'],
    testTimeout: 30_000,
    reporters: ['default', './scripts/closing-line-reporter.mjs'],
    pool: 'forks',
    poolOptions: { forks: { maxForks: 2 } },
  },
});
