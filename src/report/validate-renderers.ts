import { renderJson } from './json.js';
import type { Renderers } from './output.js';
import { renderValidateGithub } from './validate-github.js';
import { renderValidateGitlab } from './validate-gitlab.js';
import { renderValidateHtml } from './validate-html.js';
import { renderValidateJunit } from './validate-junit.js';
import { renderValidateMarkdown } from './validate-markdown.js';
import { renderValidateNdjson } from './validate-ndjson.js';
import type { ValidateReport } from './validate-report.js';
import { renderValidateSarif } from './validate-sarif.js';
import { renderValidateTable } from './validate-table.js';

/** What `--output` of `validate` takes; the first is the default. */
export const VALIDATE_FORMATS = [
  'table',
  'json',
  'ndjson',
  'junit',
  'sarif',
  'github',
  'gitlab',
  'markdown',
  'html',
] as const;

/** One of `VALIDATE_FORMATS`. */
export type ValidateFormat = (typeof VALIDATE_FORMATS)[number];

/** How a validation's report looks in each format. */
export const validateRenderers: Renderers<ValidateReport, ValidateFormat> = {
  table: renderValidateTable,
  json: renderJson,
  ndjson: renderValidateNdjson,
  junit: renderValidateJunit,
  sarif: renderValidateSarif,
  github: renderValidateGithub,
  gitlab: renderValidateGitlab,
  markdown: renderValidateMarkdown,
  html: renderValidateHtml,
};
