import { renderDiffGithub } from './diff-github.js';
import { renderDiffHtml } from './diff-html.js';
import { renderDiffJunit } from './diff-junit.js';
import { renderDiffMarkdown } from './diff-markdown.js';
import { renderDiffNdjson } from './diff-ndjson.js';
import type { DiffReport } from './diff-report.js';
import { renderDiffTable } from './diff-table.js';
import { renderJson } from './json.js';
import type { Renderers } from './output.js';

/** What `--output` of `diff` takes; the first is the default. */
export const DIFF_FORMATS = ['table', 'json', 'ndjson', 'junit', 'github', 'markdown', 'html'] as const;

/** One of `DIFF_FORMATS`. */
type DiffFormat = (typeof DIFF_FORMATS)[number];

/** How the report of a comparison looks in each format. */
export const diffRenderers: Renderers<DiffReport, DiffFormat> = {
  table: renderDiffTable,
  json: renderJson,
  ndjson: renderDiffNdjson,
  junit: renderDiffJunit,
  github: renderDiffGithub,
  markdown: renderDiffMarkdown,
  html: renderDiffHtml,
};
