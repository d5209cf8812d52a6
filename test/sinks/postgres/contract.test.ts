import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { openSink } from '../../../src/sinks/open.js';
import type { Sink } from '../../../src/sinks/sink.js';
import { deliver, deliveryOf } from '../../support/batches.js';
import { CONTEXT, openTestTable } from '../../support/tables.js';
import { type SinkUnderTest, sinkContract } from '../contract.js';

const AT = '2024-01-01T00:00:00Z';

function good(sink: Sink, from: number, count: number) {
  return deliveryOf(
    sink,
    Array.from({ length: count }, (_, n) => ({ event_id: `e${from + n}`, occurred_at: AT, n })),
  );
}

function withRefused(sink: Sink) {
  return deliveryOf(
    sink,
    ['a', 'b', '\0', 'd', 'e'].map((note, n) => ({ event_id: `e${n}`, occurred_at: AT, note })),
  );
}

/** Making an embedded database takes seconds, copying one does not. */
let template = '';
beforeAll(async () => {
  template = await mkdtemp(join(tmpdir(), 'respool-pglite-'));
  await using _sink = await openSink(`pglite:${template}/db`, CONTEXT);
});
afterAll(() => rm(template, { recursive: true, force: true }));

const TABLES = {
  'postgres over a table that it makes': ['', 2],
  'postgres over a partitioned table': [
    `create table t (event_id text, occurred_at timestamptz, n int, note text, primary key (event_id, occurred_at)) partition by range (occurred_at)`,
    2,
  ],
  'postgres over a table with types written as text': [
    `create table t (event_id text primary key, occurred_at timestamptz, n int, note text, ip inet)`,
    1,
  ],
} as const;

for (const [name, [sql, jobs]] of Object.entries(TABLES)) {
  sinkContract(name, async (): Promise<SinkUnderTest> => {
    const t = await openTestTable(sql, { context: { jobs } });
    return {
      sink: t.sink,
      good: (from, count) => good(t.sink, from, count),
      withRefused: () => withRefused(t.sink),
      async held() {
        const [table] = await t.database.query(`select to_regclass('t') is not null as is_there`);
        return table?.is_there === true ? (await t.rows('event_id')).length : 0;
      },
      [Symbol.asyncDispose]: () => t[Symbol.asyncDispose](),
    };
  });
}

sinkContract('pglite', async (): Promise<SinkUnderTest> => {
  const home = await mkdtemp(join(tmpdir(), 'respool-pglite-'));
  await cp(join(template, 'db'), join(home, 'db'), { recursive: true });
  const sink = await openSink(`pglite:${home}/db`, CONTEXT);
  return {
    sink,
    good: (from, count) => good(sink, from, count),
    withRefused: () => withRefused(sink),
    async held() {
      // What is there is a duplicate; asking with one event that is always new never changes the others.
      const probe = await deliver(
        sink,
        Array.from({ length: 60 }, (_, n) => ({ event_id: `e${n}`, occurred_at: AT })),
      );
      return probe.filter(({ kind }) => kind === 'duplicate').length;
    },
    async [Symbol.asyncDispose]() {
      await sink[Symbol.asyncDispose]();
      await rm(home, { recursive: true, force: true });
    },
  };
});
