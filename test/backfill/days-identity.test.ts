import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { replay } from '../replay/replaying.js';
import { openMixpanelPlace } from './day-place.js';

const event = (at: number) => ({
  name: 'tide_measured',
  occurred_at: `2019-07-0${1 + (at % 2)}T10:00:00Z`,
  level_cm: at % 5,
});
const lines = (make: (at: number) => unknown) =>
  Array.from({ length: 20 }, (_, at) => `${JSON.stringify(make(at))}\n`).join('');

const letters = lines((at) => ({
  Type: 'Notification',
  MessageId: `0b7e1f6e-0000-4000-8000-0000000000${10 + at}`,
  TopicArn: 'arn:aws:sns:eu-central-1:123456789012:tides',
  Timestamp: '2019-07-01T12:00:00.000Z',
  Message: JSON.stringify(event(at)),
}));
const REPAIR = `rules:
  - name: one centimetre
    do:
      - set: { /level_cm: 1 }
`;

test.each([
  { what: 'ids that letters gave', dump: letters, flags: [], events: 20 },
  { what: 'ids of identical events that are all kept', dump: lines(event), flags: ['--identical', 'keep'], events: 20 },
  { what: 'ids that are derived from the content', dump: lines(event), flags: [], events: 10 },
])('a day is delivered under the ids that a replay gives: $what', async ({ dump, flags, events }) => {
  await using p = await openMixpanelPlace(dump);
  const { report } = await p.run(...flags);
  expect(report.partitions).toMatchObject(
    Array(2).fill({ state: 'done', read: 10, accepted: events / 2, verified: true }),
  );
  // The ledger knows every one of them.
  const again = await replay(['dump.ndjson', '--to', p.target, ...flags], p.call);
  expect(again.report.sinks).toMatchObject([{ accepted: 0, duplicate: 20 }]);
  expect(p.mixpanel.raw.length).toBe(events);
});

test('a repaired event keeps the id that it had, and goes as it was mended', async () => {
  await using p = await openMixpanelPlace(lines((at) => ({ ...event(at), level_cm: at })));
  await writeFile(join(p.path, 'repair.yaml'), REPAIR);
  const { report } = await p.run('--repair', 'repair.yaml');
  expect(report.partitions).toMatchObject(Array(2).fill({ state: 'done', accepted: 10, verified: true }));
  expect(p.mixpanel.raw.every(({ properties }) => properties.level_cm === 1)).toBe(true);
  const again = await replay(['dump.ndjson', '--to', p.target, '--repair', 'repair.yaml'], p.call);
  expect(again.report.sinks).toMatchObject([{ accepted: 0, duplicate: 20 }]);
});
