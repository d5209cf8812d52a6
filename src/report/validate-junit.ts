import { counted } from './text.js';
import { type ValidateEntry, validateEntries } from './validate-entries.js';
import type { ValidateReport } from './validate-report.js';
import { markupText } from './validate-text.js';
import { validateVerdict } from './validate-verdict.js';

/** JUnit's XML: a test case for each file with problems, for each finding and each failure; one that passed when none is wrong. */
export function renderValidateJunit(report: ValidateReport): string {
  const entries = validateEntries(report);
  const cases = [...byCase(entries).values()].map((members) => testCase(members, report.exitCode));
  const all = cases.length > 0 ? cases : [passedCase(report)];
  const wrong = report.exitCode === 0 ? 0 : all.length;
  const errors = Math.min(wrong, entries.filter(({ kind }) => kind === 'failure').length);
  const counts = `tests="${all.length}" failures="${wrong - errors}" errors="${errors}" time="${seconds(report)}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="respool" ${counts}>`,
    `  <testsuite name="respool validate" ${counts}>`,
    ...all,
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

/** Problems of one file come together; every other entry stands alone. */
function byCase(entries: readonly ValidateEntry[]): Map<string, ValidateEntry[]> {
  const cases = new Map<string, ValidateEntry[]>();
  for (const entry of entries) {
    const isOfFile = entry.kind === 'problem' && entry.source !== undefined;
    const key = isOfFile ? `file ${entry.source}` : entry.fingerprint;
    const members = cases.get(key);
    if (members === undefined) cases.set(key, [entry]);
    else members.push(entry);
  }
  return cases;
}

function testCase(members: readonly ValidateEntry[], exitCode: number): string {
  const [first] = members;
  if (first === undefined) return '';
  const { kind, rule, source, line, message } = first;
  const isOfFile = kind === 'problem' && source !== undefined;
  const title = isOfFile ? source : source === undefined ? rule : `${rule} ${source}`;
  const place = [attribute('file', source), attribute('line', line?.toString())].join('');
  const head = isOfFile ? `${counted(members.length, 'problem')}, first: ${message}` : message;
  const body = members.map((entry) => markupText(describe(entry))).join('\n');
  const open = `    <testcase classname="respool.validate"${attribute('name', title)}${place}>`;
  if (exitCode === 0) return `${open}\n      <system-out>${body}</system-out>\n    </testcase>`;
  const element = kind === 'failure' ? 'error' : 'failure';
  const inner = `<${element}${attribute('type', rule)}${attribute('message', head)}>${body}</${element}>`;
  return `${open}\n      ${inner}\n    </testcase>`;
}

function describe({ source, line, rule, message }: ValidateEntry): string {
  const place = source === undefined ? '' : `${source}${line === undefined ? '' : `:${line}`}: `;
  return `${place}${rule}: ${message}`;
}

function passedCase(report: ValidateReport): string {
  const { level, sentence } = validateVerdict(report);
  const open = `    <testcase classname="respool.validate"${attribute('name', sentence)}`;
  return level === 'passed' ? `${open}/>` : `${open}><failure${attribute('message', sentence)}/></testcase>`;
}

function attribute(name: string, value: string | undefined): string {
  return value === undefined ? '' : ` ${name}="${markupText(value)}"`;
}

function seconds({ elapsedMs }: ValidateReport): string {
  return (elapsedMs / 1000).toFixed(3);
}
