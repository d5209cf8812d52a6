import { resolveSink } from '../config/resolve.js';
import type { JsonObject } from '../event/event.js';
import { chooseFields, type Fields } from '../event/fields.js';
import type { Finding } from '../report/validate-report.js';
import type { Catalog } from '../schema/catalog.js';
import type { Invocation } from './command.js';
import type { ValidateOptions } from './validate.js';

type Call = Invocation<ValidateOptions>;

/** What holding schemas against a table, or against what they were, has brought to light. */
export interface SchemaJudgement {
  readonly findings: readonly Finding[];
  readonly warnings: readonly string[];
  readonly notes: readonly string[];
}

interface Known {
  readonly catalog: Catalog;
  /** As the events of the source have them; absent when there is no source. */
  readonly fields?: Fields;
  /** Names that events were seen with. */
  readonly names: readonly string[];
}

/** Judges the schemas themselves: `--against` a table, and by what they were `--before`. */
export async function judgeSchemas(call: Call, known: Known): Promise<SchemaJudgement> {
  const judged = [await judgeTable(call, known), await judgeEvolution(call, known.catalog)];
  return {
    findings: judged.flatMap(({ findings }) => findings),
    warnings: judged.flatMap(({ warnings }) => warnings),
    notes: judged.flatMap(({ notes }) => notes),
  };
}

const NOTHING: SchemaJudgement = { findings: [], warnings: [], notes: [] };

async function judgeTable(call: Call, { catalog, fields, names }: Known): Promise<SchemaJudgement> {
  const { against, minDaysLeft } = call.options;
  if (against === undefined) return NOTHING;
  const { columnFeeds, readTableShape, readTableShapeFromDdl } = await import('../sinks/postgres/table-shape.js');
  const { judgePartitionSafety } = await import('../schema/partition-safety/judge.js');
  const isDdl = against.endsWith('.sql');
  const read = isDdl
    ? await readTableShapeFromDdl(against, call.options.table)
    : await readTableShape(resolveSink(against, call.config).url, { env: call.io.env, signal: call.stop.now });
  const known = fields ?? (await fieldsOfSchemas(call, catalog));
  return judgePartitionSafety({
    catalog,
    shape: read.shape,
    fields: known,
    mapping: columnFeeds(read, known),
    names,
    nowUs: Date.now() * 1_000,
    ...(minDaysLeft !== undefined && { minDaysLeft }),
  });
}

/** Where the fields stand in events that the schemas describe, when there are no events to look at. */
async function fieldsOfSchemas({ options, config }: Call, catalog: Catalog): Promise<Fields> {
  const { sampleEvent } = await import('../schema/evolution/sample.js');
  const names = catalog.events.length === 0 ? [''] : catalog.events.map(({ name }) => name);
  const samples = names.map((name) => sampleEvent(catalog, name)).filter(isObject);
  const { id, name, time, user } = options;
  const flags = { id, name, time, user };
  return chooseFields({ flags, config: config.fields, annotation: catalog.annotation, samples }).fields;
}

async function judgeEvolution({ options }: Call, catalog: Catalog): Promise<SchemaJudgement> {
  const { before, schema = '', schemaMap, unknownEvent } = options;
  if (before === undefined) return NOTHING;
  const { loadCatalogAt } = await import('../schema/evolution/read-before.js');
  const { compareCatalogs } = await import('../schema/evolution/compare.js');
  const changes = compareCatalogs(await loadCatalogAt(before, schema, schemaMap), catalog, { unknownEvent });
  const findings = changes
    .filter(({ verdict }) => verdict === 'breaking')
    .map(({ name, pointer, message, witness, breaksFor = [] }): Finding => {
      const whom = breaksFor.length === 0 ? '' : ` (breaks ${breaksFor.join(' and ')})`;
      const about = { pointer, ...(name !== '' && { name }), ...(witness !== undefined && { witness }) };
      return { code: 'schema_breaking', message: message + whom, ...about };
    });
  const told = (wanted: string) => changes.filter(({ verdict }) => verdict === wanted).map(({ message }) => message);
  return { findings, warnings: told('undecided').map((message) => `undecided: ${message}`), notes: told('compatible') };
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
