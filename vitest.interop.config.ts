import { defineConfig } from 'vitest/config';

/** The tests against other stacks: one at a time, as they measure nothing but keep every core busy. */
export default defineConfig({
  test: {
    include: ['test/interop/**/*.test.ts'],
    setupFiles: ['test/support/check-every-packet.ts'],
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 30_000,
  },
});
