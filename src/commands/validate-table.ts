import { join } from 'node:path';
import { resolveSink } from '../config/resolve.js';
import type { JsonObject } from '../event/event.js';
import { chooseFields, type Fields } from '../event/fields.js';
import { counted } from '../report/text.js';
import type { Finding } from '../report/validate-report.js';
import type { Catalog } from '../schema/catalog.js';
import type { TableShape } from '../schema/partition-safety/table-shape.js';
import type { ReadShape } from '../sinks/postgres/table-shape.js';
import type { PartitionRange } from '../validate/partition-place.js';
import type { Summary } from '../validate/summary.js';
import type { Invocation } from './command.js';
import type { ValidateOptions } from './validate.js';
import { NOTHING, type SchemaJudgement } from './validate-judgement.js';

type Call = Invocation<ValidateOptions>;

/** Reads the table that `--against` names, on its server or from a file with SQL; undefined when it names none. */
export async function readAgainst({ options, config, io, stop }: Call): Promise<ReadShape | undefined> {
  const { against, table } = options;
  if (against === undefined) return undefined;
  const { readTableShape, readTableShapeFromDdl } = await import('../sinks/postgres/table-shape.js');
  if (against.endsWith('.sql')) return readTableShapeFromDdl(against, table);
  return readTableShape(resolveSink(against, config).url, { env: io.env, signal: stop.now });
}

/** The stretches of time that a table has partitions for; undefined when it is not cut by time. */
export function rangesOf({ partitioning }: TableShape): readonly PartitionRange[] | undefined {
  if (partitioning?.strategy !== 'range' || partitioning.columns.length !== 1) return undefined;
  const ranged = partitioning.partitions.filter(({ isDefault }) => !isDefault);
  if (ranged.some(({ fromUs }) => Number.isNaN(fromUs))) return undefined;
  return ranged.map(({ fromUs, toUs }) => ({ fromUs, toUs }));
}

/** What is known when schemas and table are held against each other. */
export interface TableCase {
  readonly table: ReadShape | undefined;
  readonly catalog: Catalog;
  /** As the events of the source have them; absent when there is no source. */
  readonly fields?: Fields;
  /** What came of the events; absent when there is no source. */
  readonly summary?: Summary;
}

/** Holds schemas, table and examples against each other. */
export async function judgeTable(call: Call, { table, catalog, fields, summary }: TableCase): Promise<SchemaJudgement> {
  if (table === undefined) return NOTHING;
  const { minDaysLeft } = call.options;
  const { columnFeeds } = await import('../sinks/postgres/table-shape.js');
  const { judgePartitionSafety } = await import('../schema/partition-safety/judge.js');
  const known = fields ?? (await fieldsOfSchemas(call, catalog));
  const judged = judgePartitionSafety({
    catalog,
    shape: table.shape,
    fields: known,
    mapping: columnFeeds(table, known),
    names: [...(summary?.names.keys() ?? [])].filter((name) => name !== ''),
    nowUs: Date.now() * 1_000,
    ...(minDaysLeft !== undefined && { minDaysLeft }),
  });
  const places = summary === undefined ? NOTHING : judgePlaces(table.shape, summary);
  return {
    findings: [...judged.findings.map((finding) => placed(finding, catalog)), ...places.findings],
    warnings: judged.warnings,
    notes: [...judged.notes, ...places.notes],
  };
}

/** With the file as the user would type it: whoever lists findings looks for it from where the command ran. */
function placed(finding: Finding, { root }: Catalog): Finding {
  return finding.source === undefined ? finding : { ...finding, source: join(root, finding.source) };
}

/** Valid events that the table would refuse, send to its default partition, or have to get a new partition for. */
function judgePlaces({ name: table, partitioning }: TableShape, { misplaced }: Summary): SchemaJudgement {
  const partitions = partitioning?.partitions ?? [];
  const hasDefault = partitions.some(({ isDefault }) => isDefault);
  const canBeMade =
    !hasDefault && partitions.some(({ fromUs, toUs }) => Number.isFinite(fromUs) && Number.isFinite(toUs));
  const all = [...misplaced.values()];
  const told = (which: typeof all, what: string) =>
    which.map(({ name, count, example }) => {
      const whose = name === '' ? '' : `${name}: `;
      return { name, message: `${whose}${counted(count, 'valid event')} ${what} (first ${example})` };
    });
  const timeless = all.filter(({ place }) => place === 'timeless');
  const missing = all.filter(({ place }) => place === 'missing');
  const refused = told(timeless, `without a time that "${table}" could be cut by: Postgres refuses such a row`);
  const homeless = told(
    missing,
    `for which "${table}" has no partition, and none can be made: Postgres refuses such a row`,
  );
  const finding = ({ name, message }: (typeof refused)[number]) => ({
    code: 'event_without_partition',
    message,
    ...(name !== '' && { name }),
  });
  if (hasDefault) {
    const notes = told(missing, `for which "${table}" has its default partition only`).map(({ message }) => message);
    return { findings: refused.map(finding), warnings: [], notes };
  }
  if (!canBeMade) return { findings: [...refused, ...homeless].map(finding), warnings: [], notes: [] };
  const notes = told(missing, `for which "${table}" has no partition yet; replay makes it`).map(
    ({ message }) => message,
  );
  return { findings: refused.map(finding), warnings: [], notes };
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

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
