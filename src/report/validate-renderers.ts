import { renderJson } from './json.js';
import type { Renderers } from './output.js';
import type { ValidateReport } from './validate-report.js';
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

/** How a validation's report looks in each format; what is for other programs is loaded when it is wanted. */
export const validateRenderers: Renderers<ValidateReport, ValidateFormat> = {
  table: renderValidateTable,
  json: renderJson,
  ndjson: async (report) => (await import('./validate-ndjson.js')).renderValidateNdjson(report),
  junit: async (report) => (await import('./validate-junit.js')).renderValidateJunit(report),
  sarif: async (report) => (await import('./validate-sarif.js')).renderValidateSarif(report),
  github: async (report) => (await import('./validate-github.js')).renderValidateGithub(report),
  gitlab: async (report) => (await import('./validate-gitlab.js')).renderValidateGitlab(report),
  markdown: async (report) => (await import('./validate-markdown.js')).renderValidateMarkdown(report),
  html: async (report) => (await import('./validate-html.js')).renderValidateHtml(report),
};
