import { chmod, chown, cp, readdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import pg from 'pg';
import type { PostgresServer } from './postgres-server.js';

/** Starts a hot standby of a server: a copy of its data, made while it runs, that streams from then on. */
export async function startStandby(primary: PostgresServer) {
  const data = join(dirname(primary.data), 'standby');
  const client = new pg.Client({ connectionString: primary.url });
  await client.connect();
  await client.query(`select pg_backup_start('standby', true)`);
  await cp(primary.data, data, { recursive: true, filter: (path) => !/postmaster\.(pid|opts)$/.test(path) });
  const { rows } = await client.query('select labelfile from pg_backup_stop(false)');
  await client.end();
  const { hostname, port } = new URL(primary.url);
  await writeFile(join(data, 'backup_label'), rows[0].labelfile);
  await writeFile(join(data, 'standby.signal'), '');
  await writeFile(
    join(data, 'postgresql.auto.conf'),
    `primary_conninfo = 'host=${hostname} port=${port} user=postgres'\nhot_standby = on\nwal_receiver_status_interval = 1\n`,
  );
  await ownLike(primary.data, data);
  return primary.start(data);
}

/** The copy belongs to whom the original belongs to, or the server does not take it. */
async function ownLike(original: string, copy: string): Promise<void> {
  const { uid, gid } = await stat(original);
  for (const entry of await readdir(copy, { recursive: true })) await chown(join(copy, entry), uid, gid);
  await chown(copy, uid, gid);
  await chmod(copy, 0o700);
}
