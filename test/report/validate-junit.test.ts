import { expect, test } from 'vitest';
import { renderValidateJunit } from '../../src/report/validate-junit.js';
import { visible } from '../../src/report/validate-text.js';
import { hostile, refused, validateReport } from './validate-examples.js';
import { readXml } from './validate-xml.js';

test('JUnit has a test case for each file with problems, each finding and each failure', () => {
  const suites = readXml(renderValidateJunit(refused));
  const cases = suites.children[0]?.children ?? [];

  expect(cases.map(({ attributes, children }) => [attributes.name, children[0]?.name])).toEqual([
    ['truncated c.gz', 'error'],
    ['partition_key_optional schema.json', 'failure'],
    ['too_many_invalid', 'failure'],
    ['./dumps/a b%,:#1.ndjson', 'failure'],
    ['b.ndjson', 'failure'],
    ['problems_not_listed', 'failure'],
  ]);
  expect(suites.attributes).toMatchObject({ tests: '6', failures: '5', errors: '1', time: '0.812' });
});

test('JUnit keeps hostile text as text', () => {
  const suites = readXml(renderValidateJunit(refused));
  const failure = suites.children[0]?.children[3]?.children[0];

  expect(failure?.attributes.message).toBe(
    '2 problems, first: purchase /properties/amount: must be number; found "12"',
  );
  expect(failure?.text.split('\n')[1]).toBe(`./dumps/a b%,:#1.ndjson:18: required: ${visible(hostile)}`);
});

test('JUnit of an empty report is one test that passed', () => {
  const suites = readXml(renderValidateJunit(validateReport()));

  expect(suites.attributes).toMatchObject({ tests: '1', failures: '0', errors: '0' });
  expect(suites.children[0]?.children).toMatchObject([{ name: 'testcase', children: [] }]);
});

test('JUnit is never green for an exit code that is not 0', () => {
  const suites = readXml(renderValidateJunit(validateReport({ exitCode: 1 })));

  expect(suites.attributes.failures).toBe('1');
  expect(suites.children[0]?.children[0]?.children[0]?.name).toBe('failure');
});

test('JUnit shows what is within the limits without failing', () => {
  const suites = readXml(renderValidateJunit({ ...refused, complete: true, exitCode: 0, failures: [] }));

  expect(suites.attributes).toMatchObject({ tests: '5', failures: '0', errors: '0' });
  expect(suites.children[0]?.children[0]?.children[0]?.name).toBe('system-out');
});
