import { expect, test } from 'vitest';
import { readRules } from '../../src/flow/repair/read-rules.js';
import { openRules } from '../../src/flow/repair/rules.js';
import { signatureOf } from '../../src/flow/signature.js';
import { proposeRule } from '../../src/triage/propose.js';
import { redactSample } from '../../src/triage/redact.js';

/** The first sample, or another event, as the proposed rule makes it; undefined where nothing is proposed, or nothing changed. */
async function mended(
  failure: Parameters<typeof signatureOf>[0],
  samples: readonly unknown[],
  other: unknown = samples[0],
): Promise<unknown> {
  const yaml = proposeRule(signatureOf(failure), samples);
  if (yaml === undefined) return undefined;
  const { rules } = await readRules(yaml, 'proposal');
  const { repair } = await openRules(rules, undefined);
  const event = { id: 'x', name: '', timeUs: Number.NaN, layers: [], json: Buffer.from(JSON.stringify(other)) };
  const [text] = repair(event)?.texts ?? [];
  return text && JSON.parse(Buffer.from(text).toString());
}

test('a missing time is taken from the time that every sample has, wherever it stands', async () => {
  const samples = [{ created_at: null, name: 'x', context: { sent_at: '2026-01-01T00:00:00Z' } }];
  const failure = { class: 'error', message: 'null value in column "created_at" of relation "e" violates' };
  expect(await mended(failure, samples)).toEqual({ ...samples[0], created_at: '2026-01-01T00:00:00Z' });
});

test('a field that is written in another way is renamed', async () => {
  const failure = { class: 'required', message: '"user_id" is missing', pointer: '/user_id' };
  expect(await mended(failure, [{ userId: 'u' }, { userId: 'v' }])).toEqual({ user_id: 'u' });
  expect(await mended(failure, [{ userId: 'u' }, { other: 'v' }])).toBeUndefined();
  expect(await mended(failure, [{ userId: 'u', user_id: null }])).toEqual({ user_id: 'u' });
  const both = { userId: 'legacy', user_id: 'right' };
  expect(await mended(failure, [{ userId: 'u' }], both)).toBeUndefined();
});

test('a number in a string, and seconds for milliseconds, are cast', async () => {
  const type = { class: 'type', message: 'must be a number, is the string "5"', pointer: '/price' };
  expect(await mended(type, [{ price: '5.50' }])).toEqual({ price: 5.5 });
  expect(await mended(type, [{ price: '5.50' }, { price: 'cheap' }])).toBeUndefined();
  const minimum = { class: 'minimum', message: 'must be >= <n>', pointer: '/ts' };
  expect(await mended(minimum, [{ ts: 1_700_000_000 }])).toEqual({ ts: 1_700_000_000_000 });
  expect(await mended(minimum, [{ ts: 1_700_000_000 }], { ts: 1_700_000_000_000 })).toBeUndefined();
});

test('a sample shows what is wrong and nobody who is concerned', () => {
  const shown = redactSample({
    id: 'a',
    email: 'a@b.de',
    note: 'call +49 170 1234567',
    contact: '+49 170 1234567',
    ip: '10.1.2.3',
    user: { firstName: 'Ada', api_key: 'x', plan: 'pro' },
    created_at: null,
  });
  expect(JSON.parse(shown)).toEqual({
    id: 'a',
    email: '[redacted]',
    note: 'call +49 170 1234567',
    contact: '[redacted]',
    ip: '[redacted]',
    user: { firstName: '[redacted]', api_key: '[redacted]', plan: 'pro' },
    created_at: null,
  });
});
