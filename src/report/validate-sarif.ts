import { renderJson } from './json.js';
import { type ValidateEntry, validateEntries } from './validate-entries.js';
import type { ValidateReport } from './validate-report.js';
import { sourceUri } from './validate-uri.js';
import { validateVerdict } from './validate-verdict.js';

/**
 * A SARIF 2.1.0 log of one run: a result for each problem and finding; what could not be read as notifications.
 * @see https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
 */
export function renderValidateSarif(report: ValidateReport): string {
  const entries = validateEntries(report);
  const listed = entries.filter(({ kind }) => kind !== 'failure');
  const rules = [...new Set(listed.map(({ rule }) => rule))];
  const indexes = new Map(rules.map((rule, index) => [rule, index]));
  const level = report.exitCode === 0 ? 'warning' : 'error';
  return renderJson({
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'respool', rules: rules.map((id) => ({ id, shortDescription: message(id) })) } },
        columnKind: 'utf16CodeUnits',
        invocations: [
          {
            executionSuccessful: report.complete,
            exitCode: report.exitCode,
            exitCodeDescription: validateVerdict(report).sentence,
            toolExecutionNotifications: entries.filter(({ kind }) => kind === 'failure').map(notification),
          },
        ],
        results: listed.map((entry) => ({
          ruleId: entry.rule,
          ruleIndex: indexes.get(entry.rule) ?? -1,
          level,
          message: message(entry.message),
          locations: locations(entry),
          partialFingerprints: { 'respool/v1': entry.fingerprint },
        })),
      },
    ],
  });
}

function notification(entry: ValidateEntry): object {
  const { rule: id } = entry;
  return { descriptor: { id }, level: 'error', message: message(entry.message), locations: locations(entry) };
}

function locations({ source, line }: ValidateEntry): object[] {
  if (source === undefined) return [];
  const region = line === undefined ? {} : { region: { startLine: line } };
  return [{ physicalLocation: { artifactLocation: { uri: sourceUri(source) }, ...region } }];
}

/** A text in which nothing is a placeholder (§3.11.5) or a link (§3.11.6). */
function message(text: string): { readonly text: string } {
  return { text: text.replace(/\{(\d+)\}/g, '{{$1}}').replaceAll('](', '] (') };
}
