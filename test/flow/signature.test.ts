import { expect, test } from 'vitest';
import { isSameFailure, signatureOf } from '../../src/flow/signature.js';

test('messages that differ in ids, numbers, times and tables only are one signature', () => {
  const one = signatureOf({
    class: 'error',
    message: 'null value in column "created_at" of relation "events_20261120" violates not-null constraint\n at x',
  });
  const other = signatureOf({
    class: 'error',
    message: 'null value in column "created_at" of relation "events_p2026_11_21" violates not-null constraint',
  });
  expect(one).toMatchObject({ sqlstate: '23502', pointer: '/created_at' });
  expect(
    signatureOf({ message: 'timeout after 31 ms for 0f8a6c1e-0000-4000-8000-000000000001 at 10.0.0.1:5432' }).message,
  ).toBe('timeout after <n> ms for <uuid> at <address>');
  expect(
    signatureOf({ class: 'error', message: 'null value in column "created_at" of relation "events_20261121" x' }).id,
  ).not.toBe(one.id);
  expect(other.pointer).toBe(one.pointer);
  expect(isSameFailure({ class: 'error', message: one.message }, { class: 'error', message: other.message })).toBe(
    true,
  );
});

test('texts that are no JSON are one signature, whatever they begin with', () => {
  const of = (word: string) =>
    signatureOf({ class: 'invalid_json', message: `the body of the sqs letter: "${word}" is no JSON value` });

  expect(of('ERROR')).toEqual(of('START'));
  expect(of('ERROR').message).toBe('the body of the sqs letter: <text> is no JSON value');
});

test('a failure is the old one by its field, its SQLSTATE or its code; where nothing is known, it is', () => {
  const before = { class: 'NotNullViolation', message: 'null value in column "created_at" of relation "events"' };
  expect(isSameFailure(before, { class: 'partition_key_null', message: 'the time is missing' })).toBe(true);
  expect(isSameFailure(before, { class: 'type', message: 'must be a string, is null', pointer: '/created_at' })).toBe(
    true,
  );
  expect(isSameFailure(before, { class: 'type', message: 'must be a number', pointer: '/price' })).toBe(false);
  for (const manner of ['rejected', 'expired', 'maxlen', 'delivery_limit']) {
    expect(isSameFailure({ class: manner }, { class: 'type', message: 'must be a number', pointer: '/price' })).toBe(
      true,
    );
  }
  expect(isSameFailure(undefined, { class: 'type', message: 'must be a number', pointer: '/price' })).toBe(true);
});
