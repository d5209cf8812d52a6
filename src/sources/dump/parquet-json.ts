import {
  type DuckDBArrayType,
  type DuckDBListType,
  type DuckDBMapType,
  type DuckDBStructType,
  type DuckDBType,
  DuckDBTypeId,
} from '@duckdb/node-api';

/** A column of a Parquet file. */
export interface ParquetColumn {
  readonly name: string;
  readonly type: DuckDBType;
}

/**
 * SQL for the JSON text of a row: timestamps as RFC 3339 in UTC, decimals with all their digits, blobs as base64, NaN
 * and infinity as null, which is the nearest that JSON has.
 */
export function rowAsJson(columns: readonly ParquetColumn[]): string {
  const members = columns.map(({ name, type }) => `${literal(name)}: ${asJson(identifier(name), type, 0)}`);
  return `to_json({${members.join(', ')}})::VARCHAR`;
}

const rfc3339 = "'%Y-%m-%dT%H:%M:%S.%fZ'";

function asJson(sql: string, type: DuckDBType, depth: number): string {
  switch (type.typeId) {
    case DuckDBTypeId.TIMESTAMP:
    case DuckDBTypeId.TIMESTAMP_S:
    case DuckDBTypeId.TIMESTAMP_MS:
      return `strftime(${sql}::TIMESTAMP, ${rfc3339})`;
    case DuckDBTypeId.TIMESTAMP_NS:
      // DuckDB's own strftime garbles nanoseconds.
      return `replace(${sql}::VARCHAR, ' ', 'T') || 'Z'`;
    case DuckDBTypeId.TIMESTAMP_TZ:
      return `strftime(make_timestamp(epoch_us(${sql})), ${rfc3339})`;
    case DuckDBTypeId.FLOAT:
    case DuckDBTypeId.DOUBLE:
      return `CASE WHEN isfinite(${sql}) THEN ${sql} END`;
    case DuckDBTypeId.BLOB:
      return `base64(${sql})`;
    default:
      return nestedAsJson(sql, type, depth);
  }
}

function nestedAsJson(sql: string, type: DuckDBType, depth: number): string {
  const element = `e${depth}`;
  switch (type.typeId) {
    case DuckDBTypeId.LIST:
    case DuckDBTypeId.ARRAY: {
      const { valueType } = type as DuckDBListType | DuckDBArrayType; // as its type id says
      return `list_transform(${sql}, lambda ${element}: ${asJson(element, valueType, depth + 1)})`;
    }
    case DuckDBTypeId.STRUCT: {
      const { entryNames, entryTypes } = type as DuckDBStructType; // as its type id says
      const members = entryTypes.map((entry, index) => {
        const name = entryNames[index] ?? '';
        return `${literal(name)}: ${asJson(`${sql}.${identifier(name)}`, entry, depth)}`;
      });
      return `CASE WHEN ${sql} IS NOT NULL THEN {${members.join(', ')}} END`;
    }
    case DuckDBTypeId.MAP: {
      const { valueType } = type as DuckDBMapType; // as its type id says
      const entry = `{'key': ${element}.key, 'value': ${asJson(`${element}.value`, valueType, depth + 1)}}`;
      const entries = `list_transform(map_entries(${sql}), lambda ${element}: ${entry})`;
      return `CASE WHEN ${sql} IS NOT NULL THEN map_from_entries(${entries}) END`;
    }
    default:
      return sql;
  }
}

/** A name as SQL. */
function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A text as SQL. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
