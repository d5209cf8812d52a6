import fc from 'fast-check';
import { expect, test } from 'vitest';
import { redact, secretsOf } from '../../src/config/redact.js';

test.each([
  ['postgres://app:pw@db.example.com/x', 'postgres://app:***@db.example.com/x'],
  [
    'cannot reach postgres://app:p/w@d@db:5432/x?sslmode=require now',
    'cannot reach postgres://app:***@db:5432/x?sslmode=require now',
  ],
  ['postgres://app:pw@[::1]:5432/x', 'postgres://app:***@[::1]:5432/x'],
  ['postgres://app@db/x?password=pw&sslmode=require', 'postgres://app@db/x?password=***&sslmode=require'],
  ['DD_API_KEY=0123 and MIXPANEL_TOKEN=abc', 'DD_API_KEY=*** and MIXPANEL_TOKEN=***'],
  ["host=db password='a b' user=x", 'host=db password=*** user=x'],
  ['datadog-logs?api-key=1&site=eu', 'datadog-logs?api-key=***&site=eu'],
  ["DD_API_KEY=…secret PGPASSWORD=...x API_TOKEN='... .'", 'DD_API_KEY=*** PGPASSWORD=*** API_TOKEN=***'],
])('%s loses its secret', (text, redacted) => {
  expect(redact(text)).toBe(redacted);
});

test.each([
  'postgres://postgres@127.0.0.1:5432/app?table=events',
  'events/2019-07-01T12:00:00Z.ndjson: line 3, column 5 @ byte 17',
  'password authentication failed for user "app"',
  'see https://example.com:8080/a@b',
  's3://bucket/a:b/c',
  'export PGPASSWORD_WAREHOUSE=…',
  "DD_API_KEY=... MIXPANEL_TOKEN='…' PGPASSWORD=…",
])('%s stays as it is', (text) => {
  expect(redact(text)).toBe(text);
});

test('known secrets go wherever they stand, the longest first', () => {
  expect(redact('tokens abcdefgh-1 and abcdefgh', ['abcdefgh', 'abcdefgh-1'])).toBe('tokens *** and ***');
});

test('short values of the environment are not taken for secrets', () => {
  expect(redact('postgres refused', secretsOf({ PGPASSWORD: 'post', HOME: '/root', EMPTY_TOKEN: '' }))).toBe(
    'postgres refused',
  );
});

test('the current folder and the one before are no secrets, whatever the names of their variables look like', () => {
  const env = { PWD: '/home/ada/dumps', OLDPWD: '/home/ada/there', DB_PWD: 'tr0ub4dor' };
  expect(secretsOf(env)).toEqual(['tr0ub4dor']);
});

test('no password of any letters survives in a URL', () => {
  const password = fc.stringMatching(/^[\w!$%*+,;=~^-]{4,20}$/);
  fc.assert(
    fc.property(password, (secret) => {
      expect(redact(`error: postgres://user:${secret}Q7@host/db?x=1 failed`)).not.toContain(`${secret}Q7`);
    }),
  );
});
