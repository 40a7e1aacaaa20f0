import { defineConfig } from 'vitest/config';

/** Real processes that are killed: one file after the other, since each takes the machine for itself. */
export default defineConfig({
  test: {
    root: new URL('../..', import.meta.url).pathname,
    include: ['test/fault/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    testTimeout: 300_000,
    hookTimeout: 60_000,
    maxWorkers: 1,
    retry: process.env.CI ? 1 : 0,
  },
});
