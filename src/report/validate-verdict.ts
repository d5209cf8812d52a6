import { counted, thousands } from './text.js';
import type { ValidateReport } from './validate-report.js';

/** What a validation comes to, in one line. */
export interface ValidateVerdict {
  readonly level: 'passed' | 'failed' | 'incomplete';
  readonly sentence: string;
}

/** The one line that a person reads. It agrees with the exit code: only 0 is called passed. */
export function validateVerdict(report: ValidateReport): ValidateVerdict {
  const { complete, exitCode, files, events, invalid, undecodable, expectedInvalid = 0, problemCount } = report;
  const expected = expectedInvalid > 0 ? `, ${thousands(expectedInvalid)} of them invalid as expected` : '';
  const checked = `${counted(events, 'event')} in ${counted(files, 'file')}${expected}`;
  const isAsExpected = expectedInvalid > 0 && expectedInvalid === invalid + undecodable;
  const found = [
    ...(invalid > 0 && !isAsExpected ? [`${thousands(invalid)} invalid`] : []),
    ...(undecodable > 0 && !isAsExpected ? [`${thousands(undecodable)} undecodable`] : []),
    ...(report.findings.length > 0 ? [counted(report.findings.length, 'finding')] : []),
  ].join(', ');
  if (!complete) {
    const sentence = `Incomplete: not everything could be checked; ${checked}${found === '' ? '' : `, ${found}`}`;
    return { level: 'incomplete', sentence };
  }
  if (exitCode !== 0) {
    // A fixture that should be invalid and is not is a problem, and no invalid event.
    const other = problemCount > 0 ? counted(problemCount, 'problem') : `exit code ${exitCode}`;
    return { level: 'failed', sentence: `Failed: ${found === '' ? other : found}; ${checked}` };
  }
  if (found !== '') return { level: 'passed', sentence: `Passed, with ${found} within the limits; ${checked}` };
  return { level: 'passed', sentence: `Passed: ${checked}` };
}
