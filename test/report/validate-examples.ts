import type { ValidateReport } from '../../src/report/validate-report.js';

/** A clean report of nothing, with changes. */
export function validateReport(changes: Partial<ValidateReport> = {}): ValidateReport {
  return {
    reportVersion: 1,
    command: 'validate',
    complete: true,
    exitCode: 0,
    files: 0,
    events: 0,
    valid: 0,
    invalid: 0,
    undecodable: 0,
    problems: [],
    problemCount: 0,
    groups: [],
    names: [],
    findings: [],
    elapsedMs: 812,
    ...changes,
  };
}

/** Text that breaks out of every format that does not escape it. */
export const hostile = '<&">\' \u0000\u001b[2J\ud800\u202e 100%\r\n::error::gone, ]]> ##[x] {0} [a](http://b) |`|';

/** Everything at once, with hostile text wherever events or files bring it in. */
export const refused: ValidateReport = validateReport({
  complete: false,
  exitCode: 2,
  files: 3,
  events: 12_345,
  valid: 12_300,
  invalid: 44,
  undecodable: 1,
  problems: [
    {
      source: './dumps/a b%,:#1.ndjson',
      line: 17,
      name: 'purchase',
      event: 'e-1',
      pointer: '/properties/amount',
      rule: 'type',
      message: 'must be number',
      value: '"12"',
    },
    { source: './dumps/a b%,:#1.ndjson', line: 18, pointer: '', rule: 'required', message: hostile },
    {
      source: 'b.ndjson',
      line: 1,
      name: hostile,
      pointer: '/a',
      rule: 'enum',
      message: 'is not listed',
      value: hostile,
    },
    {
      source: 'b.ndjson',
      line: 2,
      name: hostile,
      pointer: '/a',
      rule: 'enum',
      message: 'is not listed',
      value: hostile,
    },
  ],
  problemCount: 46,
  groups: [
    { rule: 'enum', pointer: '/a', count: 40, message: hostile, example: 'b.ndjson:1' },
    { rule: 'type', pointer: '', count: 6, message: 'must be object', example: 'dumps/a.ndjson:17' },
  ],
  names: [
    { name: 'clean_one', events: 12_000, invalid: 0 },
    { name: hostile, events: 345, invalid: 44 },
  ],
  findings: [
    { code: 'partition_key_optional', message: 'the key may be missing', source: 'schema.json', pointer: '/required' },
    { code: 'too_many_invalid', message: hostile, witness: '{"a":1}' },
  ],
  failures: [{ part: 'c.gz', code: 'truncated', message: 'the gzip data ends early', hint: 'fetch it again' }],
  warnings: [hostile],
});
