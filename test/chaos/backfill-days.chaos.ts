import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { dayEvents } from '../backfill/backfilling.js';
import { openDayPlace, openMixpanelPlace } from '../backfill/day-place.js';
import { type Fault, seeded } from '../stand-ins/faults.js';

const KILLS = Number(process.env.RESPOOL_CHAOS_DAYS_KILLS ?? 25);
const EVENTS = 9_000;
const FAULTS: readonly Fault[] = [
  { kind: 'answer-lost' },
  { kind: 'answer-cut' },
  { kind: 'reset' },
  { kind: 'answer', status: 503, body: '<html>busy</html>' },
  { kind: 'slow', ms: 300 },
];

type Place = Pick<Awaited<ReturnType<typeof openDayPlace>>, 'start'>;

/** Starts a backfill again and again, killed at any instant, until it comes to its end; resolves to that and the kills. */
async function runThroughKills({ start }: Place, budget: number) {
  for (let kills = 0; ; ) {
    const { child, end } = start('--max-rate', '4000');
    const timer = kills < budget ? setTimeout(() => child.kill('SIGKILL'), 300 + Math.random() * 4_000) : undefined;
    const result = await end;
    clearTimeout(timer);
    if (result.status !== null) return { result, kills };
    kills++;
  }
}

test('a backfill by days that is killed at any instant, and run again, leaves each event once in Mixpanel', async () => {
  for (let kills = 0, round = 1; kills < KILLS; round++) {
    await using p = await openMixpanelPlace(dayEvents(EVENTS), {
      faults: seeded(round, 0.15, FAULTS),
      refuse: ({ properties }) =>
        properties.level_cm === 4_000 ? { field: 'properties.level_cm', message: 'too wet' } : undefined,
    });
    const { result, kills: more } = await runThroughKills(p, KILLS - kills);
    kills += more;
    p.mixpanel.misbehave(undefined);
    // What the faults kept from being seen, or sent, is done by the same command.
    const { status, report } = result.status === 4 ? await p.run() : result;
    expect(status).toBe(1);
    expect(report).toMatchObject({ complete: true, balanced: true, read: EVENTS });
    const isAgain = report.sinks[0]?.duplicate !== 0;
    for (const { state, verified, read, accepted, duplicate, rejected } of report.partitions) {
      expect({ state, verified, sum: accepted + duplicate + rejected }).toEqual({
        state: 'done',
        verified: true,
        sum: read,
      });
    }
    // A run that was killed behind its last step is done, and the same command was a new one then: all of it was there.
    expect(report.sinks).toMatchObject(
      isAgain ? [{ accepted: 0, duplicate: EVENTS - 1, rejected: 1 }] : [{ accepted: EVENTS - 1, rejected: 1 }],
    );
    const ids = p.mixpanel.query().map(({ properties }) => String(properties.$insert_id));
    expect(ids.length).toBe(EVENTS - 1);
    expect(new Set(ids).size).toBe(EVENTS - 1);
    expect(p.mixpanel.counters).toMatchObject({ time_overwritten: 0, not_strict: 0 });
    const quarantined = (await readFile(join(p.path, report.quarantine?.path ?? ''), 'utf8')).trim().split('\n');
    expect(quarantined.map((line) => JSON.parse(line).id)).toEqual(['e4000']);
  }
}, 1_200_000);

test('an archive whose backfill is killed at any instant has the bytes of one that was not', async () => {
  await using whole = await openDayPlace(dayEvents(EVENTS), () => 'datadog-archive:out');
  expect(await whole.run()).toMatchObject({ status: 0 });
  const expected = await digestsIn(join(whole.path, 'out'));
  for (let kills = 0; kills < KILLS; ) {
    await using p = await openDayPlace(dayEvents(EVENTS), () => 'datadog-archive:out');
    const { result, kills: more } = await runThroughKills(p, KILLS - kills);
    kills += more;
    expect(result).toMatchObject({ status: 0, report: { complete: true, balanced: true } });
    expect(result.report.sinks).toMatchObject([{ accepted: EVENTS }]);
    expect(result.report.partitions.every(({ state, verified }) => state === 'done' && verified)).toBe(true);
    expect(await digestsIn(join(p.path, 'out'))).toEqual(expected);
  }
}, 1_200_000);

async function digestsIn(folder: string): Promise<readonly string[]> {
  const names = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.gz')).toSorted();
  return Promise.all(
    names.map(async (name) => {
      const bytes = await readFile(join(folder, name));
      return `${name} ${createHash('sha256').update(bytes).digest('hex')}`;
    }),
  );
}
