import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { renderValidateSarif } from '../../src/report/validate-sarif.js';
import { folderWith } from '../support/cli.js';
import { check } from '../validate/checking.js';
import { refused, validateReport } from './validate-examples.js';

const sarifSchema = fileURLToPath(
  new URL('../../node_modules/@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json', import.meta.url),
);

interface Log {
  readonly version: string;
  readonly runs: readonly {
    readonly tool: { readonly driver: { readonly name: string; readonly rules: readonly { readonly id: string }[] } };
    readonly invocations: readonly object[];
    readonly results: readonly {
      readonly ruleId: string;
      readonly ruleIndex: number;
      readonly message: { readonly text: string };
      readonly locations: readonly object[];
    }[];
  }[];
}

test.each([
  ['a report with everything', refused],
  ['a clean report', validateReport()],
  ['a report with findings within the limits', { ...refused, complete: true, failures: [], exitCode: 0 }],
])('SARIF of %s fits the schema of SARIF 2.1.0', async (_, report) => {
  await using folder = await folderWith({ 'report.sarif': renderValidateSarif(report) });
  const found = await check(['report.sarif', '--format', 'json', '--schema', sarifSchema], folder.path);

  expect(found).toMatchObject({ status: 0, report: { valid: 1 } });
});

test('the schema of SARIF 2.1.0 refuses what is none', async () => {
  const { runs, ...rest } = JSON.parse(renderValidateSarif(refused));
  const [{ results, ...run }] = runs;
  const broken = { ...rest, runs: [{ ...run, results: [{ ...results[0], level: 'fatal', message: 'text' }] }] };
  await using folder = await folderWith({ 'report.sarif': JSON.stringify(broken) });
  const { report } = await check(['report.sarif', '--format', 'json', '--schema', sarifSchema], folder.path);

  expect(report.problems.map(({ pointer }) => pointer)).toEqual([
    '/runs/0/results/0/level',
    '/runs/0/results/0/message',
  ]);
});

test('SARIF has the members that 2.1.0 requires, and each result points at its rule', () => {
  const log = JSON.parse(renderValidateSarif(refused)) as Log;
  const [run] = log.runs;
  const rules = run?.tool.driver.rules.map(({ id }) => id) ?? [];

  expect(log.version).toBe('2.1.0');
  expect(log.runs).toHaveLength(1);
  expect(run?.tool.driver.name).toBe('respool');
  expect(new Set(rules).size).toBe(rules.length);
  expect(run?.results).toHaveLength(7);
  for (const { ruleId, ruleIndex, message } of run?.results ?? []) {
    expect(rules[ruleIndex]).toBe(ruleId);
    expect(message.text).not.toBe('');
  }
});

test('SARIF places a problem by an encoded relative URI and its line', () => {
  const log = JSON.parse(renderValidateSarif(refused)) as Log;

  expect(log.runs[0]?.results[2]?.locations).toEqual([
    {
      physicalLocation: { artifactLocation: { uri: 'dumps/a%20b%25%2C%3A%231.ndjson' }, region: { startLine: 17 } },
    },
  ]);
  expect(log.runs[0]?.results[1]?.locations).toEqual([]);
});

test('SARIF tells what could not be read apart from results', () => {
  const log = JSON.parse(renderValidateSarif(refused)) as Log;

  expect(log.runs[0]?.invocations).toMatchObject([
    {
      executionSuccessful: false,
      exitCode: 2,
      toolExecutionNotifications: [{ descriptor: { id: 'truncated' }, level: 'error' }],
    },
  ]);
});

test('SARIF messages hold no placeholder and no link', () => {
  const log = JSON.parse(renderValidateSarif(refused)) as Log;
  const text = log.runs[0]?.results[3]?.message.text;

  expect(text).toContain('{{0}} [a] (http://b)');
});

test('SARIF of an empty report is a run without results', () => {
  const log = JSON.parse(renderValidateSarif(validateReport())) as Log;

  expect(log.runs[0]?.results).toEqual([]);
  expect(log.runs[0]?.invocations).toMatchObject([{ executionSuccessful: true, exitCode: 0 }]);
});
