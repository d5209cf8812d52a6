import type { Finding } from '../report/validate-report.js';

/** What holding schemas against something else has brought to light. */
export interface SchemaJudgement {
  readonly findings: readonly Finding[];
  readonly warnings: readonly string[];
  readonly notes: readonly string[];
}

/** Nothing was asked for, or nothing was found. */
export const NOTHING: SchemaJudgement = { findings: [], warnings: [], notes: [] };

/** All of them as one. */
export function joinJudgements(judged: readonly SchemaJudgement[]): SchemaJudgement {
  return {
    findings: judged.flatMap(({ findings }) => findings),
    warnings: judged.flatMap(({ warnings }) => warnings),
    notes: judged.flatMap(({ notes }) => notes),
  };
}
