import { join } from 'node:path';
import { counted, thousands } from '../report/text.js';
import type { Finding } from '../report/validate-report.js';
import type { Catalog } from '../schema/catalog.js';
import type { Summary } from '../validate/summary.js';
import type { Invocation } from './command.js';
import type { ValidateOptions } from './validate.js';
import { NOTHING, type SchemaJudgement } from './validate-judgement.js';

type Call = Invocation<ValidateOptions>;

/** Reads the schemas as they were at what `--before` names; undefined when it names nothing. */
export async function readBefore({ options }: Call): Promise<Catalog | undefined> {
  const { before, schema = '', schemaMap } = options;
  if (before === undefined) return undefined;
  const { loadCatalogAt } = await import('../schema/evolution/read-before.js');
  return loadCatalogAt(before, schema, schemaMap);
}

/** What is known when a change of the schemas is judged. */
export interface EvolutionCase {
  readonly before: Catalog | undefined;
  readonly catalog: Catalog;
  /** What came of the events, which both have judged; absent when there is no source. */
  readonly summary?: Summary;
}

/** Judges a change of the schemas: by comparing them, and by what it means for the events that are there. */
export async function judgeEvolution(
  { options }: Call,
  { before, catalog, summary }: EvolutionCase,
): Promise<SchemaJudgement> {
  if (before === undefined) return NOTHING;
  const { compareCatalogs } = await import('../schema/evolution/compare.js');
  const { unknownEvent } = options;
  const changes = compareCatalogs(before, catalog, { unknownEvent });
  const breaking = changes
    .filter(({ verdict }) => verdict === 'breaking')
    .map(({ name, pointer, message, witness, breaksFor = [] }): Finding => {
      const whom = breaksFor.length === 0 ? '' : ` (breaks ${breaksFor.join(' and ')})`;
      const about = { pointer, ...(name !== '' && { name }), ...(witness !== undefined && { witness }) };
      return { code: 'schema_breaking', message: message + whom, ...about, ...fileOf(catalog, name) };
    });
  const told = (wanted: string) =>
    changes
      .filter(({ verdict }) => verdict === wanted)
      .map(({ name, message }) => (name === '' ? message : `${name}: ${message}`));
  const events = summary === undefined ? NOTHING : judgeEvents(summary);
  return {
    findings: [...events.findings, ...breaking],
    warnings: told('undecided').map((message) => `undecided: ${message}`),
    notes: [...events.notes, ...told('compatible')],
  };
}

/** The file of the schema for a name, as the user would type it; nothing when it is gone. */
function fileOf({ root, files, events, envelope }: Catalog, name: string): { readonly source?: string } {
  const uri = events.find((event) => event.name === name)?.uri ?? (name === '' ? envelope : undefined);
  const path = files.find((file) => file.uri === uri)?.path;
  return path === undefined ? {} : { source: join(root, path) };
}

const MOST_NAMES = 5;

/** What the change means for the events that were read. */
function judgeEvents(summary: Summary): SchemaJudgement {
  const refused = tellChanges(summary, 'refused');
  const accepted = tellChanges(summary, 'accepted');
  if (refused !== undefined) {
    const findings = [{ code: 'newly_refused', message: refused }];
    return { findings, warnings: [], notes: accepted === undefined ? [] : [accepted] };
  }
  const same = `the change would refuse none of the ${counted(summary.events, 'event')} that were read`;
  return { findings: [], warnings: [], notes: accepted === undefined ? [same] : [same, accepted] };
}

function tellChanges({ changes, events }: Summary, wanted: 'accepted' | 'refused'): string | undefined {
  const found = [...changes.values()].filter(({ verdict }) => verdict === wanted);
  const [first] = found;
  if (first === undefined) return undefined;
  const count = found.reduce((sum, change) => sum + change.count, 0);
  const deed = wanted === 'refused' ? 'newly refuse' : 'newly accept';
  const named = found.filter(({ name }) => name !== '').toSorted((a, b) => b.count - a.count);
  const some = named.slice(0, MOST_NAMES).map((change) => `${change.name} ${thousands(change.count)}`);
  const whose = some.length === 0 ? '' : ` (${[...some, ...(named.length > some.length ? ['…'] : [])].join(', ')})`;
  return `the change would ${deed} ${thousands(count)} of ${counted(events, 'event')}, first at ${first.example}${whose}`;
}
