import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { folderWith } from '../support/cli.js';
import { createDatabase } from '../support/postgres.js';
import { sharedData } from '../support/shared-data.js';
import { replay, rowsIn } from './replaying.js';

/** Without partitions: those events are of 1,454 days. */
const PLAIN_TABLE = 'create table events (event_id text primary key, occurred_at timestamptz, payload jsonb)';

const cases = [
  ['an hour of GH Archive', 'gharchive', [], { read: 8_273, rows: 8_273 }],
  ['edits of Wikipedia without ids', 'druid-wikiticker', [], { read: 39_244, rows: 39_244 }],
  ['times of which some are days', 'kibana-sample/flights.json.gz', ['--time', 'timestamp'], { read: 13_059 }],
  ['orders', 'kibana-sample/ecommerce.json.gz', ['--time', 'order_date'], { read: 4_675, rows: 4_675 }],
  ['exact duplicates', 'tinybird/analytics_events.ndjson', [], { read: 5_001, rows: 4_997 }],
  ['records that hold many events', 'cloudtrail/CloudTrail', ['--split', '/Records'], { read: 2_900, rows: 2_900 }],
  ['CSV files of twenty days', 'online-retail', ['--time', 'InvoiceDate'], { read: 42_481 }],
  [
    'identical rows that are all kept',
    'online-retail',
    ['--time', 'InvoiceDate', '--identical', 'keep'],
    { read: 42_481, rows: 42_481 },
  ],
] as const;

for (const [what, path, flags, { read, ...counts }] of cases) {
  test.skipIf(!existsSync(sharedData(path)))(`${what}: replayed twice, delivered once (${path})`, async () => {
    await using folder = await folderWith();
    await using database = await createDatabase();
    if (path.startsWith('tinybird')) await database.query(PLAIN_TABLE);
    const args = [sharedData(path), ...flags, '--to', database.url];
    const first = await replay(args, { cwd: folder.path });
    const rows = await rowsIn(database);

    expect(first).toMatchObject({ status: 0, report: { read, complete: true, balanced: true, undecodable: 0 } });
    expect(rows).toBe('rows' in counts ? counts.rows : first.report.sinks[0]?.accepted);
    const second = await replay(args, { cwd: folder.path });
    expect(second).toMatchObject({ status: 0, report: { read, sinks: [{ accepted: 0, duplicate: read }] } });
    expect(second.report.sinks[0]?.checksum).toBe(first.report.sinks[0]?.checksum);
    expect(await rowsIn(database)).toBe(rows);
  });
}

test.skipIf(!existsSync(sharedData('csv-spectrum')))(
  'corner cases of CSV all come through (csv-spectrum)',
  async () => {
    await using folder = await folderWith();
    await using database = await createDatabase();
    await database.query('create table events (event_id text primary key, payload jsonb)');
    const { status, report } = await replay([sharedData('csv-spectrum/csvs'), '--to', database.url], {
      cwd: folder.path,
    });

    expect({ status, undecodable: report.undecodable, failures: report.failures }).toEqual({
      status: 0,
      undecodable: 0,
      failures: [],
    });
    expect(
      await database.query(
        `select payload->>'b' as b from events where payload->>'a' = '1' and payload->>'b' like 'ha "ha%'`,
      ),
    ).toEqual([{ b: 'ha "ha" ha' }]);
  },
);
