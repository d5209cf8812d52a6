import type { CsvRows } from '../../event/rows/csv-rows.js';
import type { RowShape } from '../../event/rows/row-shape.js';
import { standsAt } from './bytes.js';
import { type AcceptMember, AcceptNode, Kind } from './node.js';
import { numberEnd } from './scalars.js';
import { fitsText } from './texts.js';

const TRUE = Buffer.from('true');
const FALSE = Buffer.from('false');

/** Accepts rows by their cells: the event of a row that it accepts is valid for certain, and would be accepted as JSON. */
export interface CellCheck {
  /** Whether the row that `rows` holds is accepted. Nothing in it may be escaped or doubled. @param view `text` once more. */
  accepts(rows: CsvRows, text: Uint8Array, view: Buffer): boolean;
}

/** What a column has to be. */
interface Column {
  readonly node: AcceptNode;
  readonly kind: RowShape['types'][number]['kind'];
  readonly nullable: boolean;
  /** Its bit among the members of the schema; 0 for one that the schema does not name. */
  readonly bit: number;
}

/** The check of rows of a shape under a schema; undefined when it would accept none of them. */
export function createCellCheck(node: AcceptNode, { columns, types }: RowShape): CellCheck | undefined {
  if (node.isUncertain || (node.kinds & Kind.object) === 0) return undefined;
  const checks = columns.map((name, index): Column | undefined => {
    const { kind, nullable } = types[index] ?? { kind: 'text', nullable: false };
    const member = memberOf(node, name);
    const own = member?.node ?? (node.allowsOthers ? (node.others ?? ANYTHING) : undefined);
    // A key that JSON has to escape is left to those who read JSON.
    if (own === undefined || own.isUncertain || JSON.stringify(name) !== `"${name}"`) return undefined;
    return { node: own, kind, nullable, bit: member?.bit ?? 0 };
  });
  return checks.every((column) => column !== undefined) ? new ShapeCheck(checks, node.required) : undefined;
}

const ANYTHING = new AcceptNode();

function memberOf({ members }: AcceptNode, name: string): AcceptMember | undefined {
  const key = Buffer.from(name);
  return members.find((member) => member.key.equals(key));
}

class ShapeCheck implements CellCheck {
  constructor(
    private readonly columns: readonly Column[],
    private readonly required: number,
  ) {}

  accepts(rows: CsvRows, text: Uint8Array, view: Buffer): boolean {
    const { columns, required } = this;
    const { starts, ends } = rows;
    let seen = 0;
    for (let i = 0; i < columns.length; i++) {
      const column = columns[i] as Column; // within bounds by the loop condition
      const start = starts[i] as number; // every row has all cells
      const end = ends[i] as number; // every row has all cells
      if (column.kind !== 'text' && start === end) {
        if (!column.nullable) continue;
        if ((column.node.kinds & Kind.null) === 0) return false;
      } else if (!fits(column, { text, view, start, end })) return false;
      seen |= column.bit;
    }
    return (seen & required) === required;
  }
}

interface Cell {
  readonly text: Uint8Array;
  readonly view: Buffer;
  readonly start: number;
  readonly end: number;
}

/** Whether the cell is a value of its column's kind that the schema accepts; JSON is left to those who read it. */
function fits({ kind, node }: Column, { text, view, start, end }: Cell): boolean {
  switch (kind) {
    case 'text':
      return (node.kinds & Kind.string) !== 0 && (!node.hasTextRules || fitsText(node, view, start, end));
    case 'integer':
    case 'number':
      return numberEnd(node, text, start, view) === end;
    case 'boolean':
      return (node.kinds & Kind.boolean) !== 0 && (isWord(TRUE, text, start, end) || isWord(FALSE, text, start, end));
    default:
      return false;
  }
}

function isWord(word: Uint8Array, text: Uint8Array, start: number, end: number): boolean {
  return end - start === word.length && standsAt(text, start, word);
}
