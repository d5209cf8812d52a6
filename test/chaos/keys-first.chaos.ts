import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { expect, test } from 'vitest';
import type { ReplayReport } from '../../src/report/report.js';
import { ended, folderWith, spawnRespool } from '../support/cli.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';

const KILLS = Number(process.env.RESPOOL_CHAOS_KEYS_KILLS ?? 40);
const BATCH = 200;
const BATCHES = 500;
const DAYS = 4;
/** Whoever writes a row leaves a depth of its own: replayed events have one of 0 and more. */
const [KNOWN, OTHER] = [-2, -1];

const TABLE = `create table events (event_id text, occurred_at timestamptz, place integer, depth smallint check (depth <> 13),
    primary key (event_id, occurred_at)) partition by range (occurred_at);
  ${Array.from({ length: DAYS }, (_, day) => `create table events_${day} partition of events for values from ('2020-01-0${day + 1} 00:00+00') to ('2020-01-0${day + 2} 00:00+00')`).join(';')}`;

interface DumpEvent {
  readonly event_id: string;
  readonly occurred_at: string;
  readonly place: number;
  readonly depth: number;
}

/** A dump of which a part is in the table. `lines` counts how often each event stands in it. */
interface Mixed {
  readonly text: string;
  readonly lines: ReadonlyMap<string, number>;
  readonly known: readonly DumpEvent[];
  readonly added: readonly DumpEvent[];
  /** Lines that the table refuses. */
  readonly refused: number;
}

/** Stretches of batches that are known, so that their keys are looked up first, and among them batches with something new. */
function mix(): Mixed {
  const texts: string[] = [];
  const lines = new Map<string, number>();
  const known: DumpEvent[] = [];
  const added: DumpEvent[] = [];
  let late: DumpEvent[] = [];
  let refused = 0;
  const put = (event: DumpEvent) => {
    texts.push(`${JSON.stringify(event)}\n`);
    lines.set(event.event_id, (lines.get(event.event_id) ?? 0) + 1);
  };
  for (let batch = 0, stretch = 0; batch < BATCHES; batch++) {
    const isKnown = stretch-- > 0;
    const share = isKnown ? 0 : Math.random() < 0.3 ? 0.5 : 0.015;
    if (!isKnown) stretch = Math.floor(Math.random() * 8);
    if (late.length > 600) {
      for (const event of late) put(event);
      late = [];
    }
    for (let at = 0; at < BATCH; at++) {
      const isNew = Math.random() < share;
      const event = eventAt(batch * BATCH + at, isNew && at % 7 === 0);
      (isNew ? added : known).push(event);
      put(event);
      if (Math.random() < (isNew ? 0.5 : 0.02)) put(event);
      if (Math.random() < (isNew ? 0.5 : 0.02)) late.push(event);
    }
    if (batch % 50 === 20) {
      for (const depth of [13, 70_000]) {
        put({ ...(known[batch] as DumpEvent), depth }); // it is there, whatever its depth
        texts.push(`${JSON.stringify({ ...eventAt(batch), event_id: `refused-${batch}-${depth}`, depth })}\n`);
        refused++;
      }
    }
  }
  for (const event of late) put(event);
  return { text: texts.join(''), lines, known, added, refused };
}

/** @param isLate whether its day has no partition yet. */
function eventAt(place: number, isLate = false): DumpEvent {
  const time = Date.UTC(2020, 0, 1 + (isLate ? DAYS : place % DAYS), 0, 0, 0, place % 86_400_000);
  return { event_id: `e-${place}`, occurred_at: new Date(time).toISOString(), place, depth: place % 10 };
}

const WRITERS = { alone: false, 'beside another writer of the same ids': true };

test.each(Object.entries(WRITERS))(
  'a rerun that is killed at any instant adds what was not there, each event once, and its numbers are exact: %s',
  async (_, isContested) => {
    for (let kills = 0; kills < KILLS; ) {
      const dump = mix();
      await using folder = await folderWith();
      await using database = await createDatabase();
      await writeFile(join(folder.path, 'dump.ndjson'), dump.text);
      await database.query(TABLE);
      await insert(database, dump.known, KNOWN);
      const args = ['replay', 'dump.ndjson', '--to', `${database.url}?table=events`, '--batch', String(BATCH)];

      await using other = isContested ? await startWriter(database, dump.added) : undefined;
      const { report, kills: more } = await untilDone(folder.path, args, KILLS - kills);
      kills += more;
      await other?.stop();

      const found = await countRows(database, dump);
      expect(found).toEqual({
        rows: dump.lines.size,
        ids: dump.lines.size,
        known: dump.known.length,
        others: other?.inserted() ?? 0,
        checksum: expect.anything(),
      });
      const accepted = found.rows - found.known - found.others;
      const read = dump.text.split('\n').length - 1;
      const duplicate = read - accepted - dump.refused;
      expect(report).toMatchObject({
        complete: true,
        balanced: true,
        exitCode: 1,
        read,
        sinks: [{ accepted, duplicate, rejected: dump.refused, unknown: 0, unsent: 0, checksum: found.checksum }],
        quarantine: { events: dump.refused },
      });
      const quarantine = await readFile(join(folder.path, report.quarantine?.path ?? ''), 'utf8');
      expect(new Set(quarantine.match(/refused-\d+-\d+/g)).size).toBe(dump.refused);
      expect(quarantine.trimEnd().split('\n')).toHaveLength(dump.refused);

      const last = await untilDone(folder.path, [...args, '--fresh'], 0);
      expect(last.report).toMatchObject({
        balanced: true,
        read,
        sinks: [{ accepted: 0, duplicate: read - dump.refused, rejected: dump.refused, checksum: found.checksum }],
      });
      expect(await countRows(database, dump)).toEqual(found);
      console.error(`${more} kills, ${accepted} accepted, ${found.others} of another writer`);
    }
  },
  1_200_000,
);

/** Runs a command again and again, killed at random `budget` times, until it comes to its end. */
async function untilDone(cwd: string, args: readonly string[], budget: number) {
  for (let kills = 0; ; kills++) {
    const child = spawnRespool([...args, '--output', 'json', '-q'], { cwd });
    const end = ended(child);
    child.stdin.end();
    if (kills < budget) {
      await Promise.race([sleep(300 + Math.random() * 2_000), end]);
      if (child.exitCode === null) child.kill('SIGKILL');
    }
    const { status, stdout, stderr } = await end;
    if (status !== null && stdout === '') throw new Error(stderr);
    const report = status === null ? await readReceipt(cwd) : (JSON.parse(stdout) as ReplayReport); // what `--output json` prints
    if (report !== undefined) return { report, kills: kills + Number(status === null) };
  }
}

/** Killed behind its end, a run has nothing left to resume: what it would have printed is its receipt. */
async function readReceipt(cwd: string): Promise<ReplayReport | undefined> {
  const runs = join(cwd, '.respool/runs');
  const [run = ''] = await readdir(runs).catch(() => []);
  const text = await readFile(join(runs, run, 'receipt.json'), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : JSON.parse(text);
}

const INSERT = `insert into events select e.event_id, e.occurred_at, e.place, $2 from json_to_recordset($1) e (event_id text, occurred_at timestamptz, place integer)
  on conflict do nothing`;

async function insert({ query }: TestDatabase, events: readonly DumpEvent[], depth: number): Promise<void> {
  await query(INSERT, [JSON.stringify(events), depth]);
}

/** Inserts some of the events in front of the last one that a replay has added, and takes every third transaction back. */
async function startWriter(database: TestDatabase, events: readonly DumpEvent[]) {
  const open = events.filter(({ occurred_at }) => occurred_at < `2020-01-0${DAYS + 1}`);
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  let isStopped = false;
  let inserted = 0;
  const write = async () => {
    for (let round = 0; !isStopped; round++) {
      const { rows } = await client.query('select max(place) as last from events where depth >= 0');
      const ahead = open.filter(({ place }) => place > Number(rows[0]?.last ?? -1)).slice(0, 60);
      const some = ahead.filter(() => Math.random() < 0.3).sort(() => Math.random() - 0.5);
      try {
        await client.query('begin');
        const { rowCount } = await client.query(INSERT, [JSON.stringify(some), OTHER]);
        await sleep(Math.random() * 30);
        await client.query(round % 3 === 0 ? 'rollback' : 'commit');
        if (round % 3 !== 0) inserted += rowCount ?? 0;
      } catch (error) {
        if (!(error instanceof pg.DatabaseError && error.code === '40P01')) throw error;
        await client.query('rollback');
      }
      await sleep(Math.random() * 30);
    }
  };
  const writing = write();
  writing.catch(() => {});
  const stop = async () => {
    isStopped = true;
    await writing;
  };
  return {
    stop,
    inserted: () => inserted,
    async [Symbol.asyncDispose]() {
      await stop().catch(() => {});
      await client.end();
    },
  };
}

/** What the server holds, by who wrote it; the checksum has each id as often as the dump has it. */
async function countRows(database: TestDatabase, { lines }: Mixed) {
  const [row] = await database.query(
    `select count(*)::int as rows, count(distinct event_id)::int as ids, count(*) filter (where depth = ${KNOWN})::int as known,
       count(*) filter (where depth = ${OTHER})::int as others, sum(hashtextextended(event_id, 0)::numeric * times)::text as sum
     from events left join json_each_text($1) as dump (id, text) on id = event_id cross join lateral (select text::int as times) as t`,
    [JSON.stringify(Object.fromEntries(lines))],
  );
  const checksum = BigInt.asUintN(64, BigInt(String(row?.sum)))
    .toString(16)
    .padStart(16, '0');
  return {
    rows: Number(row?.rows),
    ids: Number(row?.ids),
    known: Number(row?.known),
    others: Number(row?.others),
    checksum,
  };
}
