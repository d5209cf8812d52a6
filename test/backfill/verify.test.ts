import { expect, test } from 'vitest';
import { dayEvents } from './backfilling.js';
import { openPlace } from './place.js';

const TABLE = `create table ev (event_id text not null, name text, occurred_at timestamptz not null, level_cm int, doc jsonb, note text default 'none',
    primary key (event_id, occurred_at)) partition by range (occurred_at);
  create table ev_20190701 partition of ev for values from ('2019-07-01 00:00+00') to ('2019-07-02 00:00+00');`;

const DOCS = dayEvents(300)
  .trim()
  .split('\n')
  .map((line, at) =>
    JSON.stringify({ ...JSON.parse(line), doc: { z: at, a: [at / 4, null] }, ...(at % 3 === 0 && { note: 'own' }) }),
  )
  .join('\n');

for (const method of ['insert', 'swap']) {
  test(`verify finds a row whose content was changed by hand, and names it (${method})`, async () => {
    await using p = await openPlace(`${DOCS}\n`, TABLE);
    const { report, status } = await p.run('--method', method);
    expect(status).toBe(0);
    const { run, partitions } = report;
    for (const { evidence } of partitions)
      expect(evidence).toMatch(
        method === 'swap'
          ? /^100 rows in the source, 100 found, checksum \w{16}, of whole rows \w{16}; not compared: note$/
          : /^100 rows in the source, 100 found, checksum \w{16}, no other values; not compared: note$/,
      );
    expect((await p.later('verify', run)).status).toBe(0);

    await p.database.query(`update ev set doc = jsonb_set(doc, '{a,0}', '7.25') where event_id = 'e17'`);
    const found = await p.later('verify', run);
    expect(found.status).toBe(1);
    expect(found.report.partitions.map(({ verified }) => verified)).toEqual([false, true, true]);
    expect(found.report.partitions[0]?.evidence).toContain('1 with other values (e17)');
    await p.database.query(
      `update ev set doc = '{"a": [0], "z": 0}' where event_id = 'e299'; update ev set level_cm = null where event_id = 'e298'`,
    );
    const [, , third] = (await p.later('verify', run)).report.partitions;
    expect(third?.evidence).toMatch(/2 with other values \(e29[89], e29[89]\)/);
  });
}

test('a row that was there with other values, or comes twice with two, is a duplicate: told, and no failure', async () => {
  const line = { occurred_at: '2019-07-01T05:00:00Z', name: 'x' };
  const lines = Array.from({ length: 40 }, (_, at) => JSON.stringify({ ...line, event_id: `e${at}`, level_cm: at }));
  await using p = await openPlace(
    `${lines.join('\n')}\n${JSON.stringify({ ...line, event_id: 'e3', level_cm: 99 })}\n`,
    TABLE,
  );
  await p.database.query(`insert into ev values ('e7', 'x', '2019-07-01T05:00:00Z', 70)`);
  const inserted = await p.run();
  expect(inserted).toMatchObject({
    status: 0,
    report: { partitions: [{ accepted: 39, duplicate: 2, verified: true }] },
  });
  expect(inserted.report.partitions[0]?.evidence).toContain('1 with other values (e7)');
  expect((await p.later('verify', inserted.report.run)).status).toBe(0);
  await p.database.query(`update ev set level_cm = 0 where event_id = 'e20'`);
  expect((await p.later('verify', inserted.report.run)).status).toBe(1);

  const swapped = await p.run('--method', 'swap', '--fresh');
  expect(swapped).toMatchObject({
    status: 0,
    report: { partitions: [{ accepted: 40, duplicate: 1, verified: true }] },
  });
  expect((await p.later('verify', swapped.report.run)).status).toBe(0);
});

test('a trigger that changes values leaves a partition unproved, unless keys alone are to be proved', async () => {
  await using p = await openPlace(dayEvents(30));
  await p.database.query(
    `create function deepen() returns trigger language plpgsql as 'begin new.level_cm := new.level_cm + 1; return new; end';
     create trigger deepen before insert on ev for each row execute function deepen()`,
  );
  const { status, report, stderr } = await p.run();
  expect([status, stderr]).toEqual([2, expect.stringContaining('10 with other values')]);
  expect(report.partitions.map(({ error }) => error?.code)).toEqual(['not_verified', 'not_verified', 'not_verified']);
  const keys = await p.run('--fresh', '--verify', 'keys');
  expect(keys.status).toBe(0);
  expect(keys.report.partitions[0]?.evidence).toMatch(/^10 rows in the source, 10 found, checksum \w{16}$/);
});
