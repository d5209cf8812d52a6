// The inputs of the benchmarks, made once and kept under bench/data.
import { once } from 'node:events';
import { createWriteStream, existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('data/', import.meta.url));
const DAYS = 30;

/** 340 to 380 bytes an event, two nested members, 30 days in order, random ids; as NDJSON and prepared for COPY. */
export async function wideEvents(count) {
  const paths = { ndjson: `${folder}wide-${count}.ndjson`, tsv: `${folder}wide-${count}.tsv` };
  await make([paths.ndjson, paths.tsv], async ([ndjson, tsv]) => {
    const random = createRandom(42);
    for (let i = 0; i < count; i++) {
      const event = wideEvent(i, count, random);
      await ndjson.line(JSON.stringify(event));
      const { properties, context, ...scalars } = event;
      await tsv.line([...Object.values(scalars), JSON.stringify(properties), JSON.stringify(context)].join('\t'));
    }
  });
  return paths;
}

/** The same events as texts, one after the other. */
export function* wideLines(count) {
  const random = createRandom(42);
  for (let i = 0; i < count; i++) yield JSON.stringify(wideEvent(i, count, random));
}

/** The same events, but of the last ten hours: Datadog takes no older ones. Made anew when they have grown old. */
export async function recentEvents(count) {
  const path = `${folder}recent-${count}.ndjson`;
  const isFresh = existsSync(path) && Date.now() - statSync(path).mtimeMs < 6 * 36e5;
  if (!isFresh) rmSync(path, { force: true });
  await make([path], async ([ndjson]) => {
    const random = createRandom(42);
    const start = Date.now() - 10 * 36e5;
    for (let i = 0; i < count; i++) {
      const event = wideEvent(i, count, random);
      const occurred_at = new Date(start + Math.floor((i * 10 * 36e5) / count)).toISOString();
      await ndjson.line(JSON.stringify({ ...event, occurred_at }));
    }
  });
  return path;
}

function wideEvent(i, count, random) {
  const pick = (...choices) => choices[Math.floor(random() * choices.length)];
  const whole = (below) => Math.floor(random() * below);
  const hex = (digits) =>
    whole(16 ** digits)
      .toString(16)
      .padStart(digits, '0');
  return {
    event_id: `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(6)}${hex(6)}`,
    name: pick(
      'ship_arrived',
      'ship_departed',
      'container_unloaded',
      'tide_measured',
      'crane_serviced',
      'fog_reported',
    ),
    occurred_at: new Date(Date.UTC(2019, 6, 1) + Math.floor((i * DAYS * 864e5) / count)).toISOString(),
    user_id: `u${whole(100_000)}`,
    properties: {
      container: `HBRU${String(whole(1e7)).padStart(7, '0')}`,
      weight_kg: whole(30_000),
      berth: pick('north', 'south', 'mole', 'basin'),
      inspected: random() < 0.5,
      fee: whole(10_000) / 100,
    },
    context: {
      app_version: `4.${whole(20)}.${whole(9)}`,
      os: pick('ios', 'android', 'web'),
      locale: 'de-CH',
      device: { model: `X${whole(90)}`, memory_mb: 4096 },
    },
  };
}

/** The 3,000,000 flights of vega-datasets with a running number as id: CSV, NDJSON, and prepared for COPY. */
export async function flights(times = 1) {
  const paths = {
    csv: `${folder}flights-${times}.csv`,
    ndjson: `${folder}flights-${times}.ndjson`,
    tsv: `${folder}flights-${times}.tsv`,
  };
  if (existsSync(paths.tsv)) return paths;
  mkdirSync(folder, { recursive: true });
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const parquet = fileURLToPath(new URL('node_modules/vega-datasets/data/flights-3m.parquet', import.meta.url));
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  const rows = `select row_number() over () as id, * from (select date, delay, distance, origin, destination
    from '${parquet}', range(${times}))`;
  await connection.run(`copy (${rows}) to '${paths.csv}' (header)`);
  await connection.run(`copy (${rows}) to '${paths.ndjson}' (format json)`);
  await connection.run(`copy (${rows}) to '${paths.tsv}' (header false, delimiter '\t', nullstr '\\N')`);
  connection.closeSync();
  return paths;
}

/** Flights made up, as many each day, from the first of January 2019 on, as CSV. */
export async function manyDays(count, days) {
  const path = `${folder}days-${count}-${days}.csv`;
  await make([path], async ([csv]) => {
    await csv.line('id,date,delay,distance,origin,destination');
    for (let i = 0; i < count; i++) {
      const date = new Date(Date.UTC(2019, 0, 1) + Math.floor((i * days * 864e5) / count)).toISOString().slice(0, 19);
      await csv.line(`${i},${date.replace('T', ' ')},${i % 90},${i % 2_000},ORD,LAX`);
    }
  });
  return path;
}

async function make(paths, write) {
  if (paths.every((path) => existsSync(path))) return;
  mkdirSync(folder, { recursive: true });
  const files = paths.map((path) => openLines(`${path}.part`));
  await write(files);
  for (const file of files) await file.close();
  for (const path of paths) renameSync(`${path}.part`, path);
}

function openLines(path) {
  const stream = createWriteStream(path);
  let waiting = '';
  const flush = async () => {
    if (!stream.write(waiting)) await once(stream, 'drain');
    waiting = '';
  };
  return {
    async line(text) {
      waiting += `${text}\n`;
      if (waiting.length > 1 << 20) await flush();
    },
    async close() {
      await flush();
      stream.end();
      await once(stream, 'finish');
    },
  };
}

/** A small generator with a seed, so that every machine makes the same file. */
function createRandom(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
