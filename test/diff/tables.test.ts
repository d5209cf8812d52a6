import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { events, replay } from '../replay/replaying.js';
import { folderWith } from '../support/cli.js';
import { createDatabase } from '../support/postgres.js';
import { diffCli } from './comparing.js';

// Each calls whole commands, which a loaded machine needs time for.
vi.setConfig({ testTimeout: 90_000 });

test('a dump is equal to the table it was replayed into; what is deleted there is found, healed, and equal again', async () => {
  await using database = await createDatabase();
  await using folder = await folderWith({ 'dump.ndjson': events(500) });
  const call = { cwd: folder.path };
  const table = `${database.url}?table=ev`;
  await replay(['dump.ndjson', '--to', table], call);
  expect((await diffCli(['dump.ndjson', table], call)).status).toBe(0);

  await database.query(`delete from ev where event_id in (select event_id from ev order by event_id limit 100)`);
  const found = await diffCli(['dump.ndjson', table], call);
  expect(found.status).toBe(1);
  expect(found.report).toMatchObject({ left: 500, right: 400, equal: 400, missing: 100 });

  const healed = await diffCli(['dump.ndjson', table, '--heal', table], call);
  expect(healed.status).toBe(0);
  expect(healed.report).toMatchObject({
    equal: 500,
    missing: 0,
    healed: { sent: 100, accepted: 100, failed: 0, before: { missing: 100 } },
  });
  const receipt = JSON.parse(await readFile(join(folder.path, healed.report.healed?.receipt ?? ''), 'utf8'));
  expect(receipt).toMatchObject({ command: 'replay', read: 100, sinks: [{ accepted: 100 }] });
  expect(await database.query('select count(*)::int as rows from ev')).toEqual([{ rows: 500 }]);
});

test('healing does not hide what it cannot mend', async () => {
  await using database = await createDatabase();
  await using folder = await folderWith({ 'dump.ndjson': events(50) });
  const call = { cwd: folder.path };
  const table = `${database.url}?table=ev`;
  await replay(['dump.ndjson', '--to', table], call);
  await database.query(
    `delete from ev where event_id = 'e1'; update ev set payload = jsonb_set(payload, '{level_cm}', '-1') where event_id = 'e2'`,
  );
  const { status, report } = await diffCli(['dump.ndjson', table, '--heal', table], call);
  expect(status).toBe(1);
  expect(report).toMatchObject({ missing: 0, changed: 1, healed: { before: { missing: 1, changed: 1 } } });
});

test('nothing is healed after a side that could not be read', async () => {
  await using database = await createDatabase();
  await using folder = await folderWith({ 'dump.ndjson': `${events(5)}{"event_id":` });
  const table = `${database.url}?table=ev`;
  await database.query(
    'create table ev (event_id text primary key, occurred_at timestamptz, name text, payload jsonb)',
  );
  const { status } = await diffCli(['dump.ndjson', table, '--heal', table], { cwd: folder.path });
  expect(status).toBe(2);
  expect(await database.query('select count(*)::int as rows from ev')).toEqual([{ rows: 0 }]);
});

test('columns are held against what was written into them: instants, UUIDs, numbers, nothing for null', async () => {
  await using database = await createDatabase();
  await database.query(`
    create table ev (event_id uuid primary key, occurred_at timestamptz not null, amount numeric(10, 2), note text, props jsonb);
    insert into ev values ('6F9619FF-8B86-D011-B42D-00C04FC964FF', '2020-01-01 00:00:00+00', 1.5, null, '{"b": 2, "a": 1.0}')`);
  const event = {
    event_id: '6F9619FF-8B86-D011-B42D-00C04FC964FF',
    occurred_at: '2020-01-01T01:00:00.000+01:00',
    amount: '1.50',
    props: { a: 1, b: 2 },
  };
  await using folder = await folderWith({
    a: JSON.stringify(event),
    b: JSON.stringify({ ...event, amount: 1.51 }),
    c: JSON.stringify({ ...event, more: 1 }),
  });
  const table = `${database.url}?table=ev`;
  expect((await diffCli(['a', table], { cwd: folder.path })).status).toBe(0);
  const other = await diffCli(['b', table], { cwd: folder.path });
  expect(other.report).toMatchObject({ changed: 1, fields: [{ pointer: '/amount' }] });
  const more = await diffCli(['c', table], { cwd: folder.path });
  expect(more.report.fields).toMatchObject([{ pointer: '/more', removed: 1 }]);
  expect(more.report.warnings?.join()).toMatch(/no column for \/more/u);
});
