import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/event/event.js';
import { chooseFields, type FieldSources } from '../../src/event/fields.js';
import { sharedData } from '../support/shared-data.js';

function choose(samples: readonly JsonObject[], named: Partial<FieldSources> = {}) {
  const chosen = chooseFields({ flags: {}, config: {}, annotation: {}, ...named, samples });
  const found = Object.fromEntries(Object.entries(chosen.fields).map(([role, choice]) => [role, choice.text]));
  return { ...chosen, found };
}

describe('well-known names', () => {
  test.each([
    [
      'plain',
      { event_id: 'a', name: 'n', occurred_at: '2024-01-01T00:00:00Z', user_id: 1 },
      ['/event_id', '/name', '/occurred_at', '/user_id'],
    ],
    [
      'camelCase',
      { eventId: 'a', eventName: 'n', eventTime: 1_704_067_200, userId: 1 },
      ['/eventId', '/eventName', '/eventTime', '/userId'],
    ],
    [
      'CloudTrail',
      { eventID: 'a', eventName: 'n', eventTime: '2024-01-01T00:00:00Z', eventType: 'AwsApiCall' },
      ['/eventID', '/eventName', '/eventTime', undefined],
    ],
    [
      'CloudEvents',
      { specversion: '1.0', id: 'a', type: 't', source: '/s', time: '2024-01-01T00:00:00Z' },
      ['/id', '/type', '/time', undefined],
    ],
    [
      'GH Archive',
      { id: '1', type: 'PushEvent', actor: { id: 7 }, created_at: '2015-01-01T12:00:00Z' },
      ['/id', '/type', '/created_at', '/actor/id'],
    ],
    [
      'Segment',
      { messageId: 'a', type: 'track', event: 'Signed Up', timestamp: '2024-01-01T00:00:00Z', userId: 'u' },
      ['/messageId', '/event', '/timestamp', '/userId'],
    ],
    [
      'Mixpanel',
      { event: 'e', properties: { time: 1_704_067_200, $insert_id: 'a', distinct_id: 'u' } },
      ['/properties/$insert_id', '/event', '/properties/time', '/properties/distinct_id'],
    ],
    [
      'logs',
      { '@timestamp': '2024-01-01T00:00:00Z', uuid: 'a', action: 'x' },
      ['/uuid', '/action', '/@timestamp', undefined],
    ],
  ])('%s events', (_, sample, [id, name, time, user]) => {
    const found = choose([sample]).found;
    expect([found.id, found.name, found.time, found.user]).toEqual([id, name, time, user]);
  });

  test('the note says which and why', () => {
    const { notes } = choose([{ event_id: 'a', ts: 1_704_067_200_000 }]);
    expect(notes).toEqual([
      'id: /event_id (well-known name)',
      'name: none found; --name names the field',
      'time: /ts (well-known name)',
    ]);
  });

  test('a name that fewer than half of the events have is passed over', () => {
    const samples = [{ event_id: 'x', id: 'a' }, { id: 'b' }, { id: 'c', event_id: null }, { id: 'd', event_id: {} }];
    expect(choose(samples).found).toMatchObject({ id: '/id' });
  });

  test('dead letters that mostly lack their time, for which they died, still tell where it stands', () => {
    const broken = { event_id: 'a', occurred_at: null, ts: 12 };
    const { found, notes } = choose([broken, broken, broken, { event_id: 'b', occurred_at: '2024-01-01T00:00:00Z' }]);
    expect(found).toMatchObject({ id: '/event_id', time: '/occurred_at' });
    expect(notes).toContain('time: /occurred_at (well-known name; only 1 of the 4 events looked at have it)');
  });

  test('what the schema names is taken before what no more events hold, and without any event that holds it', () => {
    const samples = [{ occurred_at: null, ts: 1_704_067_200_000 }, {}, {}];
    const declared = new Set(['occurred_at', 'event_id']);
    expect(choose(samples, { declared }).found).toEqual({ id: '/event_id', time: '/occurred_at' });
  });

  test('of names that few events have, the one that most of them have is taken, and none whose values mostly do not serve', () => {
    const samples = [{}, {}, {}, {}, { id: {} }, { id: [] }, { id: 'a' }, { uuid: 'u' }, { uuid: 'v', event_id: 'x' }];
    expect(choose(samples).found).toMatchObject({ id: '/uuid' });
  });

  test('what is no time is not the time, however it is called', () => {
    const samples = [{ timestamp: 'yesterday', time: 12.5, created_at: '2024-01-01 00:00:00' }];
    expect(choose(samples).found).toMatchObject({ time: '/created_at' });
  });

  test('an id that stands for different events is not taken', () => {
    const samples = [
      { id: 7, n: 1 },
      { id: 7, n: 2 },
      { id: 8, n: 1 },
    ];
    const { found, warnings, notes } = choose(samples);
    expect(found).toEqual({});
    expect(warnings).toEqual([
      'id /id repeats with different content (1 of 3): not used as the id; name it with --id to insist',
    ]);
    expect(notes[0]).toBe('id: derived from the content of each event (no id field found; --id names one)');
  });

  test('what is called the id of an event stays it when a few repeat with different content, and it is said', () => {
    const samples = [{ event_id: 7, n: 1 }, { event_id: 7, n: 2 }, { event_id: 8 }, { event_id: 9 }];
    expect(choose(samples)).toMatchObject({
      found: { id: '/event_id' },
      warnings: ['id /event_id repeats with different content (1 of 4): --id names another field'],
    });
  });

  test('what is called the id of an event is not taken when it mostly repeats', () => {
    const samples = [1, 2, 3, 4].map((n) => ({ event_id: 7, n }));
    expect(choose(samples).found).toEqual({});
  });

  test('the same event twice, its keys in another order, does not speak against its id', () => {
    const samples = [
      { id: 7, n: 1 },
      { n: 1, id: 7 },
    ];
    expect(choose(samples)).toMatchObject({ found: { id: '/id' }, warnings: [] });
  });
});

describe('named fields', () => {
  const samples = [{ id: 'a', key: 'k', deep: { key: 'd' } }];

  test('flags go before config, config before the annotation, and all before guesses', () => {
    const flags = { id: '/deep/key' };
    const config = { id: 'key', name: 'key' };
    const annotation = { id: '/id', name: '/id', time: '/deep/key' };
    const { fields, notes } = choose(samples, { flags, config, annotation });
    expect(fields).toMatchObject({
      id: { pointer: ['deep', 'key'], text: '/deep/key', why: 'flag' },
      name: { text: '/key', why: 'config' },
      time: { text: '/deep/key', why: 'schema' },
    });
    expect(notes).toEqual(['id: /deep/key (--id)', 'name: /key (config)', 'time: /deep/key (x-respool of the schema)']);
  });

  test('an id that is named is used although it repeats', () => {
    const repeated = [
      { id: 1, n: 1 },
      { id: 1, n: 2 },
    ];
    expect(choose(repeated, { flags: { id: 'id' } }).found).toMatchObject({ id: '/id' });
  });

  test('a field that no event has is warned of, with what was meant', () => {
    expect(choose(samples, { flags: { id: '/deep/kye' } }).warnings).toEqual([
      'id: none of the 1 events looked at has /deep/kye; did you mean "/deep/key"?',
    ]);
  });

  test('a bad pointer is refused', () => {
    expect(() => choose(samples, { config: { time: 'a/b' } })).toThrow(
      expect.objectContaining({ code: 'bad_pointer' }),
    );
  });
});

describe('real dumps', () => {
  test.skipIf(!existsSync(sharedData('gharchive')))('GH Archive', () => {
    const lines = gunzipSync(readFileSync(sharedData('gharchive/2015-01-01-12.json.gz')))
      .toString()
      .split('\n');
    const { found, warnings } = choose(lines.slice(0, 1_000).map((line) => JSON.parse(line)));
    expect(found).toEqual({ id: '/id', name: '/type', time: '/created_at', user: '/actor/id' });
    expect(warnings).toEqual([]);
  });
});
