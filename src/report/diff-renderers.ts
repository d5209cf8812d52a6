import type { DiffReport } from './diff-report.js';
import { renderDiffTable } from './diff-table.js';
import { renderJson } from './json.js';
import type { Renderers } from './output.js';

/** What `--output` of `diff` takes; the first is the default. */
export const DIFF_FORMATS = ['table', 'json'] as const;

/** One of `DIFF_FORMATS`. */
export type DiffFormat = (typeof DIFF_FORMATS)[number];

/** How the report of a comparison looks in each format. */
export const diffRenderers: Renderers<DiffReport, DiffFormat> = {
  table: renderDiffTable,
  json: renderJson,
};
