import { expect, test } from 'vitest';
import { kindOf } from '../../src/postgres/sql-error.js';
import { SinkUnavailableError } from '../../src/sinks/sink.js';

test.each(['EADDRNOTAVAIL', 'ENETDOWN', 'EHOSTDOWN', 'ECONNABORTED', 'EMFILE', 'ECONNRESET'])(
  'a connection that ends with %s is waited for',
  (code) => {
    expect(kindOf(Object.assign(new Error(code), { code }))).toBe('wait');
  },
);

test('a sink that was given up is not tried again, whatever its message says', () => {
  expect(kindOf(new SinkUnavailableError('db: timeout exceeded when trying to connect', { cure: 'wait' }))).toBe(
    undefined,
  );
});
