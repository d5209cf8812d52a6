// Reads two tables whole through a client, row by row by cursor, and compares them by key: node read-both.mjs <url> <left> <right>.
import { createHash } from 'node:crypto';
import pg from 'pg';

const [url, left, right] = process.argv.slice(2);
const known = new Map();
let differences = 0;
await read(left, (key, row) => known.set(key, digest(row)));
await read(right, (key, row) => {
  if (known.get(key) !== digest(row)) differences++;
  known.delete(key);
});
console.log(differences + known.size);

async function read(table, take) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(
    `begin isolation level repeatable read read only; declare c no scroll cursor for select * from ${table}`,
  );
  for (;;) {
    const { rows } = await client.query('fetch forward 10000 from c');
    if (rows.length === 0) break;
    for (const row of rows) take(row.event_id, row);
  }
  await client.end();
}

function digest(row) {
  return createHash('md5').update(JSON.stringify(row)).digest('base64');
}
