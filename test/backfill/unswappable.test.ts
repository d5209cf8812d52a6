import { expect, test } from 'vitest';
import { DAYS_TABLE, dayEvents } from './backfilling.js';
import { openPlace } from './place.js';

const HASHED = `
  alter table ev rename to plain; drop table plain; ${DAYS_TABLE.replaceAll(/create table ev_20190702.*$/gm, '')}
  create table ev_20190702 partition of ev for values from ('2019-07-02 00:00+00') to ('2019-07-03 00:00+00') partition by hash (event_id);
  create table ev_20190702_0 partition of ev_20190702 for values with (modulus 2, remainder 0);`;
const WHOLE = 'create table ev_20190702_1 partition of ev_20190702 for values with (modulus 2, remainder 1);';

test.each([
  ['is cut into partitions itself', 'it is cut into partitions itself', HASHED + WHOLE],
  ['has rules', 'it has rules', 'create rule r as on update to ev_20190702 do also select 1'],
  [
    'is what a foreign key points at',
    'foreign key tag_event_id_at_fkey of tag points at it',
    `insert into ev values ('x', 'old', '2019-07-02', 1);
     create table tag (event_id text, at timestamptz, foreign key (event_id, at) references ev_20190702); insert into tag values ('x', '2019-07-02')`,
  ],
])('a swap is refused, before anything is read or written, where a partition of the range %s', async (_, why, sql) => {
  await using p = await openPlace(dayEvents(300));
  await p.database.query(`set timezone = 'UTC'; ${sql}`);
  const refused = await p.run('--method', 'swap');
  expect(refused).toMatchObject({
    status: 3,
    stderr: expect.stringContaining(`partition ev_20190702 cannot be swapped: ${why}`),
  });
  expect(await p.database.query(`select count(*)::int as rows from ev where name <> 'old'`)).toEqual([{ rows: 0 }]);

  // Where the range leaves it alone, nothing keeps the others from being swapped.
  const others = await p.run('--method', 'swap', '--until', '2019-07-02');
  expect([others.status, others.report.partitions.map(({ state }) => state)]).toEqual([0, ['done']]);
});

test('rows for which a partition has no partition of its own are quarantined, and all others arrive', async () => {
  await using p = await openPlace(dayEvents(300));
  await p.database.query(HASHED);
  const { status, report } = await p.run();
  expect(status).toBe(1);
  const [, second] = report.partitions;
  expect(second).toMatchObject({ state: 'done', read: 100, verified: true });
  expect([second?.accepted, second?.rejected]).toEqual([62, 38]);
  expect(report.quarantine?.events).toBe(38);

  await p.database.query(WHOLE);
  const again = await p.run('--fresh');
  expect([again.status, again.report.sinks[0]]).toMatchObject([0, { accepted: 38, duplicate: 262, rejected: 0 }]);
});

test('the plan of a swap warns of views and subscribers that it does not reach', async () => {
  await using p = await openPlace(dayEvents(300));
  await p.database.query(
    `create view second as select * from ev_20190702; create publication whole for table ev; create publication all_of_them for all tables`,
  );
  const { report } = await p.run('--method', 'swap', '--dry-run');
  expect(report.warnings).toEqual([
    'second reads partition ev_20190702 itself: it goes on reading the old one, which cannot be dropped before the view',
    'publication all_of_them publishes all tables, those that a swap makes on its way included: subscribers that lack such a table stop',
    'publication whole does not send what a swap loads: subscribers keep the old rows',
  ]);
  expect((await p.run('--dry-run')).report.warnings).toEqual([]);
});
