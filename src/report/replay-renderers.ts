import { renderJson } from './json.js';
import type { Renderers } from './output.js';
import { renderReplayMarkdown } from './replay-markdown.js';
import { renderReplayTable } from './replay-table.js';
import type { ReplayReport } from './report.js';

/** How a replay's report looks in each format. */
export const replayRenderers: Renderers<ReplayReport, 'table' | 'json' | 'markdown'> = {
  table: renderReplayTable,
  json: renderJson,
  markdown: renderReplayMarkdown,
};
