import type { EventCursor } from '../../../event/event.js';
import type { CellType, RowShape } from '../../../event/rows/row-shape.js';
import type { ValuePlace } from './field-writer.js';
import { NO_EVENT, type RowColumn } from './row-column.js';
import type { ValueReader } from './value-reader.js';

/** Where a column's value is found in a row. */
export const From = { id: 0, time: 1, name: 2, cell: 3, nowhere: 4 } as const;

/** A column of the table and the cell that fills it, as the writers of values want to see it. */
export class CellField implements ValuePlace, ValueReader {
  readonly column: string;
  readonly reader: ValueReader = this;
  readonly event: EventCursor & { text: Uint8Array } = { ...NO_EVENT };
  readonly pointer = '';
  /** Bounds of the value that is being written, in the text of `event`. */
  start = 0;
  end = 0;

  /** @param cell its number, of the given type; means something for `From.cell` alone. */
  constructor(
    readonly target: RowColumn,
    readonly from: number,
    readonly cell: number,
    readonly type: CellType,
  ) {
    this.column = target.column;
  }

  value(): undefined {
    return undefined;
  }

  locate(): boolean {
    return true;
  }
}

const NO_TYPE: CellType = { kind: 'text', nullable: false };

/** The field for a column; undefined when what fills it does not stand in cells. */
export function cellField(target: RowColumn, { columns, types }: RowShape): CellField | undefined {
  const { source, type } = target.plan;
  if (source.kind === 'event') return undefined;
  if (source.kind === 'pointer') {
    const [name, ...deeper] = source.pointer;
    if (name === undefined) return undefined;
    // There is nothing below a cell; those that hold JSON are not taken.
    const cell = deeper.length > 0 ? -1 : columns.indexOf(name);
    return new CellField(target, cell < 0 ? From.nowhere : From.cell, cell, types[cell] ?? NO_TYPE);
  }
  if (type === 'json' || type === 'jsonb') return undefined;
  return new CellField(target, From[source.kind], -1, NO_TYPE);
}
