import { formatPointer } from '../../event/pointer.js';
import type { Catalog } from '../catalog.js';
import { isTimeColumn, misfitOf } from './column-fit.js';
import { type FieldFacts, fieldFacts } from './look-up.js';
import { judgeTable } from './table-findings.js';
import type { ColumnFeed, ShapeColumn, TableShape } from './table-shape.js';

/** A reason why rows of valid events may be refused by the table. */
export interface SafetyFinding {
  readonly code:
    | 'partition_key_optional'
    | 'partition_key_nullable'
    | 'partition_key_type'
    | 'column_not_guaranteed'
    | 'column_type'
    | 'column_too_short'
    | 'column_range'
    | 'key_without_id'
    | 'key_defaulted'
    | 'partitions_run_out';
  readonly message: string;
  /** Name of the events it is about; absent when it is about all, or about the table. */
  readonly name?: string;
  /** Schema file, relative to the catalogue. */
  readonly source?: string;
  /** JSON Pointer into the events. */
  readonly pointer?: string;
  /** An event that shows it, as JSON. */
  readonly witness?: string;
}

export interface SafetyJudgement {
  readonly findings: readonly SafetyFinding[];
  readonly warnings: readonly string[];
  readonly notes: readonly string[];
}

/** Where id, name and time of the events stand; absent where nobody knows. */
export interface SafetyFields {
  readonly id?: { readonly pointer: readonly string[] };
  readonly name?: { readonly pointer: readonly string[] };
  readonly time?: { readonly pointer: readonly string[] };
}

export interface SafetyQuestion {
  readonly catalog: Catalog;
  readonly shape: TableShape;
  readonly fields: SafetyFields;
  readonly mapping: readonly ColumnFeed[];
  /** Names that events were seen with. */
  readonly names?: readonly string[];
  /** Microseconds since the Unix epoch; without it nothing is said of days. */
  readonly nowUs?: number;
  readonly minDaysLeft?: number;
}

/** Holds schemas and a table against each other, for each event name: may the table refuse what the schemas accept? */
export function judgePartitionSafety(question: SafetyQuestion): SafetyJudgement {
  const { catalog, names = [] } = question;
  const known = new Set(catalog.events.map(({ name }) => name));
  const table = judgeTable(question);
  const warnings = [...new Set(names)]
    .filter((name) => known.size > 0 && !known.has(name))
    .map((name) => `${name}: there is no schema for this name, so only the schema for all events guards the table`);
  return {
    findings: [...judgeSubjects(question), ...table.findings],
    warnings,
    notes: table.notes,
  };
}

/** Events that the same schemas hold for. */
interface Subject {
  readonly name: string | undefined;
  /** How messages call the events: by their name, and by the version where there are several. */
  readonly label: string;
  readonly uris: readonly string[];
  readonly file: string;
}

function subjectsOf({ envelope, events, files }: Catalog): readonly Subject[] {
  const pathOf = (uri: string) => files.find((file) => file.uri === uri)?.path ?? uri;
  const all = envelope === undefined ? [] : [envelope];
  if (events.length === 0) return all.map((uri) => ({ name: undefined, label: '', uris: all, file: pathOf(uri) }));
  return events.map(({ name, version, uri }) => {
    const isOneOfMany = version !== undefined && events.filter((event) => event.name === name).length > 1;
    const label = isOneOfMany ? `${name} (version ${version}): ` : `${name}: `;
    return { name, label, uris: [...all, uri], file: pathOf(uri) };
  });
}

/** Whatever is wrong with every name that the schema for all events lists is told once, of all of them. */
function judgeSubjects(question: SafetyQuestion): readonly SafetyFinding[] {
  const { catalog, fields } = question;
  const subjects = subjectsOf(catalog);
  const found = subjects.flatMap((subject) => judgeSubject(question, subject));
  const [all] = subjects;
  const pointer = fields.name?.pointer;
  if (all === undefined || all.name !== undefined || pointer === undefined) return found;
  const names = listedNames(fieldFacts(catalog, { uris: all.uris, pointer }));
  if (names.length === 0) return found;
  const byName = names.map((name) => judgeSubject(question, { ...all, name, label: `${name}: ` }));
  const isIn = (one: SafetyFinding) => (list: readonly SafetyFinding[]) => list.some((other) => isSame(one, other));
  const general = found.filter((one) => byName.every(isIn(one)));
  return [...general, ...byName.flat().filter((one) => !general.some((other) => isSame(one, other)))];
}

const MOST_NAMES = 1_000;

/** The names that a schema allows, where it lists them. */
function listedNames({ values = [] }: FieldFacts): readonly string[] {
  return [...new Set(values)].filter((value) => typeof value === 'string').slice(0, MOST_NAMES);
}

function isSame(one: SafetyFinding, other: SafetyFinding): boolean {
  return one.code === other.code && one.pointer === other.pointer;
}

function judgeSubject({ catalog, shape, fields, mapping }: SafetyQuestion, subject: Subject): SafetyFinding[] {
  return mapping.flatMap((feed) => {
    const column = shape.columns.find(({ name }) => name === feed.column);
    const pointer = pointerOf(feed, fields);
    if (column === undefined || column.isGenerated || pointer === undefined) return [];
    const path = fields.name?.pointer;
    const name = subject.name === undefined || path === undefined ? undefined : { path, value: subject.name };
    const facts = fieldFacts(catalog, { uris: subject.uris, pointer, name });
    // An event without an id gets one from its content.
    const mayLack = feed.source.kind === 'id';
    return judgeColumn({ shape, column, pointer, facts, subject, mayLack });
  });
}

function pointerOf({ column, source }: ColumnFeed, fields: SafetyFields): readonly string[] | undefined {
  if (source.kind === 'pointer') return source.pointer;
  if (source.kind === 'event') return undefined;
  return fields[source.kind]?.pointer ?? [column];
}

type Code = SafetyFinding['code'];

interface Case {
  readonly shape: TableShape;
  readonly column: ShapeColumn;
  readonly pointer: readonly string[];
  readonly facts: FieldFacts;
  readonly subject: Subject;
  readonly mayLack: boolean;
}

function judgeColumn(one: Case): SafetyFinding[] {
  const { shape, column, facts, mayLack } = one;
  const isKey = isPartitionKey(shape, column);
  const found: SafetyFinding[] = [];
  if (!mayLack && (isKey || (column.notNull && column.defaultText === undefined)) && !facts.isGuaranteed) {
    found.push(finding(one, isKey ? 'partition_key_optional' : 'column_not_guaranteed', absence(one)));
  }
  if (!mayLack && (isKey || column.notNull) && facts.isDescribed && facts.types.has('null')) {
    if (!isUntyped(facts) || facts.isGuaranteed) {
      found.push(finding(one, isKey ? 'partition_key_nullable' : 'column_not_guaranteed', nullity(one)));
    }
  }
  const misfit =
    facts.isDescribed || (isKey && isTimeColumn(column) && facts.isGuaranteed) ? misfitOf(facts, column) : undefined;
  if (misfit !== undefined) found.push(finding(one, isKey ? 'partition_key_type' : misfit.code, misfit.why));
  return found;
}

function isUntyped({ types }: FieldFacts): boolean {
  return types.size === 7;
}

/** Hash partitions take null like any other value. */
function isPartitionKey({ partitioning }: TableShape, { name, notNull }: ShapeColumn): boolean {
  if (partitioning?.columns.includes(name) !== true) return false;
  return partitioning.strategy !== 'hash' || notNull;
}

function absence({ subject: { file } }: Case): string {
  return `may be missing (it is not in "required" of ${file})`;
}

function nullity({ subject: { file } }: Case): string {
  return `may be null (${file} allows it)`;
}

function finding(one: Case, code: Code, why: string): SafetyFinding {
  const { column, pointer, subject } = one;
  const field = pointer.length === 1 ? `"${pointer[0]}"` : formatPointer(pointer);
  return {
    code,
    message: `${subject.label}${field} ${why}: ${consequence(one, code)}`,
    ...(subject.name !== undefined && { name: subject.name }),
    source: subject.file,
    pointer: formatPointer(pointer),
  };

  function consequence({ shape }: Case, of: Code): string {
    const role = isPartitionKey(shape, column) ? 'it is the partition key' : `it fills the column ${column.name}`;
    const place = `${role} of "${shape.name}"`;
    if (of === 'partition_key_optional' || of === 'partition_key_nullable') {
      return `${place}, and ${fate(shape, column)}`;
    }
    if (of === 'column_not_guaranteed') return `${place}, which is NOT NULL, and Postgres refuses every row without it`;
    return `${place}, and Postgres refuses such a row`;
  }
}

function fate({ partitioning }: TableShape, { notNull }: ShapeColumn): string {
  const takesNull = !notNull && partitioning?.partitions.some(({ isDefault }) => isDefault) === true;
  return takesNull ? 'every row without it ends in the default partition' : 'Postgres refuses every row without it';
}
