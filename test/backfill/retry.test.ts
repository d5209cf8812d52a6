import { expect, test } from 'vitest';
import { dayEvents } from './backfilling.js';
import { openPlace } from './place.js';

test('a partition that the server refuses fails alone; retry does that one, once the cause is mended', async () => {
  await using p = await openPlace(dayEvents(300));
  await p.database.query(`
    create function refuse() returns trigger language plpgsql as $$ begin raise exception 'not now' using errcode = '42501'; end $$;
    create trigger refuse before insert on ev_20190702 for each row execute function refuse();`);
  const first = await p.run();
  expect(first.status).toBe(2);
  expect(first.report.partitions.map(({ state }) => state)).toEqual(['done', 'failed', 'done']);

  await p.database.query('drop trigger refuse on ev_20190702');
  const retried = await p.later('retry', first.report.run);
  expect(retried.status).toBe(0);
  expect(retried.report.partitions.map(({ state, accepted }) => [state, accepted])).toEqual([
    ['done', 100],
    ['done', 100],
    ['done', 100],
  ]);
});

test('retry tells by its exit code that the server has refused rows', async () => {
  await using p = await openPlace(dayEvents(300));
  await p.database.query(`
    create function refuse() returns trigger language plpgsql as $$ begin raise exception 'not now' using errcode = '42501'; end $$;
    create trigger refuse before insert on ev_20190702 for each row execute function refuse();`);
  const first = await p.run();
  await p.database.query('drop trigger refuse on ev_20190702; alter table ev_20190702 add check (level_cm <> 150)');
  const retried = await p.later('retry', first.report.run);
  expect([retried.status, retried.report.exitCode]).toEqual([1, 1]);
  expect(retried.report.partitions[1]).toMatchObject({ state: 'done', accepted: 99, rejected: 1 });
  expect(retried.report.quarantine?.events).toBe(1);
});
