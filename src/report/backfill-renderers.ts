import { renderBackfillHtml } from './backfill-html.js';
import type { BackfillReport } from './backfill-report.js';
import { renderBackfillMarkdown, renderBackfillTable } from './backfill-table.js';
import { renderJson } from './json.js';
import type { Renderers } from './output.js';

/** How a backfill looks in each format. */
export const backfillRenderers: Renderers<BackfillReport, 'table' | 'json' | 'markdown' | 'html'> = {
  table: renderBackfillTable,
  json: renderJson,
  markdown: renderBackfillMarkdown,
  html: renderBackfillHtml,
};
