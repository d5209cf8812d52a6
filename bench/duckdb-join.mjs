// A raw full outer join of two dumps by their ids with DuckDB, every column compared as text: node duckdb-join.mjs <left> <right>.
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';

const [left, right] = process.argv.slice(2);
const instance = await DuckDBInstance.create(':memory:', {
  memory_limit: '300MB',
  temp_directory: join(tmpdir(), 'respool-duckdb'),
});
const connection = await instance.connect();
const types = ['event_id', 'name', 'occurred_at', 'user_id'].map((name) => `${name}: 'VARCHAR'`);
const columns = `columns = {${[...types, "properties: 'JSON'", "context: 'JSON'"].join(', ')}}`;
const differs = ['name', 'occurred_at', 'user_id', 'properties', 'context']
  .map((name) => `l.${name} <> r.${name}`)
  .join(' or ');
const rows = await connection.runAndReadAll(
  `select count(*) filter (l.event_id is null), count(*) filter (r.event_id is null), count(*) filter (${differs})
   from read_ndjson('${left}', ${columns}) l full outer join read_ndjson('${right}', ${columns}) r on l.event_id = r.event_id`,
);
console.log(rows.getRows().flat().join(' '));
