import type { ReplayReport, SinkReport } from '../../src/report/report.js';

/** A clean report of nothing, with changes. */
export function replayReport(changes: Partial<ReplayReport> = {}): ReplayReport {
  return {
    reportVersion: 1,
    command: 'replay',
    run: '20190701-120000-abcd',
    complete: true,
    balanced: true,
    exitCode: 0,
    read: 0,
    undecodable: 0,
    filtered: 0,
    invalid: 0,
    repaired: 0,
    sinks: [sinkReport()],
    source: { acked: 0, left: 0 },
    elapsedMs: 812,
    ...changes,
  };
}

/** A sink that got nothing, with changes. */
export function sinkReport(changes: Partial<SinkReport> = {}): SinkReport {
  return { name: 'postgres', accepted: 0, duplicate: 0, rejected: 0, unknown: 0, unsent: 0, ...changes };
}

/** A run that had trouble of every kind. */
export const troubled: ReplayReport = replayReport({
  exitCode: 1,
  read: 1_234_567,
  undecodable: 1,
  invalid: 2_000,
  filtered: 34_566,
  sinks: [
    sinkReport({ label: 'postgres://db/app?table=events', accepted: 1_190_000, duplicate: 7_990, rejected: 10 }),
    sinkReport({ name: 'mixpanel', label: 'mixpanel', accepted: 1_197_000, unknown: 1_000 }),
  ],
  quarantine: { path: '.respool/runs/20190701-120000-abcd/quarantine.ndjson', events: 2_011 },
  source: { acked: 0, left: 0, label: 'dumps/', parts: 3, bytes: 377_000_000 },
  elapsedMs: 65_300,
  throughput: { eventsPerSecond: 18_906, bytesPerSecond: 5_773_354 },
  problems: [
    {
      stage: 'invalid',
      code: 'type',
      message: '/properties/amount must be a number, and is a string, in events that the mobile client 4.12 sends',
      events: 2_000,
      example: 'dumps/2019-07-01.ndjson.gz:17',
    },
    {
      stage: 'postgres',
      code: 'partition_key_null',
      message: 'occurred_at is the partition key, and /time is null',
      events: 10,
      example: 'dumps/2019-07-02.ndjson.gz:9,041',
    },
    {
      stage: 'undecodable',
      code: 'invalid_json',
      message: 'a comma is missing',
      events: 1,
      example: 'dumps/3.ndjson:4',
    },
  ],
  failures: [
    {
      part: 'dumps/4.gz',
      code: 'truncated',
      message: 'the gzip data ends at byte 1,024',
      hint: 'fetch the file again',
    },
  ],
  warnings: ['12 events without a usable time'],
  next: [
    {
      command: 'respool replay .respool/runs/20190701-120000-abcd/quarantine.ndjson --to warehouse',
      why: 'delivers what was quarantined, once it is mended',
    },
  ],
});
