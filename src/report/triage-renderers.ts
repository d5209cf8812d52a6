import { renderJson } from './json.js';
import type { Renderers } from './output.js';
import { renderTriageHtml } from './triage-html.js';
import type { TriageReport } from './triage-report.js';
import { renderTriageTable } from './triage-table.js';

/** Every way to show what lies in a source. */
export const triageRenderers: Renderers<TriageReport, 'table' | 'json' | 'html'> = {
  table: renderTriageTable,
  json: renderJson,
  html: renderTriageHtml,
};
