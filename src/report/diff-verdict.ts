import type { DiffReport } from './diff-report.js';
import { counted, thousands } from './text.js';

/** What a comparison comes to, in one line. */
export interface DiffVerdict {
  readonly level: 'passed' | 'failed' | 'incomplete';
  readonly sentence: string;
}

/** The one line that a person reads. It agrees with the exit code: only 0 is called equal. */
export function diffVerdict(report: DiffReport): DiffVerdict {
  const { complete, balanced, exitCode, left, right, missing, extra, changed } = report;
  const compared = left === right ? counted(left, 'event') : `${thousands(left)} and ${counted(right, 'event')}`;
  const found = [
    ...(missing > 0 ? [`${thousands(missing)} missing`] : []),
    ...(extra > 0 ? [`${thousands(extra)} extra`] : []),
    ...(changed > 0 ? [`${thousands(changed)} changed`] : []),
  ].join(', ');
  if (!complete || !balanced) {
    const why = complete ? 'the numbers do not balance' : 'not everything could be compared';
    return { level: 'incomplete', sentence: `Incomplete: ${why}; ${compared}${found === '' ? '' : `, ${found}`}` };
  }
  if (exitCode !== 0) {
    const findings = report.findings.map(({ message }) => message).join('; ');
    return { level: 'failed', sentence: `Different: ${found === '' ? findings : found}; ${compared}` };
  }
  const healed = report.healed === undefined ? '' : 'Healed: ';
  if (found !== '') return { level: 'passed', sentence: `${healed}Within the limits: ${found}; ${compared}` };
  return { level: 'passed', sentence: `${healed}Equal: ${compared}` };
}
