import type { Connection, Row } from '../../../postgres/connection.js';
import type { Statements } from './statements.js';

/** The rows of a page stand behind one key and up to another; a key may be the empty text for none. */
export interface Stretch {
  readonly after: string;
  readonly upTo: string;
}

/** Cuts a table into stretches of its keys, in their order, as far as a last one. */
export interface Stretches {
  /** The next stretch of about so many rows; undefined when there is none. It is the same one until it is `passed`. */
  next(rows: number): Promise<Stretch | undefined>;
  /** The rows of the present stretch have been read up to a key; without one, all of them. */
  passed(key?: string): void;
  /** Begins again at the first key. */
  restart(): void;
}

interface Cut {
  readonly use: <T>(work: (connection: Connection) => Promise<T>) => Promise<T>;
  readonly statements: Pick<Statements, 'keys'>;
  /** The last key; the empty text for none. */
  readonly last: string;
}

/** Keys that are looked up at once, to be remembered: some megabytes. */
const KEYS_AT_ONCE = 20_000;

/**
 * Which keys come next is asked for many pages at once. A page alone, "the first thousand behind this key", the server may
 * answer by sorting all rows behind it, bodies and all, again for each page: as long as it has not counted a table (ANALYZE)
 * it believes that there is next to nothing to sort.
 */
export function createStretches({ use, statements, last }: Cut): Stretches {
  let after = '';
  let keys: readonly string[] = [];
  let present = 0;
  let isLong = false;
  const look = () =>
    use(async (connection) => {
      // Where there are many, their index is walked along: whatever that costs, it is paid once for the whole table.
      if (isLong) await connection.run('begin read only; set local enable_sort = off');
      try {
        const rows = await connection.rows(statements.keys, [after, last, String(KEYS_AT_ONCE)]);
        return keysOf(rows);
      } finally {
        if (isLong) await connection.run('rollback');
      }
    });
  return {
    async next(rows) {
      if (keys.length === 0) {
        keys = await look();
        isLong ||= keys.length >= KEYS_AT_ONCE;
      }
      present ||= Math.min(rows, keys.length);
      const upTo = keys[present - 1];
      return upTo === undefined ? undefined : { after, upTo };
    },
    passed(key) {
      const upTo = keys[present - 1];
      after = key ?? upTo ?? after;
      if (after !== upTo) return;
      keys = keys.slice(present);
      present = 0;
    },
    restart() {
      after = '';
      keys = [];
      present = 0;
    },
  };
}

const keysOf = (rows: readonly Row[]) => rows.map(({ key }) => String(key));
