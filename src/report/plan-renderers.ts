import { renderJson } from './json.js';
import type { Renderers } from './output.js';
import type { Plan } from './plan.js';
import { renderPlanMarkdown } from './plan-markdown.js';
import { renderPlanTable } from './plan-table.js';

/** How a plan looks in each format. */
export const planRenderers: Renderers<Plan, 'table' | 'json' | 'markdown'> = {
  table: renderPlanTable,
  json: renderJson,
  markdown: renderPlanMarkdown,
};
