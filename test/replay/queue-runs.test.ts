import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { folderWith } from '../support/cli.js';
import { createDatabase } from '../support/postgres.js';
import { eventOf, replay } from './replaying.js';

const ROWS = 3_000;

test('what a run keeps of a queue does not grow with the queue: nobody takes such a run up again', async () => {
  await using database = await createDatabase();
  await database.query('create table staging (id bigserial primary key, payload text, done boolean)');
  const bodies = Array.from({ length: ROWS }, (_, n) => JSON.stringify(eventOf(n)));
  await database.query('insert into staging (payload) select unnest($1::text[])', [bodies]);
  await using folder = await folderWith();
  const args = [`${database.url}?table=staging&processed=done`, '--to', `${database.url}?table=events`];
  const first = await replay(args, { cwd: folder.path });
  expect(first.report).toMatchObject({ sinks: [{ accepted: ROWS, duplicate: 0 }], source: { acked: ROWS } });
  await database.query('update staging set done = null');
  const again = await replay(args, { cwd: folder.path });

  expect(again.report).toMatchObject({ sinks: [{ accepted: 0, duplicate: ROWS }], source: { acked: ROWS } });
  const runs = join(folder.path, '.respool', 'runs');
  for (const run of await readdir(runs)) {
    expect((await stat(join(runs, run, 'intents.ndjson'))).size).toBe(0);
  }
});
