import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { VALIDATE_FORMATS, validateRenderers } from '../../src/report/validate-renderers.js';
import { hostile, refused, validateReport } from './validate-examples.js';

const style = { colors: false, columns: 80 };

test.each(VALIDATE_FORMATS)('%s lets no control character of an event through', async (format) => {
  const text = await validateRenderers[format](refused, style);

  expect(text).not.toMatch(/[^\P{Cc}\n]|\p{Cs}/u);
  if (!['json', 'ndjson'].includes(format)) expect(text).not.toContain('\u202e');
});

test('JSON is the report', async () => {
  expect(JSON.parse(await validateRenderers.json(refused, style))).toEqual(refused);
});

test('NDJSON is a line for each problem, then the findings, then the failures', async () => {
  const lines = (await validateRenderers.ndjson(refused, style)).trimEnd().split('\n');
  const values = lines.map((line) => JSON.parse(line) as { kind: string });

  expect(values.map(({ kind }) => kind)).toEqual([
    ...['problem', 'problem', 'problem', 'problem'],
    ...['finding', 'finding', 'failure'],
  ]);
  expect(values[1]).toEqual({ kind: 'problem', ...refused.problems[1] });
  expect(await validateRenderers.ndjson(validateReport(), style)).toBe('');
});

test('GitHub commands escape percent signs, line ends, colons and commas', async () => {
  const message = 'half: 50%, a\r\n::error::b';
  const problems = [{ source: './a,b:c%.ndjson', line: 3, pointer: '/x', rule: 'r,:', message }];
  const report = validateReport({ exitCode: 1, files: 1, events: 1, invalid: 1, problems, problemCount: 1 });

  expect(await validateRenderers.github(report, style)).toBe(
    `::error file=a%2Cb%3Ac%25.ndjson,line=3,title=respool%3A r%2C%3A::/x: half: 50%25, a\\r\\n::error::b
::error title=respool validate::Failed: 1 invalid; 1 event in 1 file
`,
  );
});

test('GitHub commands begin with what is gravest, and every line is a command', async () => {
  const lines = (await validateRenderers.github(refused, style)).trimEnd().split('\n');

  expect(lines[0]).toBe('::error file=c.gz,title=respool%3A truncated::the gzip data ends early (fetch it again)');
  expect(lines.filter((line) => !/^::error [^:]*::[^\r]+$/.test(line))).toEqual([]);
  expect(lines).toHaveLength(9);
  expect(await validateRenderers.github(validateReport(), style)).toMatch(/^::notice title=respool validate::Passed/);
});

test('GitLab entries have a path, a line and a fingerprint of their own that a rerun repeats', async () => {
  const text = await validateRenderers.gitlab(refused, style);
  const issues = JSON.parse(text) as { fingerprint: string }[];

  expect(issues[3]).toEqual({
    description: 'purchase /properties/amount: must be number; found "12"',
    check_name: 'type',
    fingerprint: expect.stringMatching(/^[\da-f]{64}$/),
    severity: 'major',
    location: { path: 'dumps/a b%,:#1.ndjson', lines: { begin: 17 } },
  });
  expect(issues).toHaveLength(8);
  expect(new Set(issues.map(({ fingerprint }) => fingerprint)).size).toBe(8);
  expect(await validateRenderers.gitlab(refused, style)).toBe(text);
  expect(await validateRenderers.gitlab(validateReport(), style)).toBe('[]\n');
});

test('a GitLab fingerprint stays when lines move', async () => {
  const prints = async (shift: number): Promise<string[]> => {
    const problems = refused.problems.map((problem) => ({ ...problem, line: problem.line + shift }));
    const issues = JSON.parse(await validateRenderers.gitlab({ ...refused, problems }, style)) as {
      fingerprint: string;
    }[];
    return issues.map(({ fingerprint }) => fingerprint);
  };

  expect(await prints(5)).toEqual(await prints(0));
});

test('the table says the verdict first, then kinds of problems with the most frequent first', async () => {
  const table = await validateRenderers.table(refused, style);
  const lines = table.split('\n');

  expect(lines[0]).toBe(
    'Incomplete: not everything could be checked; 12,345 events in 3 files, 44 invalid, 1 undecodable, 2 findings',
  );
  expect(table.indexOf('  40  /a: ')).toBeGreaterThan(0);
  expect(table.indexOf('   6  whole event: must be object')).toBeGreaterThan(table.indexOf('  40  /a: '));
  expect(table).toContain('44 of 345');
  expect(table).not.toContain('clean_one');
});

test('the table gives the CI that prints it no commands', async () => {
  const message = `${'x'.repeat(70)} ::stop-commands::t ##[error]`;
  const table = await validateRenderers.table(validateReport({ findings: [{ code: 'c', message }] }), style);

  expect(table).toContain('stop-commands');
  expect(table).not.toMatch(/^\s*::|##\[/m);
});

test('colours change no text of the table', async () => {
  const coloured = await validateRenderers.table(refused, { ...style, colors: true });

  expect(coloured).toContain('\u001b[31m');
  expect(stripVTControlCharacters(coloured)).toBe(await validateRenderers.table(refused, style));
});

test('the table of an empty report is two lines', async () => {
  expect(await validateRenderers.table(validateReport(), style)).toBe(
    'Passed: 0 events in 0 files\nvalidate · 0 valid · 0 problems · 0.8 s\n',
  );
});

test.each([
  [{ exitCode: 0, files: 1, events: 8, valid: 8 }, 'Passed: 8 events in 1 file'],
  [{ exitCode: 0, files: 1, events: 8, invalid: 2 }, 'Passed, with 2 invalid within the limits; 8 events in 1 file'],
  [{ exitCode: 1, files: 1, events: 8, invalid: 2 }, 'Failed: 2 invalid; 8 events in 1 file'],
  [{ exitCode: 1, files: 1, events: 1, valid: 1, problemCount: 1 }, 'Failed: 1 problem; 1 event in 1 file'],
  [{ exitCode: 1 }, 'Failed: exit code 1; 0 events in 0 files'],
  [{ exitCode: 2, complete: false }, 'Incomplete: not everything could be checked; 0 events in 0 files'],
])('the verdict agrees with the exit code: %o', async (changes, verdict) => {
  const report = validateReport(changes);

  expect((await validateRenderers.table(report, style)).split('\n')[0]).toBe(verdict);
  expect((await validateRenderers.markdown(report, style)).split('\n')[0]).toBe(`## respool validate: ${verdict}`);
});

test('Markdown keeps text of events in code, one row each', async () => {
  const markdown = await validateRenderers.markdown(refused, style);
  const rows = markdown.split('\n').filter((line) => line.startsWith('| 40 |'));

  expect(rows).toEqual([
    '| 40 | `/a` | `enum` | ``<&">\' \\u0000\\u001b[2J\\ud800\\u202e 100%\\r\\n::error::gone, ]]> ##[x] {0} [a](http://b) \\|`\\|`` | `b.ndjson:1` |',
  ]);
  expect(markdown.replace(/``.+?``|`[^`]+`/g, '')).not.toMatch(/<|http/);
  expect(hostile).toContain('http');
});
