import { defineConfig } from 'vitest/config';

/** Suites that take long by what they prove: they run with the long proofs, so that `npm test` stays under six minutes. */
export const LONG = [
  'test/backfill/control.test.ts',
  'test/backfill/days-archive.test.ts',
  'test/backfill/days-identity.test.ts',
  'test/backfill/days-mixpanel.test.ts',
  'test/backfill/default-partition.test.ts',
  'test/backfill/pace.test.ts',
  'test/backfill/partman.test.ts',
  'test/backfill/queue-troubles.test.ts',
  'test/backfill/queue.test.ts',
  'test/backfill/throttle.test.ts',
  'test/backfill/verify.test.ts',
  'test/backfill/wide.test.ts',
  'test/cli/configuration.test.ts',
  'test/cli/ledger-commands.test.ts',
  'test/diff/against-table.test.ts',
  'test/diff/checksums.test.ts',
  'test/diff/tables.test.ts',
  'test/replay/flags.test.ts',
  'test/replay/many-machines.test.ts',
  'test/replay/real-data.test.ts',
  'test/replay/several-sinks.test.ts',
  'test/replay/state-folder.test.ts',
  'test/replay/stopping.test.ts',
  'test/schema/large-objects.test.ts',
  'test/sinks/http/secrets.test.ts',
  'test/sinks/mixpanel/command.test.ts',
  'test/sinks/postgres/pglite.test.ts',
  'test/sources/dump/resume.test.ts',
  'test/sources/mixpanel-export/mixpanel-export.test.ts',
  'test/sources/queue/follow-and-limit.test.ts',
  'test/validate/real-data.test.ts',
  'test/validate/schemas.test.ts',
];

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: LONG,
    globalSetup: ['test/support/build.ts', 'test/support/global-setup.ts'],
    // Most tests wait for a process or a server: more of them than cores run side by side.
    maxWorkers: 3,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
