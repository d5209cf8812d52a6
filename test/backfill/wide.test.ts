import { expect, test } from 'vitest';
import { openPlace } from './place.js';

const NUMBERS = Array.from({ length: 197 }, (_, at) => `c${at}`);

test('a table of 200 columns is filled, rebuilt and verified', async () => {
  const events = Array.from({ length: 150 }, (_, at) => {
    const own = Object.fromEntries(NUMBERS.map((name, column) => [name, at * 1_000 + column]));
    return JSON.stringify({
      event_id: `e${at}`,
      name: 'wide',
      occurred_at: `2019-07-0${1 + (at % 3)}T05:00:00Z`,
      ...own,
    });
  });
  await using p = await openPlace(
    `${events.join('\n')}\n`,
    `create table ev (event_id text not null, name text, occurred_at timestamptz not null, ${NUMBERS.map((name) => `${name} bigint`).join(', ')},
      primary key (event_id, occurred_at)) partition by range (occurred_at);
     create table ev_20190701 partition of ev for values from ('2019-07-01 00:00+00') to ('2019-07-02 00:00+00');`,
  );
  const wrong = NUMBERS.map((name, column) => `${name} is distinct from substr(event_id, 2)::int * 1000 + ${column}`);
  for (const method of ['insert', 'swap']) {
    const { status, report } = await p.run('--method', method);
    expect(status).toBe(0);
    expect(report.partitions.map(({ read, verified }) => [read, verified])).toEqual([
      [50, true],
      [50, true],
      [50, true],
    ]);
    expect(
      await p.database.query(
        `select count(*)::int as rows, count(*) filter (where ${wrong.join(' or ')})::int as wrong from ev`,
      ),
    ).toEqual([{ rows: 150, wrong: 0 }]);
  }
});
