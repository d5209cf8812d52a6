import { quoteName } from '../../postgres/sql.js';
import { columnsOf } from './copy-rows.js';
import { hashSql, type KeyShape, keyHashSql, keyShape, TEXT_TYPES } from './key-checksum.js';
import type { PlannedColumn, TablePlan } from './plan.js';

/** How a field enters the hash of its row. */
export type FieldKind = 'bytes' | 'int8' | 'int4' | 'int2' | 'bool' | 'float4' | 'float8' | 'numeric' | 'jsonb';

/** How the rows of a table are hashed, so that the server and this process come to the same. */
export interface RowShape {
  readonly key: KeyShape;
  /** One for each field of a row, in their order; undefined for those of the key and for what is not compared. */
  readonly fields: readonly (RowField | undefined)[];
  /** Names of columns that are not compared: the server alone knows what it makes of their values. */
  readonly left: readonly string[];
  /** The hash of a row of `t`, which has the hash of its key as `KEY_HASH`. */
  readonly sql: string;
}

/** A field that enters the hash of its row. */
export interface RowField {
  readonly kind: FieldKind;
  /** Tells fields of one row apart; stands for a field without a value, too. */
  readonly number: number;
  /** Digits behind the point to which the column rounds. */
  readonly scale: number | undefined;
}

/**
 * How rows with these fields are hashed: the hash of the key, and with it as a seed that of each further column, put together
 * by exclusive or. Undefined where keys have no common hash.
 * @param omitted bits of the columns that are left to their defaults: the rows have no fields for them.
 * @param ignored names of columns that are not compared, those of `omitted` among them.
 */
export function rowShape(plan: TablePlan, omitted: number, ignored: ReadonlySet<string>): RowShape | undefined {
  const key = keyShape(plan);
  if (key === undefined) return undefined;
  const present = new Set(columnsOf(plan.encoder, omitted));
  const fields: (RowField | undefined)[] = [];
  const left: string[] = [];
  const parts = [`t.${KEY_HASH}`];
  for (const [at, planned] of plan.columns.entries()) {
    const { name } = planned.column;
    const isKey = plan.key.includes(planned);
    const field = isKey || ignored.has(name) ? undefined : fieldOf(planned, at + 1);
    if (present.has(name)) fields.push(field);
    if (field !== undefined) parts.push(fieldSql(planned, field));
    else if (!isKey) left.push(name);
  }
  return { key, fields, left, sql: `(${parts.join(' # ')})` };
}

/** Names of the columns that rows leave to their defaults. */
export function omittedNames({ columns, encoder }: TablePlan, omitted: number): readonly string[] {
  const present = new Set(columnsOf(encoder, omitted));
  return columns.map(({ column }) => column.name).filter((name) => !present.has(name));
}

/** A name that no column has. */
export const KEY_HASH = '"respool: hash of the key"';

/** Rows of a relation with the hash of their key beside them, worked out once for each. */
export function hashedRowsSql(plan: TablePlan, rows: string): string {
  return `(select t.*, ${keyHashSql(plan) ?? 'null::int8'} as ${KEY_HASH} from (${rows}) t offset 0) t`;
}

const NUMERIC = /^numeric(?:\(\d+,(-?\d+)\))?$/;
const HOLD_TEXT: readonly string[] = ['text', 'json', 'jsonb'];
const WHOLE_TYPES: readonly string[] = ['timestamp with time zone', 'timestamp without time zone', 'date'];

/** Undefined where the server rounds, cuts or pads a value on its way into the column in ways of its own. */
function fieldOf({ column: { wire, typeName, texts } }: PlannedColumn, number: number): RowField | undefined {
  const as = (kind: FieldKind, scale?: number): RowField => ({ kind, number, scale });
  if (HOLD_TEXT.includes(wire) && texts === 'recoded') return undefined;
  switch (wire) {
    case 'text':
      return TEXT_TYPES.includes(typeName) ? as('bytes') : undefined;
    case 'uuid':
    case 'json':
      return typeName === wire ? as('bytes') : undefined;
    case 'timestamptz':
    case 'timestamp':
      return WHOLE_TYPES.includes(typeName) ? as('int8') : undefined;
    case 'date':
      return WHOLE_TYPES.includes(typeName) ? as('int4') : undefined;
    case 'numeric': {
      const [found, scale] = NUMERIC.exec(typeName) ?? [];
      return found === undefined ? undefined : as('numeric', scale === undefined ? undefined : Number(scale));
    }
    case 'int8':
    case 'int4':
    case 'int2':
    case 'bool':
    case 'float4':
    case 'float8':
    case 'jsonb':
      return as(wire);
    default:
      return undefined;
  }
}

function fieldSql({ column }: PlannedColumn, { kind, number }: RowField): string {
  const value = `t.${quoteName(column.name)}`;
  return `coalesce(${fieldHashSql(column.wire, { kind, value, seed: `t.${KEY_HASH} # ${number}` })}, ${number})`;
}

/** Texts are hashed by their bytes, whatever their collation takes for equal. */
function fieldHashSql(
  wire: string,
  { kind, value, seed }: { readonly kind: FieldKind; readonly value: string; readonly seed: string },
): string {
  if (kind === 'bool') return `hashint4extended(${value}::int4, ${seed})`;
  if (kind === 'float4' || kind === 'float8') return `hash${kind}extended(nullif(${value}, 'NaN'), ${seed})`;
  const isText = kind === 'numeric' || kind === 'jsonb' || wire === 'json' || wire === 'text';
  return isText ? hashSql(`${value}::text collate "C"`, 'text', seed) : hashSql(value, wire, seed);
}
