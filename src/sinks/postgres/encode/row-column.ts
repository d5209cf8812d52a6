import type { EventCursor } from '../../../event/event.js';
import { ObjectScan } from '../../../event/scan.js';
import type { TimeReader } from '../../../event/time.js';
import type { Rejection } from '../../sink.js';
import { binaryValue } from './binary-values.js';
import { type BytesWriter, bytesWriter } from './byte-values.js';
import type { ValuePlace, ValueWriter } from './field-writer.js';
import type { EncodedColumn, PostgresEncoderOptions, WireType } from './options.js';
import { at, shown } from './refusal.js';
import { createValueReader, pointerText } from './value-reader.js';

/** More defaults than this cannot be told apart in one number; columns beyond get NULL instead of their default. */
export const MOST_DEFAULTS = 30;

const VERBATIM: readonly WireType[] = ['text', 'json', 'jsonb'];

/** A column with all that is needed to write it. */
export interface RowColumn extends ValuePlace {
  /** The event that is being written. */
  event: EventCursor;
  readonly plan: EncodedColumn;
  readonly value: ValueWriter;
  readonly readTime: TimeReader;
  readonly isKey: boolean;
  readonly isPartition: boolean;
  /** Pointer of the event's time, where that fills the column. */
  readonly timePointer: readonly string[];
  /** Bit in `omitted` when the column may be left to its default, else 0. */
  readonly defaultBit: number;
  /** Its place among the columns. */
  readonly index: number;
  /** The quick way from JSON text, where the type has one. */
  readonly bytes: BytesWriter | undefined;
  /** Whether the value's own text is what the column takes, so that it need not be copied before its row is written. */
  readonly isVerbatim: boolean;
  /** Bytes in front of a verbatim value: the version of `jsonb`. */
  readonly prefix: 0 | 1;
}

/** Readers of times for columns with and without a time zone: the latter hold what the event says, or UTC. */
export interface TimeReaders {
  readonly zoned: TimeReader;
  readonly utc: TimeReader;
}

/** The columns of a table's rows, in the order in which they are written. */
export function createRowColumns(options: PostgresEncoderOptions, readers: TimeReaders): readonly RowColumn[] {
  let defaults = 0;
  return options.columns.map((plan, index) => {
    const isKey = options.key.includes(index);
    const mayBeLeftOut = plan.hasDefault && !isKey && defaults < MOST_DEFAULTS;
    const readTime = plan.type === 'timestamptz' ? readers.zoned : readers.utc;
    return {
      plan,
      column: plan.name,
      reader: createValueReader(plan.source),
      event: NO_EVENT,
      value: binaryValue(plan.type, readTime),
      readTime,
      isKey,
      isPartition: options.routing?.column === index,
      timePointer: plan.source.kind === 'time' ? options.timePointer : [],
      defaultBit: mayBeLeftOut ? 1 << defaults++ : 0,
      index,
      bytes: bytesWriter(plan.type),
      isVerbatim: !isKey && VERBATIM.includes(plan.type),
      prefix: plan.type === 'jsonb' ? 1 : 0,
    };
  });
}

/** The pointer to what fills a column, for messages. */
export function pointerOf(column: RowColumn): string {
  return column.plan.source.kind === 'time' ? pointerText(column.timePointer) : column.reader.pointer;
}

/** Why a column cannot go without a value, or undefined when it may be NULL or keep its default. */
export function refuseAbsent(column: RowColumn, event: EventCursor, value: unknown): Rejection | undefined {
  const { plan, isKey, isPartition, defaultBit } = column;
  if (isPartition) return partitionKeyMissing(column, event, value);
  if (isKey) {
    const reason = `key column ${plan.name} has no value: a second replay would add the event again`;
    return at(pointerOf(column), { kind: 'rejected', code: 'key_null', reason });
  }
  if (!plan.notNull || (value === undefined && defaultBit !== 0)) return undefined;
  const reason = `column ${plan.name} must have a value, and the event has none`;
  return at(pointerOf(column), { kind: 'rejected', code: 'not_null', reason });
}

/** The value that feeds the partition key is no time. */
export function unparsable(column: RowColumn, value: unknown): Rejection {
  const pointer = pointerOf(column);
  return at(pointer, {
    kind: 'rejected',
    code: 'partition_key_unparsable',
    reason: `${pointer} is ${shown(value)}, which is no time, and it feeds the partition key ${column.plan.name}`,
  });
}

function partitionKeyMissing(column: RowColumn, event: EventCursor, value: unknown): Rejection {
  const { timePointer } = column;
  const found =
    timePointer.length > 0 ? createValueReader({ kind: 'pointer', pointer: timePointer }).value(event) : value;
  if (found !== undefined && found !== null) return unparsable(column, found);
  const pointer = pointerOf(column);
  const what = `${pointer === '' ? 'the time' : pointer} is ${found === null ? 'null' : 'missing'}`;
  return at(pointer, {
    kind: 'rejected',
    code: 'partition_key_null',
    reason: `${what}, and it feeds the partition key ${column.plan.name}`,
  });
}

/** Stands in where there is no event. */
export const NO_EVENT: EventCursor = {
  id: '',
  idStart: 0,
  idEnd: 0,
  name: '',
  timeUs: Number.NaN,
  timeRest: 0,
  value: {},
  text: new Uint8Array(0),
  start: 0,
  end: 0,
  member: () => undefined,
  locate: () => false,
  rawStart: 0,
  rawEnd: 0,
  members: new ObjectScan(),
  repeatsKeys: false,
  isRecord: false,
};
