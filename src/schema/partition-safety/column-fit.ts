import type { Facts } from './facts.js';
import type { ShapeColumn } from './table-shape.js';

/** Why a value may not go into a column. */
export interface Misfit {
  readonly code: 'column_type' | 'column_too_short' | 'column_range';
  /** Goes on after the field's name: `may be a text, …`. */
  readonly why: string;
}

const TIMES = ['timestamptz', 'timestamp', 'date'];
const TIME_FORMATS = ['date-time', 'date', 'iso-date-time'];
const NUMBERS = ['int2', 'int4', 'int8', 'numeric', 'float4', 'float8'];
const INTEGERS: Readonly<Record<string, readonly [number, number]>> = {
  int2: [-32_768, 32_767],
  int4: [-2_147_483_648, 2_147_483_647],
  int8: [-(2 ** 63), 2 ** 63],
};

/** Finds the first reason why a value with these facts may not go into the column; null is judged elsewhere. */
export function misfitOf(facts: Facts, column: ShapeColumn): Misfit | undefined {
  const { kind } = column;
  if (TIMES.includes(kind)) return timeMisfit(facts, column);
  if (NUMBERS.includes(kind)) return numberMisfit(facts, column);
  if (kind === 'bool') return wrongType(facts, column, ['boolean']);
  if (kind === 'uuid') return uuidMisfit(facts, column);
  return kind === 'text' ? lengthMisfit(facts, column) : undefined;
}

/** Whether the column holds times, so that only times may go into it. */
export function isTimeColumn({ kind }: ShapeColumn): boolean {
  return TIMES.includes(kind);
}

function timeMisfit(facts: Facts, column: ShapeColumn): Misfit | undefined {
  const wrong = wrongType(facts, column, ['string', 'integer']);
  if (wrong !== undefined || !facts.types.has('string') || areTimes(facts)) return wrong;
  if (TIME_FORMATS.some((format) => facts.formats.has(format))) return undefined;
  return {
    code: 'column_type',
    why: `may be any text (the schema does not say "format": "date-time"), and ${column.type} takes only times`,
  };
}

function areTimes({ values }: Facts): boolean {
  return values?.every((value) => typeof value !== 'string' || !Number.isNaN(Date.parse(value))) === true;
}

function numberMisfit(facts: Facts, column: ShapeColumn): Misfit | undefined {
  const range = INTEGERS[column.kind];
  const wrong = wrongType(facts, column, range === undefined ? ['integer', 'number'] : ['integer']);
  if (wrong !== undefined) return wrong;
  const [low, high] = range ?? numericRange(column);
  // JSON numbers without bounds are common where the column takes the largest integers there are.
  if (column.kind === 'int8' && !Number.isFinite(facts.maximum) && !Number.isFinite(facts.minimum)) return undefined;
  if (facts.minimum >= low && facts.maximum <= high) return undefined;
  return {
    code: 'column_range',
    why: `may be ${facts.maximum > high ? `above ${high} (maximum: ${shown(facts.maximum)})` : `below ${low} (minimum: ${shown(facts.minimum)})`}, and ${column.type} ends there`,
  };
}

function numericRange({ precision, scale }: ShapeColumn): readonly [number, number] {
  if (precision === undefined) return [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  const most = 10 ** (precision - (scale ?? 0)) - 10 ** -(scale ?? 0);
  return [-most, most];
}

function shown(bound: number): string {
  return Number.isFinite(bound) ? String(bound) : 'none';
}

function uuidMisfit(facts: Facts, column: ShapeColumn): Misfit | undefined {
  const wrong = wrongType(facts, column, ['string']);
  if (wrong !== undefined || facts.formats.has('uuid') || facts.values !== undefined) return wrong;
  return { code: 'column_type', why: 'may be any text (the schema does not say "format": "uuid")' };
}

function lengthMisfit(facts: Facts, { type, maxLength }: ShapeColumn): Misfit | undefined {
  const longest = facts.formats.has('uuid') ? Math.min(36, facts.maxLength) : facts.maxLength;
  if (maxLength === undefined || !facts.types.has('string') || longest <= maxLength) return undefined;
  return {
    code: 'column_too_short',
    why: `may be longer than ${maxLength} characters (maxLength: ${shown(longest)}), and ${type} takes no more`,
  };
}

function wrongType(facts: Facts, { type }: ShapeColumn, right: readonly string[]): Misfit | undefined {
  const wrong = [...facts.types].filter((each) => each !== 'null' && !right.includes(each));
  if (wrong.length === 0) return undefined;
  const said = wrong.length > 3 ? 'of any type' : `of type ${wrong.join(' or ')}`;
  return { code: 'column_type', why: `may be ${said}, and ${type} does not take that` };
}
