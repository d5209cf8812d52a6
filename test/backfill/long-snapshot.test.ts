import pg from 'pg';
import { expect, test } from 'vitest';
import { dayEvents } from './backfilling.js';
import { openPlace } from './place.js';

const COUNTS = `select name, count(*)::int as rows from ev where occurred_at >= '2019-07-02' and occurred_at < '2019-07-03' group by 1 order by 1`;

async function beginRepeatable(url: string, first: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, options: '-c timezone=UTC' });
  await client.connect();
  await client.query('begin isolation level repeatable read');
  await client.query(first);
  return client;
}

test('a snapshot that is older than the swap sees all rows of the dumps, and none that were carried over', async () => {
  await using p = await openPlace(dayEvents(300));
  await p.database.query(`insert into ev values ('stale', 'stale', '2019-07-02 08:00+00', 1)`);
  const old = await beginRepeatable(p.database.url, 'select 1');
  // The run is held while somebody writes, so that there is something to be carried over.
  const { end } = p.start('--method', 'swap', '--jobs', '1', '--max-rate', '100');
  const noting = `select 1 from pg_trigger where tgname ~ '^respool_capture' and tgrelid = 'ev_20190702'::regclass`;
  while ((await p.database.query(noting)).length === 0) await new Promise((go) => setTimeout(go, 10));
  await p.database.query(`insert into ev values ('live', 'live', '2019-07-02 09:00+00', 1)`);
  expect(await end).toMatchObject({ status: 0 });

  expect((await old.query(COUNTS)).rows).toEqual([{ name: 'tide_measured', rows: 100 }]);
  await old.end();
  expect(await p.database.query(COUNTS)).toEqual([
    { name: 'live', rows: 1 },
    { name: 'tide_measured', rows: 100 },
  ]);
});

test('a snapshot that has looked at the table before keeps what it saw, and the swap waits for it', async () => {
  await using p = await openPlace(dayEvents(300));
  await p.database.query(`insert into ev values ('stale', 'stale', '2019-07-02 08:00+00', 1)`);
  const old = await beginRepeatable(p.database.url, COUNTS);
  const { child, end } = p.start('--method', 'swap', '--max-lock', '200ms');
  let said = '';
  child.stderr.on('data', (text) => {
    said += text;
  });
  while (!said.includes('waiting for the lock on')) await new Promise((go) => setTimeout(go, 10));
  expect((await old.query(COUNTS)).rows).toEqual([{ name: 'stale', rows: 1 }]);
  await old.query('commit');
  expect(await end).toMatchObject({ status: 0 });
  expect((await old.query(COUNTS)).rows).toEqual([{ name: 'tide_measured', rows: 100 }]);
  await old.end();
});
