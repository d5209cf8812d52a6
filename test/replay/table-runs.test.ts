import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { folderWith, respool } from '../support/cli.js';
import { createDatabase } from '../support/postgres.js';
import { replay } from './replaying.js';

const TABLE = `create table old (event_id text primary key, occurred_at timestamptz, name text);
  insert into old select 'e' || n, timestamptz '2024-01-01Z' + n * interval '1 hour', 'x' from generate_series(1, 30) n`;

test('a table is replayed into a file and into another table, once', async () => {
  await using database = await createDatabase();
  await database.query(TABLE);
  await using folder = await folderWith();
  const source = `${database.url}?table=old`;
  for (const to of ['file:out.ndjson', `${database.url}?table=new`]) {
    const first = await replay([source, '--to', to], { cwd: folder.path });
    expect(first).toMatchObject({ status: 0, report: { read: 30, sinks: [{ accepted: 30 }] } });
    const again = await replay([source, '--to', to], { cwd: folder.path });
    expect(again).toMatchObject({ status: 0, report: { sinks: [{ accepted: 0, duplicate: 30 }] } });
  }
  expect((await readFile(join(folder.path, 'out.ndjson'), 'utf8')).trim().split('\n')).toHaveLength(30);
});

test('a table fills the partitions of another one', async () => {
  await using database = await createDatabase();
  await database.query(TABLE);
  await using folder = await folderWith();
  const args = ['backfill', `${database.url}?table=old`, '--to', `${database.url}?table=new`];
  const { status, stderr } = await respool([...args, '--since', '2024-01-01', '--until', '2024-01-03'], {
    cwd: folder.path,
  });
  expect(stderr).not.toContain('error');
  expect(status).toBe(0);
  expect(await database.query('select count(*)::int as n from new')).toEqual([{ n: 30 }]);
});
