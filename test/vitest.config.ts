import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: ['test/{unit,property,contract,integration,acceptance,architecture}/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // More than the two cores that we promise to fit: most tests wait for clocks, lines and disks.
    maxWorkers: 3,
    // Modules are read once per worker, not once per file, which was a fifth of the time: no test may lean on a fresh one.
    isolate: false,
    // A machine shared with others may stall for seconds; what fails twice is broken. Vitest shows what needed it.
    retry: process.env.CI ? 1 : 0,
  },
});
