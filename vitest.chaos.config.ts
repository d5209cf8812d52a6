import { defineConfig } from 'vitest/config';
import { LONG } from './vitest.config.js';

export default defineConfig({
  test: {
    include: ['test/chaos/**/*.chaos.ts', ...LONG],
    globalSetup: ['test/support/build.ts', 'test/support/global-setup.ts'],
    fileParallelism: false,
    testTimeout: 1_200_000,
    hookTimeout: 60_000,
  },
});
